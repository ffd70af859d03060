# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Where learning here and sending cost the same: by throughput, by samples, by updates a year."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from microtl_tools.energy import model
from microtl_tools.energy.model import Bill, Setup, Task
from microtl_tools.energy.ranges import ZERO, Range

THROUGHPUT, SAMPLES, UPDATES = "throughput", "samples", "updates"
SPANS = {THROUGHPUT: (1e2, 1e7), SAMPLES: (1.0, 1e5), UPDATES: (1e-1, 1e7)}
"""Where the crossing is looked for: bit/s, samples, updates a year."""
DEVICE, SENDING = "device", "sending"
_GRID = 48
_HALVINGS = 28

Curve = Callable[[float], tuple[Range, Range]]
"""x -> what the device needs, what sending needs."""


@dataclass(frozen=True)
class Crossing:
    """Who wins below ``at`` and who above; without a crossing ``at`` is None and both are one."""

    at: float | None
    below: str
    above: str


@dataclass(frozen=True)
class BreakEven:
    """The crossing of the middle values, and with all that is uncertain for or against one."""

    axis: str
    middle: Crossing
    for_device: Crossing
    for_sending: Crossing


def energy_curve(setup: Setup, task: Task, kind: str, axis: str, *, cached: bool) -> Curve:
    """Return the energies of both ways along an axis, J; of a whole year along ``updates``."""

    def along(x: float) -> tuple[Range, Range]:
        there, here, away = _bills(setup, task, kind, axis, x, cached)
        if axis == UPDATES:
            return (
                model.year(there, here, x, linked=False),
                model.year(there, away, x, linked=True),
            )
        return here.energy, away.energy

    return along


def break_even(setup: Setup, task: Task, kind: str, axis: str, *, cached: bool) -> BreakEven:
    """Return where the energies meet; what both ways have in common does not count."""

    def own(x: float) -> tuple[Range, Range]:
        _, here, away = _bills(setup, task, kind, axis, x, cached)
        here, away = model.own_parts(here, away)
        return here.energy, away.energy

    @cache
    def difference(x: float) -> tuple[Range, Range]:
        if axis != UPDATES:
            return own(x)
        device, sending = once
        return device * x, sending * x + setup.standby * model.YEAR

    once = own(1.0) if axis == UPDATES else (ZERO, ZERO)

    def gap(choose: Callable[[Range, Range], float]) -> Callable[[float], float]:
        return lambda x: choose(*difference(x))

    span = SPANS[axis]
    return BreakEven(
        axis,
        crossing(gap(lambda here, away: away.middle - here.middle), span),
        crossing(gap(lambda here, away: away.high - here.low), span),
        crossing(gap(lambda here, away: away.low - here.high), span),
    )


@dataclass(frozen=True)
class Claim:
    """Throughputs below which sending needs so many times the energy, and the time."""

    kind: str
    cached: bool
    energy: tuple[Crossing, Crossing, Crossing]
    """Middle, with all that is uncertain for sending, and for the device."""
    time: tuple[Crossing, Crossing, Crossing]


def claim(
    setup: Setup, task: Task, kind: str, ratios: tuple[float, float], *, cached: bool
) -> Claim:
    """Return the throughputs at which ratios of energy and time hold that somebody claims."""

    @cache
    def ratio(x: float) -> tuple[Range, Range]:
        _, here, away = _bills(setup, task, kind, THROUGHPUT, x, cached)
        found = model.compare(here, away)
        return found.energy, found.time

    def where(index: int) -> tuple[Crossing, Crossing, Crossing]:
        span = SPANS[THROUGHPUT]
        return (
            crossing(lambda x: ratio(x)[index].middle - ratios[index], span),
            crossing(lambda x: ratio(x)[index].low - ratios[index], span),
            crossing(lambda x: ratio(x)[index].high - ratios[index], span),
        )

    return Claim(kind, cached, where(0), where(1))


def _bills(
    setup: Setup, task: Task, kind: str, axis: str, x: float, cached: bool
) -> tuple[Setup, Bill, Bill]:
    if axis == THROUGHPUT:
        setup = replace(setup, throughput=Range.of(x))
    elif axis == SAMPLES:
        task = replace(task, samples=max(round(x), 1))
    here = model.learning(setup, task, cached=cached)
    return setup, here, model.sending(setup, task, kind, cached=cached)


def crossing(gap: Callable[[float], float], span: tuple[float, float]) -> Crossing:
    """Return where ``gap`` (sending less device) changes its sign first, on a logarithmic axis."""
    low, high = span
    grid = [float(low * (high / low) ** (i / (_GRID - 1))) for i in range(_GRID)]
    before = _winner(gap(grid[0]))
    for left, right in zip(grid, grid[1:], strict=False):
        if _winner(gap(right)) != before:
            return Crossing(_bisect(gap, left, right, before), before, _winner(gap(right)))
    return Crossing(None, before, before)


def _bisect(gap: Callable[[float], float], left: float, right: float, before: str) -> float:
    for _ in range(_HALVINGS):
        middle = math.sqrt(left * right)
        if _winner(gap(middle)) == before:
            left = middle
        else:
            right = middle
    return math.sqrt(left * right)


def _winner(gap: float) -> str:
    return DEVICE if gap > 0 else SENDING

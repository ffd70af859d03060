# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Which layout each operation gets: the fastest ones that a model's flash allows in all.

A layout that is read faster takes more flash. What all of a model's arrays may take is given as a
multiple of what they take for the portable kernels. Where the fastest layouts are more than that,
operations get a smaller one, down to the portable kernel's own, those first that lose least.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from microtl_tools.convert.emit.constants import constants_of
from microtl_tools.convert.program import KernelCall, Program

Prepare = Callable[[KernelCall], None]
"""Replaces a portable call where there is a kernel for it."""

_SMALLER = 1.4
_PORTABLE = 5.0
"""Time with a smaller layout and with the portable kernel, that with the fastest being 1; roughly
what docs/performance.md shows."""
_OUTPUT = 8
"""Products that take as long as rounding an output does."""


@dataclass(frozen=True)
class _Layout:
    """What a call would be with one of the layouts."""

    arrays: dict[tuple[str, bytes], int]
    """Bytes by content, which several calls may share."""
    time: float


class _Choice:
    """Layouts of all calls, by number: the higher, the smaller."""

    def __init__(self, layouts: Sequence[Sequence[_Layout]], first: int) -> None:
        self.layouts = layouts
        self.chosen = [first] * len(layouts)

    @property
    def time(self) -> float:
        """Time of all calls."""
        chosen = zip(self.layouts, self.chosen, strict=True)
        return sum(layouts[number].time for layouts, number in chosen)

    def fit(self, limit: int) -> None:
        """Make arrays fit ``limit`` bytes, or as small as can be."""
        while (excess := self.size() - limit) > 0:
            if not self.shrink(excess):
                break
        self.grow(limit)

    def size(self, call: int = 0, layout: int | None = None) -> int:
        """Return the bytes of all arrays, where ``call`` gets another ``layout``."""
        chosen = list(self.chosen)
        if layout is not None:
            chosen[call] = layout
        arrays: dict[tuple[str, bytes], int] = {}
        for layouts, number in zip(self.layouts, chosen, strict=True):
            arrays |= layouts[number].arrays
        return sum(arrays.values())

    def shrink(self, excess: int) -> bool:
        """Give a call a smaller layout: the one that loses least for what it saves."""
        now = self.size()
        best: tuple[float, int, int] | None = None
        for call, layouts in enumerate(self.layouts):
            current = self.chosen[call]
            for number in range(current + 1, len(layouts)):
                saved = now - self.size(call, number)
                lost = layouts[number].time - layouts[current].time
                if saved > 0:
                    move = lost / min(saved, excess), call, number
                    best = move if best is None else min(best, move)
        if best is None:
            return False
        self.chosen[best[1]] = best[2]
        return True

    def grow(self, limit: int) -> None:
        """Give calls faster layouts again that turn out to fit, those that lost most first."""
        lost = [
            layouts[number].time - layouts[0].time
            for layouts, number in zip(self.layouts, self.chosen, strict=True)
        ]
        for call in sorted(range(len(lost)), key=lambda call: -lost[call]):
            for number in range(self.chosen[call]):
                if self.size(call, number) <= limit:
                    self.chosen[call] = number
                    break


def prepare(program: Program, ways: Sequence[Prepare], limit: int) -> None:
    """Prepare all calls, each in one of the ``ways``, so that all arrays fit ``limit`` bytes.

    Ways come fastest first, smallest last. Where even the smallest do not fit, those are taken.
    Starting from each of the ways finds what small steps from one alone would miss.
    """
    layouts = [_layouts(call, ways) for call in program.calls]
    choices = [_Choice(layouts, first) for first in range(len(ways))]
    for choice in choices:
        choice.fit(limit)
    fitting = [choice for choice in choices if choice.size() <= limit]
    choice = min(fitting or choices[-1:], key=lambda choice: choice.time)
    for call, number in zip(program.calls, choice.chosen, strict=True):
        _apply(call, ways[number])


def _layouts(call: KernelCall, ways: Sequence[Prepare]) -> list[_Layout]:
    """Try every way on a copy of a call."""
    found = []
    for number, way in enumerate(ways):
        trial = replace(
            call,
            fields=dict(call.fields),
            inputs=[buffer and replace(buffer) for buffer in call.inputs],
            output=replace(call.output),
        )
        _apply(trial, way)
        arrays = {
            (array.ctype, array.values.tobytes()): array.values.nbytes
            for array in constants_of(trial.fields)
        }
        fast = 1.0 if number == 0 else _SMALLER
        time = _PORTABLE if trial.kernel == call.kernel else fast
        found.append(_Layout(arrays, (call.macs + _OUTPUT * call.output.size) * time))
    return found


def _apply(call: KernelCall, way: Prepare) -> None:
    """Prepare a call; what the portable kernel allows does not go over to another one."""
    kernel, overlap = call.kernel, call.overlap
    call.overlap = None
    way(call)
    if call.kernel == kernel:
        call.overlap = overlap

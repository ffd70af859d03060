# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The comparison, and as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from microtl_tools.energy import model
from microtl_tools.energy.breakeven import (
    DEVICE,
    SENDING,
    SPANS,
    BreakEven,
    Claim,
    Crossing,
    break_even,
    claim,
)
from microtl_tools.energy.counts import Counts
from microtl_tools.energy.figures import Figure, Sheet
from microtl_tools.energy.model import UPLOADS, Bill, Comparison, Setup, Task
from microtl_tools.energy.ranges import Range
from microtl_tools.output import table

CACHED, PASS = "cached", "backbone pass"
FOR_THE_DEVICE = (
    "What speaks for the device where sending is cheaper: the data stay with the user, it works\n"
    "without a link and without a server, and nobody has to run one."
)
_UNITS = {"throughput": ("kbps", 1e3), "samples": ("samples", 1.0), "updates": ("a year", 1.0)}


@dataclass(frozen=True)
class Row:
    """One upload against learning here."""

    kind: str
    cached: bool
    here: Bill
    away: Bill
    ratio: Comparison
    even: tuple[BreakEven, ...]

    @property
    def features(self) -> str:
        """Whether the device's features are there already."""
        return CACHED if self.cached else PASS


@dataclass(frozen=True)
class Report:
    """Everything that is compared."""

    name: str
    setup: Setup
    task: Task
    counts: Counts
    updates: float
    notes: tuple[str, ...] = ()
    claimed: tuple[float, float] | None = None
    """Ratios of energy and time that somebody claims."""

    @cached_property
    def claims(self) -> list[Claim]:
        """Where what is claimed holds, for every row."""
        if self.claimed is None:
            return []
        return [
            claim(self.setup, self.task, kind, self.claimed, cached=cached)
            for cached in (True, False)
            for kind in UPLOADS
        ]

    @cached_property
    def rows(self) -> list[Row]:
        """Every upload, with cached features and with a backbone pass for each sample."""
        return [self._row(kind, cached) for cached in (True, False) for kind in UPLOADS]

    def _row(self, kind: str, cached: bool) -> Row:
        here = model.learning(self.setup, self.task, cached=cached)
        away = model.sending(self.setup, self.task, kind, cached=cached)
        even = tuple(break_even(self.setup, self.task, kind, axis, cached=cached) for axis in SPANS)
        return Row(kind, cached, here, away, model.compare(here, away), even)

    @property
    def title(self) -> str:
        """One line that says what is compared."""
        speed = self.setup.throughput
        at = f" at {show(speed * 1e-3)} kbps" if speed is not None else ""
        return f"{self.name}: {self.setup.board.title} over {self.setup.link.title}{at}"

    @property
    def missing(self) -> list[str]:
        """Figures that are not known, and so count as nothing, with the reason."""
        lines = []
        for sheet in (self.setup.board.sheet, self.setup.link.sheet):
            lines += [f"{sheet.path.name}: {k}: {why}" for k, why in sheet.missing.items()]
        if self.setup.radio.borrowed:
            lines.append(
                f"{self.setup.board.name}: {self.setup.link.radio} radio: has no figures of its "
                f"own; those of the {self.setup.radio.borrowed} are used, as a module beside it"
            )
        return lines


def winner(ratio: Range) -> str:
    """Name the winner of a ratio of sending to learning, and say if it is not certain."""
    if ratio.low > 1:
        return DEVICE
    if ratio.high < 1:
        return SENDING
    return f"{DEVICE if ratio.middle > 1 else SENDING}, uncertain"


def show(value: Range | float) -> str:
    """Write a number, or low / middle / high, with three digits."""
    if isinstance(value, Range):
        if value.low == value.high:
            return show(value.middle)
        return " / ".join(show(part) for part in value.values())
    if value == 0:
        return "0"
    if value < 0.001:
        return "<0.001"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def text(report: Report) -> str:
    """Return the whole report for people."""
    return "\n\n".join(_blocks(report))


def _blocks(report: Report) -> Iterator[str]:
    task, counts = report.task, report.counts
    yield (
        f"{report.title}\n"
        "Every triple is low / middle / high. Sleep comes on top, whichever way is taken."
    )
    yield (
        f"{task.samples} samples, {task.epochs} epochs, {task.folds} folds of the gate: "
        f"{show(task.steps)} training steps of {show(counts.training)} {counts.unit}; "
        f"a backbone pass is {show(task.backbone)} {counts.unit}\n(counted by {counts.origin})."
    )
    for cached in (True, False):
        here = next(row.here for row in report.rows if row.cached is cached)
        how = "features cached from inference" if cached else "a backbone pass for each sample"
        yield f"Learning on the device, {how}:\n{_bill(here)}"
    yield f"Sending instead, features cached from inference:\n{_uploads(report)}"
    yield f"Sending over learning; above 1 the device wins:\n{ratios(report)}"
    yield f"Sending needs less energy where:\n{_even(report)}"
    if report.claimed is not None:
        yield (
            f"Sending needs {report.claimed[0]:g} times the energy, {report.claimed[1]:g} times "
            f"the time, at a throughput [kbps]:\n{_claims(report)}"
        )
    yield f"Energy of a year with {show(report.updates)} updates [J]:\n{_year(report)}"
    yield verdict(report)
    lines = [*report.notes, *(f"not counted: {line}" for line in report.missing)]
    if lines:
        yield "\n".join(lines)
    yield f"{_kinds(report)}\nEach with its source: --figures."


def _bill(bill: Bill) -> str:
    rows = [(part.name, show(part.energy * 1e3), show(part.time)) for part in bill.parts]
    rows.append(("total", show(bill.energy * 1e3), show(bill.time)))
    return table(rows, ("part", "energy [mJ]", "time [s]"))


def _uploads(report: Report) -> str:
    rows = [
        (UPLOADS[row.kind], f"{row.away.bytes:,.0f}", show(row.away.energy * 1e3))
        + (show(row.away.time),)
        for row in report.rows
        if row.cached
    ]
    return table(rows, ("upload", "bytes", "energy [mJ]", "time [s]"), right=(1,))


def ratios(report: Report) -> str:
    """Return the table of ratios, the heart of the report."""
    rows = [
        (UPLOADS[row.kind], row.features, show(row.ratio.energy), winner(row.ratio.energy))
        + (show(row.ratio.time), winner(row.ratio.time))
        for row in report.rows
    ]
    return table(rows, ("upload", "features", "energy", "less energy", "time", "less time"))


def _even(report: Report) -> str:
    rows = [
        (UPLOADS[row.kind], row.features, *(even_text(even) for even in row.even))
        for row in report.rows
    ]
    headers = ("upload", "features", "throughput [kbps]", "samples", "updates a year*")
    return (
        table(rows, headers)
        + "\n(in brackets: with all that is uncertain for sending .. for the device)"
        + "\n* where the link is kept for this alone"
    )


def even_text(even: BreakEven) -> str:
    """Say where sending wins along an axis."""
    scale = _UNITS[even.axis][1]
    sides = (even.middle, even.for_sending, even.for_device)
    middle, sending, device = (_crossing(side, scale, even.axis) for side in sides)
    return f"{middle} ({sending} .. {device})"


def _crossing(crossing: Crossing, scale: float, axis: str) -> str:
    if crossing.at is None:
        return "always" if crossing.below == SENDING else "never"
    side = "below" if crossing.below == SENDING else "above"
    at = crossing.at / scale
    return f"{side} {show(float(round(at)) if axis == 'samples' else at)}"


def _claims(report: Report) -> str:
    rows = [
        (UPLOADS[c.kind], CACHED if c.cached else PASS, _holds(c.energy), _holds(c.time))
        for c in report.claims
    ]
    return table(rows, ("upload", "features", "energy", "time"))


def _holds(sides: tuple[Crossing, Crossing, Crossing]) -> str:
    """Say below which throughput a ratio is reached."""
    texts = []
    for side in sides:
        if side.at is None:
            texts.append("any" if side.below == DEVICE else "none")
        else:
            texts.append(f"below {show(side.at / 1e3)}")
    return f"{texts[0]} ({texts[1]} .. {texts[2]})"


def _year(report: Report) -> str:
    setup = report.setup
    rows = [("asleep, no learning", show(setup.sleep * model.YEAR))]
    rows.append(("keeping the link", show(setup.standby * model.YEAR)))
    for row in report.rows:
        if row.cached:
            updates = row.away.energy * report.updates
            rows.append((f"updates, sending {UPLOADS[row.kind]}", show(updates)))
    here = next(row.here for row in report.rows if row.cached)
    rows.append(("updates, learning on the device", show(here.energy * report.updates)))
    return table(rows, ("features cached from inference", "energy [J]"))


def verdict(report: Report) -> str:
    """Name the winners, and say plainly where sending is cheaper."""
    lines = []
    for cached in (True, False):
        named: dict[str, list[str]] = {}
        for row in report.rows:
            if row.cached is cached:
                named.setdefault(winner(row.ratio.energy), []).append(UPLOADS[row.kind])
        how = "with cached features" if cached else "with a backbone pass for each sample"
        said = "; ".join(f"{who}: against {', '.join(kinds)}" for who, kinds in named.items())
        lines.append(f"Less energy {how}: {said}.")
    if any(row.ratio.energy.middle < 1 for row in report.rows):
        lines.append(FOR_THE_DEVICE)
    return "\n".join(lines)


def _kinds(report: Report) -> str:
    counted: dict[str, int] = {}
    for _, figure in all_figures(report.setup):
        counted[figure.kind] = counted.get(figure.kind, 0) + 1
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items()))
    return f"Figures of board and link: {said}."


def all_figures(setup: Setup) -> Iterator[tuple[str, Figure]]:
    """Yield every figure of board and link, with the file that it is from."""
    sheets: list[tuple[str, Sheet]] = [
        (setup.board.name, setup.board.sheet),
        (setup.link.name, setup.link.sheet),
    ]
    if setup.link.radio in setup.board.radios:
        radio = setup.board.radios[setup.link.radio]
        sheets.append((f"{setup.board.name}, {setup.link.radio}", radio))
    for name, sheet in sheets:
        for figure in sheet.figures.values():
            yield name, figure


def figures_text(setup: Setup) -> str:
    """Return every figure with its source."""
    lines = []
    for name, figure in all_figures(setup):
        value = f"{_plain(figure.value)} {figure.unit}, {figure.kind}"
        lines.append(f"{name}: {figure.name}: {value}\n    {figure.source}")
    return "\n".join(lines)


def _plain(value: Range) -> str:
    if value.low == value.high:
        return f"{value.middle:g}"
    return " / ".join(f"{part:g}" for part in value.values())

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The break-even as a picture: a panel an upload, energy of both ways, shaded by uncertainty.

Dash, marker, hatch and a written name tell the curves apart: colour is never the only carrier.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from microtl_tools.energy.breakeven import SPANS, energy_curve
from microtl_tools.energy.model import FEATURES, UPLOADS, compare_year, packet_limit
from microtl_tools.energy.ranges import Range
from microtl_tools.energy.report import Report, Row, even_text, show, winner
from microtl_tools.imports import require

_DPI = 120
_POINTS = 49
_BLUE, _ORANGE, _GREEN = "#0072B2", "#D55E00", "#009E73"
_LABELS = {
    "throughput": "throughput that the application sees [kbps]",
    "samples": "labelled samples an update",
    "updates": "updates a year, the link kept for them alone",
}
_WIDER = 30.0
"""How far the axis reaches on both sides of the user's point, as a factor."""


def draw(report: Report, axis: str, path: Path) -> bytes:
    """Return the picture in the format of ``path``'s ending; the same report, the same bytes."""
    matplotlib = require("matplotlib", "draw pictures")
    figure_module = require("matplotlib.figure", "draw pictures")
    lines = require("matplotlib.lines", "draw pictures")
    ticker = require("matplotlib.ticker", "draw pictures")
    settings = {"font.size": 10, "svg.hashsalt": "microtl", "svg.fonttype": "none"}
    with matplotlib.rc_context(settings):
        figure = figure_module.Figure(figsize=(11.5, 9.2))
        panels = figure.subplots(2, 2, sharex=True, sharey=True).ravel()
        for panel, kind in zip(panels, UPLOADS, strict=True):
            _panel(panel, report, kind, axis)
        plain = ticker.FuncFormatter(lambda value, _: _tick(value))
        panels[0].xaxis.set_major_formatter(plain)
        left, right = panels[0].get_xlim()
        few = ticker.FuncFormatter(lambda value, _: _between(value) if right < 100 * left else "")
        panels[0].xaxis.set_minor_formatter(few)
        panels[0].yaxis.set_major_formatter(plain)
        for panel in panels[2:]:
            panel.set_xlabel(_LABELS[axis])
        for panel in (panels[0], panels[2]):
            panel.set_ylabel("energy of a year [J]" if axis == "updates" else "energy [mJ]")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.suptitle(report.title, x=0.01, ha="left", fontweight="bold")
        figure.tight_layout(rect=(0, 0.08, 1, 1))
        handles += [
            lines.Line2D([], [], color="black", lw=0.8, label="your point: circle and square"),
            lines.Line2D(
                [], [], color="black", lw=1.2, ls="-.", label="break-even, features cached"
            ),
        ]
        labels += [handle.get_label() for handle in handles[-2:]]
        figure.legend(handles, labels, loc="lower center", ncols=3, frameon=False)
        buffer = io.BytesIO()
        kind = path.suffix.lower()[1:]
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(buffer, format=kind, dpi=_DPI, metadata=metadata)
    return buffer.getvalue()


def _tick(value: float) -> str:
    """Write a power of ten: plain as long as it is short."""
    return f"{value:g}" if value < 1e5 else f"{value:.0e}".replace("e+0", "e")


def _between(value: float) -> str:
    """Write what lies between powers of ten: 2 and 5, since more would overlap."""
    return _tick(value) if f"{value:e}"[0] in "25" else ""


def _panel(axes: Any, report: Report, kind: str, axis: str) -> None:
    at, scale = _point(report, axis)
    xs = _grid(report, at, axis)
    shown = [x * scale for x in xs]
    unit = 1.0 if axis == "updates" else 1e3
    cached = energy_curve(report.setup, report.task, kind, axis, cached=True)
    passed = energy_curve(report.setup, report.task, kind, axis, cached=False)
    pairs, others = [cached(x) for x in xs], [passed(x) for x in xs]
    _curve(
        axes, shown, [b * unit for _, b in pairs], _ORANGE, "-", "///", f"sending {UPLOADS[kind]}"
    )
    _curve(axes, shown, [a * unit for a, _ in pairs], _BLUE, "--", "", "learning, features cached")
    if kind != FEATURES:  # with a pass, the features cost as much on both sides
        name = "learning, a backbone pass for each sample"
        _curve(axes, shown, [a * unit for a, _ in others], _GREEN, ":", "...", name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    here, away = cached(at)
    row = next(row for row in report.rows if row.kind == kind and row.cached)
    for value, marker, colour in ((away, "o", _ORANGE), (here, "s", _BLUE)):
        axes.plot([at * scale], [value.middle * unit], marker, color=colour, ms=8, mec="black")
    axes.axvline(at * scale, color="black", lw=0.8)
    even = next(even for even in row.even if even.axis == axis)
    if even.middle.at is not None and shown[0] < even.middle.at * scale < shown[-1]:
        axes.axvline(even.middle.at * scale, color="black", lw=1.2, ls="-.")
    axes.set_title(f"{UPLOADS[kind].upper()}\n{_words(report, row, axis)}", loc="left", fontsize=10)
    axes.grid(True, which="major", lw=0.4, color="#bbbbbb")


def _curve(
    axes: Any, xs: list[float], values: list[Range], colour: str, dash: str, hatch: str, name: str
) -> None:
    name = "sending: middle; shaded: low to high" if name.startswith("sending") else name
    axes.plot(xs, [v.middle for v in values], dash, color=colour, lw=2.2, label=name)
    axes.fill_between(
        xs,
        [v.low for v in values],
        [v.high for v in values],
        facecolor=colour,
        alpha=0.16,
        hatch=hatch,
        edgecolor=colour,
        lw=0.0,
    )


def _words(report: Report, row: Row, axis: str) -> str:
    even = next(even for even in row.even if even.axis == axis)
    ratio = row.ratio.energy
    if axis == "updates":  # what is drawn: a year, with sleep and the link
        ratio = compare_year(report.setup, row.here, row.away, report.updates)
    return (
        f"your point: sending / learning = {show(ratio.middle)}: {winner(ratio)}\n"
        f"sending wins {even_text(even).replace('(', '(uncertain: ')}"
    )


def _point(report: Report, axis: str) -> tuple[float, float]:
    """Return where the user stands on an axis, and how many of its labels one is."""
    if axis == "samples":
        return float(report.task.samples), 1.0
    if axis == "updates":
        return report.updates, 1.0
    if report.setup.throughput is not None:
        return report.setup.throughput.middle, 1e-3
    return report.setup.link.sheet.get("bit_rate").middle, 1e-3


def _grid(report: Report, at: float, axis: str) -> list[float]:
    low, high = SPANS[axis]
    low, high = max(low, at / _WIDER), min(high, at * _WIDER)
    if axis == "throughput":
        high = max(at, packet_limit(report.setup.link))
    if axis == "updates":
        low, high = 1.0, 1e6
    low, high = min(low, at), max(high, at)  # the user's point is on the curve
    return [low * (high / low) ** (i / (_POINTS - 1)) for i in range(_POINTS)]

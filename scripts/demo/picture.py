# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The demo's picture: how accuracy rises with what is labelled, one panel a scenario."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from microtl_tools.imports import require
from microtl_tools.simulate.results import BudgetResult

# Palette of Okabe and Ito, made for colour-blind readers; dash and marker differ as well.
_BLUE, _ORANGE, _GREEN, _GREY = "#0072B2", "#D55E00", "#009E73", "#555555"


@dataclass(frozen=True)
class Panel:
    """A scenario's results; ``new`` is the name of the new class, None where there is none."""

    title: str
    results: Sequence[BudgetResult]
    new: str | None


def draw(panels: Sequence[Panel]) -> bytes:
    """Return the picture as PNG."""
    figure_module = require("matplotlib.figure", "draw pictures")
    figure = figure_module.Figure(figsize=(5.5 * len(panels), 4.4))
    every = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, panel in zip(every, panels, strict=True):
        _draw_panel(axes, panel)
    every[0].set_ylabel("accuracy on later windows, %")
    figure.tight_layout()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()


def _draw_panel(axes: Any, panel: Panel) -> None:
    """Before learning stands at 0 windows; the head that the gate left in place after that."""
    results = panel.results
    budgets = [0, *(result.budget for result in results)]
    before = results[0].before.mean
    lines: list[tuple[str, list[float | None], str, str, str]] = [
        ("all", [before, *(r.after.mean for r in results)], _BLUE, "-", "o"),
        ("nearest class mean", [None, *(r.nearest_mean.mean for r in results)], _GREY, ":", "D"),
    ]
    if panel.new is not None:
        old = [r.old_after.mean for r in results if r.old_after is not None]
        new = [r.new_after.mean for r in results if r.new_after is not None]
        old_before = results[0].old_before
        first = None if old_before is None else old_before.mean
        lines += [
            ("known exercises", [first, *old], _GREEN, "--", "s"),
            (f"{panel.new}, never seen before", [0.0, *new], _ORANGE, "-.", "^"),
        ]
    for name, values, colour, dash, marker in lines:
        points = [(b, 100 * v) for b, v in zip(budgets, values, strict=True) if v is not None]
        x, y = zip(*points, strict=True)
        axes.plot(x, y, color=colour, linestyle=dash, marker=marker, label=name)
    axes.set_title(panel.title, loc="left", fontweight="bold")
    axes.set_xlabel("windows of each exercise that were labelled")
    axes.set_xticks(budgets)
    axes.set_ylim(0, 102)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")

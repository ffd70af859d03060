# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The picture of a simulation: accuracy against labels, and who gains and who loses.

Every line has its own dash, marker and written name, every loss its own marker and number: colour
(the palette of Okabe and Ito, made for colour-blind readers) is never the only carrier.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from microtl_tools.imports import require
from microtl_tools.simulate.results import BudgetResult
from microtl_tools.simulate.statistics import Interval

_DPI = 150
_USERS_MAX = 40

_BELOW = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.14), "frameon": False}
_BLUE, _ORANGE, _GREEN, _GREY = "#0072B2", "#D55E00", "#009E73", "#555555"


def draw(
    results: Sequence[BudgetResult],
    chosen: BudgetResult,
    title: str,
    path: Path,
    *,
    old_name: str = "old classes",
) -> bytes:
    """Return the picture in the format of ``path``'s ending; the same results, the same bytes.

    ``chosen`` is the budget whose users the right-hand side shows, ``old_name`` what the model knew
    before.
    """
    matplotlib = require("matplotlib", "draw pictures")
    figure_module = require("matplotlib.figure", "draw pictures")
    settings = {"font.size": 11, "svg.hashsalt": "microtl", "svg.fonttype": "none"}
    with matplotlib.rc_context(settings):
        rows = min(len(chosen.users), _USERS_MAX)
        figure = figure_module.Figure(figsize=(11.5, max(5.6, 2.2 + 0.27 * rows)))
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
        _curves(left, results, old_name)
        _users(right, chosen)
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
        figure.tight_layout()
        buffer = io.BytesIO()
        kind = path.suffix.lower()[1:]
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(buffer, format=kind, dpi=_DPI, metadata=metadata)
    return buffer.getvalue()


def _curves(axes: Any, results: Sequence[BudgetResult], old_name: str) -> None:
    budgets = [result.budget for result in results]
    lines: list[tuple[str, list[Interval | None], str, str, str]] = [
        ("after learning", [r.after for r in results], _BLUE, "-", "o"),
        (f"{old_name} after", [r.old_after for r in results], _GREEN, "--", "s"),
        ("new class after", [r.new_after for r in results], _ORANGE, "-.", "^"),
        ("nearest class mean", [r.nearest_mean for r in results], _GREY, ":", "D"),
        ("before", [r.before for r in results], "black", (0, (1, 1)), "x"),  # type: ignore[list-item]
    ]
    for name, values, colour, dash, marker in lines:
        points = [value for value in values if value is not None]
        if len(points) != len(budgets):
            continue
        axes.plot(
            budgets,
            [100 * point.mean for point in points],
            color=colour,
            linestyle=dash,
            marker=marker,
            label=f"{name} ({100 * points[-1].mean:.1f})",
        )
        if name == "after learning" and points[0].count > 1:
            axes.fill_between(
                budgets,
                [100 * point.low for point in points],
                [min(100.0, 100 * point.high) for point in points],
                color=colour,
                alpha=0.15,
                label="95 % interval over users",
            )
    axes.set_xlabel("labelled windows a class, hold-out included")
    axes.set_ylabel("accuracy on later windows, %")
    axes.set_xticks(budgets)
    axes.grid(alpha=0.3)
    axes.legend(
        fontsize=9, title="in brackets: at the right end", title_fontsize=9, ncols=2, **_BELOW
    )
    axes.set_title("How many labels it takes", loc="left", fontsize=11)


def _users(axes: Any, chosen: BudgetResult) -> None:
    users = sorted(chosen.users, key=lambda user: user.change)[:_USERS_MAX]
    for row, user in enumerate(users):
        before, after = 100 * user.before.all, 100 * user.after.all
        lost = user.change < 0
        axes.plot([before, after], [row, row], color=_ORANGE if lost else _BLUE, linewidth=2)
        axes.plot(before, row, "x", color="black", label="before" if row == 0 else None)
        axes.plot(
            after,
            row,
            marker="v" if lost else "o",
            color=_ORANGE if lost else _BLUE,
            markersize=8 if lost else 6,
        )
        axes.annotate(
            f"{after - before:+.1f}",
            (max(before, after), row),
            xytext=(7, -3),
            textcoords="offset points",
            fontsize=9,
            fontweight="bold" if lost else "normal",
        )
    axes.plot([], [], "o", color=_BLUE, label="after: gains")
    axes.plot([], [], "v", color=_ORANGE, label="after: loses")
    axes.set_yticks(range(len(users)), [user.user for user in users], fontsize=9)
    axes.set_ylim(-0.8, len(users) - 0.2)
    axes.margins(x=0.15)
    axes.set_xlabel("accuracy over all classes, %")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(fontsize=9, ncols=3, **_BELOW)
    left_out = len(chosen.users) - len(users)
    more = f", the {left_out} who gain most not shown" if left_out else ""
    axes.set_title(f"Users at {chosen.budget} windows a class{more}", loc="left", fontsize=11)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The figures as a document: means over people, sigma, worst person, gate, goals.

Trainings (and exercises) are averaged for each person first: people are the independent units.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from microtl_tools.simulate.results import BudgetResult, GateCount, Outcome, summarise
from microtl_tools.simulate.statistics import Interval
from protocol import GOALS, Goal

TEMPLATE = Path(__file__).resolve().parent / "figures.md.in"
MARGIN = 0.03
"""Loss on old classes from which an accepted head counts as wrongly accepted."""
CASE_SEPARATOR = ", "
"""Between a person and the exercise in the user's name of an outcome."""


@dataclass(frozen=True)
class Figure:
    """A scenario that was played with one budget."""

    title: str
    budget: int
    outcomes: tuple[Outcome, ...]

    @cached_property
    def gated(self) -> BudgetResult:
        """What the device answers with: the new head where the gate let it, else the old one."""
        return summarise([_of_person(o) for o in self.outcomes], MARGIN)[0]

    @cached_property
    def trained(self) -> BudgetResult:
        """The trained head, whatever the gate said."""
        return summarise([_of_person(_let_through(o)) for o in self.outcomes], MARGIN)[0]

    @cached_property
    def cases(self) -> BudgetResult:
        """As ``gated``, each person with each exercise on its own."""
        return summarise(self.outcomes, MARGIN)[0]

    @property
    def gate(self) -> GateCount:
        """How the gate decided."""
        return self.gated.gate


@dataclass(frozen=True)
class Pair:
    """The same scenario with the head in float, and in fixed point."""

    own: Figure
    fixed: Figure

    @property
    def differences(self) -> list[float]:
        """Accuracy of the trained head in fixed point less that in float, a person each."""
        users = zip(self.own.trained.users, self.fixed.trained.users, strict=True)
        return [fixed.after.all - own.after.all for own, fixed in users]


def _of_person(outcome: Outcome) -> Outcome:
    return replace(outcome, user=outcome.user.partition(CASE_SEPARATOR)[0])


def _let_through(outcome: Outcome) -> Outcome:
    return replace(outcome, after=outcome.candidate)


def document(figures: Sequence[Figure], pairs: Sequence[Pair]) -> str:
    """Return docs/figures.md."""
    text = TEMPLATE.read_text(encoding="utf-8")
    tables = {
        "ACCURACY": _table(_ACCURACY, [_accuracy(figure) for figure in figures]),
        "CHANGE": _table(_CHANGE, [_change(figure) for figure in figures]),
        "GATE": _table(_GATE, [_gate(figure) for figure in figures]),
        "GOALS": _table(_GOAL, [_goal(goal, figures) for goal in GOALS]),
        "ARITHMETIC": arithmetic_table(pairs),
        "PEOPLE": _table(_PEOPLE, _people(figures)),
    }
    for name, table in tables.items():
        text = text.replace(f"@{name}@", table)
    return text


_ACCURACY = (
    ("scenario", "windows", "before", "old before", "trained", "old", "new")
    + ("nearest mean", "with gate")
)  # fmt: skip
_CHANGE = ("scenario", "windows", "change", "worst person", "people who lose", "worst case")
_GATE = (
    ("scenario", "windows", "accepted", "rejected", "undecided", "wrongly accepted")
    + ("wrongly kept out",)
)  # fmt: skip
_ARITHMETIC = (
    ("scenario", "windows", "people", "float", "fixed point", "mean difference", "least", "most")
)  # fmt: skip
_GOAL = ("scenario", "windows", "what", "goal", "measured", "met")
_PEOPLE = ("person", "scenario", "windows", "before", "trained", "with gate", "nearest mean")


def arithmetic_table(pairs: Sequence[Pair]) -> str:
    """Return float beside fixed point: the trained heads, whatever the gate said."""
    return _table(_ARITHMETIC, [_pair(pair) for pair in pairs])


def _pair(pair: Pair) -> list[str]:
    differences = pair.differences
    return [
        pair.own.title,
        str(pair.own.budget),
        str(len(differences)),
        _spread(pair.own.trained.after),
        _spread(pair.fixed.trained.after),
        f"{100 * sum(differences) / len(differences):+.2f}",
        f"{100 * min(differences):+.2f}",
        f"{100 * max(differences):+.2f}",
    ]


def _accuracy(figure: Figure) -> list[str]:
    trained = figure.trained
    return [
        figure.title,
        str(figure.budget),
        _spread(trained.before),
        _spread(trained.old_before),
        _spread(trained.after),
        _spread(trained.old_after),
        _spread(trained.new_after),
        _spread(trained.nearest_mean),
        _spread(figure.gated.after),
    ]


def _change(figure: Figure) -> list[str]:
    gated, worst = figure.gated, figure.cases.worst
    losers = len(gated.losers(0.0))
    return [
        figure.title,
        str(figure.budget),
        _spread(gated.change, "+"),
        f"{gated.worst.user} {100 * gated.worst.change:+.1f}",
        f"{losers} of {len(gated.users)}",
        f"{worst.user} {100 * worst.change:+.1f}",
    ]


def _gate(figure: Figure) -> list[str]:
    gate, count = figure.gate, len(figure.outcomes)
    numbers = (gate.accepted, gate.rejected, gate.undecided)
    shares = [f"{number} ({100 * number / count:.0f} %)" for number in numbers]
    return [
        figure.title,
        str(figure.budget),
        *shares,
        f"{gate.wrong_accepts} of {gate.accepted}",
        f"{gate.wrong_rejects} of {gate.rejected + gate.undecided}",
    ]


def _people(figures: Sequence[Figure]) -> list[list[str]]:
    rows = []
    for figure in figures:
        for with_gate, trained in zip(figure.gated.users, figure.trained.users, strict=True):
            values = (with_gate.before, trained.after, with_gate.after, with_gate.nearest_mean)
            cells = [f"{100 * value.all:.1f}" for value in values]
            rows.append([with_gate.user, figure.title, str(figure.budget), *cells])
    return rows


_MEASURES: dict[str, Callable[[Figure], float]] = {
    "trained, all": lambda f: f.trained.after.mean,
    "trained, old": lambda f: _mean(f.trained.old_after),
    "trained, new": lambda f: _mean(f.trained.new_after),
    "trained, old less before": lambda f: _mean(f.trained.old_change),
    "trained less nearest mean": lambda f: f.trained.over_nearest_mean.mean,
    "trained, worst person's change": lambda f: f.trained.worst.change,
    "with gate, change": lambda f: f.gated.change.mean,
    "with gate, worst person's change": lambda f: f.gated.worst.change,
    "accepted": lambda f: f.gate.accepted / len(f.outcomes),
}
"""What goals are about -> how it is measured; shares of 1."""


def _goal(goal: Goal, figures: Sequence[Figure]) -> list[str]:
    figure = next(f for f in figures if (f.title, f.budget) == (goal.title, goal.budget))
    value = 100 * _MEASURES[goal.what](figure)
    met = goal.at_least <= value if goal.at_most is None else value <= goal.at_most
    bound = f">= {goal.at_least:g}" if goal.at_most is None else f"<= {goal.at_most:g}"
    measured = f"{value:.1f}"
    return [goal.title, str(goal.budget), goal.what, bound, measured, "yes" if met else "**no**"]


def _mean(value: Interval | None) -> float:
    return float("nan") if value is None else value.mean


def _spread(value: Interval | None, sign: str = "") -> str:
    """Return mean and sigma in percent; of a single value, which has no sigma, the value."""
    if value is None:
        return "-"
    mean = f"{100 * value.mean:{sign}.1f}"
    return mean if value.count < 2 else f"{mean} ± {100 * value.sigma:.1f}"


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown has it, first column to the left."""
    lines = [headers, ["---", *["---:"] * (len(headers) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

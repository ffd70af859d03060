# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A simulation in words, tables and JSON."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from microtl_tools.output import table
from microtl_tools.simulate.play import Plan
from microtl_tools.simulate.results import Accuracy, BudgetResult, enough
from microtl_tools.simulate.scenario import Kind, Scenario
from microtl_tools.simulate.statistics import CONFIDENCE, Interval, Verdict

LOSS_WORTH_NAMING = 0.03
"""Users who lose more than this are named."""


@dataclass(frozen=True)
class Simulation:
    """A scenario that was played, and what it came to."""

    model: str
    data: str
    scenario: Scenario
    plan: Plan
    settings: Mapping[str, float]
    margin: float
    results: Sequence[BudgetResult]
    available: int
    """The most windows of a class that any user had to label."""
    arithmetic: str = "float"
    """What the head was computed with."""
    with_statistics: BudgetResult | None = None
    """The chosen budget with feature statistics, where the model was played without any."""

    @property
    def chosen(self) -> BudgetResult:
        """The budget that the verdict is about: the smallest that suffices, else the largest."""
        return enough(self.results) or self.results[-1]

    @property
    def headline(self) -> str:
        """Scenario and verdict in one line."""
        return f"{self.scenario.title}: {self.chosen.verdict.value}"


def as_text(simulation: Simulation, fragment: str) -> str:
    """Return the whole report; ``fragment`` is the Kconfig fragment."""
    plan, chosen = simulation.plan, simulation.chosen
    parts = [
        f"{simulation.scenario.title}; {len(chosen.users)} users, {plan.seeds} seeds, "
        f"gate {'on' if plan.gate else 'off'}; accuracy in %, mean over users",
        "",
        _budget_table(simulation.results),
        "",
        f"users at {chosen.budget} labelled windows a class",
        _user_table(chosen),
        "",
        *sentences(simulation),
        "",
        fragment,
    ]
    return "\n".join(parts)


def sentences(simulation: Simulation) -> list[str]:
    """Return the verdict and what it rests on, a sentence each."""
    chosen = simulation.chosen
    old = chosen.old_change
    lines = [
        f"verdict: {chosen.verdict.value}. With {chosen.budget} labelled windows a class accuracy "
        f"{_change(chosen.change)}."
    ]
    if old is not None:
        what = "before the drift" if simulation.scenario.kind is Kind.DRIFT else "the old classes"
        lines.append(
            f"On {what} it {_change(old)}; {_points(simulation.margin)} of loss are tolerated."
        )
    lines += _reasons(chosen, simulation.margin)
    lines.append(_labels_needed(simulation))
    lines.append(_losers(chosen))
    over = chosen.over_nearest_mean
    lines.append(
        f"Nearest class mean alone, without training: {100 * chosen.nearest_mean.mean:.1f} %; "
        f"training is {abs(100 * over.mean):.1f} points {'better' if over.mean >= 0 else 'worse'} "
        f"({_range(over)})."
    )
    if simulation.plan.gate:
        gate = chosen.gate
        lines.append(
            f"Gate: {gate.accepted} trainings accepted, {gate.wrong_accepts} of them wrongly; "
            f"{gate.rejected} rejected and {gate.undecided} undecided, {gate.wrong_rejects} of "
            "them would have been better."
        )
    if simulation.with_statistics is not None:
        lines.append(_statistics_missed(chosen, simulation.with_statistics))
    if chosen.verdict is not Verdict.HELPS:
        lines.append(f"Next: {_next(simulation)}.")
    return lines


def _next(simulation: Simulation) -> str:
    """Say what may change a verdict that is not "helps"."""
    if simulation.chosen.verdict is Verdict.HARMS:
        return "try a base set (--base-set), so that old classes are not forgotten"
    if simulation.chosen.budget < simulation.available:
        return "try more labels a class (--labels-per-class), or data of more users"
    return (
        f"record more (no user has more than {simulation.available} windows of a class to label), "
        "or give data of more users"
    )


def _reasons(chosen: BudgetResult, margin: float) -> list[str]:
    """Say which of the two conditions leaves a doubt."""
    if chosen.verdict is not Verdict.NO_EVIDENCE:
        return []
    reasons = []
    if chosen.change.low <= 0 <= chosen.change.high:
        reasons.append("the interval of the change holds 0")
    if chosen.old_change is not None and chosen.old_change.low <= -margin:
        reasons.append("the old classes may have lost more than is tolerated")
    return [f"No evidence, because {' and '.join(reasons)}."]


def _losers(chosen: BudgetResult) -> str:
    losers = chosen.losers(LOSS_WORTH_NAMING)
    if not losers:
        worst = chosen.worst
        return (
            f"No user loses more than {_points(LOSS_WORTH_NAMING)}; least gains {worst.user} "
            f"({100 * worst.change:+.1f})."
        )
    named = ", ".join(f"{user.user} ({100 * user.change:+.1f})" for user in losers)
    return (
        f"{len(losers)} of {len(chosen.users)} users lose more than "
        f"{_points(LOSS_WORTH_NAMING)}: {named}."
    )


def _labels_needed(simulation: Simulation) -> str:
    needed = enough(simulation.results)
    if needed is None:
        most = simulation.results[-1].budget
        return f"Labels it takes: more than {most} windows a class, if it can be done at all."
    labels = max(user.labels for user in needed.users)
    return f"Labels it takes: {needed.budget} windows a class, {labels} in all."


def _statistics_missed(without: BudgetResult, measured: BudgetResult) -> str:
    return (
        "No statistics of the features were given, so their quantisation range stands in. With "
        "mean and sigma of the windows that users may label, accuracy would be "
        f"{100 * measured.after.mean:.1f} % after learning instead of "
        f"{100 * without.after.mean:.1f}: give samples of the model's training to convert and "
        "simulate (--representative-data or --base-set)."
    )


def _change(change: Interval) -> str:
    verb = "rises" if change.mean >= 0 else "falls"
    return f"{verb} by {abs(100 * change.mean):.1f} points ({_range(change)})"


def _range(value: Interval) -> str:
    return (
        f"{100 * CONFIDENCE:.0f} % interval over {value.count} users: "
        f"{100 * value.low:+.1f} to {100 * value.high:+.1f}"
    )


def _points(share: float) -> str:
    return f"{100 * share:g} points"


def _cell(value: Interval | float | None) -> str:
    mean = value.mean if isinstance(value, Interval) else value
    return "-" if mean is None or math.isnan(mean) else f"{100 * mean:.1f}"


def _budget_table(results: Sequence[BudgetResult]) -> str:
    headers = (
        "labels a class",
        "before",
        "after",
        "change",
        "95 % interval",
        "old before",
        "old after",
        "new after",
        "nearest mean",
        "verdict",
    )
    rows = [
        (
            result.budget,
            _cell(result.before),
            _cell(result.after),
            f"{100 * result.change.mean:+.1f}",
            f"{100 * result.change.low:+.1f} to {100 * result.change.high:+.1f}",
            _cell(result.old_before),
            _cell(result.old_after),
            _cell(result.new_after),
            _cell(result.nearest_mean),
            result.verdict.value,
        )
        for result in results
    ]
    return table(rows, headers, right=range(1, 9))


def _user_table(chosen: BudgetResult) -> str:
    rows = [
        (
            user.user,
            user.labels,
            _cell(user.before.all),
            _cell(user.after.all),
            f"{100 * user.change:+.1f}",
            _cell(user.after.old),
            _cell(user.after.new),
            _cell(user.nearest_mean.all),
        )
        for user in sorted(chosen.users, key=lambda user: user.change)
    ]
    headers = ("user", "labels", "before", "after", "change", "old", "new", "nearest mean")
    return table(rows, headers, right=range(2, 8))


def as_json(simulation: Simulation, fragment: str) -> dict[str, Any]:
    """Return the report as an object for JSON; shares are 0 to 1, null where there is none."""
    scenario, plan, chosen = simulation.scenario, simulation.plan, simulation.chosen
    needed = enough(simulation.results)
    return {
        "model": simulation.model,
        "data": simulation.data,
        "scenario": {
            "kind": scenario.kind.value,
            "classes": list(scenario.labels),
            "new": [scenario.labels[label] for label in scenario.new],
            "recorded": [scenario.labels[label] for label in scenario.recorded],
            "test_part": scenario.test_part,
        },
        "seeds": plan.seeds,
        "gate": plan.gate,
        "replay_capacity": plan.capacity,
        "settings": dict(simulation.settings),
        "margin": simulation.margin,
        "verdict": chosen.verdict.value,
        "budget": chosen.budget,
        "labels_available": simulation.available,
        "labels_needed": None if needed is None else needed.budget,
        "budgets": [_json_budget(result) for result in simulation.results],
        "with_statistics": (
            None
            if simulation.with_statistics is None
            else _json_interval(simulation.with_statistics.after)
        ),
        "kconfig": fragment,
    }


def _json_budget(result: BudgetResult) -> dict[str, Any]:
    return {
        "labels_per_class": result.budget,
        "verdict": result.verdict.value,
        **{
            name: _json_interval(getattr(result, name))
            for name in (
                "before",
                "after",
                "change",
                "old_before",
                "old_after",
                "old_change",
                "new_after",
                "nearest_mean",
                "over_nearest_mean",
            )
        },
        "gate": asdict(result.gate),
        "losers": [user.user for user in result.losers(LOSS_WORTH_NAMING)],
        "users": [
            {
                "user": user.user,
                "labels": user.labels,
                "change": user.change,
                "before": _json_accuracy(user.before),
                "after": _json_accuracy(user.after),
                "nearest_mean": _json_accuracy(user.nearest_mean),
            }
            for user in result.users
        ],
    }


def _json_interval(value: Interval | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {
        "mean": value.mean,
        "low": _finite(value.low),
        "high": _finite(value.high),
        "sigma": _finite(value.sigma),
        "users": value.count,
    }


def _json_accuracy(value: Accuracy) -> dict[str, float | None]:
    return {name: _finite(share) for name, share in asdict(value).items()}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

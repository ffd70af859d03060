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
from microtl_tools.simulate.scenario import Scenario
from microtl_tools.simulate.statistics import CONFIDENCE, Interval, Verdict

LOSS_WORTH_NAMING = 0.03
"""Users who lose more than this are named."""

_NEXT = {
    Verdict.NO_EVIDENCE: "try more labels a class (--labels-per-class), or data of more users",
    Verdict.HARMS: "try a base set (--base-set), so that old classes are not forgotten",
}


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
    lines = [
        f"verdict: {chosen.verdict.value}. {_change('accuracy', chosen.change)} with "
        f"{chosen.budget} labelled windows a class."
    ]
    if chosen.old_change is not None:
        lines.append(
            f"{_change('on what the model knew before it', chosen.old_change)}; "
            f"{_points(simulation.margin)} are tolerated."
        )
    lines.append(_labels_needed(simulation))
    losers = chosen.losers(LOSS_WORTH_NAMING)
    if losers:
        named = ", ".join(f"{user.user} ({100 * user.change:+.1f})" for user in losers)
        lines.append(
            f"{len(losers)} of {len(chosen.users)} users lose more than "
            f"{_points(LOSS_WORTH_NAMING)}: {named}."
        )
    else:
        lines.append(
            f"no user loses more than {_points(LOSS_WORTH_NAMING)}; the least gain is that of "
            f"{chosen.worst.user} ({100 * chosen.worst.change:+.1f})."
        )
    lines.append(
        f"nearest class mean alone, without training: {_percent(chosen.nearest_mean.mean)}, "
        f"training is {_signed(chosen.over_nearest_mean)} points "
        f"{'better' if chosen.over_nearest_mean.mean >= 0 else 'worse'}."
    )
    gate = chosen.gate
    if simulation.plan.gate:
        lines.append(
            f"gate: {gate.accepted} accepted ({gate.wrong_accepts} wrongly), {gate.rejected} "
            f"rejected, {gate.undecided} undecided ({gate.wrong_rejects} of these two would have "
            "been better)."
        )
    if chosen.verdict in _NEXT:
        lines.append(f"next: {_NEXT[chosen.verdict]}.")
    return lines


def _labels_needed(simulation: Simulation) -> str:
    needed = enough(simulation.results)
    if needed is None:
        most = simulation.results[-1].budget
        return f"labels it takes: more than {most} windows a class, if it can be done at all."
    labels = max(user.labels for user in needed.users)
    return f"labels it takes: {needed.budget} windows a class, {labels} in all."


def _change(what: str, change: Interval) -> str:
    return f"{what} {'rises' if change.mean >= 0 else 'falls'} by {_signed(change)} points"


def _signed(value: Interval) -> str:
    return (
        f"{abs(100 * value.mean):.1f} ({CONFIDENCE:.0%} interval over {value.count} users: "
        f"{100 * value.low:+.1f} to {100 * value.high:+.1f})"
    )


def _points(share: float) -> str:
    return f"{100 * share:g} points"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


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
        "labels_needed": None if needed is None else needed.budget,
        "budgets": [_json_budget(result) for result in simulation.results],
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

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What a simulation measured, and what it comes to.

Seeds are averaged for each user first: users are the independent units, seeds are not.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from microtl_tools.simulate.statistics import Interval, Verdict, interval, judge

ENOUGH = 0.01
"""A smaller budget suffices if its mean is this close to the best one."""


@dataclass(frozen=True)
class Accuracy:
    """Share of the test samples that were right: of all, of the old ones, of the new ones.

    What old and new are depends on the scenario; NaN where there are no such samples.
    """

    all: float
    old: float = math.nan
    new: float = math.nan


@dataclass(frozen=True)
class Outcome:
    """One user, one budget, one seed.

    ``labels`` counts the samples the user labelled, ``gate`` is the gate's verdict, ``before`` the
    factory head, ``candidate`` the trained head, ``after`` whichever of the two the gate left in
    place, ``nearest_mean`` the nearest-class-mean head from the same labels.
    """

    user: str
    budget: int
    seed: int
    labels: int
    gate: str
    before: Accuracy
    after: Accuracy
    candidate: Accuracy
    nearest_mean: Accuracy

    @property
    def accepted(self) -> bool:
        """Whether the gate let the trained head go live."""
        return self.gate == "accepted"


@dataclass(frozen=True)
class UserResult:
    """One user at one budget, mean over the seeds."""

    user: str
    labels: int
    before: Accuracy
    after: Accuracy
    nearest_mean: Accuracy

    @property
    def change(self) -> float:
        """Accuracy over all classes, after minus before."""
        return self.after.all - self.before.all


@dataclass(frozen=True)
class GateCount:
    """How the gate decided, over users and seeds.

    A wrong accept let a head through that is worse on the test, over all classes or by more than
    the margin on the old ones; a wrong reject kept out one that is better.
    """

    accepted: int
    rejected: int
    undecided: int
    wrong_accepts: int
    wrong_rejects: int


@dataclass(frozen=True)
class BudgetResult:
    """One budget over all users."""

    budget: int
    users: tuple[UserResult, ...]
    gate: GateCount
    before: Interval
    after: Interval
    change: Interval
    old_before: Interval | None
    old_after: Interval | None
    old_change: Interval | None
    new_after: Interval | None
    nearest_mean: Interval
    over_nearest_mean: Interval
    verdict: Verdict

    def losers(self, threshold: float) -> list[UserResult]:
        """Return the users who lose more than ``threshold``, the worst first."""
        lose = [user for user in self.users if user.change < -threshold]
        return sorted(lose, key=lambda user: user.change)

    @property
    def worst(self) -> UserResult:
        """The user who gains least."""
        return min(self.users, key=lambda user: user.change)


def summarise(outcomes: Sequence[Outcome], margin: float) -> list[BudgetResult]:
    """Return one result for each budget in the outcomes, budgets in ascending order.

    ``margin`` is the loss on the old classes that is still tolerated (0 to 1).
    """
    budgets = sorted({outcome.budget for outcome in outcomes})
    return [_at_budget(b, [o for o in outcomes if o.budget == b], margin) for b in budgets]


def enough(results: Sequence[BudgetResult]) -> BudgetResult | None:
    """Return the smallest budget that helps and is about as good as the best, None if none does."""
    helping = [result for result in results if result.verdict is Verdict.HELPS]
    if not helping:
        return None
    best = max(result.after.mean for result in helping)
    return next(result for result in helping if result.after.mean >= best - ENOUGH)


def _at_budget(budget: int, outcomes: Sequence[Outcome], margin: float) -> BudgetResult:
    names = sorted({outcome.user for outcome in outcomes})
    users = tuple(_of_user([o for o in outcomes if o.user == name]) for name in names)

    def over(value: Callable[[UserResult], float]) -> Interval:
        return interval([value(user) for user in users])

    def over_if_any(value: Callable[[UserResult], float]) -> Interval | None:
        values = [v for v in map(value, users) if not math.isnan(v)]
        return interval(values) if values else None

    change = over(lambda user: user.change)
    old_change = over_if_any(lambda user: user.after.old - user.before.old)
    return BudgetResult(
        budget=budget,
        users=users,
        gate=_count(outcomes, margin),
        before=over(lambda user: user.before.all),
        after=over(lambda user: user.after.all),
        change=change,
        old_before=over_if_any(lambda user: user.before.old),
        old_after=over_if_any(lambda user: user.after.old),
        old_change=old_change,
        new_after=over_if_any(lambda user: user.after.new),
        nearest_mean=over(lambda user: user.nearest_mean.all),
        over_nearest_mean=over(lambda user: user.after.all - user.nearest_mean.all),
        verdict=judge(change, old_change, margin),
    )


def _of_user(outcomes: Sequence[Outcome]) -> UserResult:
    return UserResult(
        user=outcomes[0].user,
        labels=outcomes[0].labels,
        before=_mean([outcome.before for outcome in outcomes]),
        after=_mean([outcome.after for outcome in outcomes]),
        nearest_mean=_mean([outcome.nearest_mean for outcome in outcomes]),
    )


def _mean(parts: Sequence[Accuracy]) -> Accuracy:
    rows = np.array([(part.all, part.old, part.new) for part in parts])
    return Accuracy(*rows.mean(axis=0).tolist())


def _count(outcomes: Sequence[Outcome], margin: float) -> GateCount:
    def number(condition: Callable[[Outcome], bool]) -> int:
        return sum(condition(outcome) for outcome in outcomes)

    return GateCount(
        accepted=number(lambda o: o.accepted),
        rejected=number(lambda o: o.gate == "rejected"),
        undecided=number(lambda o: o.gate == "undecided"),
        wrong_accepts=number(lambda o: o.accepted and _harmful(o, margin)),
        wrong_rejects=number(
            lambda o: not o.accepted and not _harmful(o, margin) and o.candidate.all > o.before.all
        ),
    )


def _harmful(outcome: Outcome, margin: float) -> bool:
    # Comparisons with NaN (no old classes) are false.
    forgot = outcome.candidate.old < outcome.before.old - margin
    return forgot or outcome.candidate.all < outcome.before.all

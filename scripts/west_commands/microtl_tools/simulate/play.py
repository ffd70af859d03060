# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Play a scenario: each user labels the first samples, the twin learns, later samples judge."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError
from microtl_tools.simulate.results import Accuracy, Outcome
from microtl_tools.simulate.scenario import Scenario
from microtl_tools.simulate.splits import Timeline, UserSplit, split_user
from microtl_tools.twin.api import Twin
from microtl_tools.twin.learner import GateVerdict, Head, Learner

Features = NDArray[np.int8]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """How a scenario is played.

    ``budgets`` are labelled samples a class, hold-out included; ``capacity`` is that of the replay
    memory; ``settings`` go by the names of the core's fields. Without ``gate`` every trained head
    goes live.
    """

    budgets: Sequence[int]
    seeds: int
    capacity: int
    settings: Mapping[str, float] = field(default_factory=dict)
    gate: bool = True


@dataclass(frozen=True)
class Samples:
    """Features [n, feature count] with their classes, and for the splits whose they are."""

    features: Features
    timeline: Timeline


@dataclass(frozen=True)
class _Judge:
    """The samples that heads are judged on: those to come, and those of before the drift."""

    scenario: Scenario
    features: Features
    y: Labels
    before_features: Features
    before_y: Labels

    def accuracy(self, learner: Learner, which: Head) -> Accuracy:
        right = learner.predict(self.features, which) == self.y
        is_new = self.y >= self.scenario.known
        if len(self.before_y) > 0:
            old = _mean(learner.predict(self.before_features, which) == self.before_y)
        else:
            old = _mean(right[~is_new]) if is_new.any() else float("nan")
        return Accuracy(_mean(right), old, _mean(right[is_new]))


def _mean(right: NDArray[np.bool_]) -> float:
    return float(right.mean()) if len(right) else float("nan")


def split_users(timeline: Timeline, scenario: Scenario, users: Sequence[str]) -> list[UserSplit]:
    """Split each user's samples; MicroTLError names a user and class without samples to label."""
    splits = []
    for user in users:
        split = split_user(timeline, user, scenario.test_part)
        tested = set(timeline.y[split.test].tolist())
        for label in scenario.recorded:
            if split.available(label) == 0 or label not in tested:
                raise MicroTLError(
                    f"user {user!r} has no recording of class {scenario.labels[label]!r} that is "
                    "long enough to label its first and test on its later part",
                    "leave the user out with --users, or record more",
                )
        splits.append(split)
    return splits


def most_available(splits: Sequence[UserSplit], scenario: Scenario) -> int:
    """Return the most samples of a recorded class that any user may label."""
    return max(split.available(label) for split in splits for label in scenario.recorded)


def play(
    twin: Twin,
    samples: Samples,
    scenario: Scenario,
    splits: Sequence[UserSplit],
    plan: Plan,
    reference: Samples | None = None,
) -> Iterator[Outcome]:
    """Yield one outcome for each user, budget and seed: ``count(splits, plan)`` of them.

    ``reference`` are samples from before a drift: what is old is judged on those of the user, or on
    all of them where the user has none.
    """
    for split in splits:
        judge = _judge_of(samples, scenario, split, reference)
        for budget in plan.budgets:
            for seed in range(plan.seeds):
                yield _play_once(twin, samples, scenario, split, plan, judge, budget, seed)


def count(splits: Sequence[UserSplit], plan: Plan) -> int:
    """Return how many outcomes ``play`` yields."""
    return len(splits) * len(plan.budgets) * plan.seeds


def _judge_of(
    samples: Samples, scenario: Scenario, split: UserSplit, reference: Samples | None
) -> _Judge:
    before_features = samples.features[:0]
    before_y = samples.timeline.y[:0]
    if reference is not None:
        mine = reference.timeline.group == split.user
        mine = mine if mine.any() else np.ones(len(mine), bool)
        before_features, before_y = reference.features[mine], reference.timeline.y[mine]
    return _Judge(
        scenario,
        samples.features[split.test],
        samples.timeline.y[split.test],
        before_features,
        before_y,
    )


def _play_once(
    twin: Twin,
    samples: Samples,
    scenario: Scenario,
    split: UserSplit,
    plan: Plan,
    judge: _Judge,
    budget: int,
    seed: int,
) -> Outcome:
    learner = twin.learner(plan.capacity, plan.settings)
    rows = _add_classes(learner, scenario)
    before = judge.accuracy(learner, Head.ACTIVE)
    chosen = split.labelled(budget, scenario.recorded)
    for number, stretch in enumerate(chosen):
        learner.label(
            samples.features[stretch.samples],
            [rows[stretch.label]] * len(stretch.samples),
            number,
        )
    nearest = judge.accuracy(learner, Head.NEAREST_MEAN)
    learner.start(seed)
    verdict = learner.finish().verdict
    candidate = judge.accuracy(learner, Head.CANDIDATE)
    goes_live = verdict is GateVerdict.ACCEPTED or not plan.gate
    return Outcome(
        user=split.user,
        budget=budget,
        seed=seed,
        labels=sum(len(stretch.samples) for stretch in chosen),
        gate=verdict.name.lower() if plan.gate else "accepted",
        before=before,
        after=candidate if goes_live else before,
        candidate=candidate,
        nearest_mean=nearest,
    )


def _add_classes(learner: Learner, scenario: Scenario) -> dict[int, int]:
    """Name the new classes on the device, and return the row of each class."""
    rows = {label: label for label in range(scenario.known)}
    for label in scenario.new:
        rows[label] = learner.add_class(f"new {label}")
        assert rows[label] == label, "free rows are given out in order"
    return rows

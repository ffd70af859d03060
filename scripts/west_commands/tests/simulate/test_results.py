# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""From outcomes to a verdict: seeds first, then users; losers, labels needed, the gate's record."""

import math
from dataclasses import replace

import pytest
from microtl_tools.simulate.results import Accuracy, Outcome, enough, summarise
from microtl_tools.simulate.statistics import Verdict

BASE = Outcome(
    user="a",
    budget=5,
    seed=0,
    labels=35,
    gate="accepted",
    before=Accuracy(0.7, 0.8, 0.0),
    after=Accuracy(0.9, 0.8, 0.9),
    candidate=Accuracy(0.9, 0.8, 0.9),
    nearest_mean=Accuracy(0.8, 0.8, 0.8),
)


def outcomes(gains: dict[str, list[float]], budget: int = 5) -> list[Outcome]:
    """One outcome a seed, with the given gains over all classes."""
    return [
        replace(BASE, user=user, seed=seed, budget=budget, after=Accuracy(0.7 + gain, 0.8, 0.9))
        for user, of_user in gains.items()
        for seed, gain in enumerate(of_user)
    ]


def test_seeds_are_averaged_before_users() -> None:
    # Many seeds of one user must not outvote the other users.
    [result] = summarise(outcomes({"a": [0.3] * 8, "b": [0.1], "c": [0.1]}), 0.03)
    assert result.change.mean == pytest.approx(0.5 / 3)
    assert result.change.count == 3


def test_losers_are_named_worst_first() -> None:
    [result] = summarise(outcomes({"a": [0.1], "b": [-0.05], "c": [-0.2], "d": [-0.01]}), 0.03)
    assert [user.user for user in result.losers(0.03)] == ["c", "b"]
    assert result.worst.user == "c"


def test_smallest_budget_that_is_about_as_good_as_the_best() -> None:
    gains = {2: [0.1, 0.12, 0.11], 5: [0.195, 0.2, 0.205], 20: [0.2, 0.21, 0.2]}
    every = [
        outcome
        for budget, values in gains.items()
        for outcome in outcomes(dict(zip("abc", [[v] for v in values], strict=True)), budget)
    ]
    results = summarise(every, 0.03)
    assert [result.budget for result in results] == [2, 5, 20]
    best = enough(results)
    assert best is not None
    assert best.budget == 5


def test_nothing_helps() -> None:
    results = summarise(outcomes({"a": [0.1], "b": [-0.1]}), 0.03)
    assert results[0].verdict is Verdict.NO_EVIDENCE
    assert enough(results) is None


def test_no_old_classes_to_look_at() -> None:
    none = [
        replace(BASE, user=user, before=Accuracy(0.7), after=Accuracy(0.7 + gain))
        for user, gain in (("a", 0.1), ("b", 0.11), ("c", 0.12))
    ]
    [result] = summarise(none, 0.03)
    assert result.old_change is None
    assert result.new_after is None
    assert result.verdict is Verdict.HELPS
    assert math.isnan(result.users[0].after.old)


def test_record_of_the_gate() -> None:
    worse = replace(BASE, candidate=Accuracy(0.6, 0.8, 0.0))
    forgets = replace(BASE, candidate=Accuracy(0.75, 0.7, 0.9))
    every = [
        BASE,
        replace(worse, user="b"),
        replace(forgets, user="c"),
        replace(BASE, user="d", gate="rejected"),
        replace(worse, user="e", gate="rejected"),
        replace(BASE, user="f", gate="undecided"),
    ]
    [result] = summarise(every, 0.03)
    gate = result.gate
    assert (gate.accepted, gate.rejected, gate.undecided) == (3, 2, 1)
    assert gate.wrong_accepts == 2
    assert gate.wrong_rejects == 2

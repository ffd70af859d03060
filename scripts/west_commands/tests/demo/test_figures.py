# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The tables of the figures say what the outcomes are."""

import figure_tables
import pytest
from microtl_tools.simulate.results import Accuracy, Outcome


def outcome(user: str, seed: int, before: float, candidate: float, gate: str) -> Outcome:
    trained, old = Accuracy(candidate, candidate, candidate), Accuracy(before, before, 0.0)
    after = trained if gate == "accepted" else old
    return Outcome(user, 20, seed, 140, gate, old, after, trained, Accuracy(0.5, 0.5, 0.5))


FIGURE = figure_tables.Figure(
    "new exercise",
    20,
    (
        outcome("person 01, ROW", 0, 0.6, 0.9, "accepted"),
        outcome("person 01, ROW", 1, 0.6, 0.7, "accepted"),
        outcome("person 01, PEN", 0, 0.6, 0.5, "accepted"),
        outcome("person 01, PEN", 1, 0.6, 0.5, "rejected"),
        outcome("person 02, ROW", 0, 0.8, 1.0, "undecided"),
        outcome("person 02, ROW", 1, 0.8, 1.0, "accepted"),
        outcome("person 02, PEN", 0, 0.8, 0.8, "accepted"),
        outcome("person 02, PEN", 1, 0.8, 0.8, "accepted"),
    ),
)


def test_seeds_and_exercises_are_averaged_for_each_person_first():
    row = figure_tables._accuracy(FIGURE)
    assert row[0] == "new exercise"
    assert row[2] == "70.0 ± 14.1"  # before: 60 and 80
    assert row[4] == "77.5 ± 17.7"  # trained: 65 and 90
    assert row[8] == "76.2 ± 12.4"  # with gate: 67.5 and 85


def test_the_worst_person_and_the_worst_case_are_named():
    row = figure_tables._change(FIGURE)
    assert row[3] == "person 02 +5.0"
    assert row[4] == "0 of 2"
    assert row[5] == "person 01, PEN -5.0"


def test_wrong_verdicts_are_counted():
    row = figure_tables._gate(FIGURE)
    assert row[2:] == ["6 (75 %)", "1 (12 %)", "1 (12 %)", "1 of 6", "1 of 2"]


@pytest.mark.parametrize(
    ("what", "bound", "met"),
    [
        ("trained, all", {"at_least": 77}, "yes"),
        ("trained, all", {"at_least": 78}, "**no**"),
        ("with gate, worst person's change", {"at_least": 5.1}, "**no**"),
        ("accepted", {"at_most": 75}, "yes"),
        ("accepted", {"at_most": 74}, "**no**"),
    ],
)
def test_goals_are_judged(what, bound, met):
    goal = figure_tables.Goal("new exercise", 20, what, **bound)
    assert figure_tables._goal(goal, [FIGURE])[-1] == met


def test_tables_are_markdown():
    assert figure_tables._table(("a", "b"), [("x", "1")]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_float_and_fixed_point_are_compared_by_person():
    fixed = figure_tables.Figure(
        "new exercise, fixed point",
        20,
        (
            outcome("person 01, ROW", 0, 0.6, 0.66, "accepted"),
            outcome("person 02, ROW", 0, 0.8, 0.89, "accepted"),
        ),
    )
    row = figure_tables._pair(figure_tables.Pair(FIGURE, fixed))
    assert row[:3] == ["new exercise", "20", "2"]
    assert row[5:] == ["+0.00", "-1.00", "+1.00"]  # 66 less 65, and 89 less 90

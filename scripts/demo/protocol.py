# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What is measured on the smart-watch recordings, fixed before any test score was seen.

No person is in both the training of a backbone and its test. Of each recording the first half may
be labelled, the second half is the test. What is labelled is drawn in order of time, in label
sessions that share no frame; a budget counts everything that the learner sees, its hold-out
included.
"""

from dataclasses import dataclass
from pathlib import Path

from watch import EXERCISES, PEOPLE

MODELS = Path(__file__).resolve().parent / "models"

WINDOW = 128
"""Frames of a window: 2.56 s."""
HOP = 24
"""Frames from one window to the next, while labelling and in the test."""
SESSION = 5
"""Windows of a label session at most: 224 frames, 4.5 s. A class's sessions change arms in turn."""
TEST_PART = 0.5
"""The later part of each recording, on which results are judged."""
BUDGETS = (20, 5)
"""Windows a class that are labelled."""
FIT_SEEDS = 5
"""Trainings on the device, each with a seed of its own."""
BASE_PER_CLASS = 10
"""Features a class, of the people in the backbone's training, that ship with the model."""

SUBJECT_FOLDS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10))


@dataclass(frozen=True)
class Backbone:
    """A backbone that never saw some people and, where given, one exercise."""

    people_out: tuple[int, ...]
    exercise_out: str | None = None

    @property
    def name(self) -> str:
        """The model's name, and that of its file."""
        people = "_".join(f"{person:02d}" for person in self.people_out)
        return f"watch_without_{people}" + (f"_{self.exercise_out}" if self.exercise_out else "")

    @property
    def file(self) -> Path:
        """Where the trained model lies."""
        return MODELS / f"{self.name}.tflite"

    @property
    def people(self) -> tuple[int, ...]:
        """The people it was trained on."""
        return tuple(person for person in PEOPLE if person not in self.people_out)

    @property
    def exercises(self) -> tuple[str, ...]:
        """The exercises it knows, in the order of its outputs."""
        return tuple(name for name in EXERCISES if name != self.exercise_out)


NEW_EXERCISE = tuple(Backbone(fold, name) for fold in SUBJECT_FOLDS for name in EXERCISES)
"""Each exercise left out in turn, over five folds of people."""
NEW_USER = tuple(Backbone((person,)) for person in PEOPLE)
"""Each person left out in turn, with all exercises."""
DEMO = Backbone(SUBJECT_FOLDS[-1], EXERCISES[-1])
"""The model of the demo: the last exercise, the last people."""

DIGIT_PAIRS = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
"""The second set: pairs of digits that a backbone never saw."""
DIGIT_TRAINING_PART = 0.5
"""Earlier part of the digits that trains the backbones; half of the rest is the test."""
DIGIT_ROTATION_DEG = 15.0
DIGIT_SHIFT_PIXELS = 1
"""Drift: all digits turned, or moved to the right."""


def digits_file(unseen: tuple[int, ...]) -> Path:
    """Return where the backbone lies that never saw these digits."""
    return MODELS / f"digits_without_{'_'.join(map(str, unseen)) or 'none'}.tflite"


@dataclass(frozen=True)
class Goal:
    """A figure that has to come out, in percent or points; ``what`` is one of figure_tables'."""

    title: str
    budget: int
    what: str
    at_least: float = 0.0
    at_most: float | None = None


GOALS = (
    Goal("new exercise", 20, "trained, all", 89),
    Goal("new exercise", 20, "trained, old", 90),
    Goal("new exercise", 20, "trained, new", 84),
    Goal("new exercise", 20, "trained less nearest mean", 4),
    Goal("new person", 20, "trained, all", 91),
    Goal("new person", 20, "trained, worst person's change", -3),
    Goal("new exercise", 5, "with gate, change", 0),
    Goal("new exercise", 5, "with gate, worst person's change", -6.5),
    Goal("new exercise", 5, "accepted", 1),
    Goal("new person", 5, "with gate, change", 0),
    Goal("new person", 5, "with gate, worst person's change", -6.5),
    Goal("new person", 5, "accepted", 1),
    Goal("only the new exercise", 20, "trained, all", 79),
    Goal("only the new exercise", 20, "trained, old less before", -7),
    Goal("only the new exercise", 20, "trained, new", 85),
    Goal("only the new exercise, no base set", 20, "accepted", at_most=0),
    Goal("two new digits", 20, "trained, new", 80),
    Goal("two new digits", 20, "trained, old less before", -2),
    Goal("digits turned by 15 degrees", 20, "trained, all", 80),
    Goal("digits turned by 15 degrees", 20, "trained, old less before", -2),
    Goal("digits moved by a pixel", 20, "trained, all", 80),
    Goal("digits moved by a pixel", 20, "trained, old less before", -2),
)
"""What learning on the device has to reach; written down before it was measured."""

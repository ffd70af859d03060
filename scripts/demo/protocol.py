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
FIT_SEEDS = (1, 2, 3, 4, 5)
"""Seeds of training on the device."""
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

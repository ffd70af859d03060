# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What is played: who labels what, and which classes count as old and new."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from microtl_tools.data.dataset import Dataset
from microtl_tools.errors import MicroTLError
from microtl_tools.simulate.splits import Timeline


class Kind(Enum):
    """The three things that happen to a model after it has shipped."""

    NEW_CLASS = "new-class"
    NEW_USER = "new-user"
    DRIFT = "drift"


@dataclass(frozen=True)
class Scenario:
    """A scenario over classes numbered as the model does, new ones behind the known ones.

    ``labels`` names all of them, the first ``known`` are the model's. ``recorded`` are the classes
    that a user labels samples of. ``test_part`` is the later share of each recording, which the
    result is judged on.
    """

    kind: Kind
    labels: tuple[str, ...]
    known: int
    recorded: tuple[int, ...]
    test_part: float = 0.5

    @property
    def new(self) -> range:
        """The classes that the model does not know."""
        return range(self.known, len(self.labels))

    @property
    def title(self) -> str:
        """What is played, in a few words."""
        if self.kind is Kind.NEW_CLASS:
            names = ", ".join(self.labels[label] for label in self.new)
            return f"new class {names}" if len(self.new) == 1 else f"new classes {names}"
        return {Kind.NEW_USER: "new user", Kind.DRIFT: "drift"}[self.kind]


def make_scenario(
    kind: Kind, data: Dataset, known: int, *, only_new: bool, test_part: float
) -> Scenario:
    """Return the scenario for data whose classes are numbered as the model's (``with_labels``).

    Raises MicroTLError where kind, data and model do not go together.
    """
    names = ", ".join(data.labels[known:])
    present = [int(label) for label in np.unique(data.y)]
    new = [label for label in present if label >= known]
    if kind is Kind.NEW_CLASS and not new:
        raise MicroTLError(
            f"{data.source}: every class in it is one that the model knows "
            f"({', '.join(data.labels[:known])}), so there is no new class to learn",
            "give data with a class that the model was not trained on, or play --scenario new-user",
        )
    if kind is not Kind.NEW_CLASS and new:
        raise MicroTLError(
            f"{data.source}: has classes that the model does not know: {names}",
            "play --scenario new-class, or give the model's class names with --labels",
        )
    if len(present) < 2:
        raise MicroTLError(f"{data.source}: has one class only", "two or more are needed")
    return Scenario(
        kind=kind,
        labels=tuple(data.labels),
        known=known,
        recorded=tuple(new if only_new else present),
        test_part=test_part,
    )


def timeline_of(data: Dataset) -> Timeline:
    """Return whose and of when the samples are.

    Without ``recording`` all samples of a class count as one recording; without ``t`` the samples
    of a recording lie in order and share no raw data. Raises MicroTLError where there is no
    ``group``: an interval over users needs users.
    """
    if data.group is None:
        raise MicroTLError(
            f"{data.source}: does not say which user (or device) each sample is from",
            "the verdict rests on how users differ: add an array 'group', or arrange recordings as "
            "USER/LABEL/RECORDING.csv",
        )
    recording = data.recording
    if recording is None:
        recording = np.array([f"class {label}" for label in data.y])
    if data.t is None:
        return Timeline(data.y, data.group, recording, np.arange(len(data), dtype=np.float64), 1.0)
    return Timeline(data.y, data.group, recording, data.t, data.span or 0.0)


def check_users(timeline: Timeline, source: str, wanted: Sequence[str] | None) -> list[str]:
    """Return the users to play: the wanted ones, or all; MicroTLError where there are too few."""
    users = timeline.users()
    if wanted is not None:
        unknown = [user for user in wanted if user not in users]
        if unknown:
            raise MicroTLError(
                f"{source}: there is no user {unknown[0]!r}", f"its users are {', '.join(users)}"
            )
        users = list(wanted)
    if len(users) < 2:
        raise MicroTLError(
            f"{source}: {len(users)} user to play with; an interval over users needs 2 or more",
            "give recordings of more users (or devices) in 'group'",
        )
    return users

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What a user labels, and what the result is judged on: splits that cannot leak.

Samples of one recording resemble each other, and windows that overlap share raw samples. So
nothing is drawn at random: of each recording and class the later part is the test, the earlier
part is what the user may label, and whatever overlaps a test window in time is thrown away. Where
every recording is one window, whole recordings are the one or the other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError

Indices = NDArray[np.int64]

_ROUNDING = 1e-6
"""Share of a window's length by which times may be rounded."""

SESSION_SAMPLES = 5
"""Samples of a label session at most: what a user records of a class before doing something else.
The device holds out whole sessions, so there have to be several, and none may resemble another."""


@dataclass(frozen=True)
class Timeline:
    """Whose and of when each sample is; all arrays have one entry a sample.

    ``y`` is the class, ``group`` the user (or device), ``recording`` what was recorded in one go
    (names need to be unique within a user only), ``t`` the start of the window within its
    recording, ``span`` the length of a window in the unit of ``t``.
    """

    y: NDArray[np.int64]
    group: NDArray[np.str_]
    recording: NDArray[np.str_]
    t: NDArray[np.float64]
    span: float

    def users(self) -> list[str]:
        """Return the users in sorted order."""
        return [str(user) for user in np.unique(self.group)]

    def apart(self, distance: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether windows that start so far from each other share no raw data."""
        return distance >= self.span * (1 - _ROUNDING)


@dataclass(frozen=True)
class Stretch:
    """A label session: samples of one class, in order of time, that the user may label.

    ``session`` counts those of one recording and class; they share no raw data.
    """

    recording: str
    session: int
    label: int
    samples: Indices


@dataclass(frozen=True)
class UserSplit:
    """What one user may label, and what the result is judged on."""

    user: str
    stretches: tuple[Stretch, ...]
    test: Indices

    def available(self, label: int) -> int:
        """Return how many samples of a class may be labelled."""
        return sum(len(s.samples) for s in self.stretches if s.label == label)

    def labelled(self, budget: int, labels: Iterable[int]) -> list[Stretch]:
        """Return the first ``budget`` samples of each class, in the order they are recorded.

        The recordings of a class give the same number each, as far as they reach: always their
        first samples; their sessions take turns. The budget holds everything the learner gets to
        see, its hold-out included.
        """
        chosen: list[Stretch] = []
        for label in labels:
            mine: dict[str, list[Stretch]] = {}
            for stretch in self.stretches:
                if stretch.label == label:
                    mine.setdefault(stretch.recording, []).append(stretch)
            sizes = [sum(len(s.samples) for s in sessions) for sessions in mine.values()]
            taken = [
                _first(sessions, share)
                for sessions, share in zip(mine.values(), _shares(budget, sizes), strict=True)
            ]
            chosen += [s for turn in zip_longest(*taken) for s in turn if s is not None]
        return chosen


def _first(sessions: Iterable[Stretch], count: int) -> list[Stretch]:
    """Return the first ``count`` samples of one recording's sessions."""
    first = []
    for stretch in sessions:
        if count > 0:
            first.append(replace(stretch, samples=stretch.samples[:count]))
        count -= len(stretch.samples)
    return first


def _shares(budget: int, sizes: Sequence[int]) -> list[int]:
    """Share ``budget`` out one by one, in turn, to whoever has something left."""
    shares = [0] * len(sizes)
    turn = 0
    left = min(budget, sum(sizes))
    while left > 0:
        i = turn % len(sizes)
        if shares[i] < sizes[i]:
            shares[i] += 1
            left -= 1
        turn += 1
    return shares


def split_user(timeline: Timeline, user: str, test_part: float) -> UserSplit:
    """Split one user's samples; ``test_part`` (0 to 1) is the later share of each recording.

    Where every recording is one sample, it is the share of each class's recordings. Raises
    MicroTLError where no recording is long enough to give both parts, or there are too few.
    """
    mine = np.flatnonzero(timeline.group == user)
    early: list[tuple[str, int, Indices]] = []
    tests: list[Indices] = []
    for label, samples in _parts(timeline, mine):
        first_test = len(samples) - round(len(samples) * test_part)
        early += _by_recording(timeline, label, samples[:first_test])
        tests.append(samples[first_test:])
    test = np.sort(np.concatenate(tests)) if tests else np.empty(0, np.int64)
    kept = [
        Stretch(recording, session, label, samples)
        for recording, label, part in early
        for session, samples in enumerate(_sessions(_clear_of(test, part, timeline), timeline))
    ]
    if not kept or len(test) == 0:
        raise MicroTLError(
            f"user {user!r}: the recordings are too short, or too few, to give samples to label "
            "and, later and clear of them, samples to test on",
            "give longer recordings, or several a class, or leave this user out with --users",
        )
    kept.sort(key=lambda s: (timeline.t[s.samples[0]], s.recording, s.label))
    return UserSplit(user, tuple(kept), test)


def _parts(timeline: Timeline, mine: Indices) -> Iterator[tuple[int, Indices]]:
    """Yield class and samples, in order of time, of all that has an early and a later part.

    That is each recording and class. Recordings of one sample each (gestures) cannot be split,
    but two of them share nothing: then it is each class, its recordings in order.
    """
    recordings = timeline.recording[mine]
    ordered = mine[np.lexsort((recordings, timeline.t[mine]))]
    names = np.unique(recordings)
    if len(names) == len(mine):
        groups = [ordered]
    else:
        groups = [ordered[timeline.recording[ordered] == name] for name in names]
    for group in groups:
        for label in np.unique(timeline.y[group]):
            yield int(label), group[timeline.y[group] == label]


def _by_recording(
    timeline: Timeline, label: int, samples: Indices
) -> Iterator[tuple[str, int, Indices]]:
    """Yield recording, class and samples of each recording in ``samples``."""
    recordings = timeline.recording[samples]
    for name in np.unique(recordings):
        yield str(name), label, samples[recordings == name]


def _sessions(samples: Indices, timeline: Timeline) -> list[Indices]:
    """Cut samples of one recording into sessions; between two, those that overlap both go."""
    sessions: list[Indices] = []
    while len(samples) > 0:
        session = samples[:SESSION_SAMPLES]
        sessions.append(session)
        rest = samples[SESSION_SAMPLES:]
        samples = rest[timeline.apart(timeline.t[rest] - timeline.t[session[-1]])]
    return sessions


def _clear_of(test: Indices, samples: Indices, timeline: Timeline) -> Indices:
    """Return ``samples``, all of one recording, without those that overlap one of ``test``."""
    if len(samples) == 0:
        return samples
    same = test[
        (timeline.recording[test] == timeline.recording[samples[0]])
        & (timeline.group[test] == timeline.group[samples[0]])
    ]
    distance = np.abs(timeline.t[samples][:, None] - timeline.t[same][None, :])
    clear: Indices = samples[timeline.apart(distance).all(axis=1)]
    return clear

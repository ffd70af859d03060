# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Splits: nothing of the test, and nothing like it, is ever labelled."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from microtl_tools.errors import MicroTLError
from microtl_tools.simulate.splits import (
    SESSION_SAMPLES,
    Timeline,
    UserSplit,
    split_user,
)

ROUNDING = 1e-5


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Users with recordings of one class or more, overlapping windows, rows in any order."""
    span = draw(st.sampled_from([1.0, 2.0, 2.5, 8.0]))
    rows = []
    for user in range(draw(st.integers(1, 3))):
        for recording in range(draw(st.integers(1, 4))):
            labels = draw(st.lists(st.integers(0, 2), min_size=1, max_size=30))
            if draw(st.booleans()):
                labels = [labels[0]] * len(labels)
            start = draw(st.floats(0, 50))
            rows += [
                (label, f"u{user}", f"r{recording}", start + i) for i, label in enumerate(labels)
            ]
    order = draw(st.permutations(range(len(rows))))
    y, group, recording_of, t = zip(*[rows[i] for i in order], strict=True)
    return Timeline(np.array(y), np.array(group), np.array(recording_of), np.array(t), span)


def split_or_none(timeline: Timeline, user: str, test_part: float) -> UserSplit | None:
    try:
        return split_user(timeline, user, test_part)
    except MicroTLError as error:
        assert "too short" in error.message
        return None


@settings(deadline=None)
@given(timelines(), st.sampled_from([0.25, 0.5, 0.7]), st.integers(1, 12))
def test_nothing_leaks(timeline: Timeline, test_part: float, budget: int) -> None:
    for user in timeline.users():
        split = split_or_none(timeline, user, test_part)
        if split is None:
            continue
        chosen = split.labelled(budget, [0, 1, 2])
        labelled = np.concatenate([s.samples for s in chosen]) if chosen else np.empty(0, int)
        assert len(set(labelled)) == len(labelled)
        assert not set(labelled) & set(split.test)
        assert set(timeline.group[labelled]) | set(timeline.group[split.test]) == {user}
        for i in labelled:
            for j in split.test:
                if timeline.recording[i] == timeline.recording[j]:
                    apart = abs(timeline.t[i] - timeline.t[j])
                    assert apart >= timeline.span - ROUNDING
                    if timeline.y[i] == timeline.y[j]:
                        assert timeline.t[i] < timeline.t[j]
        for label in range(3):
            given_labels = sum(timeline.y[labelled] == label)
            assert given_labels == min(budget, split.available(label))


@settings(deadline=None)
@given(timelines(), st.sampled_from([0.25, 0.5]), st.integers(1, 6), st.randoms())
def test_order_of_rows_does_not_matter(
    timeline: Timeline, test_part: float, budget: int, random: object
) -> None:
    order = np.arange(len(timeline.y))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = Timeline(
        timeline.y[order],
        timeline.group[order],
        timeline.recording[order],
        timeline.t[order],
        timeline.span,
    )
    for user in timeline.users():
        one = split_or_none(timeline, user, test_part)
        other = split_or_none(shuffled, user, test_part)
        assert (one is None) == (other is None)
        if one is None or other is None:
            continue
        assert set(one.test) == set(order[other.test])
        for mine, theirs in zip(
            one.labelled(budget, [0, 1, 2]), other.labelled(budget, [0, 1, 2]), strict=True
        ):
            assert (mine.recording, mine.session) == (theirs.recording, theirs.session)
            assert mine.label == theirs.label
            assert mine.samples.tolist() == order[theirs.samples].tolist()


def simple(counts: dict[str, int], span: float = 1.0) -> Timeline:
    """One user, class 0, recordings of the given lengths."""
    names = np.repeat(list(counts), list(counts.values()))
    t = np.concatenate([np.arange(n, dtype=float) for n in counts.values()])
    return Timeline(np.zeros(len(t), np.int64), np.full(len(t), "ann"), names, t, span)


def test_first_samples_of_every_recording_share_the_budget() -> None:
    split = split_user(simple({"a": 4, "b": 20}), "ann", 0.5)
    assert split.test.tolist() == [2, 3, *range(14, 24)]
    taken = {s.recording: s.samples.tolist() for s in split.labelled(7, [0])}
    assert taken == {"a": [0, 1], "b": [4, 5, 6, 7, 8]}


def test_overlapping_windows_before_the_test_are_dropped() -> None:
    split = split_user(simple({"a": 10}, span=3.0), "ann", 0.5)
    assert split.test.tolist() == [5, 6, 7, 8, 9]
    assert split.stretches[0].samples.tolist() == [0, 1, 2]


@settings(deadline=None)
@given(timelines(), st.integers(1, 30))
def test_sessions_share_no_raw_data(timeline: Timeline, budget: int) -> None:
    for user in timeline.users():
        split = split_or_none(timeline, user, 0.25)
        if split is None:
            continue
        chosen = split.labelled(budget, [0, 1, 2])
        for stretch in chosen:
            assert 1 <= len(stretch.samples) <= SESSION_SAMPLES
            assert (np.diff(timeline.t[stretch.samples]) >= 0).all()
            for other in chosen:
                same = (other.recording, other.label) == (stretch.recording, stretch.label)
                if same and other.session > stretch.session:
                    gap = timeline.t[other.samples[0]] - timeline.t[stretch.samples[-1]]
                    assert gap >= timeline.span - ROUNDING


def test_sessions_of_a_class_take_turns() -> None:
    split = split_user(simple({"a": 40, "b": 40}, span=3.0), "ann", 0.5)
    taken = [(s.recording, s.samples.tolist()) for s in split.labelled(16, [0])]
    assert taken == [
        ("a", [0, 1, 2, 3, 4]),
        ("b", [40, 41, 42, 43, 44]),
        ("a", [7, 8, 9]),
        ("b", [47, 48, 49]),
    ]


def gestures(t: list[float], labels: list[int]) -> Timeline:
    """One user, each sample a recording of its own, named a, b, c..."""
    names = np.array([chr(ord("a") + i) for i in range(len(t))])
    return Timeline(np.array(labels), np.full(len(t), "ann"), names, np.array(t), 9.0)


def test_recordings_of_one_sample_are_labelled_or_tested_as_a_whole() -> None:
    split = split_user(gestures([0.0] * 9, [0, 1, 0, 1, 0, 1, 0, 0, 1]), "ann", 0.5)
    assert split.test.tolist() == [5, 6, 7, 8]
    assert [s.samples.tolist() for s in split.labelled(2, [0, 1])] == [[0], [2], [1], [3]]
    taken = split.labelled(9, [0, 1])
    assert [s.recording for s in taken] == ["a", "c", "e", "b", "d"]
    assert {s.session for s in taken} == {0}


def test_recordings_of_one_sample_go_by_time_where_it_is_known() -> None:
    split = split_user(gestures([40.0, 30.0, 20.0, 10.0], [0] * 4), "ann", 0.25)
    assert split.test.tolist() == [0]
    assert [s.samples.tolist() for s in split.labelled(2, [0])] == [[3], [2]]


def test_one_longer_recording_is_split_as_ever() -> None:
    """Recordings of one sample beside it are to be labelled, not to test on."""
    split = split_user(simple({"a": 1, "b": 1, "c": 4}), "ann", 0.5)
    assert split.test.tolist() == [4, 5]


def test_recordings_too_short_for_both_parts() -> None:
    with pytest.raises(MicroTLError, match="user 'ann': the recordings are too short"):
        split_user(simple({"a": 1, "b": 1}), "ann", 0.25)
    with pytest.raises(MicroTLError, match="too short"):
        split_user(simple({"a": 4}, span=9.0), "ann", 0.5)

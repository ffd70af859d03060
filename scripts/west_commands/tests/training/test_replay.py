# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Properties of the replay memory under any sequence of calls."""

import ctypes
import errno
from collections import Counter, defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from training_core import pointer

FEATURES = 3
PERIOD = 8

add = st.tuples(st.just("add"), st.integers(0, 4), st.integers(0, 30))
calls = st.lists(
    st.one_of(
        add,
        add,
        add,
        add,
        st.tuples(st.sampled_from(["freeze", "thaw", "forget"]), st.just(0), st.just(0)),
        st.tuples(st.just("remove"), st.integers(0, 4), st.just(0)),
    ),
    max_size=150,
)


class Replay:
    def __init__(self, core: ctypes.CDLL, capacity: int) -> None:
        self.core, self.capacity = core, capacity
        self.handle = ctypes.c_void_p(core.shim_replay_new(FEATURES, capacity))

    def close(self) -> None:
        self.core.shim_replay_free(self.handle)

    def add(self, features: np.ndarray, label: int, recording: int) -> int:
        return int(
            self.core.microtl_replay_add(self.handle, pointer(features), label, recording, None)
        )

    def call(self, name: str, *arguments: int) -> int:
        return int(getattr(self.core, f"microtl_replay_{name}")(self.handle, *arguments))

    def read(self) -> list[tuple[int, int, bool, int, bytes]]:
        entries = np.zeros((self.capacity + 1, 4), np.uint32)
        features = np.zeros((self.capacity + 1, FEATURES), np.int8)
        count = self.core.shim_replay_read(self.handle, pointer(entries), pointer(features))
        rows = zip(entries[:count].tolist(), features[:count], strict=True)
        return [(e[0], e[1], bool(e[2]), e[3], f.tobytes()) for e, f in rows]


def check_invariants(replay: Replay, known: dict[int, tuple[int, int, bytes]]) -> None:
    """Every sample is one that was added; a recording is wholly held out or wholly not."""
    content = replay.read()
    assert len(content) <= replay.capacity
    assert len({sequence for *_, sequence, _ in content}) == len(content)
    parts = defaultdict(set)
    for label, recording, held_out, sequence, features in content:
        assert known[sequence] == (label, recording, features)
        parts[recording].add(held_out)
    assert all(len(kinds) == 1 for kinds in parts.values())


@settings(max_examples=150, deadline=None)
@given(capacity=st.integers(1, 40), calls=calls)
def test_any_sequence_of_calls(core: ctypes.CDLL, capacity: int, calls) -> None:
    replay = Replay(core, capacity)
    known: dict[int, tuple[int, int, bytes]] = {}
    frozen: list = []
    sequence = 0
    for number, (name, label, recording) in enumerate(calls):
        before = replay.read()
        if name == "add":
            features = np.array([number % 100, label, recording], np.int8)
            result = replay.add(features, label, recording)
            if result == 0:
                sequence += 1
                known[sequence] = (label, recording, features.tobytes())
            else:
                assert result == -errno.EBUSY and frozen and len(before) == capacity
                assert replay.read() == before
            check_eviction(before, replay.read(), label, bool(frozen), capacity)
        elif name == "freeze":
            result = replay.call("freeze")
            want = -errno.EALREADY if frozen else (0 if before else -errno.ENODATA)
            assert result == want
            if result == 0:
                frozen = sorted(before, key=lambda e: e[3])  # by age
        elif name == "thaw":
            replay.call("thaw")
            frozen = []
        elif name == "remove":
            result = replay.call("remove_class", label)
            assert result == (-errno.EBUSY if frozen else 0)
            left = [e for e in before if frozen or e[0] != label]
            assert sorted(replay.read(), key=lambda e: e[3]) == sorted(left, key=lambda e: e[3])
        else:
            assert replay.call("forget") == (-errno.EBUSY if frozen else 0)
            assert bool(replay.read()) == (bool(frozen) and bool(before))
        if frozen:
            assert replay.read()[: len(frozen)] == frozen
        check_invariants(replay, known)
    replay.close()


def check_eviction(before, after, label: int, frozen: bool, capacity: int) -> None:
    """Only a full memory evicts, one sample, of a class that is among the largest."""
    gone = {e[3]: e for e in before if e[3] not in {f[3] for f in after}}
    if frozen or len(before) < capacity:
        assert not gone
        return
    assert len(gone) == 1 and len(after) == capacity
    victim = next(iter(gone.values()))
    sizes = Counter(e[0] for e in before)
    assert sizes[victim[0]] == max(sizes.values())
    if sizes[label] == max(sizes.values()):
        assert victim[0] == label
    recordings = Counter(e[1] for e in before if e[0] == victim[0])
    assert recordings[victim[1]] == max(recordings.values())
    same = [e[3] for e in before if e[:2] == victim[:2]]
    assert victim[3] == min(same)


@settings(max_examples=80, deadline=None)
@given(labels=st.lists(st.integers(0, 3), max_size=120), windows=st.integers(1, 3))
def test_holdout_needs_recordings(core: ctypes.CDLL, labels: list[int], windows: int) -> None:
    """One session a label: a class holds out one recording in eight, and no sooner."""
    replay = Replay(core, 400)
    for recording, label in enumerate(labels):
        for _ in range(windows):
            assert replay.add(np.zeros(FEATURES, np.int8), label, recording) == 0
    held = defaultdict(set)
    trained = defaultdict(set)
    for label, recording, held_out, *_ in replay.read():
        (held if held_out else trained)[label].add(recording)
    for label, count in Counter(labels).items():
        assert len(held[label]) == count // PERIOD
        assert len(trained[label]) == count - count // PERIOD
    replay.close()

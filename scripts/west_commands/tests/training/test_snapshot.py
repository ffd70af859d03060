# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Snapshots of any head come back as they were, and nothing else is taken for one."""

import ctypes
import errno

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from training_core import pointer

SOFTMAX, SIGMOID, MSE = range(3)
NAME = 16


@st.composite
def heads(draw):
    layers = draw(st.integers(1, 3))
    loss = draw(st.sampled_from([SOFTMAX, SIGMOID, MSE]))
    widths = draw(st.lists(st.integers(1, 12), min_size=layers + 1, max_size=layers + 1))
    if loss == MSE and layers == 1:
        widths[-1] = draw(st.sampled_from([5, 300]))
    count = sum((i + 1) * o for i, o in zip(widths, widths[1:], strict=False))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    rows = 0 if loss == MSE else widths[-1]
    names = np.zeros((max(rows, 1), NAME), np.uint8)
    for row in range(rows):
        length = rng.integers(0, NAME)
        names[row, :length] = rng.integers(1, 256, length)
    classes = np.zeros(8, np.uint32)
    for row in range(rows):
        if rng.random() < 0.7:
            classes[row // 32] |= np.uint32(1 << (row % 32))
    params = rng.integers(0, 2**32, count, dtype=np.uint32).view(np.float32)
    ids = rng.integers(0, 2**32, 4, dtype=np.uint32)
    sequence = int(rng.integers(0, 2**32))
    return layers, loss, np.array(widths, np.uint16), ids, params, classes, names, rows, sequence


def write(core: ctypes.CDLL, head) -> np.ndarray:
    layers, loss, widths, ids, params, classes, names, rows, sequence = head
    room = np.zeros(72 + NAME * rows + 4 * params.size + 4, np.uint8)
    size = core.shim_snapshot_write(
        layers,
        loss,
        pointer(widths),
        pointer(ids),
        pointer(params),
        pointer(classes),
        pointer(names),
        ctypes.c_uint32(sequence),
        pointer(room),
    )
    assert size == room.size
    return room


def read(core: ctypes.CDLL, head, data: np.ndarray):
    layers, loss, widths, ids, params, classes, names, *_ = head
    got = [np.zeros_like(params), np.zeros_like(classes), np.zeros_like(names)]
    out = np.zeros(2, np.uint32)
    result = core.shim_snapshot_read(
        layers,
        loss,
        pointer(widths),
        pointer(ids),
        pointer(data),
        ctypes.c_size_t(data.size),
        *map(pointer, got),
        pointer(out),
    )
    return result, got, out


@settings(max_examples=200, deadline=None)
@given(head=heads())
def test_comes_back_as_it_was(core: ctypes.CDLL, head) -> None:
    result, got, out = read(core, head, write(core, head))
    assert result == 0
    for part, want in zip(got, (head[4], head[5], head[6]), strict=True):
        assert part.tobytes() == want.tobytes()
    assert out[0] == head[8] and out[1] == 0


@settings(max_examples=300, deadline=None)
@given(head=heads(), data=st.data())
def test_no_damage_passes(core: ctypes.CDLL, head, data) -> None:
    """Any change of up to four bytes in a row, any cut and any extra length."""
    whole = write(core, head)
    kind = data.draw(st.sampled_from(["change", "cut", "random"]))
    if kind == "change":
        at = data.draw(st.integers(0, whole.size - 1))
        new = data.draw(st.binary(min_size=1, max_size=4))
        damaged = whole.copy()
        damaged[at : at + len(new)] = np.frombuffer(new, np.uint8)[: whole.size - at]
        if damaged.tobytes() == whole.tobytes():
            return
    elif kind == "cut":
        damaged = whole[: data.draw(st.integers(0, whole.size - 1))].copy()
    else:
        size = data.draw(st.integers(0, 300))
        damaged = np.frombuffer(data.draw(st.binary(min_size=size, max_size=size)), np.uint8).copy()
    result, _, _ = read(core, head, damaged)
    assert result in (-errno.ENOENT, -errno.ENOTSUP, -errno.EBADMSG, -errno.EXDEV)


@settings(max_examples=200, deadline=None)
@given(head=heads(), other=heads())
def test_other_heads_are_refused(core: ctypes.CDLL, head, other) -> None:
    result, _, out = read(core, other, write(core, head))
    same = all(np.array_equal(head[i], other[i]) for i in range(4))
    assert result == (0 if same else -errno.EXDEV)
    if not same:
        assert out[1] == next((i + 1 for i in range(4) if head[3][i] != other[3][i]), 4)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Samples in .npz files: what is read, and what every wrong file is told."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from microtl_tools.data.api import UNLABELLED, load
from microtl_tools.errors import MicroTLError

RNG = np.random.default_rng(1)


def write(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)
    return path


def overlapping(length: int, hop: int, count: int) -> np.ndarray:
    frames = RNG.normal(size=(hop * (count - 1) + length, 3))
    return np.stack([frames[k * hop : k * hop + length] for k in range(count)])


def test_every_array_arrives(tmp_path):
    x = RNG.normal(size=(4, 8, 3))
    path = write(
        tmp_path / "d.npz",
        x=x,
        y=[1, 0, 1, 1],
        labels=["rest", "walk"],
        group=[8, 7, 8, 7],
        recording=["b", "a", "a", "b"],
        t=[0, 4, 0, 4],
        span=8,
        channels=["ax", "ay", "az"],
        channel_unit=["g", "g", "g"],
        channel_offset=[0.0, 0.0, 1.0],
        channel_scale=[1.0, 2.0, 4.0],
    )
    data = load(path, shape=(8, 1, 3))
    expected = (x - [0, 0, 1]) * [1, 2, 4]
    np.testing.assert_array_equal(data.x, expected.astype(np.float32).reshape(4, 8, 1, 3))
    assert data.y.tolist() == [1, 0, 1, 1] and data.labels == ["rest", "walk"]
    assert data.group.tolist() == ["8", "7", "8", "7"]
    assert data.recording.tolist() == ["b", "a", "a", "b"]
    assert data.t.tolist() == [0, 4, 0, 4] and data.span == 8
    last = data.channels[2]
    assert (last.name, last.unit, last.offset, last.scale) == ("az", "g", 1.0, 4.0)


def test_class_names_may_stand_in_y(tmp_path):
    data = load(write(tmp_path / "d.npz", x=np.zeros((3, 2)), y=["b", "a", "b"]))
    assert data.labels == ["a", "b"] and data.y.tolist() == [1, 0, 1]


def test_names_of_bytes_are_read_as_text(tmp_path):
    path = write(
        tmp_path / "d.npz",
        x=np.zeros((2, 2)),
        y=np.array([b"walk", b"r\xc3\xa9st"]),
        labels=np.array([b"r\xc3\xa9st", b"walk"]),
        group=np.array([b"J\xc3\xb6rg", b"Ann"]),
        channels=np.array([b"ax", b"ay"]),
        channel_unit=np.array([b"g", b"g"]),
    )
    data = load(path)
    assert data.labels == ["r\u00e9st", "walk"] and data.y.tolist() == [1, 0]
    assert data.group.tolist() == ["J\u00f6rg", "Ann"]
    assert [(channel.name, channel.unit) for channel in data.channels] == [("ax", "g"), ("ay", "g")]


def test_int8_stays_int8(tmp_path):
    x = np.arange(-4, 4, dtype=np.int8).reshape(2, 4)
    data = load(write(tmp_path / "d.npz", x=x, y=[0, 1]))
    assert data.x.dtype == np.int8
    np.testing.assert_array_equal(data.x, x)


def test_labels_are_optional_where_nothing_is_learned(tmp_path):
    path = write(tmp_path / "d.npz", x=np.zeros((3, 2)))
    assert load(path, labelled=False).y.tolist() == [UNLABELLED] * 3
    with pytest.raises(MicroTLError, match=r"d\.npz: has no array 'y'"):
        load(path)


def test_select_takes_every_property_along(tmp_path):
    path = write(tmp_path / "d.npz", x=[[0.0], [1.0], [2.0]], y=[0, 1, 0], t=[0, 1, 2])
    part = load(path).select(np.array([2, 1]))
    assert part.x.tolist() == [[2.0], [1.0]] and part.y.tolist() == [0, 1]
    assert part.t.tolist() == [2, 1] and part.group is None


def test_classes_get_the_numbers_of_the_model(tmp_path):
    data = load(write(tmp_path / "d.npz", x=np.zeros((3, 2)), y=["wave", "rest", "walk"]))
    numbered = data.with_labels(["walk", "rest"])
    assert numbered.labels == ["walk", "rest", "wave"] and numbered.y.tolist() == [2, 1, 0]
    with pytest.raises(MicroTLError, match=r"none of its classes \(rest, walk, wave\)"):
        data.with_labels(["left", "right"])


@pytest.mark.parametrize("hop", [1, 3, 8, 14])
def test_span_is_found_from_what_windows_share(tmp_path, hop):
    x = overlapping(16, hop, 6)
    path = write(tmp_path / "d.npz", x=x, y=[0] * 6, recording=["a"] * 6, t=np.arange(6) * hop / 50)
    assert load(path).span == pytest.approx(16 / 50)


def test_windows_that_share_nothing_span_their_distance(tmp_path):
    path = write(tmp_path / "d.npz", x=RNG.normal(size=(4, 16, 3)), y=[0] * 4, t=[0, 2, 5, 7])
    assert load(path).span == 2
    constant = write(tmp_path / "c.npz", x=np.zeros((4, 16, 3)), y=[0] * 4, t=[0, 2, 5, 7])
    assert load(constant).span == 2


def test_recordings_of_two_people_are_not_neighbours(tmp_path):
    x = overlapping(16, 4, 4)
    path = write(
        tmp_path / "d.npz",
        x=x,
        y=[0] * 4,
        group=["a", "b"] * 2,
        recording=["r"] * 4,
        t=[0, 4, 8, 12],
    )
    assert load(path).span == 16


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X_train": np.zeros((2, 2))}, "has no array 'x', the samples; it holds X_train"),
        ({"x": np.zeros((2, 2)), "groups": [1, 2]}, "unknown array 'groups'"),
        ({"x": np.zeros((0, 2)), "y": []}, "'x' has the shape 0x2"),
        ({"x": np.zeros(2), "y": [0, 1]}, "'x' has the shape 2;"),
        ({"x": np.array([["a"]]), "y": [0]}, "'x' has dtype <U1; expected numbers"),
        ({"x": [[0.0, 1.0], [np.nan, 0.0]], "y": [0, 1]}, r"x\[1, 0\] is NaN or infinite"),
        ({"x": [[0.0, 1.0], [1e39, 0.0]], "y": [0, 1]}, r"x: the value at \[1, 0\] is beyond what"),
        (
            {"x": [[0.0, 1e30]], "y": [0], "channels": ["a", "b"], "channel_scale": [1e9, 1e9]},
            r"x: the value at \[0, 1\] is beyond what float32 holds",
        ),
        (
            {"x": [[0.0, 1e300]], "y": [0], "channels": ["a", "b"], "channel_scale": [1, 1e300]},
            r"x: the value at \[0, 1\] is beyond what float32 holds",
        ),
        ({"x": np.zeros((2, 2)), "y": [0]}, "'y' has the shape 1; expected one entry for each"),
        ({"x": np.zeros((2, 2)), "y": [0.5, 1.0]}, "'y' has dtype float64"),
        ({"x": np.zeros((2, 2)), "y": [0, -1]}, r"y\[1\] is -1, expected 0 to 65535"),
        ({"x": np.zeros((2, 2)), "y": [0, 10**12]}, r"y\[1\] is 1000000000000, expected 0 to"),
        ({"x": np.zeros((2, 2)), "y": [0, 2], "labels": ["a", "b"]}, r"y\[1\] is 2"),
        ({"x": np.zeros((2, 2)), "y": ["a", "c"], "labels": ["a", "b"]}, "class 'c' in 'y'"),
        ({"x": np.zeros((2, 2)), "y": [0, 2], "labels": ["a", "b", "a"]}, "0 and 2 both 'a'"),
        ({"x": np.zeros((2, 2)), "y": [0, 1], "group": [1]}, "'group' has the shape 1"),
        (
            {"x": np.zeros((2, 2)), "y": [0, 1], "group": np.array([b"J\xf6rg", b"Ann"])},
            "'group' holds names that are not UTF-8",
        ),
        ({"x": np.zeros((2, 2)), "y": [0, 1], "t": ["a", "b"]}, "'t' has dtype <U1"),
        ({"x": np.zeros((2, 2)), "y": [0, 1], "t": [0, 1], "span": 0}, "'span' has to be one"),
        ({"x": np.zeros((2, 2)), "y": [0, 1], "channels": ["a", "b", "c"]}, "has 3 names"),
        ({"x": np.zeros((2, 2)), "y": [0, 1], "channels": ["a", "a"]}, "each different"),
        ({"x": np.zeros((2, 2)), "y": [0, 1], "channel_unit": ["g", "g"]}, "but no 'channels'"),
        (
            {"x": np.zeros((2, 2)), "y": [0, 1], "channels": ["a", "b"], "channel_scale": [1, 0]},
            "'channel_scale' holds a 0",
        ),
        (
            {"x": np.zeros((2, 2)), "y": [0, 1], "channels": ["a", "b"], "channel_offset": [1]},
            "each of the 2 channels",
        ),
        (
            {"x": np.zeros((2, 2), np.int8), "y": [0, 1], "channels": ["a", "b"]},
            "is int8, so quantised already",
        ),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(tmp_path, arrays, message):
    with pytest.raises(MicroTLError, match=message) as caught:
        load(write(tmp_path / "d.npz", **arrays))
    assert "d.npz" in caught.value.message


def test_a_shape_that_does_not_fit_names_both(tmp_path):
    path = write(tmp_path / "d.npz", x=np.zeros((2, 100, 6)), y=[0, 1])
    with pytest.raises(MicroTLError, match="the shape 100x6, the model takes 128x6"):
        load(path, shape=(128, 6))


def test_objects_are_never_unpickled(tmp_path):
    path = write(tmp_path / "d.npz", x=np.array([{}, {}], object), y=[0, 1])
    with pytest.raises(MicroTLError, match="holds Python objects instead of arrays"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"no archive at all"])
def test_what_is_no_archive_is_said_so(tmp_path, content):
    path = tmp_path / "d.npz"
    path.write_bytes(content)
    with pytest.raises(MicroTLError, match=r"d\.npz: is (no \.npz file|damaged)") as caught:
        load(path)
    assert caught.value.hint and "allow_pickle" not in str(caught.value)


def test_an_array_larger_than_memory_is_refused(tmp_path):
    path = tmp_path / "d.npz"
    header = (
        b"\x93NUMPY\1\0v\0" + b"{'descr': '|i1', 'fortran_order': False, 'shape': (9, 10**13), }"
    )
    header = header.replace(b"10**13", b"1" + b"0" * 13).ljust(127) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", header)
    with pytest.raises(MicroTLError, match=r"d\.npz: says that it holds more than memory does"):
        load(path)


def test_a_damaged_archive_is_said_so(tmp_path):
    path = write(tmp_path / "d.npz", x=RNG.normal(size=(20, 4)), y=[0] * 20)
    whole = bytearray(path.read_bytes())
    whole[200:260] = bytes(60)
    path.write_bytes(whole)
    with pytest.raises(MicroTLError, match=r"d\.npz: "):
        load(path)


def test_a_missing_file_and_a_useless_hop_are_refused(tmp_path):
    with pytest.raises(MicroTLError, match=r"none\.npz: no such file or folder"):
        load(tmp_path / "none.npz")
    path = write(tmp_path / "d.npz", x=np.zeros((2, 2)), y=[0, 1])
    with pytest.raises(MicroTLError, match="nothing to cut every 4 frames"):
        load(path, hop=4)
    np.save(tmp_path / "single.npy", np.zeros(3))
    with pytest.raises(MicroTLError, match="is a single array"):
        load(tmp_path / "single.npy")

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Golden vectors on disk."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from microtl_tools.errors import MicroTLError
from microtl_tools.twin import golden

MODEL = b"a model"


def vectors() -> golden.Golden:
    return golden.Golden(
        model=hashlib.sha256(MODEL).hexdigest(),
        made_by="somebody 1.0",
        x=np.arange(6, dtype=np.int8).reshape(2, 3),
        tensors={7: np.ones((2, 1, 4), np.int8), 11: np.zeros((2, 2), np.float32)},
    )


def test_round_trip_and_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "m.golden.npz"
    path.write_bytes(vectors().to_bytes())
    assert vectors().to_bytes() == path.read_bytes()
    read = golden.load(path, MODEL)
    assert read.made_by == "somebody 1.0"
    assert np.array_equal(read.x, vectors().x)
    assert read.tensors.keys() == {7, 11}
    assert all(np.array_equal(read.tensors[i], vectors().tensors[i]) for i in (7, 11))


def test_vectors_of_another_model(tmp_path: Path) -> None:
    path = tmp_path / "m.golden.npz"
    path.write_bytes(vectors().to_bytes())
    with pytest.raises(MicroTLError, match="belong to another version of the model"):
        golden.load(path, b"another model")


def single_array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize("content", [b"", b"junk", vectors().to_bytes()[:200], single_array()])
def test_damaged_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.golden.npz"
    path.write_bytes(content)
    with pytest.raises(MicroTLError, match="no golden vectors can be read"):
        golden.load(path, MODEL)


def test_file_beside_the_model() -> None:
    assert golden.beside(Path("a/kws.v2.tflite")) == Path("a/kws.v2.golden.npz")

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl run``: dtype and shape of the model file, in and out."""

from pathlib import Path

import numpy as np
import pytest
from microtl_tools.cli import main
from microtl_tools.convert.api import Options, convert
from microtl_tools.twin.api import Piece, Twin
from microtl_tools.twin.run import read_samples, run_whole, run_with_head, with_float_ends
from numpy.typing import NDArray

from ..simulate import toy

MODELS = toy.FIXTURES / "models"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.model(tmp_path_factory.mktemp("toy"))[0]


def run(model: Path, x: Path, *args: str) -> tuple[int, NDArray[np.generic] | None]:
    y = x.with_name("y.npy")
    code = main(["run", str(model), "--input", str(x), "--output", str(y), *args])
    return code, np.load(y) if code == 0 else None


def bumps(folder: Path, dtype: str = "int8") -> Path:
    x = np.zeros((3, toy.WIDTH), dtype)
    x[np.arange(3), np.arange(3)] = 64
    path = folder / "x.npy"
    np.save(path, x)
    return path


@pytest.mark.parametrize("head", [[], ["--head", "none"]])
def test_scores_have_dtype_and_shape_of_the_file(
    model: Path, tmp_path: Path, head: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, y = run(model, bumps(tmp_path), *head)
    assert code == 0
    assert y is not None and y.dtype == np.int8 and y.shape == (3, toy.KNOWN)
    assert y.argmax(axis=1).tolist() == [0, 1, 2]
    assert "y.npy: 3 samples, int8, 3x3" in capsys.readouterr().out


def test_head_and_whole_model_agree(model: Path, tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(-128, 128, (200, toy.WIDTH)).astype(np.int8)
    path = tmp_path / "x.npy"
    np.save(path, x)
    _, with_head = run(model, path)
    _, whole = run(model, path, "--head", "none", "--force")
    assert with_head is not None and whole is not None
    # Both are within a few quantisation steps: the float head does not round its scores.
    assert np.abs(with_head.astype(int) - whole.astype(int)).max() <= 6
    assert not np.array_equal(with_head, whole)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("border_float", "float32"), ("border_uint8", "uint8"), ("border_int8_requantized", "int8")],
)
def test_other_types(name: str, dtype: str, tmp_path: Path) -> None:
    model = MODELS / f"{name}.tflite"
    whole = convert(model, Options(head_layers=0))
    x = np.random.default_rng(0).uniform(0, 3, (4, *whole.input.shape[1:])).astype(dtype)
    path = tmp_path / "x.npy"
    np.save(path, x)
    code, y = run(model, path, "--head", "none")
    assert code == 0
    assert y is not None and y.dtype == dtype and y.shape == (4, *whole.output.shape[1:])


def test_keras_models_take_and_give_real_values(model: Path, tmp_path: Path) -> None:
    whole = with_float_ends(convert(model, Options(head_layers=0)))
    bumps(tmp_path, "float32")
    x = read_samples(tmp_path / "x.npy", whole.input)
    assert x.max() == 127  # 64 is far beyond the range of int8 at this scale
    for y in (run_whole(whole, x), run_with_head(convert(model, Options()), whole, x)):
        assert y.dtype == np.float32 and y.shape == (3, toy.KNOWN)
        assert np.allclose(y.sum(axis=1), 1.0, atol=0.02)


def test_labelled_data(model: Path, tmp_path: Path) -> None:
    code, y = run(model, toy.data(tmp_path / "d.npz", users=1, classes=3))
    assert code == 0
    assert y is not None and (y.argmax(axis=1) == np.repeat([0, 1, 2], 80)).mean() > 0.9


def test_what_cannot_be_run(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x = tmp_path / "x.npy"

    def message(*args: str) -> tuple[int, str]:
        code, _ = run(model, x, *args)
        return code, capsys.readouterr().err

    start = f"microtl: error: {x}: "
    assert message()[1].startswith(f"{start}cannot be read: No such file or directory\n")
    x.write_bytes(b"junk")
    assert message() == (1, f"{start}is no .npy file\n  save it with numpy.save(file, x)\n")
    np.save(x, np.zeros((2, 5), np.int8))
    whole = x.read_bytes()
    x.write_bytes(whole[:-3])
    assert message()[1].startswith(f"{start}cannot be read as an .npy file: ")
    x.write_bytes(whole.replace(b"(2, 5), }            ", b"(2, 5000000000000), }"))
    assert message()[1].startswith(f"{start}says that it holds more than memory does\n")
    bumps(tmp_path, "float64")
    code, said = message()
    assert code == 1
    assert "holds float64, the model 'tensor_0' takes int8 (scale 0.03125, zero point 0)" in said
    np.save(x, np.zeros((2, 5), np.int8))
    assert f"has shape (2, 5), the model takes [n, {toy.WIDTH}]" in message()[1]
    bumps(tmp_path)
    assert run(model, x)[0] == 0
    capsys.readouterr()
    assert "is there already" in message()[1]
    args = ["run", str(model), "--input", str(x), "--output", str(tmp_path / "y.txt")]
    assert main(args) == 2
    assert "the result is an .npy file" in capsys.readouterr().err


def test_arrays_that_do_not_fit_the_twin(model: Path) -> None:
    from microtl_tools.errors import MicroTLError

    twin = Twin.from_converted(convert(model, Options(head_layers=0)))
    with pytest.raises(MicroTLError, match="the twin takes int8 inputs, not float64"):
        twin.run(np.zeros((1, toy.WIDTH)))
    with pytest.raises(MicroTLError, match="the model takes .* with 8 values each"):
        twin.run(np.zeros((1, 3), np.int8))
    x = np.zeros((1, toy.WIDTH), np.int8)
    for wrong in (Piece(99, 0, 1), Piece(0, twin.arena_size, 1), Piece(0, 0, 1 << 31)):
        with pytest.raises(MicroTLError, match="could not trace the model"):
            twin.trace(x, [wrong])
    with pytest.raises(MicroTLError, match="could not trace the model"):
        twin.trace(x, [Piece(1, 0, 1), Piece(0, 0, 1)])
    assert [part.shape for part in twin.trace(x, [Piece(-1, 0, 2), Piece(0, 0, 3)])] == [
        (1, 2),
        (1, 3),
    ]
    assert twin.trace(x, []) == []

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Keras files and SavedModels. What TensorFlow does needs it; what we say does not."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from microtl_tools.cli import main
from microtl_tools.convert import keras
from microtl_tools.convert.api import Options, convert
from microtl_tools.errors import MicroTLError, UsageError

SCRIPT = Path(__file__).with_name("train_digits.py")
MISSING = [name for name in ("tensorflow", "sklearn") if importlib.util.find_spec(name) is None]
LONG = bool(os.environ.get("MICROTL_LONG"))
FORMS = ("digits.keras", "digits.h5", "saved_model") if LONG else ("digits.keras",)
"""TensorFlow takes its time to start, for each anew."""

needs_tensorflow = pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the script left one model in every form, and its data."""
    folder = tmp_path_factory.mktemp("digits")
    result = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return folder


@needs_tensorflow
def test_every_form_of_a_model_gives_the_same_c(trained: Path) -> None:
    data = trained / "digits.npz"
    options = Options(name="digits", representative=data, classes=12)
    expected = convert(trained / "digits.tflite", options)
    assert expected.head is not None and expected.head.widths == (16, 12)
    for form in FORMS:
        converted = convert(trained / form, options)
        assert (converted.c_source, converted.h_source) == (expected.c_source, expected.h_source)


@needs_tensorflow
def test_converted_model_knows_its_digits(trained: Path) -> None:
    from microtl_tools.twin.api import Twin
    from microtl_tools.twin.border import quantize

    converted = convert(trained / "digits.tflite", Options(head_layers=0))
    with np.load(trained / "digits.npz") as file:
        x, y = file["x"], file["y"]
    scores = Twin.from_converted(converted).run(quantize(x, converted.input))
    assert (scores.argmax(axis=1) == y).mean() > 0.8


@needs_tensorflow
@pytest.mark.skipif(not LONG, reason="starts TensorFlow once more: MICROTL_LONG=1")
def test_file_that_keras_cannot_load(tmp_path: Path) -> None:
    path, data = tmp_path / "bad.keras", tmp_path / "data.npz"
    path.write_bytes(b"no model")
    np.savez(data, x=np.zeros((4, 2), np.float32))
    with pytest.raises(MicroTLError, match="bad.keras: Keras cannot load this file"):
        convert(path, Options(representative=data))


def test_representative_data_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.touch()
    with pytest.raises(UsageError, match="--representative-data is missing"):
        convert(path, Options())


@pytest.mark.parametrize("name", ["gone.keras", "gone.h5"])
def test_missing_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(MicroTLError, match=f"{name}: no such file or folder"):
        convert(tmp_path / name, Options())


def test_folder_that_is_no_saved_model(tmp_path: Path) -> None:
    with pytest.raises(MicroTLError, match="no SavedModel: saved_model.pb is missing"):
        convert(tmp_path, Options())


def stand_in(folder: Path, code: str) -> None:
    """Put a module ``tensorflow`` on the child's path that does ``code`` when it is imported."""
    (folder / "tensorflow.py").write_text(code, encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (
            "raise ModuleNotFoundError('no', name='tensorflow')",
            "tensorflow is needed to convert Keras files and SavedModels",
            "-m pip install tensorflow",
        ),
        (
            "import os, sys; sys.stderr.write('out of memory\\n'); sys.stderr.flush(); os.abort()",
            "model.keras: TensorFlow ended with code -6 while it converted the model",
            "out of memory",
        ),
    ],
)
def test_child_that_fails_is_one_message(
    code: str,
    message: str,
    hint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stand_in(tmp_path, code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = tmp_path / "model.keras"
    path.touch()
    assert main(["convert", str(path), "--representative-data", str(path)]) == 1
    said = capsys.readouterr().err
    assert message in said and hint in said and "Traceback" not in said


def test_what_needs_tensorflow(tmp_path: Path) -> None:
    assert keras.is_keras(Path("a.keras")) and keras.is_keras(Path("a.H5"))
    assert keras.is_keras(tmp_path)
    assert not keras.is_keras(Path("a.tflite"))

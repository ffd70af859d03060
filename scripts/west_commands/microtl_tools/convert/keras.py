# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Keras files and SavedModels: quantised to an int8 .tflite by TensorFlow, in a process of its own.

TensorFlow takes seconds to load and can end its process on a model that it does not like; neither
must happen to ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from microtl_tools.errors import MicroTLError, UsageError

_SUFFIXES = (".keras", ".h5", ".hdf5")
_SAVED_MODEL = "saved_model.pb"
_LINES_SHOWN = 5

MODEL_FILE, ERROR_FILE = "model.tflite", "error.json"
"""What the child leaves in its folder: one of the two."""


def is_keras(path: Path) -> bool:
    """Whether TensorFlow is needed to read the model."""
    return path.suffix.lower() in _SUFFIXES or path.is_dir()


def quantise(path: Path, representative: Path | None) -> bytes:
    """Return the model as an int8 .tflite, with a batch of one.

    ``representative`` is data in the model's input shape; all of it calibrates the ranges.
    Raises MicroTLError where the file or the data is missing, and with what TensorFlow says.
    """
    if not path.exists():
        raise MicroTLError(
            f"{path}: no such file or folder",
            "give a .tflite, .keras or .h5 file or a SavedModel folder",
        )
    if path.is_dir() and not (path / _SAVED_MODEL).is_file():
        raise MicroTLError(
            f"{path}: this folder is no SavedModel: {_SAVED_MODEL} is missing",
            "give a .tflite, .keras or .h5 file or a SavedModel folder",
        )
    if representative is None:
        raise UsageError(
            f"{path}: --representative-data is missing",
            "a float model is quantised by the ranges that its tensors have on real data: give an "
            ".npz file or a folder of recordings; a few hundred samples are enough",
        )
    with tempfile.TemporaryDirectory(prefix="microtl-") as folder:
        return _in_child(path, representative, Path(folder))


def _in_child(path: Path, representative: Path, folder: Path) -> bytes:
    package_root = str(Path(__file__).resolve().parents[2])
    search = os.pathsep.join([package_root, *filter(None, [os.environ.get("PYTHONPATH")])])
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": search}
    command = [sys.executable, "-W", "ignore", "-m", "microtl_tools.convert.keras_child"]
    result = subprocess.run(
        [*command, str(path), str(representative), str(folder)],
        env={**os.environ, **quiet},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    error = folder / ERROR_FILE
    if error.is_file():
        said = json.loads(error.read_text(encoding="utf-8"))
        raise MicroTLError(said["message"], said["hint"])
    model = folder / MODEL_FILE
    if result.returncode != 0 or not model.is_file():
        last = "\n  ".join(result.stderr.strip().splitlines()[-_LINES_SHOWN:])
        raise MicroTLError(
            f"{path}: TensorFlow ended with code {result.returncode} while it converted the model",
            f"its last words:\n  {last}",
        )
    return model.read_bytes()

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""TensorFlow Lite Micro as the oracle: what every tensor of a model must be, to the bit."""

import importlib.metadata
import importlib.util
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError

_CHILD = Path(__file__).with_name("oracle_child.py")
_TIMEOUT_S = 1800

INSTALL = f"install it with {sys.executable} -m pip install --pre tflite-micro"


def available() -> bool:
    """Whether the wheel is installed."""
    return importlib.util.find_spec("tflite_micro") is not None


def name() -> str:
    """Return the oracle's name and version, for reports."""
    return f"tflite-micro {importlib.metadata.version('tflite-micro')}"


def tensors(
    model: bytes, x: NDArray[Any], wanted: Sequence[int], *, path: str
) -> dict[int, NDArray[Any]]:
    """Run the model on every ``x[i]`` and return the wanted tensors, each [len(x), shape].

    ``model`` is the file's content, ``path`` its name for messages, ``wanted`` are tensor indices
    of the file. Runs in a child process: where TensorFlow Lite Micro refuses the file or crashes
    on it, MicroTLError says so with its own words.
    """
    with tempfile.TemporaryDirectory(prefix="microtl-") as scratch:
        question, answer = Path(scratch) / "question.npz", Path(scratch) / "answer.npz"
        np.savez(
            question,
            model=np.frombuffer(model, np.uint8),
            x=x,
            tensors=np.asarray(wanted, np.int64),
        )
        command = [sys.executable, str(_CHILD), str(question), str(answer)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S
            )
        except subprocess.TimeoutExpired as error:
            raise MicroTLError(
                f"{path}: TensorFlow Lite Micro did not finish within {_TIMEOUT_S} s",
                "give fewer inputs with --count",
            ) from error
        if done.returncode != 0:
            raise MicroTLError(f"{path}: {_what_happened(done)}")
        with np.load(answer) as arrays:
            return {index: arrays[f"t{index}"] for index in wanted}


def _what_happened(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
    if done.returncode < 0:
        words = f": {lines[-1]}" if lines else ""
        number = signal.Signals(-done.returncode).name
        return f"TensorFlow Lite Micro crashed on this file ({number}){words}"
    # Its own message comes first, Python's traceback after it.
    own = [line for line in lines if not line.startswith((" ", "Traceback"))]
    said = "; ".join(dict.fromkeys([*own[:2], *own[-1:]]))
    return f"TensorFlow Lite Micro refused this file: {said}"

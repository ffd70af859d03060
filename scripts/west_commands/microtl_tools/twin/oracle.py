# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""TensorFlow Lite Micro as the oracle: what every tensor of a model must be, to the bit."""

import atexit
import importlib.metadata
import importlib.util
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError

INSTALL = f"install it with {sys.executable} -m pip install --pre tflite-micro"

_CHILD = Path(__file__).with_name("oracle_child.py")
_TIMEOUT_S = 1800.0


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

    ``model`` is the file's content, ``path`` its name for messages, ``wanted`` are tensor numbers
    of the file. Runs in a child process: where TensorFlow Lite Micro refuses the file or crashes
    on it, MicroTLError says so with its own words, and the next call works again.
    """
    with tempfile.TemporaryDirectory(prefix="microtl-") as scratch:
        question, answer = Path(scratch) / "question.npz", Path(scratch) / "answer.npz"
        np.savez(
            question,
            model=np.frombuffer(model, np.uint8),
            x=x,
            tensors=np.asarray(wanted, np.int64),
        )
        problem = _child().ask(question, answer)
        if problem is not None:
            raise MicroTLError(f"{path}: {problem}")
        with np.load(answer) as arrays:
            return {number: arrays[f"t{number}"] for number in wanted}


class _Child:
    """The process that answers; started anew where it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._said = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        atexit.register(self.close)

    def ask(self, question: Path, answer: Path) -> str | None:
        """Hand over a question; None when it was answered, else what went wrong."""
        process = self._process or self._start()
        assert process.stdin is not None
        self._said.seek(0)
        self._said.truncate()
        try:
            process.stdin.write(f"{question}\t{answer}\n")
            process.stdin.flush()
        except BrokenPipeError:
            return self._crashed(process)
        word = self._wait(process)
        if word == "ok":
            return None
        return self._refused() if word == "refused" else self._crashed(process)

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            [sys.executable, str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )
        return self._process

    def _wait(self, process: subprocess.Popen[str]) -> str:
        """Return the child's word, "" where it died; kill it when it takes for ever."""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
            if not selector.select(_TIMEOUT_S):
                process.kill()
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def _lines(self) -> list[str]:
        self._said.seek(0)
        return [line.rstrip() for line in self._said if line.strip()]

    def _crashed(self, process: subprocess.Popen[str]) -> str:
        status = process.wait()
        self.close()
        how = signal.Signals(-status).name if status < 0 else f"exit code {status}"
        return f"TensorFlow Lite Micro crashed on this file ({how}): {_last(self._lines())}"

    def _refused(self) -> str:
        # Its own message comes first, Python's traceback after it.
        own = [line for line in self._lines() if not line.startswith((" ", "Traceback"))]
        said = "; ".join(dict.fromkeys([*own[:2], *own[-1:]]))
        return f"TensorFlow Lite Micro refused this file: {said}"

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _last(lines: list[str]) -> str:
    return lines[-1] if lines else "it said nothing"


@lru_cache
def _child() -> _Child:
    return _Child()

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Smart-watch recordings of shoulder exercises, from the data in seglearn's wheel.

Ten people do seven exercises with either arm: 140 recordings of 20 to 50 s, six channels at 50 Hz.
D. Burns et al., "Shoulder physiotherapy exercise recognition", Physiological Measurement 39 (2018),
doi 10.1088/1361-6579/aacfd9; BSD licence. The wheel is read as a zip file, seglearn itself is
neither installed nor imported.
"""

import codecs
import hashlib
import io
import pickle
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from microtl_tools.data.dataset import Channel
from microtl_tools.errors import MicroTLError
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "data.txt"
FOLDER = ROOT / ".venv" / "data"

RATE_HZ = 50.0
CHANNEL_NAMES = ("ax", "ay", "az", "wx", "wy", "wz")
CHANNEL_UNITS = ("g", "g", "g", "rad/s", "rad/s", "rad/s")
EXERCISES = ("PEN", "ABD", "FEL", "IR", "ER", "TRAP", "ROW")
"""Pendulum, abduction, forward elevation, internal and external rotation, trapezius, row."""
PEOPLE = tuple(range(1, 11))
_ARMS = ("left", "right")
_MEMBER = "seglearn/data/watch_dataset.npy"


@dataclass(frozen=True)
class Recording:
    """One person doing one exercise with one arm; ``frames`` [frame, channel] raw values."""

    person: int
    arm: str
    exercise: str
    frames: NDArray[np.float64]

    @property
    def name(self) -> str:
        """Unique within a person."""
        return f"{self.exercise}/{self.arm}"


def load(wheel: Path | None = None) -> list[Recording]:
    """Return all recordings, by person, exercise and arm.

    ``wheel`` is by default the one that the set-up downloaded. Raises MicroTLError where it is
    missing or is not the one that requirements/data.txt names.
    """
    content = _unpickle(_read_member(wheel or _find_wheel()))
    recordings = [
        Recording(int(person), _ARMS[int(side)], content["y_labels"][int(label)], frames)
        for person, side, label, frames in zip(
            content["subject"], content["side"], content["y"], content["X"], strict=True
        )
    ]
    return sorted(recordings, key=lambda r: (r.person, EXERCISES.index(r.exercise), r.arm))


def _find_wheel() -> Path:
    wheels = sorted(FOLDER.glob("seglearn-*.whl"))
    if not wheels:
        raise MicroTLError(
            f"{FOLDER}: the smart-watch recordings are not there",
            "run `make demo`, which downloads them",
        )
    return wheels[-1]


def _read_member(wheel: Path) -> bytes:
    """Return the data file, from no other wheel than the locked one."""
    try:
        content = wheel.read_bytes()
    except OSError as error:
        raise MicroTLError(f"{wheel}: cannot be read: {error.strerror}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest not in LOCK.read_text(encoding="utf-8"):
        raise MicroTLError(
            f"{wheel}: its SHA-256 {digest} is not the one in {LOCK.relative_to(ROOT)}",
            "delete it and run `make demo` to download it again",
        )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(_MEMBER)


class _ArraysOnly(pickle.Unpickler):
    """The file is a pickled dictionary of arrays: build arrays, and call nothing else."""

    _ALLOWED = {
        ("numpy", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy", "scalar"): np.float64(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): codecs.encode,
    }

    def find_class(self, module: str, name: str) -> Any:
        allowed = self._ALLOWED.get((module.partition(".")[0], name))
        if allowed is not None:
            return allowed
        raise pickle.UnpicklingError(f"{module}.{name} is no array")


def _unpickle(npy: bytes) -> dict[str, Any]:
    stream = io.BytesIO(npy)
    np.lib.format.read_magic(stream)
    np.lib.format.read_array_header_1_0(stream)
    content: dict[str, Any] = _ArraysOnly(stream).load().item()
    return content


def select(
    recordings: Sequence[Recording], people: Sequence[int], exercises: Sequence[str]
) -> list[Recording]:
    """Return the recordings of some people and exercises."""
    return [r for r in recordings if r.person in people and r.exercise in exercises]


def channels(recordings: Sequence[Recording]) -> list[Channel]:
    """Describe the channels so that model values have mean 0 and sigma 1 over ``recordings``."""
    frames = np.concatenate([recording.frames for recording in recordings])
    mean, sigma = frames.mean(axis=0), frames.std(axis=0)
    return [
        Channel(name, unit, float(offset), float(1.0 / spread))
        for name, unit, offset, spread in zip(
            CHANNEL_NAMES, CHANNEL_UNITS, mean, sigma, strict=True
        )
    ]


def cut(
    recordings: Sequence[Recording], starts: Sequence[NDArray[np.int64]], length: int
) -> NDArray[np.float64]:
    """Return raw windows [window, frame, channel]: of each recording those at ``starts``."""
    frames = np.arange(length)
    return np.concatenate(
        [r.frames[at[:, None] + frames] for r, at in zip(recordings, starts, strict=True)]
    )


def starts(recordings: Sequence[Recording], length: int, hop: int) -> list[NDArray[np.int64]]:
    """Return the first frames of all windows of each recording, one every ``hop`` frames."""
    return [np.arange(0, len(r.frames) - length + 1, hop) for r in recordings]

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Recordings in folders, cut into windows.

LABEL/RECORDING.csv, or USER/LABEL/RECORDING.csv where they come from several people or devices.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from microtl_tools import output
from microtl_tools.data.channels import FILE_NAME, Description, describe
from microtl_tools.data.csv_file import Frames, read_frames, read_header
from microtl_tools.data.dataset import Dataset, apply_channels, to_float32
from microtl_tools.data.shape import window_frames
from microtl_tools.errors import MicroTLError

_LAYOUT = "arrange the recordings as LABEL/RECORDING.csv, or as USER/LABEL/RECORDING.csv"
_GAP = 1.5
"""A step in time longer than so many usual steps is a gap: no window reaches across it."""
_SAME_RATE = 1.1
"""Usual steps further apart than by this factor are those of different sampling rates."""


@dataclass(frozen=True)
class _Recording:
    path: Path
    label: str
    group: str | None

    @property
    def name(self) -> str:
        """What tells it from the others of its group."""
        return f"{self.label}/{self.path.stem}"


def load(path: Path, shape: Sequence[int], hop: int | None) -> Dataset:
    """Read a folder and cut it into windows; ``shape`` and ``hop`` as in ``api.load``."""
    recordings = _find(path)
    description = describe(path, read_header(recordings[0].path))
    names = [channel.name for channel in description.channels]
    length = window_frames(str(path), shape, names)
    hop = hop or max(1, length // 2)
    labels = sorted({recording.label for recording in recordings})

    windows: list[NDArray[np.float32]] = []
    starts: list[NDArray[np.float64]] = []
    kept: list[tuple[_Recording, int]] = []
    short: list[Path] = []
    steps: list[float] = []
    for recording in recordings:
        frames = read_frames(recording.path, names, description.timed)
        times, step = _times(frames, description)
        at = _window_starts(times, step, length, hop)
        if len(at) == 0:
            short.append(recording.path)
            continue
        values = apply_channels(frames.values, description.channels)
        values = to_float32(str(recording.path), values)
        windows.append(values[at[:, None] + np.arange(length)])
        starts.append(times[at])
        kept.append((recording, len(at)))
        steps.append(step)
    _report_short(path, short, length, any_left=bool(windows))
    _report_rates(path, [recording.path for recording, _ in kept], steps, description.rate_hz)
    counts = [count for _, count in kept]
    grouped = kept[0][0].group is not None
    return Dataset(
        source=str(path),
        x=np.concatenate(windows).reshape(-1, *shape),
        y=np.repeat(np.array([labels.index(r.label) for r, _ in kept], np.int64), counts),
        labels=labels,
        group=np.repeat(np.array([str(r.group) for r, _ in kept]), counts) if grouped else None,
        recording=np.repeat(np.array([r.name for r, _ in kept]), counts),
        t=np.concatenate(starts),
        span=length * max(steps),
        channels=description.channels,
    )


def _find(path: Path) -> list[_Recording]:
    """List the recordings in a fixed order; hidden files and folders are left out."""
    files = sorted(
        file
        for file in path.rglob("*")
        if file.is_file()
        and file.suffix.lower() == ".csv"
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    if not files:
        raise MicroTLError(f"{path}: holds no recordings (.csv)", _LAYOUT)
    depth = len(files[0].relative_to(path).parts)
    for file in files:
        parts = file.relative_to(path).parts
        if len(parts) not in (2, 3) or len(parts) != depth:
            raise MicroTLError(
                f"{file}: is {len(parts) - 1} folders deep; recordings lie 1 deep (LABEL) or 2 "
                "(USER/LABEL), all of them the same",
                _LAYOUT,
            )
    return [
        _Recording(file, file.parent.name, file.parent.parent.name if depth == 3 else None)
        for file in files
    ]


def _times(frames: Frames, description: Description) -> tuple[NDArray[np.float64], float]:
    """Return the time of every frame and the usual step, in seconds, else in frames."""
    if frames.t is not None:
        step = float(np.median(np.diff(frames.t))) if len(frames.t) > 1 else 0.0
        return frames.t, step
    step = 1.0 / description.rate_hz if description.rate_hz else 1.0
    return np.arange(len(frames.values), dtype=np.float64) * step, step


def _window_starts(
    times: NDArray[np.float64], step: float, length: int, hop: int
) -> NDArray[np.int64]:
    """Return the first frames of the windows; a gap in time starts them anew."""
    gaps = np.flatnonzero(np.diff(times) > _GAP * step) + 1
    edges = [0, *gaps.tolist(), len(times)]
    runs = [
        np.arange(first, end - length + 1, hop, dtype=np.int64)
        for first, end in zip(edges[:-1], edges[1:], strict=True)
    ]
    return np.concatenate(runs)


def _report_short(path: Path, short: list[Path], length: int, *, any_left: bool) -> None:
    if not short:
        return
    names = ", ".join(str(file.relative_to(path)) for file in short[:3])
    more = f" and {len(short) - 3} more" if len(short) > 3 else ""
    if not any_left:
        raise MicroTLError(
            f"{path}: no recording holds a window of {length} frames without a gap "
            f"({names}{more} are shorter)",
            "give longer recordings",
        )
    output.warn(
        f"{path}: without a window of {length} frames that no gap in time cuts, left out: "
        f"{names}{more}"
    )


def _report_rates(
    path: Path, files: Sequence[Path], steps: Sequence[float], rate_hz: float | None
) -> None:
    """Warn where windows of one number of frames are of different lengths in time."""
    rates = [
        (1.0 / step, str(file.relative_to(path)))
        for file, step in zip(files, steps, strict=True)
        if step > 0
    ]
    if rate_hz is not None:
        rates.append((rate_hz, FILE_NAME))
    if not rates:
        return
    (low, slow), (high, fast) = min(rates), max(rates)
    if high > _SAME_RATE * low:
        output.warn(
            f"{path}: sampled at different rates: {low:.4g} frames a second in {slow}, {high:.4g} "
            f"in {fast}; a window is not of the same length in both: resample them to the rate "
            "that the model was trained with"
        )

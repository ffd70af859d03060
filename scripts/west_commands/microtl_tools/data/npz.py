# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Samples in an ``.npz`` file, one array a property; docs/data.md lists them."""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.data.dataset import UNLABELLED, Channel, Dataset, apply_channels, to_float32
from microtl_tools.data.shape import find_span, fit, text
from microtl_tools.errors import MicroTLError

_NPY_MAGIC = b"\x93NUMPY"
_SAVE = "save it as numpy.savez(file, x=samples, y=classes)"

Arrays = dict[str, NDArray[Any]]

_SAMPLE_KEYS = ("x", "y", "group", "recording", "t", "span", "labels")
_CHANNEL_KEYS = ("channels", "channel_unit", "channel_offset", "channel_scale")
_KEYS = _SAMPLE_KEYS + _CHANNEL_KEYS
_CLASSES_MAX = 65536
"""Without 'labels', every number below the largest in 'y' is a class: bounds what that takes."""


def load(path: Path, shape: Sequence[int] | None, labelled: bool) -> Dataset:
    """Read a file; ``shape`` and ``labelled`` as in ``api.load``."""
    arrays = _read(path)
    if "x" not in arrays:
        raise MicroTLError(
            f"{path}: has no array 'x', the samples; it holds {', '.join(arrays) or 'nothing'}",
            "save it as numpy.savez(file, x=samples, y=classes)",
        )
    unknown = sorted(set(arrays) - set(_KEYS))
    if unknown:
        raise MicroTLError(
            f"{path}: unknown array {unknown[0]!r}; known are {', '.join(_KEYS)}",
            "rename it, or leave it out",
        )
    x = _numbers(path, "x", arrays)
    if x.ndim < 2 or x.size == 0:
        raise MicroTLError(
            f"{path}: 'x' has the shape {text(x.shape)}; expected samples along the first axis, "
            "at least one, and values along the others"
        )
    y, labels = _classes(path, arrays, len(x), labelled)
    group, recording = (_names(path, key, arrays, len(x)) for key in ("group", "recording"))
    t = _times(path, arrays, len(x))
    channels = _channels(path, arrays, x)
    return Dataset(
        source=str(path),
        x=fit(str(path), _model_values(path, x, channels), shape),
        y=y,
        labels=labels,
        group=group,
        recording=recording,
        t=t,
        span=_span(path, arrays, x, t, group, recording),
        channels=channels,
    )


def _read(path: Path) -> Arrays:
    """Return all arrays; never unpickles, so a file from anywhere is safe to open."""
    try:
        with path.open("rb") as stream:
            start = stream.read(len(_NPY_MAGIC))
            stream.seek(0)
            if start != _NPY_MAGIC and not zipfile.is_zipfile(stream):
                raise MicroTLError(f"{path}: is no .npz file", _SAVE)
            stream.seek(0)
            file = np.load(stream, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise MicroTLError(
                    f"{path}: is a single array, not an .npz file",
                    _SAVE,
                )
            return {key: file[key] for key in file.files}
    except OSError as error:
        raise MicroTLError(f"{path}: cannot be read: {error.strerror or error}", _SAVE) from error
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise MicroTLError(f"{path}: is damaged: {error}", "fetch or write it again") from error
    except MemoryError as error:
        raise MicroTLError(
            f"{path}: says that it holds more than memory does", "fetch or write it again"
        ) from error
    except ValueError as error:
        raise MicroTLError(
            f"{path}: is damaged, or holds Python objects instead of arrays: {error}",
            "give each array one dtype: numbers, or strings for names",
        ) from error


def _numbers(path: Path, key: str, arrays: Arrays) -> NDArray[Any]:
    values = arrays[key]
    if values.dtype.kind not in "iuf":
        raise MicroTLError(f"{path}: {key!r} has dtype {values.dtype}; expected numbers")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        where = ", ".join(map(str, np.argwhere(~np.isfinite(values))[0]))
        raise MicroTLError(f"{path}: {key}[{where}] is NaN or infinite", "clean the data first")
    return values


def _check_length(
    path: Path, key: str, values: NDArray[Any], count: int, of: str = "samples in 'x'"
) -> None:
    if values.shape != (count,):
        raise MicroTLError(
            f"{path}: {key!r} has the shape {text(values.shape)}; expected one entry for each of "
            f"the {count} {of}"
        )


def _classes(
    path: Path, arrays: Arrays, count: int, labelled: bool
) -> tuple[NDArray[np.int64], list[str]]:
    """Return class numbers and names: 'y' holds numbers into 'labels', or the names themselves."""
    names = _labels(path, arrays)
    if "y" not in arrays:
        if labelled:
            raise MicroTLError(
                f"{path}: has no array 'y', the class of each sample",
                "save it as numpy.savez(file, x=samples, y=classes)",
            )
        return np.full(count, UNLABELLED, np.int64), names or []
    y = arrays["y"]
    _check_length(path, "y", y, count)
    if y.dtype.kind in "US":
        y = _text(path, "y", y)
        names = names or sorted({str(name) for name in y})
        strange = sorted({str(name) for name in y} - set(names))
        if strange:
            raise MicroTLError(f"{path}: class {strange[0]!r} in 'y' is not in 'labels'")
        return np.array([names.index(str(name)) for name in y], np.int64), names
    if y.dtype.kind not in "iu":
        raise MicroTLError(
            f"{path}: 'y' has dtype {y.dtype}; expected class numbers or class names"
        )
    count_max = len(names) if names else _CLASSES_MAX
    wrong = np.flatnonzero((y < 0) | (y >= count_max))
    if wrong.size:
        at = int(wrong[0])
        raise MicroTLError(
            f"{path}: y[{at}] is {y[at]}, expected 0 to {count_max - 1}"
            + (f" ({count_max} classes in 'labels')" if names else ""),
            "number the classes from 0, or let 'y' hold their names",
        )
    names = names or [str(number) for number in range(int(y.max()) + 1)]
    return y.astype(np.int64), names


def _labels(path: Path, arrays: Arrays) -> list[str] | None:
    if "labels" not in arrays:
        return None
    names = [str(name) for name in _text(path, "labels", arrays["labels"]).reshape(-1)]
    for number, name in enumerate(names):
        if names.index(name) != number:
            raise MicroTLError(
                f"{path}: 'labels' names classes {names.index(name)} and {number} both {name!r}",
                "give each class a name of its own, or both the same number in 'y'",
            )
    return names


def _names(path: Path, key: str, arrays: Arrays, count: int) -> NDArray[np.str_] | None:
    if key not in arrays:
        return None
    _check_length(path, key, arrays[key], count)
    return _text(path, key, arrays[key])


def _text(path: Path, key: str, names: NDArray[Any]) -> NDArray[np.str_]:
    """Return names as text: bytes (what C and HDF5 know of strings) are UTF-8."""
    if names.dtype.kind != "S":
        return names.astype(np.str_)
    try:
        return np.char.decode(names, "utf-8")
    except UnicodeDecodeError as error:
        raise MicroTLError(
            f"{path}: {key!r} holds names that are not UTF-8: {error.object!r}",
            f"save them as text: {key}.astype(str)",
        ) from error


def _times(path: Path, arrays: Arrays, count: int) -> NDArray[np.float64] | None:
    if "t" not in arrays:
        return None
    t = _numbers(path, "t", arrays)
    _check_length(path, "t", t, count)
    return t.astype(np.float64)


def _span(
    path: Path,
    arrays: Arrays,
    x: NDArray[Any],
    t: NDArray[np.float64] | None,
    group: NDArray[np.str_] | None,
    recording: NDArray[np.str_] | None,
) -> float | None:
    """Return the length of a window as given, else as found from what neighbours share."""
    if t is None:
        return None
    if "span" in arrays:
        span = _numbers(path, "span", arrays)
        if span.size != 1 or float(span.reshape(-1)[0]) <= 0:
            raise MicroTLError(
                f"{path}: 'span' has to be one number above 0: "
                "the length of a sample, in the unit of 't'"
            )
        return float(span.reshape(-1)[0])
    keys = np.zeros(len(x), np.int64)
    for names in (group, recording):
        if names is not None:
            of_name = np.unique(names, return_inverse=True)[1]
            keys = keys * (int(np.max(of_name)) + 1) + of_name
    return find_span(x, t, keys)


def _channels(path: Path, arrays: Arrays, x: NDArray[Any]) -> list[Channel] | None:
    if "channels" not in arrays:
        extra = sorted(key for key in arrays if key.startswith("channel_"))
        if extra:
            raise MicroTLError(f"{path}: has {extra[0]!r}, but no 'channels', their names")
        return None
    names = [str(name) for name in _text(path, "channels", arrays["channels"]).reshape(-1)]
    innermost = [size for size in x.shape[1:] if size != 1][-1:] or [1]
    if len(names) not in (innermost[0], 1) or len(set(names)) != len(names):
        raise MicroTLError(
            f"{path}: 'channels' has {len(names)} names; expected one, each different, for each of "
            f"the {innermost[0]} values of the last dimension of 'x' ({text(x.shape[1:])})"
        )
    columns = []
    for key, default in (("channel_unit", ""), ("channel_offset", 0.0), ("channel_scale", 1.0)):
        values = arrays.get(key, np.full(len(names), default))
        _check_length(path, key, values, len(names), "channels")
        columns.append(values)
    units, offsets, scales = columns
    units = _text(path, "channel_unit", units)
    for key, values in (("channel_offset", offsets), ("channel_scale", scales)):
        _numbers(path, key, {key: values})
    if (scales == 0).any():
        raise MicroTLError(f"{path}: 'channel_scale' holds a 0, which would erase a channel")
    return [
        Channel(name, str(unit), float(offset), float(scale))
        for name, unit, offset, scale in zip(names, units, offsets, scales, strict=True)
    ]


def _model_values(path: Path, x: NDArray[Any], channels: list[Channel] | None) -> NDArray[Any]:
    """Apply the channels; without them int8 stays what it is, values in the input quantisation."""
    if channels is None:
        return x if x.dtype == np.int8 else to_float32(f"{path}: x", x)
    if x.dtype == np.int8:
        raise MicroTLError(
            f"{path}: 'x' is int8, so quantised already, and yet has channels with an offset and a "
            "scale",
            "give raw values (int16 or float), or leave the channels out",
        )
    frames = x.reshape(len(x), -1, len(channels))
    return to_float32(f"{path}: x", apply_channels(frames, channels).reshape(x.shape))

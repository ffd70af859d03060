# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Between the values of the model file (int8, uint8 or float) and the int8 of the arena."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError

if TYPE_CHECKING:
    from microtl_tools.convert.converted import End

Int8 = NDArray[np.int8]

_DTYPES = {"INT8": np.int8, "UINT8": np.uint8, "FLOAT32": np.float32}


def dtype_of(end: "End") -> np.dtype[Any]:
    """Return the NumPy type that the file has at this end."""
    return np.dtype(_DTYPES[end.dtype])


def sample_shape(end: "End") -> tuple[int, ...]:
    """Return the shape of one sample: the file's, without a batch of one in front."""
    return end.shape[1:] if end.shape[:1] == (1,) else end.shape


def check_samples(x: NDArray[Any], end: "End", source: str) -> None:
    """Raise MicroTLError unless ``x`` is a batch [n, ...] in dtype and shape of the file.

    ``source`` names where it comes from. Wider floats are welcome where the file has float32.
    """
    wanted, shape = dtype_of(end), sample_shape(end)
    if x.dtype != wanted and not (wanted.kind == x.dtype.kind == "f"):
        meaning = "" if wanted.kind == "f" else f" (scale {end.scale:g}, {_zero(end)})"
        raise MicroTLError(
            f"{source}: holds {x.dtype}, the model {end.name!r} takes {wanted}{meaning}",
            f"save it as x.astype(numpy.{wanted})"
            if wanted.kind == "f"
            else "quantise it; real values in an .npz file (numpy.savez(file, x=x)) are quantised",
        )
    if x.shape[1:] != shape or len(x) == 0:
        batch = f"[n, {', '.join(map(str, shape))}]" if shape else "[n]"
        hint = f"samples lie along the first axis: {batch}"
        raise MicroTLError(f"{source}: has shape {x.shape}, the model takes {batch}", hint)
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        at = np.argwhere(~np.isfinite(x))[0].tolist()
        raise MicroTLError(f"{source}: the value at {at} is NaN or infinite", "clean the data")


def _zero(end: "End") -> str:
    return f"zero point {end.zero_point + (128 if end.dtype == 'UINT8' else 0)}"


def to_arena(x: NDArray[Any], end: "End") -> Int8:
    """Return values of the file as the arena holds them."""
    if end.dtype == "INT8":
        return x.astype(np.int8)
    if end.dtype == "UINT8":
        return (x.astype(np.int16) - 128).astype(np.int8)
    return quantize(x, end)


def quantize(x: NDArray[Any], end: "End") -> Int8:
    """Return real values in int8: round(x / scale) + zero point, clamped.

    Division in float32, ties away from zero, as TensorFlow Lite Micro's QUANTIZE does it.
    """
    quotient = (x.astype(np.float32) / np.float32(end.scale)).astype(np.float64)
    rounded = np.copysign(np.floor(np.abs(quotient) + 0.5), quotient)
    q: Int8 = np.clip(rounded + end.zero_point, -128, 127).astype(np.int8)
    return q


def from_arena(q: Int8, end: "End") -> NDArray[Any]:
    """Return values of the arena [n, ...] in dtype and shape of the file."""
    q = q.reshape(len(q), *sample_shape(end))
    if end.dtype == "INT8":
        return q
    if end.dtype == "UINT8":
        return (q.astype(np.int16) + 128).astype(np.uint8)
    return dequantize(q, end)


def dequantize(q: Int8, end: "End") -> NDArray[np.float32]:
    """Return the real values: scale * (q - zero point), rounded to float32 once."""
    real: NDArray[np.float32] = (end.scale * (q.astype(np.float64) - end.zero_point)).astype(
        np.float32
    )
    return real

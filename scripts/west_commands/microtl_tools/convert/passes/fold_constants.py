# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Computes at conversion what follows from shapes and constants alone.

Exporters write a flatten or a reshape with an open batch as a chain of SHAPE, STRIDED_SLICE, PACK
and the like; with the batch fixed to one, nothing of it is left to do on the device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from microtl_tools.convert.graph import (
    ELEMENTS_MAX_FOLDED,
    Graph,
    Op,
    shape_text,
)
from microtl_tools.convert.lower.require import constant_ints, resolve_axes
from microtl_tools.convert.slicing import slices_of
from microtl_tools.imports import require


def fold_constants(graph: Graph) -> None:
    """Replace operations on constants by their results."""
    kept: list[Op] = []
    for op in graph.ops:
        if op.kind in _FOLDS and _foldable(op):
            _fold(op)
        else:
            kept.append(op)
    graph.ops = kept


def _foldable(op: Op) -> bool:
    if op.kind == "SHAPE":
        return True
    return all(tensor is None or tensor.data is not None for tensor in op.inputs)


def _fold(op: Op) -> None:
    if len(op.outputs) != 1:
        raise op.error(f"it has {len(op.outputs)} outputs, one is supported")
    if op.output.elements > ELEMENTS_MAX_FOLDED:
        raise op.error(
            f"{op.output} would be a constant of {op.output.elements} elements",
            f"at most {ELEMENTS_MAX_FOLDED} are computed at conversion: export the constant itself",
        )
    result = _FOLDS[op.kind](op)
    if result.shape != op.output.shape:
        raise op.error(
            f"{op.output} has shape {shape_text(op.output.shape)}, this operation makes "
            f"{shape_text(result.shape)}"
        )
    np = require("numpy", "convert models")
    dtype = np.dtype(op.output.dtype.lower()) if op.output.dtype in _DTYPES else result.dtype
    op.output.data = result.astype(dtype)


_DTYPES = ("INT8", "UINT8", "INT16", "INT32", "INT64", "FLOAT32", "BOOL")


def _data(op: Op, position: int) -> Any:
    return op.input(position).data


def _shape(op: Op) -> Any:
    np = require("numpy", "convert models")
    return np.array(op.input(0).shape, dtype=np.int64)


def _strided_slice(op: Op) -> Any:
    begin, end, stride = (constant_ints(op, op.input(i)) for i in (1, 2, 3))
    data = _data(op, 0)
    return data[tuple(slices_of(op, data.shape, begin, end, stride))]


def _pack(op: Op) -> Any:
    np = require("numpy", "convert models")
    parts = [_data(op, i) for i in range(len(op.inputs))]
    if len({part.shape for part in parts}) != 1:
        raise op.error("its inputs have different shapes", "the file is damaged: export it again")
    axis = resolve_axes(op, [op.options["axis"]], parts[0].ndim + 1)[0]
    return np.stack(parts, axis=axis)


def _tile(op: Op) -> Any:
    np = require("numpy", "convert models")
    data, times = _data(op, 0), constant_ints(op, op.input(1))
    if len(times) != data.ndim or min(times, default=0) < 0:
        raise op.error(f"multiples {times} do not fit {data.ndim} dimensions", "export it again")
    shape = tuple(dim * count for dim, count in zip(data.shape, times, strict=True))
    # Checked before the work: multiples of a damaged file may ask for any amount of memory.
    return np.tile(data, times) if shape == op.output.shape else np.empty(0, data.dtype)


def _expand_dims(op: Op) -> Any:
    np = require("numpy", "convert models")
    data, axis = _data(op, 0), constant_ints(op, op.input(1))
    return np.expand_dims(data, tuple(resolve_axes(op, axis, data.ndim + 1)))


def _squeeze(op: Op) -> Any:
    data = _data(op, 0)
    axes = resolve_axes(op, list(op.options["squeeze_dims"]), data.ndim)
    if not axes:
        axes = [axis for axis, dim in enumerate(data.shape) if dim == 1]
    return data.reshape([dim for axis, dim in enumerate(data.shape) if axis not in axes])


def _reshape(op: Op) -> Any:
    data = _data(op, 0)
    if data.size != op.output.elements:
        raise op.error(
            f"{op.input(0)} has {data.size} elements, {op.output} has {op.output.elements}"
        )
    return data.reshape(op.output.shape)


def _concatenation(op: Op) -> Any:
    np = require("numpy", "convert models")
    parts = [_data(op, i) for i in range(len(op.inputs))]
    axis = resolve_axes(op, [op.options["axis"]], parts[0].ndim)[0]
    others = {(part.ndim, *part.shape[:axis], *part.shape[axis + 1 :]) for part in parts}
    if len(others) != 1:
        raise op.error("its inputs do not fit together", "the file is damaged: export it again")
    return np.concatenate(parts, axis=axis)


_FOLDS: dict[str, Callable[[Op], Any]] = {
    "CONCATENATION": _concatenation,
    "EXPAND_DIMS": _expand_dims,
    "PACK": _pack,
    "RESHAPE": _reshape,
    "SHAPE": _shape,
    "SQUEEZE": _squeeze,
    "STRIDED_SLICE": _strided_slice,
    "TILE": _tile,
}

FOLDED_KINDS = frozenset(_FOLDS)
"""Operations that are computed at conversion where their inputs are constant."""

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""MEAN and REDUCE_MAX over any axes."""

from __future__ import annotations

from microtl_tools.convert import fixed_point
from microtl_tools.convert.graph import Op, Shape
from microtl_tools.convert.lower.context import Context
from microtl_tools.convert.lower.require import (
    constant_ints,
    need_same_quantization,
    need_shape,
    resolve_axes,
)
from microtl_tools.convert.lower.strides import fitted, merge, row_major
from microtl_tools.convert.lower.weights import struct_requant
from microtl_tools.convert.program import Value


def lower_mean(context: Context, op: Op) -> None:
    """The mean; with all axes of size one it only requantises."""
    source, out = op.input(0), op.output
    dims, count = _walk(op)
    requant = fixed_point.mean_requant(source.scale, out.scale, count)
    fields: dict[str, Value] = {
        "at": dims,
        "bias": -source.zero_point * count,
        "out": {
            "zero_point": out.zero_point,
            "min": fixed_point.INT8_MIN,
            "max": fixed_point.INT8_MAX,
        },
        "requant": struct_requant(requant),
    }
    context.call(op, "mean", fields, [source])


def lower_reduce_max(context: Context, op: Op) -> None:
    """The largest value."""
    source = op.input(0)
    need_same_quantization(op, source, op.output)
    dims, _ = _walk(op)
    context.call(op, "reduce_max", dims, [source], struct="reduce")


def _walk(op: Op) -> tuple[dict[str, Value], int]:
    """Return the two loop nests of struct microtl_reduce and the number of reduced elements."""
    shape = op.input(0).shape
    axes = resolve_axes(op, constant_ints(op, op.input(1)), len(shape))
    need_shape(op, op.output, _reduced_shape(op, shape, axes))
    strides = row_major(shape)
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    out = merge([shape[axis] for axis in kept], [strides[axis] for axis in kept])
    inner = merge([shape[axis] for axis in axes], [strides[axis] for axis in axes])
    out_dims, (out_stride,) = fitted(op, out, 1, "REDUCE_DIMS")
    reduce_dims, (reduce_stride,) = fitted(op, inner, 1, "REDUCE_DIMS")
    count = 1
    for axis in axes:
        count *= shape[axis]
    fields: dict[str, Value] = {
        "out_dims": out_dims,
        "out_stride": out_stride,
        "reduce_dims": reduce_dims,
        "reduce_stride": reduce_stride,
    }
    return fields, count


def _reduced_shape(op: Op, shape: Shape, axes: list[int]) -> Shape:
    if op.options["keep_dims"]:
        return tuple(1 if axis in axes else dim for axis, dim in enumerate(shape))
    return tuple(dim for axis, dim in enumerate(shape) if axis not in axes)

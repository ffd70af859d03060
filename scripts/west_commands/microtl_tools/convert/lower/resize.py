# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

from microtl_tools.convert import fixed_point
from microtl_tools.convert.graph import Op
from microtl_tools.convert.lower.context import Context, constant
from microtl_tools.convert.lower.require import (
    constant_ints,
    need_image,
    need_same_quantization,
    need_shape,
    need_uint16,
)
from microtl_tools.convert.program import Value


def lower_nearest(context: Context, op: Op) -> None:
    """The nearest pixel: which one is known at conversion."""
    source = op.input(0)
    out_h, out_w = _new_size(op)
    in_h, in_w, channels = source.shape[1:]
    rows, columns = (
        fixed_point.resize_nearest_indices(*sizes, *_options(op))
        for sizes in ((in_h, out_h), (in_w, out_w))
    )
    fields: dict[str, Value] = {
        "in_w": in_w,
        "channels": channels,
        "out_h": out_h,
        "out_w": out_w,
        "rows": constant("rows", rows, "uint16_t"),
        "columns": constant("columns", columns, "uint16_t"),
    }
    context.call(op, "resize_nearest", fields, [source])


def lower_bilinear(context: Context, op: Op) -> None:
    """The four pixels around, weighted."""
    source = op.input(0)
    out_h, out_w = _new_size(op)
    in_h, in_w, channels = source.shape[1:]
    fields: dict[str, Value] = {
        "rows": _axis(op, in_h, out_h),
        "columns": _axis(op, in_w, out_w),
        "channels": channels,
    }
    context.call(op, "resize_bilinear", fields, [source])


def _axis(op: Op, in_size: int, out_size: int) -> dict[str, Value]:
    """Return struct microtl_resize_axis."""
    axis = fixed_point.resize_bilinear_axis(in_size, out_size, *_options(op))
    return {"in_size": in_size, "out_size": out_size, "step": axis.step, "start": axis.start}


def _options(op: Op) -> tuple[bool, bool]:
    return bool(op.options["align_corners"]), bool(op.options["half_pixel_centers"])


def _new_size(op: Op) -> tuple[int, int]:
    """Return the new height and width after checking everything."""
    source = op.input(0)
    in_h, in_w, channels = need_image(op, source)
    size = constant_ints(op, op.input(1))
    if len(size) != 2 or min(size) < 1:
        raise op.error(f"the new size is {size}", "a height and a width above zero are needed")
    if all(_options(op)):
        raise op.error(
            "align_corners and half_pixel_centers are both set", "export it with one of them"
        )
    need_shape(op, op.output, (1, size[0], size[1], channels))
    need_same_quantization(op, source, op.output)
    need_uint16(op, height=max(in_h, size[0]), width=max(in_w, size[1]), channels=channels)
    return size[0], size[1]

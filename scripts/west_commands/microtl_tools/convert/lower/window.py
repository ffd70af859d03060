# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Geometry of sliding windows: convolutions and pools."""

from __future__ import annotations

from microtl_tools.convert.graph import Op
from microtl_tools.convert.lower.require import need_image, need_shape, need_uint16
from microtl_tools.convert.program import Value

EXPLICIT_PADDING = "explicit_padding"
"""Option that a folded PAD leaves behind: (top, bottom, left, right), on top of SAME or VALID."""


def sliding_fields(op: Op, kernel: tuple[int, int], out_channels: int) -> dict[str, Value]:
    """Return struct microtl_sliding after checking it against the shapes of input and output."""
    in_h, in_w, in_c = need_image(op, op.input(0))
    top, bottom, left, right = op.options.get(EXPLICIT_PADDING, (0, 0, 0, 0))
    rows = _axis(op, "height", in_h + top + bottom, kernel[0], "h")
    columns = _axis(op, "width", in_w + left + right, kernel[1], "w")
    out_h, same_top = rows
    out_w, same_left = columns
    need_shape(op, op.output, (1, out_h, out_w, out_channels))
    need_uint16(op, height=in_h, width=in_w, channels=max(in_c, out_channels))
    return {
        "in_h": in_h,
        "in_w": in_w,
        "in_c": in_c,
        "out_h": out_h,
        "out_w": out_w,
        "out_c": out_channels,
        "kernel_h": kernel[0],
        "kernel_w": kernel[1],
        "stride_h": op.options["stride_h"],
        "stride_w": op.options["stride_w"],
        "dilation_h": op.options.get("dilation_h_factor", 1),
        "dilation_w": op.options.get("dilation_w_factor", 1),
        "pad_top": top + same_top,
        "pad_left": left + same_left,
    }


def _axis(op: Op, what: str, size: int, kernel: int, axis: str) -> tuple[int, int]:
    """Return output size and padding in front along one axis, by TensorFlow's rules."""
    stride = op.options[f"stride_{axis}"]
    dilation = op.options.get(f"dilation_{axis}_factor", 1)
    for name, value in (("stride", stride), ("dilation", dilation), ("window", kernel)):
        if value < 1:
            raise op.error(f"{name} of {value} along the {what}", "it must be 1 or more")
        need_uint16(op, **{f"{name} along the {what}": value})
    extent = (kernel - 1) * dilation + 1
    need_uint16(op, **{f"extent of the window along the {what}": extent})
    if op.options["padding"] == "SAME":
        out = -(-size // stride)
        missing = (out - 1) * stride + extent - size
        return out, max(missing, 0) // 2
    if extent > size:
        raise op.error(f"the window covers {extent} along the {what}, the input has {size}")
    return (size - extent) // stride + 1, 0


def overlap(at: dict[str, Value], *, by_channel: bool = False) -> int:
    """Return how far the input has to lie behind the output so that they may share bytes.

    The kernels make one output pixel after the other: what is written up to a pixel must end where
    the first byte lies that this pixel reads. ``by_channel``: within a pixel too, a channel is
    written when that channel and those before it have been read.
    """
    size = {name: value for name, value in at.items() if isinstance(value, int)}
    ahead = 0 if by_channel else size["out_c"]
    # Along a row, the distance grows as long as the window starts in the padding, then by the same
    # amount from pixel to pixel: it is greatest at the end of the one or of the other.
    last = size["out_w"] - 1
    columns = (min(size["pad_left"] // size["stride_w"], last), last)
    apart = 0
    for y in range(size["out_h"]):
        first_row = max(y * size["stride_h"] - size["pad_top"], 0)
        if first_row >= size["in_h"]:
            break
        for x in columns:
            first = min(max(x * size["stride_w"] - size["pad_left"], 0), size["in_w"])
            needed = (first_row * size["in_w"] + first) * size["in_c"]
            written = (y * size["out_w"] + x) * size["out_c"] + ahead
            apart = max(apart, written - needed)
    return apart

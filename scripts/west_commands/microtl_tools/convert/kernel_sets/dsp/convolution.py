# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Convolutions: all windows of an output pixel side by side, two pixels and two channels a time."""

from __future__ import annotations

from typing import Any

from microtl_tools.convert.headers import macro
from microtl_tools.convert.kernel_sets.dsp.dense import as_dense
from microtl_tools.convert.kernel_sets.dsp.panels import (
    QUAD,
    exact,
    kernel_name,
    pair_panels,
    rounding,
)
from microtl_tools.convert.kernel_sets.fields import array, number, struct
from microtl_tools.convert.kernel_sets.filters import Filters, pad_depth
from microtl_tools.convert.kernel_sets.geometry import covers_all, is_dilated
from microtl_tools.convert.lower.window import overlap
from microtl_tools.convert.program import KernelCall, Value

_DIRECT_ROW = 32
_DIRECT_CHANNELS = 16


def prepare_conv(call: KernelCall, small: bool) -> None:
    """Replace a portable convolution without groups and dilation."""
    at = struct(call, "at")
    if number(call, "filter_c") != at["in_c"] or is_dilated(at):
        return
    rows = array(call, "weights").values.reshape(at["out_c"], at["kernel_h"], -1)
    as_convolution(call, rows, small)


def as_convolution(call: KernelCall, rows: Any, small: bool) -> None:
    """Make a call a convolution; ``rows`` are its weights, [out_c][kernel_h][kernel_w * in_c]."""
    at = struct(call, "at")
    if covers_all(at):
        as_dense(call, rows.reshape(at["out_c"], -1), small)
        return
    rows = pad_depth(rows, QUAD)
    filters = Filters.of(call, rows.reshape(at["out_c"], -1))
    if not exact(filters):
        return
    row_quads = rows.shape[-1] // QUAD
    kind = _kind(at)
    geometry: dict[str, Value] = {**at}
    call.kernel = kernel_name(kind, small)
    call.struct = "microtl_dsp_conv2d"
    call.scratch_size = _scratch(kind, at, row_quads)
    # Two pixels are read before either is written: no less than one of them.
    by_pixels = overlap(geometry, by_channel=True)
    call.overlap = _rows_apart(at) if kind == "conv2d" else by_pixels
    output = struct(call, "out")
    call.fields = {
        "at": at,
        "out": output,
        "border": number(call, "input_zero_point"),
        "rounding": rounding(output),
        "row_quads": row_quads,
        "panels": pair_panels(filters, interleaved=kind != "conv2d", small=small),
    }


def _kind(at: dict[str, int]) -> str:
    """Return the kernel's name: what it gathers the windows from.

    From the image itself, gathering takes some 8 instructions more for four values of two pixels,
    and the products 10 for two channels of those: a few percent from so many channels on.
    """
    row = at["kernel_w"] * at["in_c"]
    if _is_pointwise(at):
        return "pointwise"
    if row % QUAD == 0 and row >= _DIRECT_ROW and at["out_c"] >= _DIRECT_CHANNELS:
        return "conv2d_direct"
    return "conv2d"


def _scratch(kind: str, at: dict[str, int], row_quads: int) -> int:
    if kind == "pointwise":
        return macro("DSP_POINTWISE_SCRATCH", quads=row_quads)
    kernel_h = at["kernel_h"]
    if kind == "conv2d_direct":
        return macro("DSP_CONV2D_DIRECT_SCRATCH", kernel_h=kernel_h, row_quads=row_quads)
    row = (at["out_w"] - 1) * at["stride_w"] * at["in_c"] + QUAD * row_quads
    return macro(
        "DSP_CONV2D_SCRATCH",
        kernel_h=kernel_h,
        stride_h=at["stride_h"] if at["out_h"] > 1 else 0,
        row_quads=row_quads,
        row_size=row + row % 2,
    )


def _rows_apart(at: dict[str, int]) -> int:
    """Return how far the input has to lie behind the output, where whole rows are read.

    Those of a next row of outputs are read when it begins. By then its first pixel
    has been written already if the row before has an odd number of them.
    """
    row = at["in_w"] * at["in_c"]
    apart = 0
    for y in range(1, at["out_h"]):
        read = max(y * at["stride_h"] - at["pad_top"] + at["kernel_h"], 0)
        if read < at["in_h"]:
            apart = max(apart, (y * at["out_w"] + 1) * at["out_c"] - read * row)
    return apart


def _is_pointwise(at: dict[str, int]) -> bool:
    ones = all(at[name] == 1 for name in ("kernel_h", "kernel_w", "stride_h", "stride_w"))
    return ones and at["in_c"] % QUAD == 0 and at["pad_top"] == 0 and at["pad_left"] == 0

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Convolutions: all windows of an output pixel side by side, two pixels and two channels a time."""

from __future__ import annotations

from typing import Any

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
from microtl_tools.convert.program import KernelCall


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
    pointwise = _is_pointwise(at)
    call.kernel = kernel_name("pointwise" if pointwise else "conv2d", small)
    call.struct = "microtl_dsp_conv2d"
    call.scratch_size = 16 * row_quads if pointwise else _scratch(at, row_quads)
    call.overlap = _pixels_apart(at) if pointwise else _rows_apart(at)
    output = struct(call, "out")
    call.fields = {
        "at": at,
        "out": output,
        "border": number(call, "input_zero_point"),
        "rounding": rounding(output),
        "row_quads": row_quads,
        "panels": pair_panels(filters, interleaved=pointwise, small=small),
    }


def _scratch(at: dict[str, int], row_quads: int) -> int:
    """Return the bytes of two windows, and of the rows under two rows of outputs."""
    row = (at["out_w"] - 1) * at["stride_w"] * at["in_c"] + QUAD * row_quads
    rows = at["kernel_h"] + at["stride_h"]
    return 16 * at["kernel_h"] * row_quads + 2 * rows * (row + row % 2)


def _pixels_apart(at: dict[str, int]) -> int:
    """Return how far the input has to lie behind the output: two pixels are read, then written."""
    pixels = at["in_h"] * at["in_w"]
    return max((pixels - 1) * (at["out_c"] - at["in_c"]), 0)


def _rows_apart(at: dict[str, int]) -> int:
    """The same where whole rows are read: those of a next row of outputs when it begins.

    By then its first pixel has been written already if the row before has an odd number of them.
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

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Dense layers: one vector, four channels a time; several vectors are pixels of a convolution."""

from __future__ import annotations

from typing import Any

from microtl_tools.convert.headers import macro
from microtl_tools.convert.kernel_sets.dsp.panels import (
    QUAD,
    exact,
    kernel_name,
    pair_panels,
    rounding,
    row_panels,
)
from microtl_tools.convert.kernel_sets.fields import array, number, struct
from microtl_tools.convert.kernel_sets.filters import Filters, pad_depth, reads
from microtl_tools.convert.program import KernelCall


def prepare_dense(call: KernelCall, small: bool) -> None:
    """Replace a portable dense layer; a zero point of the weights is taken off beforehand."""
    rows = array(call, "weights").values.reshape(number(call, "out_c"), -1).astype("int64")
    rows = rows - number(call, "weights_zero_point")
    # Then they may need nine bits.
    small = small and number(call, "weights_zero_point") == 0
    if number(call, "batch") == 1:
        as_dense(call, rows, small)
    elif number(call, "in_c") % QUAD == 0:
        _as_pixels(call, rows, small)


def as_dense(call: KernelCall, rows: Any, small: bool) -> None:
    """Make a call a dense layer on one vector; ``rows`` are its weights, [out_c][in_c]."""
    channels, depth = rows.shape
    filters = Filters.of(call, pad_depth(rows, QUAD if small else 2 * QUAD))
    if not exact(filters):
        return
    output = struct(call, "out")
    call.kernel = kernel_name("dense", small)
    call.struct = "microtl_dsp_dense"
    reads(call, filters.weights.shape[1])
    call.fields = {
        "in_c": depth,
        "out_c": channels,
        "out": output,
        "rounding": rounding(output),
        "panels": row_panels(filters, small=small),
    }


def _as_pixels(call: KernelCall, rows: Any, small: bool) -> None:
    filters = Filters.of(call, rows)
    if not exact(filters):
        return
    output = struct(call, "out")
    channels, depth = rows.shape
    batch = number(call, "batch")
    row_quads = depth // QUAD
    call.kernel = kernel_name("pointwise", small)
    call.struct = "microtl_dsp_conv2d"
    call.scratch_size = macro("DSP_POINTWISE_SCRATCH", quads=row_quads)
    call.fields = {
        "at": {
            "in_h": 1,
            "in_w": batch,
            "in_c": depth,
            "out_h": 1,
            "out_w": batch,
            "out_c": channels,
        },
        "out": output,
        "border": 0,
        "rounding": rounding(output),
        "row_quads": row_quads,
        "panels": pair_panels(filters, interleaved=True, small=small),
    }

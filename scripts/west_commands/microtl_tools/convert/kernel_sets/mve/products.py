# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Convolutions and dense layers: sums of 16 products, four channels and two pixels a time."""

from __future__ import annotations

from typing import Any

from microtl_tools.convert.headers import macro
from microtl_tools.convert.kernel_sets.fields import array, number, struct
from microtl_tools.convert.kernel_sets.filters import Filters, pad_depth, reads
from microtl_tools.convert.kernel_sets.geometry import covers_all, is_dilated
from microtl_tools.convert.kernel_sets.mve.exact import exact
from microtl_tools.convert.lower.context import constant
from microtl_tools.convert.lower.window import overlap
from microtl_tools.convert.program import Constant, KernelCall, Value
from microtl_tools.imports import require

_VECTOR = 16
_PANEL = 4


def prepare_conv(call: KernelCall) -> None:
    """Replace a portable convolution without groups and dilation."""
    at = struct(call, "at")
    if number(call, "filter_c") == at["in_c"] and not is_dilated(at):
        as_convolution(call, array(call, "weights").values.reshape(at["out_c"], -1))


def as_convolution(call: KernelCall, rows: Any) -> None:
    """Make a call a convolution; ``rows`` are its weights, [out_c][kernel_h * kernel_w * in_c]."""
    at = struct(call, "at")
    if covers_all(at):
        _as_dense(call, rows)
    else:
        _as_pixels(call, rows, at, number(call, "input_zero_point"))


def prepare_dense(call: KernelCall) -> None:
    """Replace a portable dense layer; a zero point of the weights is taken off beforehand."""
    zero_point = number(call, "weights_zero_point")
    rows = array(call, "weights").values.reshape(number(call, "out_c"), -1)
    if zero_point != 0:
        return
    batch = number(call, "batch")
    if batch == 1:
        _as_dense(call, rows)
        return
    at = dict.fromkeys(("in_h", "out_h", "kernel_h", "kernel_w", "stride_h", "stride_w"), 1)
    at |= {"in_w": batch, "in_c": rows.shape[1], "out_w": batch, "out_c": len(rows)}
    at |= {"pad_top": 0, "pad_left": 0}
    _as_pixels(call, rows, at, 0)


def _as_pixels(call: KernelCall, rows: Any, at: dict[str, int], border: int) -> None:
    filters = Filters.of(call, pad_depth(rows, _VECTOR))
    if not exact(filters):
        return
    depth = filters.weights.shape[1]
    call.kernel = "microtl_kernel_mve_conv2d"
    call.struct = "microtl_mve_conv2d"
    call.scratch_size = macro("MVE_CONV2D_SCRATCH", depth=depth)
    geometry: dict[str, Value] = {**at}
    # Two pixels are read before either is written: no less than one of them, with all its channels.
    call.overlap = overlap(geometry, by_channel=True)
    call.fields = {
        "at": at,
        "out": struct(call, "out"),
        "border": border,
        "depth": depth,
        "panels": _panels(filters),
    }


def _as_dense(call: KernelCall, rows: Any) -> None:
    filters = Filters.of(call, pad_depth(rows, _VECTOR))
    if not exact(filters):
        return
    depth = filters.weights.shape[1]
    call.kernel = "microtl_kernel_mve_dense"
    call.struct = "microtl_mve_dense"
    reads(call, depth)
    call.fields = {
        "out_c": len(rows),
        "out": struct(call, "out"),
        "depth": depth,
        "panels": _panels(filters),
    }


def _panels(filters: Filters) -> Constant:
    """Four biases, weights, multipliers and shifts: see ``kernels/mve/blocks.h``."""
    np = require("numpy", "convert models")
    padded = filters.padded(_PANEL)
    count = len(padded.bias) // _PANEL
    # [panel][channel][vector][16] -> [panel][vector][channel][16]
    weights = padded.weights.reshape(count, _PANEL, -1, _VECTOR).transpose(0, 2, 1, 3)
    words = weights.astype("<i1").reshape(count, -1).view("<i4")
    shifts = (-padded.shift).astype("<i1").reshape(count, -1).view("<i4")
    parts = (padded.bias, words, padded.multiplier, shifts)
    panels = np.concatenate([part.reshape(count, -1) for part in parts], axis=1)
    channels, depth = filters.weights.shape
    note = f"[{channels}][{depth}] in panels of {_PANEL} channels"
    return constant("panels", panels.astype(np.int32), "int32_t", note)

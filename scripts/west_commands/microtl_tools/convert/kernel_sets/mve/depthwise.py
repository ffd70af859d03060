# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Depthwise convolutions.

3x3 windows become cells of four rows, two by two outputs of a channel at a time; others are worked
out pixel by pixel, eight channels at a time.
"""

from __future__ import annotations

from typing import Any

from microtl_tools.convert.headers import macro
from microtl_tools.convert.kernel_sets.fields import array, number, struct
from microtl_tools.convert.kernel_sets.filters import Filters
from microtl_tools.convert.kernel_sets.geometry import is_3x3, is_dilated, same_size
from microtl_tools.convert.kernel_sets.mve.exact import exact
from microtl_tools.convert.lower.context import constant
from microtl_tools.convert.lower.window import overlap
from microtl_tools.convert.program import KernelCall, Value
from microtl_tools.imports import require


def prepare_depthwise(call: KernelCall) -> None:
    """Replace a portable depthwise convolution where there is a kernel for its window."""
    at = struct(call, "at")
    if number(call, "depth_multiplier") != 1:
        return
    weights = array(call, "weights").values.reshape(at["kernel_h"], at["kernel_w"], at["in_c"])
    if is_3x3(at) and not is_dilated(at):
        _as_cells(call, weights.transpose(2, 1, 0))
    else:
        _as_taps(call, weights.transpose(2, 0, 1))


def _as_taps(call: KernelCall, taps: Any) -> None:
    """Any window, with the portable kernel's weights; ``taps`` is [channels][height][width]."""
    at = struct(call, "at")
    filters = Filters.of(call, taps.reshape(at["in_c"], -1))
    if not exact(filters):
        return
    geometry: dict[str, Value] = {**at}
    zero_point = number(call, "input_zero_point")
    call.kernel = "microtl_kernel_mve_depthwise"
    call.struct = "microtl_mve_depthwise"
    call.overlap = overlap(geometry, by_channel=True)
    call.fields = {
        "at": at,
        "out": struct(call, "out"),
        "border": zero_point,
        "taps": array(call, "weights"),
        # Taps outside the image take no part.
        **_scales(filters, filters.bias + zero_point * filters.weights.sum(axis=1)),
    }


def _as_cells(call: KernelCall, taps: Any) -> None:
    """``taps`` is [channels][column][row]."""
    np = require("numpy", "convert models")
    at = struct(call, "at")
    filters = Filters.of(call, taps.reshape(at["in_c"], -1))
    if not exact(filters):
        return
    call.kernel = "microtl_kernel_mve_depthwise_3x3"
    call.struct = "microtl_mve_depthwise"
    call.scratch_size = macro("MVE_DEPTHWISE_3X3_SCRATCH", out_w=at["out_w"])
    if same_size(at):
        call.in_place = (0,)
    cells = np.pad(taps, ((0, 0), (0, 0), (0, 1)))
    call.fields = {
        "at": at,
        "out": struct(call, "out"),
        "border": number(call, "input_zero_point"),
        "taps": constant("taps", cells.astype(np.int8), "int8_t"),
        **_scales(filters, filters.bias),
    }


def _scales(filters: Filters, bias: Any) -> dict[str, Value]:
    return {
        "bias": constant("bias", bias, "int32_t"),
        "multiplier": constant("multiplier", filters.multiplier, "int32_t"),
        "shift": constant("shift", -filters.shift, "int8_t"),
    }

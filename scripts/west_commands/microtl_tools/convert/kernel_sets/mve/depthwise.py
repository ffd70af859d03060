# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Depthwise convolutions: cells of four rows, two by two outputs of a channel at a time."""

from __future__ import annotations

from typing import Any

from microtl_tools.convert.headers import macro
from microtl_tools.convert.kernel_sets.fields import array, number, struct
from microtl_tools.convert.kernel_sets.filters import Filters
from microtl_tools.convert.kernel_sets.geometry import is_3x3, is_dilated, same_size
from microtl_tools.convert.kernel_sets.mve.exact import exact
from microtl_tools.convert.lower.context import constant
from microtl_tools.convert.program import KernelCall
from microtl_tools.imports import require


def prepare_depthwise(call: KernelCall) -> None:
    """Replace a portable depthwise convolution where there is a kernel for its window."""
    at = struct(call, "at")
    if is_3x3(at) and not is_dilated(at) and number(call, "depth_multiplier") == 1:
        weights = array(call, "weights").values.reshape(3, 3, at["in_c"])
        _as_cells(call, weights.transpose(2, 1, 0))


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
        "bias": constant("bias", filters.bias.astype(np.int32), "int32_t"),
        "multiplier": constant("multiplier", filters.multiplier.astype(np.int32), "int32_t"),
        "shift": constant("shift", (-filters.shift).astype(np.int8), "int8_t"),
    }

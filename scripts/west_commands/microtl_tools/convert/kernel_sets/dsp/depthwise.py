# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Depthwise convolutions: four channels split into planes, two output rows at a time."""

from __future__ import annotations

from typing import Any

from microtl_tools.convert.kernel_sets.dsp.panels import exact, pack, rounding
from microtl_tools.convert.kernel_sets.fields import array, number, struct
from microtl_tools.convert.kernel_sets.filters import Filters
from microtl_tools.convert.kernel_sets.geometry import is_3x3, is_dilated, same_size
from microtl_tools.convert.lower.context import constant
from microtl_tools.convert.program import KernelCall
from microtl_tools.imports import require

_CHANNELS = 4


def prepare_depthwise(call: KernelCall, small: bool) -> None:
    """Replace a portable depthwise convolution where there is a kernel for its window."""
    at = struct(call, "at")
    if is_dilated(at):
        return
    weights = array(call, "weights").values.reshape(at["kernel_h"], at["kernel_w"], at["out_c"])
    if is_3x3(at) and number(call, "depth_multiplier") == 1 and at["in_c"] % _CHANNELS == 0:
        _as_planes(call, weights.transpose(2, 0, 1), small)


def _as_planes(call: KernelCall, taps: Any, small: bool) -> None:
    """``taps`` is [channels][3][3]."""
    at, output = struct(call, "at"), struct(call, "out")
    filters = Filters.of(call, taps.reshape(at["out_c"], -1))
    if not exact(filters):
        return
    call.kernel = "microtl_kernel_dsp_depthwise_3x3"
    call.struct = "microtl_dsp_depthwise"
    call.scratch_size = 4 * 8 * (at["out_w"] + 2) * ((at["out_h"] + 1) // 2 + 2)
    if same_size(at):
        call.in_place = (0,)
    call.fields = {
        "at": at,
        "out": output,
        "border": number(call, "input_zero_point"),
        "rounding": rounding(output),
    }
    if small:
        call.fields["filters"] = constant("filters", _scales(filters), "int32_t")
        call.fields["taps"] = constant("taps", taps)
    else:
        call.fields["filters"] = constant("filters", _plane_filters(filters), "int32_t")


def _plane_filters(filters: Filters) -> Any:
    """Bias, multiplier, factor; then taps (0, 1) and (1, 2) of each column."""
    np = require("numpy", "convert models")
    taps = 2 * filters.weights.reshape(-1, 3, 3)
    pairs = pack(taps[:, :2, :], taps[:, 1:, :])
    # [channel][(0, 1) or (1, 2)][column] -> [channel][column][pair]
    words = pairs.transpose(0, 2, 1).reshape(len(taps), -1)
    return np.concatenate([_scales(filters), words], axis=1)


def _scales(filters: Filters) -> Any:
    """Bias, multiplier and factor of each channel."""
    np = require("numpy", "convert models")
    scales = [2 * filters.bias, filters.multiplier, 1 << (32 - filters.shift)]
    return np.stack(scales, axis=1).astype(np.int32)

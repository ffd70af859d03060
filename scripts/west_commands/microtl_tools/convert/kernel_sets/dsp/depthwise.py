# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Depthwise convolutions of four channels at a time.

3x3 windows are split into planes, two output rows at a time; others are worked out pixel by pixel.
"""

from __future__ import annotations

from typing import Any

from microtl_tools.convert.headers import macro
from microtl_tools.convert.kernel_sets.dsp.panels import exact, pack, rounding, tap_panels
from microtl_tools.convert.kernel_sets.fields import array, number, struct
from microtl_tools.convert.kernel_sets.filters import Filters
from microtl_tools.convert.kernel_sets.geometry import is_3x3, is_dilated, same_size
from microtl_tools.convert.lower.context import constant
from microtl_tools.convert.lower.window import overlap
from microtl_tools.convert.program import KernelCall, Value
from microtl_tools.imports import require

_CHANNELS = 4


def prepare_depthwise(call: KernelCall, small: bool) -> None:
    """Replace a portable depthwise convolution where there is a kernel for its window."""
    at = struct(call, "at")
    if number(call, "depth_multiplier") != 1 or at["in_c"] % _CHANNELS != 0:
        return
    weights = array(call, "weights").values.reshape(at["kernel_h"], at["kernel_w"], at["out_c"])
    if is_3x3(at) and not is_dilated(at):
        _as_planes(call, weights.transpose(2, 0, 1), small)
    else:
        _as_taps(call, weights.transpose(2, 0, 1))


def _as_taps(call: KernelCall, taps: Any) -> None:
    """Any window; ``taps`` is [channels][kernel_h][kernel_w]."""
    at, output = struct(call, "at"), struct(call, "out")
    filters = Filters.of(call, taps.reshape(at["in_c"], -1))
    if not exact(filters):
        return
    geometry: dict[str, Value] = {**at}
    call.kernel = "microtl_kernel_dsp_depthwise"
    call.struct = "microtl_dsp_depthwise"
    call.scratch_size = macro(
        "DSP_DEPTHWISE_SCRATCH", taps=at["kernel_h"] * at["kernel_w"], in_c=at["in_c"]
    )
    call.overlap = overlap(geometry, by_channel=True)
    call.fields = {
        "at": at,
        "out": output,
        "border": number(call, "input_zero_point"),
        "rounding": rounding(output),
        "filters": tap_panels(filters),
    }


def _as_planes(call: KernelCall, taps: Any, small: bool) -> None:
    """``taps`` is [channels][3][3]."""
    at, output = struct(call, "at"), struct(call, "out")
    filters = Filters.of(call, taps.reshape(at["out_c"], -1))
    if not exact(filters):
        return
    call.kernel = "microtl_kernel_dsp_depthwise_3x3"
    call.struct = "microtl_dsp_depthwise"
    call.scratch_size = macro("DSP_DEPTHWISE_3X3_SCRATCH", out_h=at["out_h"], out_w=at["out_w"])
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

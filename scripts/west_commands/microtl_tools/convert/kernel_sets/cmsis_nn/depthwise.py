# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Depthwise convolutions: ``arm_depthwise_conv_wrapper_s8()``."""

from __future__ import annotations

from microtl_tools.convert.kernel_sets.cmsis_nn.scales import bias, exact_scales, shifts
from microtl_tools.convert.kernel_sets.fields import array, number, struct
from microtl_tools.convert.program import Constant, KernelCall

_HELIUM_CHANNELS = 124
"""``CH_IN_BLOCK_MVE``: channels that the Helium kernel takes at a time."""
_POSITION_MAX = 0x7FFF
"""A window's place in the image is an int16."""


def prepare_depthwise(call: KernelCall) -> None:
    """Replace a portable depthwise convolution."""
    as_depthwise(call, number(call, "depth_multiplier"), array(call, "weights"))


def as_depthwise(call: KernelCall, multiplier: int, weights: Constant) -> None:
    """Make a call a depthwise convolution if that is exact; ``weights`` as the kernel's."""
    at = struct(call, "at")
    if not exact_scales(call) or not _in_range(at):
        return
    single = multiplier == 1 and at["dilation_h"] == 1 and at["dilation_w"] == 1
    if single and not (_rows_are_exact(at) and (not _is_3x3(at) or _columns_are_exact(at))):
        return
    scratch = _scratch(at) if single else 0
    call.kernel = "microtl_kernel_cmsis_nn_depthwise_conv2d"
    call.struct = "microtl_cmsis_nn_depthwise_conv2d"
    call.in_place = ()
    call.scratch_size = scratch
    call.fields = {
        "at": at,
        "depth_multiplier": multiplier,
        "input_zero_point": number(call, "input_zero_point"),
        "out": struct(call, "out"),
        "scratch_size": scratch,
        "weights": weights,
        "bias": bias(call, at["out_c"]),
        "multiplier": array(call, "multiplier"),
        "shift": shifts(call),
    }


def _last(at: dict[str, int], axis: str, pad: str) -> int:
    """Return where the last window begins in the image."""
    return (at[f"out_{axis}"] - 1) * at[f"stride_{axis}"] - at[pad]


def _in_range(at: dict[str, int]) -> bool:
    return max(_last(at, "h", "pad_top"), _last(at, "w", "pad_left")) <= _POSITION_MAX


def _is_3x3(at: dict[str, int]) -> bool:
    """Whether ``arm_depthwise_conv_3x3_s8()`` runs, except on Helium."""
    square = (at["kernel_h"], at["kernel_w"]) == (3, 3)
    return square and at["pad_top"] <= 1 and at["pad_left"] <= 1


def _columns_are_exact(at: dict[str, int]) -> bool:
    """Whether the middle column of every window lies in the image: the 3x3 kernel assumes it."""
    return _last(at, "w", "pad_left") + 1 < at["in_w"]


def _rows_are_exact(at: dict[str, int]) -> bool:
    """Whether no window lies more than its height outside: the DSP kernel would fill too much."""
    return at["pad_top"] <= at["kernel_h"] and _last(at, "h", "pad_top") <= at["in_h"]


def _scratch(at: dict[str, int]) -> int:
    """Return the most that ``arm_depthwise_conv_wrapper_s8_get_buffer_size()`` gives on any CPU."""
    taps = at["kernel_h"] * at["kernel_w"]
    dsp = 0 if _is_3x3(at) else 2 * at["in_c"] * taps
    return max(dsp, 4 * _HELIUM_CHANNELS * taps)

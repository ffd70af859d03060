# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Convolutions: ``arm_convolve_wrapper_s8()``."""

from __future__ import annotations

from microtl_tools.convert.kernel_sets.cmsis_nn.depthwise import as_depthwise
from microtl_tools.convert.kernel_sets.cmsis_nn.scales import bias, exact_scales, shifts
from microtl_tools.convert.kernel_sets.fields import array, number, struct
from microtl_tools.convert.lower.context import constant
from microtl_tools.convert.program import KernelCall

_DEPTH_MAX = 0xFFFF
"""Weights of a filter that its plain C can count."""


def prepare_conv(call: KernelCall) -> None:
    """Replace a portable convolution.

    One that is depthwise in the file, of one channel, becomes depthwise again: CMSIS-NN then needs
    fewer instructions, the portable kernels more.
    """
    at = struct(call, "at")
    filter_c = number(call, "filter_c")
    if call.source.kind == "DEPTHWISE_CONV_2D":
        taps = array(call, "weights").values.reshape(at["out_c"], -1)
        as_depthwise(call, at["out_c"], constant("weights", taps.T))
        return
    if not exact_scales(call) or at["kernel_h"] * at["kernel_w"] * filter_c > _DEPTH_MAX:
        return
    if _is_row(at, filter_c) and not _row_is_exact(at):
        return
    as_conv(call, at, filter_c)


def as_conv(call: KernelCall, at: dict[str, int], filter_c: int) -> None:
    """Make a call a convolution."""
    scratch = _scratch(at, filter_c)
    call.kernel = "microtl_kernel_cmsis_nn_conv2d"
    call.struct = "microtl_cmsis_nn_conv2d"
    call.in_place = ()
    call.scratch_size = scratch
    call.fields = {
        "at": at,
        "filter_c": filter_c,
        "input_zero_point": number(call, "input_zero_point"),
        "out": struct(call, "out"),
        "scratch_size": scratch,
        "weights": array(call, "weights"),
        "bias": bias(call, at["out_c"]),
        "multiplier": array(call, "multiplier"),
        "shift": shifts(call),
    }


def _scratch(at: dict[str, int], filter_c: int) -> int:
    """Return the most that ``arm_convolve_wrapper_s8_get_buffer_size()`` gives on any CPU.

    A 1x1 convolution with groups needs what other convolutions need: there the function says 0.
    """
    if _is_pointwise(at) and filter_c == at["in_c"]:
        return 0
    depth = at["kernel_h"] * at["kernel_w"] * at["in_c"]
    plain = 2 * 2 * (-(-depth // 4) * 4)
    helium = 4 * (-(-depth // 16) * 16)
    if _is_row(at, filter_c):
        helium = _row_scratch(at, helium)
    return max(plain, helium)


def _is_pointwise(at: dict[str, int]) -> bool:
    ones = all(at[name] == 1 for name in ("kernel_h", "kernel_w", "dilation_h", "dilation_w"))
    return ones and at["pad_top"] == 0 and at["pad_left"] == 0


def _is_row(at: dict[str, int], filter_c: int) -> bool:
    """Whether ``arm_convolve_1_x_n_s8()`` runs, which on Helium is a kernel of its own."""
    one_row = at["in_h"] == 1 and at["kernel_h"] == 1 and at["dilation_w"] == 1
    words = at["stride_w"] * at["in_c"] % 4 == 0
    return one_row and words and filter_c == at["in_c"] and not _is_pointwise(at)


def _row_padding(at: dict[str, int]) -> tuple[int, int]:
    """Return the columns of padding in all, and those at the right as that kernel sees them."""
    total = (at["out_w"] - 1) * at["stride_w"] + at["kernel_w"] - at["in_w"]
    return total, at["pad_left"] + total % 2


def _row_is_exact(at: dict[str, int]) -> bool:
    """Whether the Helium kernel for one row is right.

    It wants the padding split evenly, copies all but one pixel of a window in front of the right
    padding, and where the right has one column more it adds as many columns as it has windows
    there.
    """
    total, right = _row_padding(at)
    stride = at["stride_w"]
    if total < 0 or at["in_w"] < at["kernel_w"] or at["pad_left"] + right != total:
        return False
    if at["out_h"] != 1 or at["pad_top"] != 0:
        return False
    if right == 0:
        return True
    return (right - 1) % stride == 0 and (total % 2 == 0 or -(-right // stride) >= right)


def _row_scratch(at: dict[str, int], general: int) -> int:
    """Return ``arm_convolve_1_x_n_s8_get_buffer_size_mve()``."""
    total, right = _row_padding(at)
    stride, depth = at["stride_w"], at["in_c"]
    right_windows = -(-right // stride)
    left_windows = -(-at["pad_left"] // stride)
    if left_windows + right_windows > at["out_w"]:
        return general
    before = at["pad_left"] * depth
    behind = right_windows * depth if total % 2 else before
    window = at["kernel_w"] * depth
    return max(window + before, window - depth + behind)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Dense layers: ``arm_fully_connected_s8()``; with a scale a channel they are 1x1 convolutions."""

from __future__ import annotations

from microtl_tools.convert.kernel_sets.cmsis_nn.convolution import as_conv
from microtl_tools.convert.kernel_sets.cmsis_nn.scales import bias, exact_scales, sums
from microtl_tools.convert.kernel_sets.fields import array, number, struct
from microtl_tools.convert.program import KernelCall

_PIXELS_MAX = 0xFFFF
"""What struct microtl_sliding can state."""


def prepare_dense(call: KernelCall) -> None:
    """Replace a portable dense layer with symmetric weights."""
    if not exact_scales(call) or number(call, "weights_zero_point") != 0:
        return
    batch, depth = number(call, "batch"), number(call, "in_c")
    if not call.fields["per_channel"]:
        _as_dense(call)
    elif max(batch, depth) <= _PIXELS_MAX:
        as_conv(call, _one_row(batch, depth, number(call, "out_c")), depth)


def _as_dense(call: KernelCall) -> None:
    channels = number(call, "out_c")
    weights = array(call, "weights")
    multiplier, shift = array(call, "multiplier").values, array(call, "shift").values
    call.kernel = "microtl_kernel_cmsis_nn_fully_connected"
    call.struct = "microtl_cmsis_nn_fully_connected"
    call.in_place = ()
    call.fields = {
        "batch": number(call, "batch"),
        "in_c": number(call, "in_c"),
        "out_c": channels,
        "input_zero_point": number(call, "input_zero_point"),
        "out": struct(call, "out"),
        "requant": {"multiplier": int(multiplier[0]), "shift": int(shift[0])},
        "weights": weights,
        "bias": bias(call, channels),
        "weight_sums": sums(weights.values.reshape(channels, -1)),
    }


def _one_row(batch: int, depth: int, channels: int) -> dict[str, int]:
    """Return the geometry of a 1x1 convolution on a row of ``batch`` pixels."""
    at = {"in_h": 1, "in_w": batch, "in_c": depth, "out_h": 1, "out_w": batch, "out_c": channels}
    at |= dict.fromkeys(("kernel_h", "kernel_w", "stride_h", "stride_w"), 1)
    return at | {"dilation_h": 1, "dilation_w": 1, "pad_top": 0, "pad_left": 0}

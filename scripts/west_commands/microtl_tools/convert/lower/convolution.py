# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""CONV_2D and DEPTHWISE_CONV_2D."""

from __future__ import annotations

from typing import Any

from microtl_tools.convert.graph import Op, Tensor, shape_text
from microtl_tools.convert.lower.context import Context, constant
from microtl_tools.convert.lower.dense import lower_pointwise
from microtl_tools.convert.lower.require import (
    need_image,
    need_rank,
    need_uint16,
    output_fields,
)
from microtl_tools.convert.lower.weights import (
    bias_constant,
    channel_requants,
    need_channel_scales,
    need_symmetric,
    need_weights,
    requant_fields,
)
from microtl_tools.convert.lower.window import overlap, sliding_fields
from microtl_tools.convert.program import Value


def lower_conv(context: Context, op: Op) -> None:
    """Any window, stride and dilation, groups included; 1x1 on a 1x1 map is a dense layer."""
    source, weights = op.input(0), op.input(1)
    values = need_weights(op, weights)
    need_rank(op, weights, 4)
    need_symmetric(op, weights)
    need_channel_scales(op, weights, 0)
    channels, kernel_h, kernel_w, filter_c = weights.shape
    in_c = need_image(op, source)[2]
    groups = _groups(op, weights, in_c)
    at = sliding_fields(op, (kernel_h, kernel_w), channels)
    if groups == 1 and _is_pointwise(at):
        lower_pointwise(context, op)
        return
    _call_conv(context, op, at, values)


def _call_conv(context: Context, op: Op, at: dict[str, Value], filters: Any) -> None:
    """Call the convolution with ``filters`` [channels][height][width][input channels]."""
    channels, kernel_h, kernel_w, filter_c = filters.shape
    source, weights = op.input(0), op.input(1)
    fields: dict[str, Value] = {
        "at": at,
        "filter_c": filter_c,
        "input_zero_point": source.zero_point,
        "out": output_fields(op),
        "weights": constant("weights", filters, note=shape_text(filters.shape)),
        "bias": bias_constant(op, op.optional(2), channels),
        **requant_fields(channel_requants(op, source, weights, channels)),
    }
    macs = op.output.elements * kernel_h * kernel_w * filter_c
    context.call(op, "conv2d", fields, [source], overlap=overlap(at), macs=macs)


def _groups(op: Op, weights: Tensor, in_c: int) -> int:
    channels, _, _, filter_c = weights.shape
    if filter_c < 1 or in_c % filter_c or channels < 1 or channels % (in_c // filter_c):
        raise op.error(
            f"the weights, {weights}, of shape {shape_text(weights.shape)} do not fit "
            f"{in_c} input channels"
        )
    return in_c // filter_c


def _is_pointwise(at: dict[str, Value]) -> bool:
    sizes = ("in_h", "in_w", "out_h", "out_w", "kernel_h", "kernel_w")
    padded = at["pad_top"] or at["pad_left"]
    return not padded and all(at[name] == 1 for name in sizes)


def lower_depthwise(context: Context, op: Op) -> None:
    """Any window, stride, dilation and depth multiplier; of one channel it is a convolution."""
    source, weights = op.input(0), op.input(1)
    values = need_weights(op, weights)
    need_rank(op, weights, 4)
    need_symmetric(op, weights)
    need_channel_scales(op, weights, 3)
    one, kernel_h, kernel_w, channels = weights.shape
    in_c = need_image(op, source)[2]
    if one != 1 or channels < 1 or channels % in_c:
        raise op.error(
            f"the weights, {weights}, of shape {shape_text(weights.shape)} do not fit "
            f"{in_c} input channels"
        )
    multiplier = op.options["depth_multiplier"]
    if multiplier != channels // in_c:
        raise op.error(
            f"option depth_multiplier is {multiplier}, {channels} output and {in_c} input channels "
            f"make {channels // in_c}"
        )
    need_uint16(op, depth_multiplier=multiplier)
    at = sliding_fields(op, (kernel_h, kernel_w), channels)
    if in_c == 1:
        # Its kernel loads each input value once for several channels.
        _call_conv(context, op, at, values.transpose(3, 1, 2, 0).copy())
        return
    fields: dict[str, Value] = {
        "at": at,
        "depth_multiplier": multiplier,
        "input_zero_point": source.zero_point,
        "out": output_fields(op),
        "weights": constant("weights", values, note=shape_text(weights.shape)),
        "bias": bias_constant(op, op.optional(2), channels),
        **requant_fields(channel_requants(op, source, weights, channels)),
    }
    macs = op.output.elements * kernel_h * kernel_w
    apart = overlap(at, by_channel=multiplier == 1)
    context.call(op, "depthwise_conv2d", fields, [source], overlap=apart, macs=macs)

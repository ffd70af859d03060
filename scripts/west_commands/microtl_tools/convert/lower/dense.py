# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""FULLY_CONNECTED, and the 1x1 convolution on a 1x1 map, which is the same."""

from __future__ import annotations

from microtl_tools.convert import fixed_point
from microtl_tools.convert.graph import Op, Tensor, shape_text
from microtl_tools.convert.lower.context import Context, constant
from microtl_tools.convert.lower.require import (
    QUANTIZE_HINT,
    need_rank,
    need_scales,
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
from microtl_tools.convert.program import Value


def lower_fully_connected(context: Context, op: Op) -> None:
    """Any rank; the weights may have a zero point where they are quantised as a whole."""
    source, weights = op.input(0), op.input(1)
    need_weights(op, weights)
    need_rank(op, weights, 2)
    need_channel_scales(op, weights, 0)
    batch = dense_batch(op, source, weights)
    assert weights.quantization is not None
    per_channel = weights.quantization.per_channel
    channels = weights.shape[0]
    if per_channel:
        need_symmetric(op, weights)
        requants = channel_requants(op, source, weights, channels)
    else:
        _need_bias_scale(op, source, weights)
        requants = fixed_point.conv_requants(source.scale, [weights.scale], op.output.scale)
    _call(context, op, batch, requants, per_channel)


def lower_pointwise(context: Context, op: Op) -> None:
    """A 1x1 convolution on a 1x1 map keeps the convolution's multipliers."""
    source, weights = op.input(0), op.input(1)
    requants = channel_requants(op, source, weights, weights.shape[0])
    _call(context, op, 1, requants, per_channel=True)


def dense_batch(op: Op, source: Tensor, weights: Tensor) -> int:
    """Return how many vectors the layer works on, after checking all shapes."""
    channels, depth = weights.shape
    if depth < 1 or channels < 1 or source.elements % depth:
        raise op.error(
            f"the weights, {weights}, of shape {shape_text(weights.shape)} do not fit "
            f"the input's {source.elements} elements"
        )
    batch = source.elements // depth
    if op.output.elements != batch * channels or op.output.shape[-1] != channels:
        raise op.error(
            f"{op.output} has shape {shape_text(op.output.shape)}, {batch} times {channels} values "
            "are made"
        )
    if op.options.get("weights_format", "DEFAULT") != "DEFAULT":
        raise op.error(
            f"option weights_format {op.options['weights_format']} is not supported",
            "export with weights in the default format",
        )
    return batch


def _need_bias_scale(op: Op, source: Tensor, weights: Tensor) -> None:
    bias = op.optional(2)
    if bias is None or bias.quantization is None:
        return
    need_scales(bias, str(op))
    if not fixed_point.fully_connected_bias_fits(
        source.scale, weights.scale, bias.scale, op.output.scale
    ):
        raise op.error(
            f"the bias, {bias}, has scale {bias.scale:.9g}, input times weights make "
            f"{source.scale * weights.scale:.9g}",
            QUANTIZE_HINT,
        )


def _call(
    context: Context, op: Op, batch: int, requants: list[fixed_point.Requant], per_channel: bool
) -> None:
    source, weights = op.input(0), op.input(1)
    channels, depth = weights.shape[0], weights.shape[-1]
    need_uint16(op, outputs=channels)
    fields: dict[str, Value] = {
        "batch": batch,
        "in_c": depth,
        "out_c": channels,
        "input_zero_point": source.zero_point,
        "weights_zero_point": 0 if per_channel else weights.zero_point,
        "out": output_fields(op),
        "weights": constant("weights", weights.data, note=shape_text((channels, depth))),
        "bias": bias_constant(op, op.optional(2), channels),
        **requant_fields(requants),
        "per_channel": per_channel,
    }
    macs = batch * channels * depth
    context.call(op, "fully_connected", fields, [source], macs=macs)

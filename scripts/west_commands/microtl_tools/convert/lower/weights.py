# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Weights, bias and the multipliers that follow from their scales."""

from __future__ import annotations

from typing import Any

from microtl_tools.convert import fixed_point
from microtl_tools.convert.graph import Op, Tensor
from microtl_tools.convert.lower.context import constant
from microtl_tools.convert.lower.require import QUANTIZE_HINT, need_scales, need_shape, type_hint
from microtl_tools.convert.program import Constant, Value

_BIAS_TYPES = ("INT32",)
_UNSTATED = "FLOAT32"
"""What stands in an option that the exporter did not know: the schema's default."""


def need_weights(op: Op, tensor: Tensor) -> Any:
    """Return the values of constant int8 weights after checking their type and scales."""
    if tensor.data is None:
        raise op.error(
            f"the weights, {tensor}, are not constant",
            "layers whose weights are computed at run time cannot be converted",
        )
    if tensor.dtype != "INT8":
        raise op.error(f"the weights, {tensor}, are {tensor.dtype}", type_hint(tensor.dtype))
    need_scales(tensor, str(op))
    return tensor.data


def need_symmetric(op: Op, tensor: Tensor) -> None:
    """The reference takes the weights' zero point as 0."""
    assert tensor.quantization is not None
    if tensor.quantization.zero_point.any():
        raise op.error(f"the weights, {tensor}, have a zero point other than 0", QUANTIZE_HINT)


def need_channel_scales(op: Op, tensor: Tensor, axis: int) -> None:
    """Per-channel scales lie along the output channels, one each."""
    quantization = tensor.quantization
    assert quantization is not None
    if not quantization.per_channel:
        return
    channels = tensor.shape[axis]
    if quantization.axis != axis or len(quantization.scale) != channels:
        raise op.error(
            f"the weights, {tensor}, have {len(quantization.scale)} scales along dimension "
            f"{quantization.axis}; {channels} along dimension {axis} are needed",
            QUANTIZE_HINT,
        )


def bias_values(op: Op, tensor: Tensor | None, channels: int) -> Any:
    """Return the bias as int32 values, None where there is none.

    Its scale is that of input times weights whatever the file says, as in the reference; the
    dimension it claims to be quantised along means nothing.
    """
    if tensor is None:
        return None
    if tensor.data is None:
        raise op.error(
            f"the bias, {tensor}, is not constant",
            "layers whose bias is computed at run time cannot be converted",
        )
    if tensor.dtype not in _BIAS_TYPES:
        raise op.error(
            f"the bias, {tensor}, is {tensor.dtype}, INT32 is needed", type_hint(tensor.dtype)
        )
    stated = op.options.get("quantized_bias_type", _UNSTATED)
    if stated not in (_UNSTATED, *_BIAS_TYPES):
        raise op.error(f"option quantized_bias_type is {stated}, INT32 is needed", QUANTIZE_HINT)
    if tensor.elements != channels:
        need_shape(op, tensor, (channels,))
    return tensor.data.reshape(-1)


def bias_constant(op: Op, tensor: Tensor | None, channels: int) -> Constant | None:
    """Return the bias as a const array, None where it adds nothing."""
    values = bias_values(op, tensor, channels)
    if values is None or not values.any():
        return None
    return constant("bias", values, "int32_t")


def channel_requants(
    op: Op, source: Tensor, weights: Tensor, channels: int
) -> list[fixed_point.Requant]:
    """Return a convolution's factor of each output channel."""
    assert weights.quantization is not None
    scales = [float(scale) for scale in weights.quantization.scale]
    requants = fixed_point.conv_requants(source.scale, scales, op.output.scale)
    return requants if len(requants) == channels else requants * channels


def requant_fields(requants: list[fixed_point.Requant]) -> dict[str, Value]:
    """Return the two arrays of Q31 multipliers and shifts."""
    return {
        "multiplier": constant("multiplier", [r.multiplier for r in requants], "int32_t"),
        "shift": constant("shift", [r.shift for r in requants]),
    }


def struct_requant(requant: fixed_point.Requant) -> dict[str, int]:
    """Return struct microtl_requant."""
    return {"multiplier": requant.multiplier, "shift": requant.shift}

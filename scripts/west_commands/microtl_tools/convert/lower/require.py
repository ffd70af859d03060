# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What the kernels take for granted, checked here once: types, quantisation, shapes, sizes."""

from __future__ import annotations

import math

from microtl_tools.convert import fixed_point
from microtl_tools.convert.graph import ModelError, Op, Shape, Tensor, shape_text

UINT16_MAX = (1 << 16) - 1
RANK_MAX = 4
"""Dimensions of an input or output, the batch not counted: struct microtl_tensor."""
SCALE_MIN = 2.0**-126
"""The least normal float32; smaller scales are those of tensors that never moved."""

QUANTIZE_HINT = (
    "quantise the whole model to int8: TFLiteConverter with optimizations=[DEFAULT], a "
    "representative_dataset, TFLITE_BUILTINS_INT8 and inference_input_type/output_type int8"
)
_OLD_SCHEME = "uint8 is the scheme of TensorFlow 1: " + QUANTIZE_HINT


def type_hint(dtype: str) -> str:
    """Return what helps against a type that is not int8."""
    if dtype == "UINT8":
        return _OLD_SCHEME
    if dtype == "INT16":
        return "16-bit activations are not supported: " + QUANTIZE_HINT
    if dtype in ("INT4", "UINT4", "INT2"):
        return "export with 8-bit weights"
    return QUANTIZE_HINT


def need_activation(tensor: Tensor, where: str) -> None:
    """An int8 tensor with one sound scale and zero point, and at least one element."""
    if tensor.dtype != "INT8":
        raise ModelError(
            f"{where}: {tensor} is {tensor.dtype}, INT8 is needed", type_hint(tensor.dtype)
        )
    need_scales(tensor, where)
    assert tensor.quantization is not None
    if tensor.quantization.per_channel:
        count = len(tensor.quantization.scale)
        raise ModelError(
            f"{where}: {tensor} has {count} scales, an activation has one", QUANTIZE_HINT
        )
    if tensor.elements == 0:
        raise ModelError(
            f"{where}: {tensor} is empty, shape {shape_text(tensor.shape)}",
            "export the model with a fixed input shape",
        )


def need_scales(tensor: Tensor, where: str) -> None:
    """Every scale is a positive number, every zero point an int8 value."""
    quantization = tensor.quantization
    if quantization is None:
        raise ModelError(f"{where}: {tensor} has no quantisation parameters", QUANTIZE_HINT)
    for index, scale in enumerate(quantization.scale):
        if not SCALE_MIN <= scale < math.inf:
            at = f" of channel {index}" if quantization.per_channel else ""
            raise ModelError(
                f"{where}: {tensor} has scale {scale:g}{at}, which is no sound scale",
                "a scale is a finite number above zero: quantise the model again with a "
                "representative data set that moves this tensor",
            )
    low, high = fixed_point.INT8_MIN, fixed_point.INT8_MAX
    for zero_point in quantization.zero_point:
        if not low <= zero_point <= high:
            raise ModelError(
                f"{where}: {tensor} has zero point {zero_point}, int8 allows {low} to {high}",
                QUANTIZE_HINT,
            )


def need_batch_of_one(tensor: Tensor) -> None:
    """The first dimension of the input is the batch."""
    if not tensor.shape or tensor.shape[0] != 1:
        raise ModelError(
            f"{tensor}: shape {shape_text(tensor.shape)} has no batch of one in front",
            "export the model with batch size 1",
        )


def need_described(tensor: Tensor, where: str) -> None:
    """The shape fits in struct microtl_tensor."""
    shape = tensor.shape[1:]
    if len(shape) > RANK_MAX or max(shape, default=1) > UINT16_MAX:
        raise ModelError(
            f"{where}: {tensor} has shape {shape_text(tensor.shape)}; behind the batch, {RANK_MAX} "
            f"dimensions of up to {UINT16_MAX} are supported",
            "reshape it",
        )


def need_rank(op: Op, tensor: Tensor, *ranks: int) -> None:
    """The tensor has one of the ranks."""
    if len(tensor.shape) not in ranks:
        wanted = " or ".join(str(rank) for rank in ranks)
        raise op.error(
            f"{tensor} has shape {shape_text(tensor.shape)}, {wanted} dimensions are needed",
            "reshape it in front of this operation",
        )


def need_image(op: Op, tensor: Tensor) -> Shape:
    """A 1 x height x width x channels tensor; returns the last three."""
    need_rank(op, tensor, 4)
    if tensor.shape[0] != 1:
        raise op.error(
            f"{tensor} has shape {shape_text(tensor.shape)}: a batch of {tensor.shape[0]} is not "
            "supported here",
            "export the model with batch size 1, and no layer that folds time into the batch",
        )
    return tensor.shape[1:]


def need_shape(op: Op, tensor: Tensor, shape: Shape) -> None:
    """The shape that the file states is the one that the operation makes."""
    if tensor.shape != shape:
        raise op.error(
            f"{tensor} has shape {shape_text(tensor.shape)}, this operation makes or takes "
            f"{shape_text(shape)}"
        )


def need_same_quantization(op: Op, tensor: Tensor, other: Tensor) -> None:
    """The kernel copies bytes from one tensor to the other."""
    if not tensor.same_quantization(other):
        raise op.error(
            f"{tensor} (scale {tensor.scale:g}, zero point {tensor.zero_point}) and {other} "
            f"(scale {other.scale:g}, zero point {other.zero_point}) must be quantised alike",
            "the exporter must put a QUANTIZE in front: quantise the model again with a current "
            "TensorFlow",
        )


def need_fixed_output(op: Op, scale: float, zero_point: int) -> None:
    """The reference computes this operation for one output quantisation only."""
    tensor = op.output
    if tensor.scale != scale or tensor.zero_point != zero_point:
        raise op.error(
            f"{tensor} has scale {tensor.scale:g} and zero point {tensor.zero_point}, {op.kind} "
            f"makes scale {scale:g} and zero point {zero_point}",
            "quantise the model again with a current TensorFlow",
        )


def need_uint16(op: Op, **sizes: int) -> None:
    """Sizes that the kernels keep in 16 bits."""
    for name, value in sizes.items():
        if not 0 <= value <= UINT16_MAX:
            raise op.error(
                f"{name} is {value}, at most {UINT16_MAX} fits",
                "use a smaller model: this is beyond what the kernels address",
            )


def constant_ints(op: Op, tensor: Tensor) -> list[int]:
    """The values of a constant integer tensor: axes, paddings, shapes."""
    if tensor.data is None:
        raise op.error(
            f"{tensor} is not constant",
            "shapes, axes and paddings must be known at conversion: export with fixed shapes",
        )
    if tensor.dtype not in ("INT32", "INT64"):
        raise op.error(f"{tensor} is {tensor.dtype}, INT32 or INT64 is needed", "export it again")
    return [int(value) for value in tensor.data.reshape(-1)]


def resolve_axes(op: Op, axes: list[int], rank: int) -> list[int]:
    """Return the axes without duplicates, in order, counted from the front."""
    resolved = set()
    for axis in axes:
        if not -rank <= axis < rank:
            raise op.error(f"axis {axis} is outside of {rank} dimensions")
        resolved.add(axis % rank)
    return sorted(resolved)


def output_clamp(op: Op) -> tuple[int, int]:
    """Return the clamp that the fused activation puts on the quantised output."""
    activation = op.options.get("fused_activation_function", "NONE")
    if activation not in ("NONE", "RELU", "RELU6", "RELU_N1_TO_1"):
        raise op.error(
            f"fused activation {activation} is not supported; NONE, RELU, RELU6, RELU_N1_TO_1 are",
            "use one of them, or export the activation as an operation of its own",
        )
    low, high = fixed_point.activation_range(activation, op.output.scale, op.output.zero_point)
    if low > high:
        raise op.error(
            f"fused activation {activation} leaves nothing of {op.output} (scale "
            f"{op.output.scale:g}, zero point {op.output.zero_point})",
            "quantise the model again",
        )
    return low, high


def output_fields(op: Op) -> dict[str, int]:
    """Return struct microtl_output."""
    low, high = output_clamp(op)
    return {"zero_point": op.output.zero_point, "min": low, "max": high}

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The fixed-point arithmetic of the int8 kernels, as TensorFlow Lite Micro does it.

Everything here happens at conversion: real scales become Q31 multipliers with a power of two, fused
activations become clamps. Functions of one value are in ``tables``. All results equal TensorFlow
Lite Micro's bit for bit. That includes where it computes in float32 instead of float64, where it
rounds, and what it does at the ends of a range. Scales are float32 numbers, as a model file holds
them, but passed as Python floats: NumPy's float32 would round every product.

Plain Python integers and floats: exact and without overflow. A scale that the reference would
refuse or abort on raises ValueError; the text names the reason and leaves it to the caller to name
the operation and tensor.
"""

import math
import struct
from collections.abc import Iterable
from typing import Literal, NamedTuple

INT8_MIN, INT8_MAX = -128, 127
INT32_MIN, INT32_MAX = -(1 << 31), (1 << 31) - 1

Activation = Literal["NONE", "RELU", "RELU_N1_TO_1", "RELU6"]


class Requant(NamedTuple):
    """A real factor as ``multiplier * 2**(shift - 31)``: struct microtl_requant.

    ``multiplier`` is 0 or in [2**30, 2**31); ``mean_requant`` gives smaller ones.
    ``shift`` is in [-31, 30].
    """

    multiplier: int
    shift: int


class AddParams(NamedTuple):
    """ADD and SUB: both operands are shifted left, scaled, added, and the sum is scaled."""

    left_shift: int
    a: Requant
    b: Requant
    result: Requant


class ResizeAxis(NamedTuple):
    """RESIZE_BILINEAR: output i is read at clamp(i * step + start, 0, size - 1) / 1024."""

    step: int
    start: int


class SoftmaxParams(NamedTuple):
    """SOFTMAX: the scale of differences in Q5.26, and the least difference that counts."""

    input: Requant
    diff_min: int


# --- rounding ---------------------------------------------------------------------------------


def float32(value: float) -> float:
    """Round to the nearest float32; infinity where it does not fit."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def round_half_away(value: float) -> int:
    """Round to the nearest integer, ties away from zero, as C's round()."""
    whole = math.floor(abs(value))
    whole += abs(value) - whole >= 0.5
    return -whole if value < 0 else whole


def int32_wrap(value: int) -> int:
    """The value that an int32 register keeps."""
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def clamp(value: int, low: int, high: int) -> int:
    return max(low, min(high, value))


def rounding_doubling_high_mul(a: int, b: int, bits: int = 32) -> int:
    """The high half of 2ab: a * b / 2**(bits - 1), ties towards plus infinity, saturating."""
    return min((a * b + (1 << (bits - 2))) >> (bits - 1), (1 << (bits - 1)) - 1)


def rounding_divide_by_pot(value: int, exponent: int) -> int:
    """value / 2**exponent for exponents of 0 to 31, ties away from zero."""
    mask = (1 << exponent) - 1
    return (value >> exponent) + ((value & mask) > (mask >> 1) + (value < 0))


def multiply_by_requant(value: int, requant: Requant) -> int:
    """Scale an int32 by a Requant with two roundings, as every kernel does at its end."""
    left, right = max(requant.shift, 0), max(-requant.shift, 0)
    product = rounding_doubling_high_mul(int32_wrap(value << left), requant.multiplier)
    return rounding_divide_by_pot(product, right)


# --- multipliers ------------------------------------------------------------------------------


def quantize_multiplier(real: float) -> Requant:
    """The nearest Requant of a real factor.

    Factors below 2**-32 become 0. Negative factors keep their sign in the multiplier (only
    LEAKY_RELU has them). Raises ValueError where the factor is not finite or 2**30 or more.
    """
    if not math.isfinite(real):
        raise ValueError(f"a scale ratio of {real} is not finite")
    if real == 0.0:
        return Requant(0, 0)
    fraction, shift = math.frexp(real)
    multiplier = round_half_away(fraction * (1 << 31))
    if multiplier == 1 << 31:
        multiplier //= 2
        shift += 1
    if shift < -31:
        return Requant(0, 0)
    if shift > 30:
        raise ValueError(f"a scale ratio of {real:.6g} is too large (limit 2^30)")
    return Requant(multiplier, shift)


def _multiplier_below_one(real: float, what: str) -> Requant:
    if not 0.0 < real < 1.0:
        raise ValueError(f"{what} of {real:.6g} is outside 0..1, which the reference refuses")
    return quantize_multiplier(real)


def conv_requants(
    input_scale: float, filter_scales: Iterable[float], output_scale: float
) -> list[Requant]:
    """CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: one Requant a filter scale.

    With per-tensor weights pass the one scale; convolutions repeat its result for every channel.
    """
    return [quantize_multiplier(input_scale * scale / output_scale) for scale in filter_scales]


def fully_connected_bias_fits(
    input_scale: float, weights_scale: float, bias_scale: float, output_scale: float
) -> bool:
    """Whether the reference accepts the scale of a per-tensor FULLY_CONNECTED's bias."""
    return abs(input_scale * weights_scale - bias_scale) / output_scale <= 0.02


def add_params(scale_a: float, scale_b: float, output_scale: float) -> AddParams:
    """ADD and SUB."""
    twice_max = 2.0 * max(scale_a, scale_b)
    return AddParams(
        20,
        _multiplier_below_one(scale_a / twice_max, "an operand's scale ratio"),
        _multiplier_below_one(scale_b / twice_max, "an operand's scale ratio"),
        _multiplier_below_one(twice_max / ((1 << 20) * output_scale), "the output's scale ratio"),
    )


def mul_requant(scale_a: float, scale_b: float, output_scale: float) -> Requant:
    """MUL."""
    return quantize_multiplier(scale_a * scale_b / output_scale)


def mean_requant(input_scale: float, output_scale: float, count: int) -> Requant:
    """MEAN over ``count`` elements, less than 2**23: 1/count is folded in, truncated."""
    if not 0 < count < 1 << 23:
        raise ValueError(f"a mean over {count} elements is outside 1..2^23-1")
    multiplier, shift = quantize_multiplier(input_scale / output_scale)
    headroom = min(count.bit_length() - 1, 32, 31 + shift)
    return Requant((multiplier << headroom) // count, shift - headroom)


def prelu_requants(
    input_scale: float, alpha_scale: float, output_scale: float
) -> tuple[Requant, Requant]:
    """PRELU: the Requant of inputs from zero up, and that of negative inputs times alpha."""
    return (
        quantize_multiplier(input_scale / output_scale),
        quantize_multiplier(input_scale * alpha_scale / output_scale),
    )


def softmax_params(beta: float, input_scale: float) -> SoftmaxParams:
    """SOFTMAX: differences of inputs become Q5.26 by ``input``, whose shift is 1 to 31.

    The reference takes only an output of scale 1/256 and zero point -128, and aborts where
    beta * input_scale is 2**-26 or less; the latter raises ValueError.
    """
    real = min(beta * input_scale * (1 << 26), float(INT32_MAX))
    if not real > 1.0:
        raise ValueError(f"beta * input scale of {beta * input_scale:.6g} is too small")
    fraction, shift = math.frexp(real)
    multiplier = round_half_away(fraction * (1 << 31))
    if multiplier == 1 << 31:
        multiplier //= 2
        shift += 1
    return SoftmaxParams(Requant(multiplier, shift), -input_radius(5, shift))


def input_radius(integer_bits: int, left_shift: int) -> int:
    """The largest input that stays in Q(integer_bits) after a shift to the left."""
    return (((1 << integer_bits) - 1) << (31 - integer_bits)) >> left_shift


def activation_range(activation: Activation, scale: float, zero_point: int) -> tuple[int, int]:
    """The clamp (min, max) of a fused activation on an int8 output."""

    def quantized(value: float) -> int:
        return zero_point + round_half_away(float32(value / scale))

    low, high = INT8_MIN, INT8_MAX
    if activation in ("RELU", "RELU6"):
        low = max(low, quantized(0.0))
    elif activation == "RELU_N1_TO_1":
        low = max(low, quantized(-1.0))
    if activation == "RELU6":
        high = min(high, quantized(6.0))
    elif activation == "RELU_N1_TO_1":
        high = min(high, quantized(1.0))
    return low, high


# --- resizing -----------------------------------------------------------------------------------


def resize_nearest_indices(
    in_size: int, out_size: int, align_corners: bool, half_pixel_centers: bool
) -> list[int]:
    """RESIZE_NEAREST_NEIGHBOR along one axis: the input index of each output, in float32."""
    if align_corners and out_size > 1:
        scale = float32((in_size - 1) / (out_size - 1))
    else:
        scale = float32(in_size / out_size)
    offset = 0.5 if half_pixel_centers else 0.0
    positions = [float32((i + offset) * scale) for i in range(out_size)]
    indices = [round_half_away(p) if align_corners else math.floor(p) for p in positions]
    return [clamp(index, 0, in_size - 1) for index in indices]


def resize_bilinear_axis(
    in_size: int, out_size: int, align_corners: bool, half_pixel_centers: bool
) -> ResizeAxis:
    """RESIZE_BILINEAR along one axis, in units of 1/1024 input pixel.

    Raises ValueError where the reference's rounded step runs past the last input pixel, so that it
    reads outside the image: only with enlargements of some 46 times or more.
    """
    if align_corners and half_pixel_centers:
        raise ValueError("align_corners and half_pixel_centers exclude each other")
    if align_corners and out_size > 1:
        span, steps = in_size - 1, out_size - 1
    else:
        span, steps = in_size, out_size
    step = ((span << 10) + steps // 2) // steps
    start = step // 2 - (1 << 9) if half_pixel_centers else 0
    if start + (out_size - 1) * step >= in_size << 10:
        raise ValueError(f"resizing {in_size} to {out_size} pixels would read outside the image")
    return ResizeAxis(step, start)

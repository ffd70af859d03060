# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Functions of one int8 value as tables of 256, indexed by the input + 128.

Each equals TensorFlow Lite Micro's kernel bit for bit. As in ``fixed_point``, scales are Python
floats, and what the reference would refuse raises ValueError.
"""

import math
from collections.abc import Callable

from microtl_tools.convert.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    INT32_MAX,
    INT32_MIN,
    Requant,
    clamp,
    float32,
    input_radius,
    multiply_by_requant,
    quantize_multiplier,
    round_half_away,
    rounding_divide_by_pot,
    rounding_doubling_high_mul,
)

INT16_MIN, INT16_MAX = -(1 << 15), (1 << 15) - 1


def _table(function: Callable[[int], int]) -> list[int]:
    return [clamp(function(q), INT8_MIN, INT8_MAX) for q in range(INT8_MIN, INT8_MAX + 1)]


def requantize(
    input_scale: float, input_zero_point: int, output_scale: float, output_zero_point: int
) -> list[int]:
    """QUANTIZE int8 to int8."""
    requant = quantize_multiplier(input_scale / output_scale)
    return _table(lambda q: multiply_by_requant(q - input_zero_point, requant) + output_zero_point)


def relu(
    input_scale: float, input_zero_point: int, output_scale: float, output_zero_point: int
) -> list[int]:
    """RELU as an operation of its own."""
    requant = quantize_multiplier(input_scale / output_scale)

    def value_at(q: int) -> int:
        scaled = multiply_by_requant(q - input_zero_point, requant) + output_zero_point
        return max(scaled, output_zero_point)

    return _table(value_at)


def relu6(input_scale: float, input_zero_point: int) -> list[int]:
    """RELU6 as an operation of its own: a clamp; the output's quantisation plays no part."""
    six = clamp(round_half_away(float32(6.0 / input_scale)) + input_zero_point, INT8_MIN, INT8_MAX)
    return _table(lambda q: six if q > six else max(q, input_zero_point))


def leaky_relu(
    input_scale: float,
    input_zero_point: int,
    output_scale: float,
    output_zero_point: int,
    alpha: float,
) -> list[int]:
    """LEAKY_RELU. Alpha may be negative."""
    identity = quantize_multiplier(input_scale / output_scale)
    slope = quantize_multiplier(input_scale * alpha / output_scale)
    sign = -1 if slope.multiplier < 0 else 1
    slope = Requant(abs(slope.multiplier), slope.shift)

    def value_at(q: int) -> int:
        value = q - input_zero_point
        if value >= 0:
            return output_zero_point + multiply_by_requant(value, identity)
        return output_zero_point + sign * multiply_by_requant(value, slope)

    return _table(value_at)


def logistic(input_scale: float, input_zero_point: int) -> list[int]:
    """LOGISTIC; the output's quantisation is always scale 1/256, zero point -128."""
    return _sigmoid_table(input_scale, input_zero_point, _logistic, 23, -128)


def tanh(input_scale: float, input_zero_point: int) -> list[int]:
    """TANH; the output's quantisation is always scale 1/128, zero point 0."""
    return _sigmoid_table(input_scale, input_zero_point, _tanh, 24, 0)


def _sigmoid_table(
    input_scale: float,
    input_zero_point: int,
    function: Callable[[int], int],
    output_shift: int,
    output_zero_point: int,
) -> list[int]:
    """A table of a Q4.27 -> Q0.31 function with its ends beyond the input range cut off."""
    fraction, shift = math.frexp(input_scale * (1 << 27))
    if shift < 0:
        raise ValueError(f"an input scale of {input_scale:.6g} is too small (limit 2^-28)")
    if shift > 62:
        raise ValueError(f"an input scale of {input_scale:.6g} is too large (limit 2^35)")
    multiplier = round_half_away(fraction * (1 << 31))
    radius = input_radius(4, shift)

    def value_at(q: int) -> int:
        value = q - input_zero_point
        if value <= -radius:
            return INT8_MIN
        if value >= radius:
            return INT8_MAX
        result = function(multiply_by_requant(value, Requant(multiplier, shift)))
        return rounding_divide_by_pot(result, output_shift) + output_zero_point

    return _table(value_at)


def hard_swish(
    input_scale: float, input_zero_point: int, output_scale: float, output_zero_point: int
) -> list[int]:
    """HARD_SWISH, x * relu6(x + 3) / 6, in 16-bit fixed point.

    Raises ValueError where the input's scale is more than 64 times the output's or so, which the
    reference refuses.
    """
    hires_scale = input_scale / 128.0
    output = quantize_multiplier(hires_scale / output_scale)
    reluish = quantize_multiplier(hires_scale / (3.0 / 32768.0))
    if output.shift > 0:
        raise ValueError(
            f"the input scale {input_scale:.6g} is too large for the output scale"
            f" {output_scale:.6g} (limit 128 times)"
        )
    output_multiplier = _multiplier_to_int16(output.multiplier)
    reluish_multiplier = _multiplier_to_int16(reluish.multiplier)

    def value_at(q: int) -> int:
        hires = (q - input_zero_point) * 128
        preshift = rounding_doubling_high_mul(hires, output_multiplier, 16)
        gate = hires
        if reluish.shift > 0:
            gate = clamp(gate << (reluish.shift - 1), INT16_MIN, INT16_MAX)
        gate = rounding_doubling_high_mul(gate, reluish_multiplier, 16)
        if reluish.shift > 0:
            gate = clamp(gate << 1, INT16_MIN, INT16_MAX)
        elif reluish.shift < 0:
            gate = _rounding_divide_int16(gate, -reluish.shift)
        gate = (gate + (1 << 15)) >> 1
        product = _truncating_doubling_high_mul(gate, preshift)
        return _rounding_divide_int16(product, -output.shift) + output_zero_point

    return _table(value_at)


def _multiplier_to_int16(multiplier: int) -> int:
    return min((multiplier + (1 << 15)) >> 16, INT16_MAX)


def _truncating_doubling_high_mul(a: int, b: int) -> int:
    """a * b / 2**15 towards zero."""
    magnitude = abs(a * b) >> 15
    return -magnitude if a * b < 0 else magnitude


def _rounding_divide_int16(value: int, exponent: int) -> int:
    """As rounding_divide_by_pot, with the mask cut to int16: from 16 on the result is +-1."""
    if exponent < 16:
        return rounding_divide_by_pot(value, exponent)
    return 1 if value >= 0 else -1


# --- exp, tanh and logistic in fixed point ------------------------------------------------------
# Raw int32 values; Qm.n has m integer and n fractional bits. Polynomial, table and division follow
# the gemmlowp fixed-point library (fixedpoint.h), which the reference uses.

_ONE_Q0 = INT32_MAX
_EXP_FACTORS = (  # (k, exp(-2**k) in Q0.31)
    (-2, 1672461947),
    (-1, 1302514674),
    (0, 790015084),
    (1, 290630308),
    (2, 39332535),
    (3, 720401),
    (4, 242),
)


def _shift_left_saturating(value: int, bits: int) -> int:
    return clamp(value << bits, INT32_MIN, INT32_MAX)


def _exp_on_minus_quarter_to_zero(a: int) -> int:
    """exp(a) for a in [-1/4, 0), Q0.31, by a Taylor polynomial around -1/8."""
    mul = rounding_doubling_high_mul
    x = a + (1 << 28)
    x2 = mul(x, x)
    x3 = mul(x2, x)
    x4_over_4 = rounding_divide_by_pot(mul(x2, x2), 2)
    tail = rounding_divide_by_pot(mul(x4_over_4 + x3, 715827883) + x2, 1)
    return 1895147668 + mul(1895147668, x + tail)


def _exp_of_negative(a: int, integer_bits: int) -> int:
    """exp(a) for a <= 0 in Q(integer_bits), at most 5; the result is Q0.31."""
    if a == 0:
        return _ONE_Q0
    fractional_bits = 31 - integer_bits
    quarter = 1 << (fractional_bits - 2)
    within_quarter = (a & (quarter - 1)) - quarter
    result = _exp_on_minus_quarter_to_zero(_shift_left_saturating(within_quarter, integer_bits))
    remainder = within_quarter - a
    for power, factor in _EXP_FACTORS:
        if integer_bits > power and remainder & (1 << (fractional_bits + power)):
            result = rounding_doubling_high_mul(result, factor)
    return result


def _reciprocal_by_newton(a: int) -> int:
    """2 / (1 + a) for a in (0, 1), Q0.31 to Q2.29."""
    mul = rounding_doubling_high_mul
    half_denominator = (a + _ONE_Q0 + 1) // 2
    x = 1515870810 + mul(half_denominator, -1010580540)
    for _ in range(3):
        error = (1 << 29) - mul(half_denominator, x)
        x += _shift_left_saturating(mul(x, error), 2)
    return x


def _one_over_one_plus_x(a: int) -> int:
    """1 / (1 + a) for a in (0, 1), Q0.31."""
    return _shift_left_saturating(_reciprocal_by_newton(a), 1)


def _logistic(a: int) -> int:
    """1 / (1 + exp(-a)), Q4.27 to Q0.31."""
    if a == 0:
        return 1 << 30
    positive = _one_over_one_plus_x(_exp_of_negative(-abs(a), 4))
    return positive if a > 0 else _ONE_Q0 - positive


def _tanh(a: int) -> int:
    """tanh(a), Q4.27 to Q0.31."""
    if a == 0:
        return 0
    # exp(-2|a|): the same bits read as Q5.26 are twice the value.
    exp = _exp_of_negative(-abs(a), 5)
    magnitude = _shift_left_saturating(_reciprocal_by_newton(exp) - (1 << 29), 2)
    return magnitude if a > 0 else -magnitude

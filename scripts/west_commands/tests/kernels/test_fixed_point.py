# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The fixed-point arithmetic of the converter, against TensorFlow Lite Micro and at its corners."""

import math
from collections.abc import Callable
from typing import Any

import micro
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from microtl_tools.convert import fixed_point as fp
from microtl_tools.convert import tables
from model_builder import ModelBuilder

EVERY_VALUE = np.arange(-128, 128, dtype=np.int8).reshape(1, 1, 256)
ZERO_POINTS = st.integers(-128, 127)
# Round numbers make ties, where one rounding more or less shows.
SCALES = st.one_of(
    st.floats(0.0005, 2.0).map(fp.float32),
    st.integers(1, 400).map(lambda n: fp.float32(n / 1000)),
    st.integers(-9, 2).map(lambda n: 2.0**n),
)
profile = settings(settings.get_profile("kernels"))
oracle = pytest.mark.skipif(not micro.available, reason=micro.NEEDED)


def table_of(kind: str, quantizations: list[float | int], **options: Any) -> list[int]:
    """What TensorFlow Lite Micro makes of every int8 value."""
    scale, zero_point, output_scale, output_zero_point = quantizations
    m = ModelBuilder(kind)
    x = m.input((1, 256), scale, int(zero_point))
    y = m.op(kind, [x], m.tensor((1, 256), output_scale, int(output_zero_point)), **options)
    return micro.tensors(m.build(y), EVERY_VALUE, [y.number])[y.number].reshape(-1).tolist()


@oracle
@profile
@given(SCALES, ZERO_POINTS)
def test_tables_with_a_fixed_output(scale: float, zero_point: int) -> None:
    sigmoid = table_of("LOGISTIC", [scale, zero_point, 1 / 256, -128])
    assert tables.logistic(scale, zero_point) == sigmoid
    tanh = table_of("TANH", [scale, zero_point, 1 / 128, 0])
    assert tables.tanh(scale, zero_point) == tanh
    relu6 = table_of("RELU6", [scale, zero_point, scale, zero_point])
    assert tables.relu6(scale, zero_point) == relu6


@oracle
@profile
@given(
    SCALES,
    ZERO_POINTS,
    SCALES,
    ZERO_POINTS,
    st.integers(-2000, 2000).map(lambda n: fp.float32(n / 1000)),
)
def test_tables_that_rescale(
    scale: float, zero_point: int, output_scale: float, output_zero_point: int, alpha: float
) -> None:
    quantizations = [scale, zero_point, output_scale, output_zero_point]
    assert tables.requantize(*quantizations) == table_of("QUANTIZE", quantizations)
    assert tables.relu(*quantizations) == table_of("RELU", quantizations)
    leaky = table_of("LEAKY_RELU", quantizations, alpha=alpha)
    assert tables.leaky_relu(*quantizations, alpha) == leaky
    assume(scale / 128 < output_scale)
    assert tables.hard_swish(*quantizations) == table_of("HARD_SWISH", quantizations)


@oracle
@profile
@given(SCALES, ZERO_POINTS, st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]))
def test_activation_range(scale: float, zero_point: int, activation: fp.Activation) -> None:
    low, high = fp.activation_range(activation, scale, zero_point)
    assume(low <= high)
    m = ModelBuilder("activation")
    x = m.input((1, 256), scale, zero_point)
    zero = m.constant([zero_point], scale, zero_point, 0, np.int8)
    y = m.op("ADD", [x, zero], m.like(x, (1, 256)), fusedActivationFunction=activation)
    values = micro.tensors(m.build(y), EVERY_VALUE, [y.number])[y.number]
    assert (values.min(), values.max()) == (low, high)


@profile
@given(st.floats(2.0**-31, 2.0**29))
def test_a_multiplier_is_the_nearest(real: float) -> None:
    multiplier, shift = fp.quantize_multiplier(real)
    assert 1 << 30 <= multiplier < 1 << 31 and -31 <= shift <= 30
    assert multiplier * 2.0 ** (shift - 31) == pytest.approx(real, rel=2.0**-31)


def test_multipliers_at_the_corners() -> None:
    assert fp.quantize_multiplier(0.0) == (0, 0)
    assert fp.quantize_multiplier(0.5) == (1 << 30, 0)
    assert fp.quantize_multiplier(1.0) == (1 << 30, 1)
    # Rounds up to 2^31, which has to be halved.
    assert fp.quantize_multiplier(math.nextafter(1.0, 0.0)) == (1 << 30, 1)
    assert fp.quantize_multiplier(2.0**-32) == (1 << 30, -31)
    assert fp.quantize_multiplier(2.0**-33) == (0, 0)
    assert fp.quantize_multiplier(-0.75) == (-3 << 29, 0)


@pytest.mark.parametrize("real", [2.0**30, math.inf, math.nan])
def test_a_multiplier_too_large_is_refused(real: float) -> None:
    with pytest.raises(ValueError, match="scale ratio"):
        fp.quantize_multiplier(real)


@profile
@given(st.integers(-(1 << 31) + 1, (1 << 31) - 1), st.integers(0, 31))
def test_division_by_a_power_of_two_rounds_half_away(value: int, exponent: int) -> None:
    exact = abs(value) / 2.0**exponent
    expected = math.floor(exact + 0.5)
    assert fp.rounding_divide_by_pot(value, exponent) == math.copysign(expected, value)


def test_mean_folds_the_count() -> None:
    whole = fp.quantize_multiplier(0.75)
    assert fp.mean_requant(0.75, 1.0, 1) == whole
    assert fp.mean_requant(0.75, 1.0, 8) == (whole.multiplier, whole.shift - 3)
    multiplier, shift = fp.mean_requant(0.75, 1.0, 49)
    assert multiplier * 2.0 ** (shift - 31) == pytest.approx(0.75 / 49, rel=2.0**-29)


REFUSED: dict[str, Callable[[], object]] = {
    "mean over": lambda: fp.mean_requant(1.0, 1.0, 1 << 23),
    "scale ratio": lambda: fp.add_params(1.0, 1.0, 1e-6),
    "too small": lambda: fp.softmax_params(1.0, 2.0**-27),
    "too large for the output": lambda: tables.hard_swish(1.0, 0, 1 / 200, 0),
    "is too small": lambda: tables.logistic(2.0**-30, 0),
    "exclude each other": lambda: fp.resize_bilinear_axis(4, 8, True, True),
    "outside the image": lambda: fp.resize_bilinear_axis(1, 62, False, False),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_reference_cannot_do_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        REFUSED[text]()

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Which layout of weights each operation gets, and what all of them take in flash."""

from collections.abc import Callable

import numpy as np
import pytest
from microtl_tools.convert.api import ConvertedModel, Options, convert_bytes
from microtl_tools.errors import UsageError
from microtl_tools.twin.api import Twin
from model_builder import ModelBuilder

LIMITS = {"speed": 2.0, "size": 1.1}


def wide() -> bytes:
    """Layers of whole blocks."""
    m = ModelBuilder("wide")
    x = m.input((1, 9, 9, 32), 0.05, 3)
    return m.build(m.conv2d(m.depthwise(x), 64, kernel=(1, 1)))


def narrow() -> bytes:
    """Layers that are filled up, the last one by the most and with the fewest products."""
    m = ModelBuilder("narrow")
    x = m.input((1, 8, 8, 3), 0.05, 3)
    x = m.conv2d(m.conv2d(x, 12), 7)
    return m.build(m.conv2d(x, 1, kernel=(8, 8), padding="VALID"))


def tiny() -> bytes:
    """Nothing but filling."""
    m = ModelBuilder("tiny")
    return m.build(m.fully_connected(m.input((1, 1), 0.05, 3), 1))


def converted(data: bytes, kernels: str, optimize: str) -> ConvertedModel:
    return convert_bytes(data, Options(head_layers=0, kernels=kernels, optimize=optimize))


def kernels_of(model: ConvertedModel) -> list[str]:
    return [op.kernel.removeprefix("microtl_kernel_") for op in model.ops]


@pytest.mark.parametrize("optimize", LIMITS)
@pytest.mark.parametrize("kernels", ["dsp", "mve"])
@pytest.mark.parametrize("model", [wide, narrow, tiny])
def test_flash_stays_in_bounds_and_bits_the_same(
    model: Callable[[], bytes], kernels: str, optimize: str
) -> None:
    portable = converted(model(), "portable", optimize)
    own = converted(model(), kernels, optimize)
    assert own.int8_size == portable.weights_size
    assert own.weights_size <= LIMITS[optimize] * own.int8_size
    assert own.report["weights_bytes"] == own.weights_size
    assert f"kernels {kernels} for {optimize}" in own.c_source
    x = np.random.default_rng(3).integers(-128, 128, (20, own.input.size), dtype=np.int8)
    expected = Twin.from_converted(portable).run(x)
    np.testing.assert_array_equal(Twin.from_converted(own).run(x), expected)


def test_what_fits_gets_the_fastest_layout() -> None:
    assert kernels_of(converted(wide(), "dsp", "speed")) == ["dsp_depthwise_3x3", "dsp_pointwise"]
    small = converted(wide(), "dsp", "size")
    assert kernels_of(small) == ["dsp_depthwise_3x3", "dsp_pointwise_int8"]
    assert small.int8_size < small.weights_size


def test_what_is_too_large_is_made_smaller_where_that_costs_least() -> None:
    model = converted(narrow(), "dsp", "speed")
    assert kernels_of(model) == ["dsp_conv2d", "dsp_conv2d", "conv2d"]


def test_what_cannot_be_small_enough_stays_portable() -> None:
    assert kernels_of(converted(tiny(), "dsp", "speed")) == ["fully_connected"]


def test_a_goal_that_is_not_known() -> None:
    with pytest.raises(UsageError, match="--optimize beauty: no such goal"):
        converted(tiny(), "dsp", "beauty")

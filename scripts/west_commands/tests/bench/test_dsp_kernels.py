# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The DSP kernels, in C on the host and in assembly on a Cortex-M4F, against the portable ones."""

from pathlib import Path

import numpy as np
import pytest
from microtl_tools.bench import measure
from microtl_tools.bench.cpus import CPUS
from microtl_tools.convert.api import ConvertedModel, Options, convert, convert_bytes
from microtl_tools.twin.api import Twin
from model_builder import ModelBuilder

MODELS = Path(__file__).resolve().parents[4] / "tests" / "fixtures" / "models"
FAMILIES = ("conv2d_*", "depthwise_*", "fully_connected_*")
FIXTURES = sorted(path for family in FAMILIES for path in MODELS.glob(f"{family}.tflite"))
SAMPLES = 50

ON_BOARD = (
    "conv2d_large",
    "conv2d_one_output_channel",
    "conv2d_relu6",
    "conv2d_2x4_stride_3x2_valid",
    "depthwise_4_channels",
    "depthwise_8_channels",
    "depthwise_one_channel_to_eight",
    "fully_connected_rank_4",
    "fully_connected_relu6",
    "fully_connected_weights_zero_point",
)
"""One of each block, rounding and odd size: every model would take minutes."""


def name_of(path: Path, kernels: str) -> str:
    return f"{kernels}_{FIXTURES.index(path) if path in FIXTURES else path.stem}"


def converted(path: Path, kernels: str) -> ConvertedModel:
    return convert(path, Options(head_layers=0, kernels=kernels, name=name_of(path, kernels)))


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Return all fixtures for both kernel sets: one library is much faster to build than many."""
    models = [converted(path, kernels) for path in FIXTURES for kernels in ("portable", "dsp")]
    return {f"{m.name}.c": m.c_source for m in models} | {f"{m.name}.h": m.h_source for m in models}


def inputs(size: int) -> np.ndarray:
    generator = np.random.default_rng(7)
    x = generator.integers(-128, 128, (SAMPLES, size), dtype=np.int8)
    x[0], x[1] = -128, 127
    return x


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_the_c_form_equals_the_portable_kernels(path: Path, sources: dict[str, str]) -> None:
    portable = Twin(sources, f"{name_of(path, 'portable')}_model")
    dsp = Twin(sources, f"{name_of(path, 'dsp')}_model")
    x = inputs(portable.input_size)
    np.testing.assert_array_equal(dsp.run(x), portable.run(x))


def test_most_fixtures_have_a_dsp_kernel() -> None:
    used = {op.kernel for path in FIXTURES for op in converted(path, "dsp").ops}
    assert used >= {
        "microtl_kernel_dsp_conv2d",
        "microtl_kernel_dsp_pointwise",
        "microtl_kernel_dsp_dense",
        "microtl_kernel_dsp_depthwise_3x3",
    }


@pytest.mark.parametrize("name", ["conv2d_tiny_factors", "conv2d_dilated", "conv2d_groups"])
def test_what_is_not_exact_stays_portable(name: str) -> None:
    ops = converted(MODELS / f"{name}.tflite", "dsp").ops
    assert "microtl_kernel_conv2d" in {op.kernel for op in ops}


SEPARABLE = [
    (height, width, channels, padding, activation, zero_point)
    for height, width, padding in ((1, 2, "SAME"), (4, 5, "SAME"), (7, 3, "VALID"), (5, 4, "SAME"))
    for channels, activation, zero_point in ((4, "NONE", 9), (8, "RELU", -128), (12, "RELU6", -7))
]
"""Depthwise 3x3 and the 1x1 behind it: odd and even sizes, each rounding."""


def separable(
    height: int, width: int, channels: int, padding: str, activation: str, zero_point: int
) -> bytes:
    m = ModelBuilder("separable")
    x = m.input((1, height, width, channels), 0.05, 3)
    how = {"activation": activation, "zero_point": zero_point}
    y = m.depthwise(x, padding=padding, **how)
    return m.build(m.conv2d(y, channels + 3, kernel=(1, 1), **how))


def test_separable_convolutions_equal_the_portable_kernels() -> None:
    models = {
        (index, kernels): convert_bytes(
            separable(*case),
            Options(head_layers=0, kernels=kernels, name=f"{kernels}_{index}"),
            source="separable.tflite",
        )
        for index, case in enumerate(SEPARABLE)
        for kernels in ("portable", "dsp")
    }
    sources = {f"{m.name}.c": m.c_source for m in models.values()}
    sources |= {f"{m.name}.h": m.h_source for m in models.values()}
    for index, case in enumerate(SEPARABLE):
        dsp = models[index, "dsp"]
        assert [op.kernel for op in dsp.ops] == [
            "microtl_kernel_dsp_depthwise_3x3",
            "microtl_kernel_dsp_pointwise",
        ]
        portable = Twin(sources, models[index, "portable"].symbol)
        x = inputs(portable.input_size)
        expected = portable.run(x)
        np.testing.assert_array_equal(Twin(sources, dsp.symbol).run(x), expected, str(case))


@pytest.mark.emulated
@pytest.mark.parametrize("case", SEPARABLE[3::2], ids=str)
def test_the_assembly_of_separable_convolutions(case: tuple[int, int, int, str, str, int]) -> None:
    data = separable(*case)
    dsp, portable = (
        convert_bytes(data, Options(head_layers=0, kernels=kernels), source="separable.tflite")
        for kernels in ("dsp", "portable")
    )
    measure.inference(dsp, portable, CPUS["cortex-m4f"])


@pytest.mark.emulated
@pytest.mark.parametrize("name", ON_BOARD)
def test_the_assembly_equals_the_portable_kernels(name: str) -> None:
    path = MODELS / f"{name}.tflite"
    dsp, portable = converted(path, "dsp"), converted(path, "portable")
    assert any("dsp" in op.kernel for op in dsp.ops)
    # Raises where one byte of the output differs.
    measure.inference(dsp, portable, CPUS["cortex-m4f"])

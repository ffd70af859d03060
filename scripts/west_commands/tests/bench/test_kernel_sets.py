# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The kernel sets of CPU families, in C on the host and as they are on an emulated Cortex-M.

Every comparison is with the portable kernels, byte for byte.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from microtl_tools.bench import measure
from microtl_tools.bench.cpus import CPUS
from microtl_tools.convert import kernel_sets
from microtl_tools.convert.api import ConvertedModel, Options, convert, convert_bytes
from microtl_tools.twin.api import Twin
from model_builder import ModelBuilder

MODELS = Path(__file__).resolve().parents[4] / "tests" / "fixtures" / "models"
FAMILIES = ("conv2d_*", "depthwise_*", "fully_connected_*", "average_pool_*", "network_*")
FIXTURES = sorted(path for family in FAMILIES for path in MODELS.glob(f"{family}.tflite"))
SAMPLES = 50

LAYOUTS = {
    "portable": ("portable", "speed"),
    "dsp": ("dsp", "speed"),
    "dsp_small": ("dsp", "size"),
    "mve": ("mve", "speed"),
}
"""Kernel set and what its layout is made for."""

CPU_OF = {"dsp": "cortex-m4f", "dsp_small": "cortex-m4f", "mve": "cortex-m55"}

KERNELS = {
    "dsp": {
        "dsp_conv2d",
        "dsp_pointwise",
        "dsp_dense",
        "dsp_depthwise_3x3",
    },
    "dsp_small": {
        "dsp_conv2d_int8",
        "dsp_pointwise_int8",
        "dsp_dense_int8",
        "dsp_depthwise_3x3",
        # Weights with a zero point may need nine bits.
        "dsp_dense",
    },
    "mve": {"mve_conv2d", "mve_dense", "mve_depthwise_3x3", "mve_depthwise"},
}

ON_BOARD = (
    "conv2d_large",
    "conv2d_one_output_channel",
    "conv2d_relu6",
    "conv2d_2x4_stride_3x2_valid",
    "depthwise_4_channels",
    "depthwise_8_channels",
    "average_pool_3x3_same_stride_1",
    "max_pool_relu6",
    "depthwise_one_channel_to_eight",
    "fully_connected_rank_4",
    "fully_connected_relu6",
    "fully_connected_weights_zero_point",
)
"""One of each block, rounding and odd size: every model would take minutes."""


@pytest.fixture(scope="module", autouse=True)
def all_layouts() -> Iterator[None]:
    """Allow every layout, however large: those of tiny layers are filled up to whole blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel_sets, "OPTIMIZE", dict.fromkeys(kernel_sets.OPTIMIZE, 1000.0))
        yield


def name_of(path: Path, layout: str) -> str:
    return f"{layout}_{FIXTURES.index(path) if path in FIXTURES else path.stem}"


def options(layout: str, name: str | None = None) -> Options:
    kernels, goal = LAYOUTS[layout]
    return Options(head_layers=0, kernels=kernels, optimize=goal, name=name)


@cache
def converted(path: Path, layout: str) -> ConvertedModel:
    return convert(path, options(layout, name_of(path, layout)))


@cache
def sources() -> dict[str, str]:
    """Return all fixtures for all sets: one library is much faster to build than many."""
    models = [converted(path, layout) for path in FIXTURES for layout in LAYOUTS]
    return {f"{m.name}.c": m.c_source for m in models} | {f"{m.name}.h": m.h_source for m in models}


def inputs(size: int) -> np.ndarray:
    generator = np.random.default_rng(7)
    x = generator.integers(-128, 128, (SAMPLES, size), dtype=np.int8)
    x[0], x[1] = -128, 127
    return x


@pytest.mark.parametrize("layout", CPU_OF)
@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_the_c_form_equals_the_portable_kernels(path: Path, layout: str) -> None:
    portable = Twin(sources(), f"{name_of(path, 'portable')}_model")
    own = Twin(sources(), f"{name_of(path, layout)}_model")
    x = inputs(portable.input_size)
    np.testing.assert_array_equal(own.run(x), portable.run(x))


@pytest.mark.parametrize("layout", CPU_OF)
def test_every_kernel_of_a_layout_has_a_fixture(layout: str) -> None:
    used = {op.kernel for path in FIXTURES for op in converted(path, layout).ops}
    assert used >= {f"microtl_kernel_{name}" for name in KERNELS[layout]}


@pytest.mark.parametrize("layout", CPU_OF)
@pytest.mark.parametrize("name", ["conv2d_tiny_factors", "conv2d_dilated", "conv2d_groups"])
def test_what_is_not_exact_stays_portable(name: str, layout: str) -> None:
    ops = converted(MODELS / f"{name}.tflite", layout).ops
    assert "microtl_kernel_conv2d" in {op.kernel for op in ops}


SEPARABLE = [
    (height, width, channels, padding, activation, zero_point)
    for height, width, padding in ((1, 2, "SAME"), (4, 5, "SAME"), (7, 3, "VALID"), (5, 4, "SAME"))
    for channels, activation, zero_point in ((4, "NONE", 9), (20, "RELU", -128), (12, "RELU6", -7))
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


WINDOWS = [
    {"kernel": (1, 5), "stride": (1, 2), "activation": "RELU6"},
    {"kernel": (4, 1), "padding": "VALID", "activation": "RELU", "zero_point": -128},
    {"kernel": (3, 3), "stride": (2, 2)},
    {"kernel": (3, 2), "dilation": (2, 1)},
    {"kernel": (7, 5)},
]
"""Depthwise convolutions of other windows: fewer and more taps than the assembly unrolls."""


def windows(case: dict[str, Any]) -> bytes:
    m = ModelBuilder("windows")
    return m.build(m.depthwise(m.input((1, 8, 6, 12), 0.05, 3), **case))


def converted_bytes(data: bytes, layout: str, name: str = "case") -> ConvertedModel:
    return convert_bytes(data, options(layout, name), source="case.tflite")


@pytest.mark.parametrize("layout", CPU_OF)
def test_separable_convolutions_equal_the_portable_kernels(layout: str) -> None:
    models = {
        (index, name): converted_bytes(separable(*case), name, f"{name}_{index}")
        for index, case in enumerate(SEPARABLE)
        for name in ("portable", layout)
    }
    texts = {f"{m.name}.c": m.c_source for m in models.values()}
    texts |= {f"{m.name}.h": m.h_source for m in models.values()}
    for index, case in enumerate(SEPARABLE):
        own = models[index, layout]
        family = f"microtl_kernel_{LAYOUTS[layout][0]}"
        assert own.ops[0].kernel == f"{family}_depthwise_3x3"
        assert own.ops[1].kernel.startswith(family)
        portable = Twin(texts, models[index, "portable"].symbol)
        x = inputs(portable.input_size)
        expected = portable.run(x)
        np.testing.assert_array_equal(Twin(texts, own.symbol).run(x), expected, str(case))


@pytest.mark.parametrize("layout", ["dsp", "mve"])
@pytest.mark.parametrize("case", WINDOWS, ids=str)
def test_other_depthwise_windows_equal_the_portable_kernels(
    case: dict[str, Any], layout: str
) -> None:
    own, portable = (converted_bytes(windows(case), name, name) for name in (layout, "portable"))
    assert own.ops[0].kernel == f"microtl_kernel_{layout}_depthwise"
    x = inputs(own.input.size)
    expected = Twin.from_converted(portable).run(x)
    np.testing.assert_array_equal(Twin.from_converted(own).run(x), expected)


@pytest.mark.emulated
@pytest.mark.parametrize("layout", ["dsp", "mve"])
@pytest.mark.parametrize("case", WINDOWS, ids=str)
def test_other_depthwise_windows_on_the_cpu(case: dict[str, Any], layout: str) -> None:
    own, portable = (converted_bytes(windows(case), name) for name in (layout, "portable"))
    measure.inference(own, portable, CPUS[CPU_OF[layout]])


WIDE = [
    {"kernel": (3, 3), "activation": "RELU", "zero_point": -128},
    {"kernel": (3, 4), "stride": (2, 1)},
    {"kernel": (2, 3), "stride": (2, 2), "padding": "VALID", "activation": "RELU6"},
]
"""Convolutions whose windows are read from the image itself."""


def wide(case: dict[str, Any]) -> bytes:
    m = ModelBuilder("wide")
    return m.build(m.conv2d(m.input((1, 7, 5, 12), 0.05, 3), 17, **case))


@pytest.mark.parametrize("layout", ["dsp", "dsp_small"])
@pytest.mark.parametrize("case", WIDE, ids=str)
def test_wide_convolutions_equal_the_portable_kernels(case: dict[str, Any], layout: str) -> None:
    own, portable = (converted_bytes(wide(case), name, name) for name in (layout, "portable"))
    assert "dsp_conv2d_direct" in own.ops[0].kernel
    x = inputs(own.input.size)
    expected = Twin.from_converted(portable).run(x)
    np.testing.assert_array_equal(Twin.from_converted(own).run(x), expected)


@pytest.mark.emulated
@pytest.mark.parametrize("case", WIDE, ids=str)
def test_wide_convolutions_on_the_cpu(case: dict[str, Any]) -> None:
    own, portable = (converted_bytes(wide(case), name) for name in ("dsp", "portable"))
    measure.inference(own, portable, CPUS["cortex-m4f"])


@pytest.mark.emulated
@pytest.mark.parametrize("layout", CPU_OF)
@pytest.mark.parametrize("case", SEPARABLE[3::2], ids=str)
def test_separable_convolutions_on_the_cpu(
    case: tuple[int, int, int, str, str, int], layout: str
) -> None:
    data = separable(*case)
    own, portable = (converted_bytes(data, name) for name in (layout, "portable"))
    measure.inference(own, portable, CPUS[CPU_OF[layout]])


@pytest.mark.emulated
@pytest.mark.parametrize("layout", CPU_OF)
@pytest.mark.parametrize("name", ON_BOARD)
def test_kernels_on_the_cpu_equal_the_portable_ones(name: str, layout: str) -> None:
    path = MODELS / f"{name}.tflite"
    own, portable = converted(path, layout), converted(path, "portable")
    # Raises where one byte of the output differs.
    measure.inference(own, portable, CPUS[CPU_OF[layout]])


@pytest.mark.emulated
@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("name", ["network_residual", "network_branches"])
def test_features_on_every_cpu_equal_the_twin_s(name: str, cpu: str) -> None:
    path = MODELS / f"{name}.tflite"
    own = convert(path, Options(head_layers=0, kernels=CPUS[cpu].kernels))
    portable = convert(path, Options(head_layers=0))
    measure.inference(own, portable, CPUS[cpu])

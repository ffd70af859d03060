# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The kernel set cmsis-nn: what it takes over, with how much scratch, and its bits when emulated.

The emulated tests need CMSIS-NN 6.0.0: MICROTL_CMSIS_NN names its folder.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from microtl_tools import cli
from microtl_tools.bench import cmsis_nn, measure
from microtl_tools.bench.cpus import CPUS
from microtl_tools.convert import pipeline
from microtl_tools.convert.api import ConvertedModel, Options, convert, convert_bytes
from microtl_tools.convert.kernel_sets.cmsis_nn import prepare
from microtl_tools.convert.lower import lower
from microtl_tools.convert.program import Constant, KernelCall
from microtl_tools.errors import MicroTLError
from microtl_tools.twin.api import Twin
from model_builder import ModelBuilder

MODELS = Path(__file__).resolve().parents[4] / "tests" / "fixtures" / "models"
LIBRARY = os.environ.get("MICROTL_CMSIS_NN", "")
PREFIX = "microtl_kernel_cmsis_nn_"


def calls(model: str | bytes) -> Iterator[KernelCall]:
    """Yield the calls of a fixture, prepared for CMSIS-NN."""
    data = (MODELS / f"{model}.tflite").read_bytes() if isinstance(model, str) else model
    for call in lower(pipeline.read_graph(data)).calls:
        prepare(call)
        yield call


def last_call(model: str | bytes) -> KernelCall:
    return list(calls(model))[-1]


def image(height: int, width: int, channels: int) -> tuple[ModelBuilder, Any]:
    builder = ModelBuilder("image")
    return builder, builder.input((1, height, width, channels), 0.05, 3)


def convolution(height: int, width: int, channels: int, **options: Any) -> bytes:
    builder, x = image(height, width, channels)
    return builder.build(builder.conv2d(x, 5, **options))


def softmax(depth: int) -> bytes:
    builder = ModelBuilder("softmax")
    x = builder.input((1, depth), 0.1, 0)
    return builder.build(
        builder.op("SOFTMAX", [x], builder.tensor(x.shape, 1 / 256, -128), beta=1.0)
    )


TAKEN = {
    "conv2d_3x3_same": "conv2d",
    "conv2d_1x1_stride": "conv2d",
    "conv2d_groups": "conv2d",
    "conv2d_dilated": "conv2d",
    "depthwise_3x3_same": "depthwise_conv2d",
    "depthwise_multiplier_4": "depthwise_conv2d",
    "depthwise_dilated_multiplier": "depthwise_conv2d",
    "depthwise_one_channel_to_eight": "depthwise_conv2d",
    "fully_connected_plain": "fully_connected",
    "fully_connected_no_bias": "fully_connected",
    "fully_connected_per_channel": "conv2d",
    "average_pool_3x3_same_stride_1": "average_pool",
    "max_pool_2x2": "max_pool",
    "add_same_shape": "add",
    "mul_same_shape": "mul",
}


@pytest.mark.parametrize(("model", "kernel"), TAKEN.items())
def test_what_cmsis_nn_takes_over(model: str, kernel: str) -> None:
    assert last_call(model).kernel == PREFIX + kernel


PORTABLE = (
    "fully_connected_weights_zero_point",
    "add_channel_tensor",
    "mul_row_tensor",
    "mean_1_2",
)


@pytest.mark.parametrize("model", PORTABLE)
def test_what_is_not_exact_stays_portable(model: str) -> None:
    assert not last_call(model).kernel.startswith(PREFIX)


def test_a_shift_by_31_stays_portable() -> None:
    (call,) = lower(pipeline.read_graph((MODELS / "conv2d_relu.tflite").read_bytes())).calls
    shift = call.fields["shift"]
    assert isinstance(shift, Constant)
    shift.values[-1] = -31
    prepare(call)
    assert call.kernel == "microtl_kernel_conv2d"


ROWS = (
    (9, 3, 1, "SAME", True),
    (9, 3, 2, "SAME", True),
    (8, 3, 2, "SAME", True),
    (8, 4, 1, "SAME", True),
    (10, 5, 1, "VALID", True),
    # The last column is under no window: the Helium kernel would pad instead.
    (10, 3, 2, "VALID", False),
    # Two columns right of the image under one window: it copies one value too many.
    (9, 5, 2, "SAME", False),
    (3, 5, 1, "SAME", False),
)
"""Width, kernel, stride, padding of a convolution of one row; whether CMSIS-NN is right on all."""


def row(width: int, kernel: int, stride: int, padding: str) -> bytes:
    return convolution(1, width, 4, kernel=(1, kernel), stride=(1, stride), padding=padding)


@pytest.mark.parametrize(("width", "kernel", "stride", "padding", "taken"), ROWS)
def test_one_row_where_helium_is_right(
    width: int, kernel: int, stride: int, padding: str, taken: bool
) -> None:
    data = row(width, kernel, stride, padding)
    assert last_call(data).kernel.startswith(PREFIX) == taken


def test_scratch_is_the_most_of_all_builds() -> None:
    # Plain and DSP: two columns of int16, rounded up to 4; Helium: four of int8, to 16.
    assert last_call(convolution(8, 8, 3, kernel=(3, 3))).scratch_size == 4 * 32
    assert last_call(convolution(8, 8, 16, kernel=(3, 3))).scratch_size == 4 * 144
    assert last_call(convolution(8, 8, 3, kernel=(1, 1))).scratch_size == 0
    # A row: on Helium a padded window, else as above.
    assert last_call(convolution(1, 9, 4, kernel=(1, 3))).scratch_size == 4 * 12
    # Depthwise: Helium takes 124 channels at a time, four pixels; the others less here.
    assert last_call("depthwise_3x3_same").scratch_size == 4 * 124 * 9
    assert last_call("depthwise_multiplier_4").scratch_size == 0
    # The sums of an average pool.
    pool = last_call("average_pool_2x2")
    at = pool.fields["at"]
    assert isinstance(at, dict)
    assert pool.scratch_size == 4 * at["in_c"]


def test_params_state_the_scratch_that_the_arena_has() -> None:
    for path in sorted(MODELS.glob("*.tflite")):
        for call in calls(path.read_bytes()):
            if "scratch_size" in call.fields:
                assert call.fields["scratch_size"] == call.scratch_size


def test_softmax_of_long_rows_stays_portable() -> None:
    assert last_call(softmax(255)).kernel == PREFIX + "softmax"
    assert last_call(softmax(256)).kernel == "microtl_kernel_softmax"


def test_the_twin_says_that_it_cannot_run_it() -> None:
    with pytest.raises(MicroTLError, match="cmsis-nn"):
        Twin.from_converted(converted("conv2d_relu", "cmsis-nn"))


def converted(model: str, kernels: str) -> ConvertedModel:
    return convert(MODELS / f"{model}.tflite", Options(head_layers=0, kernels=kernels))


MODEL = str(MODELS / "conv2d_relu.tflite")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((MODEL, "--cmsis-nn", "."), "there is no Include"),
        ((MODEL, "--kernels", "cmsis-nn"), "is missing"),
        ((MODEL, "--kernels", "cmsis-nn", "--cmsis-nn", "."), "to itself"),
        ((MODEL, "--gcc=-O3", "--cmsis-nn", "."), "do not go together"),
        (("--head", "8x2", "--cmsis-nn", "."), "name one"),
        ((MODEL, "--head", "8x2", "--no-training"), "do not go together"),
    ],
)
def test_options_that_do_not_fit(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["bench", *arguments]) == 2
    assert message in capsys.readouterr().err


library_tests = pytest.mark.skipif(
    not LIBRARY, reason="MICROTL_CMSIS_NN does not name a folder of CMSIS-NN 6.0.0"
)

BOARDS = ("cortex-m4f", "cortex-m55", "cortex-m3")
"""One for each of its builds: DSP, Helium, plain C."""

ON_BOARD = (
    *TAKEN,
    "conv2d_kernel_beyond_image",
    "conv2d_large",
    "conv2d_one_dimension",
    "conv2d_no_bias",
    "conv2d_tiny_factors",
    "conv2d_groups_dilated",
    "depthwise_4x1_valid",
    "depthwise_kernel_beyond_image",
    "depthwise_multiplier_3_stride",
    "depthwise_no_bias",
    "fully_connected_rank_4",
    "average_pool_4x5_same_stride_3x2",
    "max_pool_relu6",
    "network_residual",
)


@library_tests
@pytest.mark.emulated
@pytest.mark.parametrize("cpu", BOARDS)
@pytest.mark.parametrize("model", ON_BOARD)
def test_cmsis_nn_equals_the_portable_kernels(model: str, cpu: str) -> None:
    compare(converted(model, "cmsis-nn"), converted(model, "portable"), cpu)


@library_tests
@pytest.mark.emulated
@pytest.mark.parametrize("cpu", BOARDS)
@pytest.mark.parametrize("case", range(len(ROWS) + 1))
def test_rows_and_softmax_equal_the_portable_kernels(case: int, cpu: str) -> None:
    data = row(*ROWS[case][:4]) if case < len(ROWS) else softmax(17)
    own, portable = (
        convert_bytes(data, Options(head_layers=0, kernels=kernels), source="case.tflite")
        for kernels in ("cmsis-nn", "portable")
    )
    compare(own, portable, cpu)


def compare(own: ConvertedModel, portable: ConvertedModel, cpu: str) -> None:
    """Run a model on an emulated CPU: raises where one byte of the output differs."""
    measure.inference(own, portable, CPUS[cpu], "-O2", cmsis_nn.units(Path(LIBRARY)))

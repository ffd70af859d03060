# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Each simplification: what it drops, and what it must leave alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from microtl_tools.convert.api import Options, convert_bytes
from microtl_tools.convert.graph import Graph
from microtl_tools.convert.lower.window import EXPLICIT_PADDING
from microtl_tools.convert.passes import simplify
from microtl_tools.convert.passes.dead_code import remove_dead_code
from microtl_tools.convert.passes.fold_constants import fold_constants
from microtl_tools.convert.passes.fold_padding import fold_padding
from microtl_tools.convert.passes.no_operation import remove_no_operations
from microtl_tools.errors import MicroTLError
from microtl_tools.twin.api import Twin
from model_builder import ModelBuilder, Tensor
from small_models import built, graph_of, kinds


def after(make: Callable[[ModelBuilder], Tensor], *passes: Callable[[Graph], None]) -> Graph:
    """Build a model and run the passes on its graph."""
    graph = graph_of(built(make))
    for each in passes:
        each(graph)
    return graph


def integers(m: ModelBuilder, shape: tuple[int, ...]) -> Tensor:
    """A tensor of integers that an operation writes."""
    return m.tensor(shape, None, dtype=np.int32)


# --- constants and shapes


def flatten_with_open_batch(m: ModelBuilder) -> Tensor:
    """What TensorFlow makes of a Flatten layer whose batch is open."""
    x = m.conv2d(m.input((1, 4, 4, 2)), 3)
    shape = m.op("SHAPE", [x], integers(m, (4,)))
    batch = m.op(
        "STRIDED_SLICE",
        [shape, m.constant([0]), m.constant([1]), m.constant([1])],
        integers(m, ()),
        shrinkAxisMask=1,
    )
    target = m.op("PACK", [batch, m.constant(48)], integers(m, (2,)), axis=0, valuesCount=2)
    x = m.op("RESHAPE", [x, target], m.like(x, (1, 48)))
    return m.fully_connected(x, 5)


def test_shape_chain_is_folded() -> None:
    graph = after(flatten_with_open_batch, fold_constants)
    assert kinds(graph) == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED"]
    folded = graph.ops[1].input(1).data
    assert folded is not None and folded.tolist() == [1, 48]


@pytest.mark.parametrize(
    ("kind", "values", "extra", "shape", "options", "expected"),
    [
        ("TILE", [[1, 2]], [2, 3], (2, 6), {}, [[1, 2, 1, 2, 1, 2]] * 2),
        ("EXPAND_DIMS", [3, 4], 1, (2, 1), {}, [[3], [4]]),
        ("SQUEEZE", [[[5]], [[6]]], None, (2,), {"squeezeDims": [1, 2]}, [5, 6]),
        ("SQUEEZE", [[[5]], [[6]]], None, (2,), {"squeezeDims": []}, [5, 6]),
        ("RESHAPE", [1, 2, 3, 4], [2, 2], (2, 2), {}, [[1, 2], [3, 4]]),
    ],
)
def test_constant_operation_is_computed(
    kind: str,
    values: Any,
    extra: Any,
    shape: tuple[int, ...],
    options: dict[str, Any],
    expected: Any,
) -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.input((1, 2, 2, 6))
        inputs: list[Tensor | None] = [m.constant(values)]
        if extra is not None:
            inputs.append(m.constant(extra))
        axes = m.op(kind, inputs, integers(m, shape), **options)
        return m.op("MEAN", [x, axes], m.tensor((1,), 0.1), keepDims=False)

    graph = after(make, fold_constants)
    assert kinds(graph) == ["MEAN"]
    data = graph.ops[0].input(1).data
    assert data is not None and data.tolist() == expected


def test_slice_backwards_is_computed() -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.input((1, 3, 4, 2))
        ends = [m.constant([3]), m.constant([0]), m.constant([-1])]
        order = m.op(
            "STRIDED_SLICE", [m.constant([1, 2, 3, 0]), *ends], integers(m, (4,)), endMask=1
        )
        return m.op("TRANSPOSE", [x, order], m.like(x, (1, 2, 4, 3)))

    data = after(make, fold_constants).ops[0].input(1).data
    assert data is not None and data.tolist() == [0, 3, 2, 1]


def test_constant_of_the_wrong_shape_is_refused() -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.input((1, 4))
        shape = m.op("TILE", [m.constant([1]), m.constant([2])], integers(m, (3,)))
        return m.op("RESHAPE", [x, shape], m.like(x, (1, 4, 1)))

    with pytest.raises(MicroTLError, match="op 0 TILE .* has shape 3, this operation makes"):
        after(make, fold_constants)


def test_huge_constant_is_refused_before_it_is_made() -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.input((1, 4))
        shape = m.op("TILE", [m.constant([1]), m.constant([1 << 22])], integers(m, (1 << 22,)))
        return m.op("RESHAPE", [x, shape], m.like(x, (1, 4, 1)))

    with pytest.raises(MicroTLError, match="would be a constant of 4194304 elements"):
        after(make, fold_constants)


# --- operations that do nothing


def unary(kind: str, extra: list[Any], **options: Any) -> Callable[[ModelBuilder], Tensor]:
    """An operation that keeps shape and quantisation, with a convolution on either side."""

    def make(m: ModelBuilder) -> Tensor:
        x = m.conv2d(m.input((1, 4, 4, 2)), 2)
        y = m.op(kind, [x, *(m.constant(value) for value in extra)], m.like(x, x.shape), **options)
        return m.conv2d(y, 2)

    return make


NOTHING = {
    "reshape": unary("RESHAPE", [[1, 4, 4, 2]]),
    "pad": unary("PAD", [[[0, 0]] * 4]),
    "quantize": unary("QUANTIZE", []),
    "transpose": unary("TRANSPOSE", [[0, 1, 2, 3]]),
    "slice": unary("STRIDED_SLICE", [[0, 0, 0, 0], [1, 4, 4, 2], [1, 1, 1, 1]]),
    "concatenation": unary("CONCATENATION", [], axis=3),
}
SOMETHING = {
    "transpose": unary("TRANSPOSE", [[0, 2, 1, 3]]),
    "slice_backwards": unary("STRIDED_SLICE", [[0, 3, 0, 0], [1, -5, 4, 2], [1, -1, 1, 1]]),
    "relu": unary("RELU", []),
}


@pytest.mark.parametrize("name", NOTHING)
def test_operation_that_does_nothing_is_dropped(name: str) -> None:
    assert kinds(after(NOTHING[name], remove_no_operations)) == ["CONV_2D", "CONV_2D"]


@pytest.mark.parametrize("name", SOMETHING)
def test_operation_that_does_something_stays(name: str) -> None:
    assert len(after(SOMETHING[name], remove_no_operations).ops) == 3


def test_requantisation_stays() -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.conv2d(m.input((1, 4, 4, 2)), 2)
        return m.op("QUANTIZE", [x], m.tensor(x.shape, 0.5, 3))

    assert kinds(after(make, remove_no_operations)) == ["CONV_2D", "QUANTIZE"]


# --- padding


def padded(
    widths: list[list[int]],
    *,
    padding: str = "VALID",
    value: int | None = None,
    second_reader: bool = False,
) -> Callable[[ModelBuilder], Tensor]:
    """A PAD (PADV2 with a value), then a convolution, perhaps also read by another operation."""

    def make(m: ModelBuilder) -> Tensor:
        x = m.input((1, 5, 4, 2))
        shape = tuple(dim + sum(width) for dim, width in zip(x.shape, widths, strict=True))
        inputs: list[Tensor | None] = [x, m.constant(widths)]
        kind = "PAD"
        if value is not None:
            kind = "PADV2"
            inputs.append(m.constant(value, 0.05, -5, dtype=np.int8))
        pad = m.op(kind, inputs, m.like(x, shape))
        y = m.conv2d(pad, 2, padding=padding)
        if not second_reader:
            return y
        other = m.op(
            "MEAN", [pad, m.constant([1, 2, 3])], m.tensor((1, 1, 1, 1), 0.1), keepDims=True
        )
        return m.op("ADD", [y, other], m.tensor(y.shape, 1.0))

    return make


ROWS_AND_COLUMNS = [[0, 0], [1, 2], [3, 0], [0, 0]]


@pytest.mark.parametrize("make", [padded(ROWS_AND_COLUMNS), padded(ROWS_AND_COLUMNS, value=-5)])
def test_padding_is_folded_into_the_convolution(make: Callable[[ModelBuilder], Tensor]) -> None:
    graph = after(make, fold_padding)
    assert kinds(graph) == ["CONV_2D"]
    assert graph.ops[0].options[EXPLICIT_PADDING] == (1, 2, 3, 0)
    call = convert_bytes(built(make), Options(head_layers=0)).c_source
    assert ".pad_top = 1" in call and ".pad_left = 3" in call


def test_folded_padding_adds_to_that_of_the_convolution() -> None:
    source = convert_bytes(built(padded(ROWS_AND_COLUMNS, padding="SAME")), Options(head_layers=0))
    assert ".pad_top = 2" in source.c_source and ".pad_left = 4" in source.c_source


def test_one_pixel_that_sees_only_padding_is_no_dense_layer() -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.input((1, 1, 1, 3))
        pad = m.op(
            "PAD", [x, m.constant([[0, 0], [1, 0], [1, 0], [0, 0]])], m.like(x, (1, 2, 2, 3))
        )
        return m.conv2d(pad, 2, (1, 1), stride=(2, 2), padding="VALID")

    converted = convert_bytes(built(make), Options(head_layers=0))
    assert [op.kernel for op in converted.ops] == ["microtl_kernel_conv2d"]
    x = np.arange(-60, 60, dtype=np.int8)[:3].reshape(1, 3)
    first, second = (Twin.from_converted(converted).run(each) for each in (x, x + 9))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    "make",
    [
        padded([[0, 0], [1, 1], [1, 1], [0, 1]]),
        padded(ROWS_AND_COLUMNS, value=7),
        padded(ROWS_AND_COLUMNS, second_reader=True),
    ],
    ids=["channels", "other_value", "second_reader"],
)
def test_padding_that_a_convolution_cannot_do_stays(make: Callable[[ModelBuilder], Tensor]) -> None:
    assert kinds(after(make, fold_padding))[0].startswith("PAD")


# --- borders and dead code


@pytest.mark.parametrize(("dtype", "zero_point"), [(np.uint8, 123), (np.float32, None)])
def test_borders_become_part_of_the_description(dtype: Any, zero_point: int | None) -> None:
    def make(m: ModelBuilder) -> Tensor:
        scale = None if zero_point is None else 0.05
        x = m.input((1, 4, 4, 2), scale, zero_point or 0, dtype)
        x = m.op("QUANTIZE", [x], m.tensor(x.shape, 0.05, -5))
        y = m.conv2d(x, 2)
        assert y.quantization is not None
        if dtype is np.float32:
            return m.op("DEQUANTIZE", [y], m.tensor(y.shape, None, dtype=np.float32))
        scale, point = y.quantization
        return m.op("QUANTIZE", [y], m.tensor(y.shape, scale, point + 128, np.uint8))

    converted = convert_bytes(built(make), Options(head_layers=0))
    assert [op.kind for op in converted.ops] == ["CONV_2D"]
    name = np.dtype(dtype).name.upper()
    assert (converted.input.dtype, converted.input.scale) == (name, pytest.approx(0.05))
    assert (converted.input.zero_point, converted.output.dtype) == (-5, name)


def test_what_nobody_reads_is_dropped() -> None:
    def make(m: ModelBuilder) -> Tensor:
        x = m.input((1, 4, 4, 2))
        m.conv2d(m.conv2d(x, 3), 4)
        return m.conv2d(x, 2)

    assert len(after(make, remove_dead_code).ops) == 1


def test_passes_leave_a_whole_network_exact_in_shape() -> None:
    graph = after(flatten_with_open_batch, simplify)
    assert graph.output.shape == (1, 5)

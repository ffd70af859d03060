# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Takes conversions at the model's input and output out of the graph, into their description.

The engine works on int8 from end to end. Where the file takes or gives float32 or uint8, whoever
fills the arena or reads the result converts; a float input is quantised straight from the raw
values.
"""

from __future__ import annotations

from dataclasses import dataclass

from microtl_tools.convert.graph import Graph, ModelError, Op, Quantization, Shape, Tensor
from microtl_tools.convert.lower.require import need_shape

UINT8_OFFSET = 128
"""uint8 = int8 + 128, in the value and in the zero point."""


@dataclass(frozen=True)
class Border:
    """The input or output as the file has it.

    ``dtype`` is INT8, UINT8 or FLOAT32. The int8 value in the arena is the file's value itself,
    the file's value - 128, or round(value / scale) + zero_point with ties away from zero, clamped.
    """

    index: int
    """Number of the tensor in the file."""
    name: str
    dtype: str
    shape: Shape


def take_borders(graph: Graph) -> tuple[Border, Border]:
    """Make input and output int8 and return what they were: (input, output)."""
    ends = _describe(graph.input), _describe(graph.output)
    _take_input(graph)
    _take_output(graph)
    return ends


def _describe(tensor: Tensor) -> Border:
    return Border(tensor.index, tensor.name, tensor.dtype, tensor.shape)


def _take_input(graph: Graph) -> None:
    source = graph.input
    readers = graph.consumers().get(source, [])
    if source.dtype not in ("FLOAT32", "UINT8") or not _only(readers, "QUANTIZE", "INT8"):
        return
    if source.dtype == "UINT8":
        graph.input = _as_int8(source)
        graph.replace(source, graph.input)
    elif len(readers) == 1:
        need_shape(readers[0], readers[0].output, source.shape)
        graph.input = readers[0].output
        graph.ops.remove(readers[0])


def _take_output(graph: Graph) -> None:
    target = graph.output
    op = graph.producers().get(target)
    if op is None or len(op.inputs) != 1 or op.input(0).dtype != "INT8":
        return
    if op.kind == "DEQUANTIZE" and target.dtype == "FLOAT32":
        need_shape(op, target, op.input(0).shape)
        graph.output = op.input(0)
    elif op.kind == "QUANTIZE" and target.dtype == "UINT8":
        graph.output = _as_int8(target)
        op.outputs = [graph.output]


def _only(readers: list[Op], kind: str, dtype: str) -> bool:
    return bool(readers) and all(
        op.kind == kind and len(op.outputs) == 1 and op.output.dtype == dtype for op in readers
    )


def _as_int8(tensor: Tensor) -> Tensor:
    quantization = tensor.quantization
    if quantization is None:
        raise ModelError(
            f"{tensor} is UINT8 without quantisation parameters",
            "export the model with int8 input and output",
        )
    shifted = Quantization(
        quantization.scale, quantization.zero_point - UINT8_OFFSET, quantization.axis
    )
    return Tensor(tensor.index, tensor.name, "INT8", tensor.shape, shifted)

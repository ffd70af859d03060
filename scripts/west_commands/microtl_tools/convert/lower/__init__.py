# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""From graph operations to kernel calls: one file a family, one function an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from microtl_tools.convert.graph import Graph, ModelError, Op, instead
from microtl_tools.convert.lower import (
    binary,
    convolution,
    dense,
    move,
    pool,
    prelu,
    reduce,
    resize,
    softmax,
    table,
)
from microtl_tools.convert.lower.context import Context
from microtl_tools.convert.lower.require import need_activation, need_batch_of_one, need_described
from microtl_tools.convert.program import Program

Lowering = Callable[[Context, Op], None]

PORTABLE: Mapping[str, Lowering] = {
    "ADD": binary.lower_add,
    "AVERAGE_POOL_2D": pool.lower_average,
    "CONCATENATION": move.lower_concatenation,
    "CONV_2D": convolution.lower_conv,
    "DEPTHWISE_CONV_2D": convolution.lower_depthwise,
    "EXPAND_DIMS": move.lower_reshape,
    "FULLY_CONNECTED": dense.lower_fully_connected,
    "HARD_SWISH": table.lower_hard_swish,
    "LEAKY_RELU": table.lower_leaky_relu,
    "LOGISTIC": table.lower_logistic,
    "MAXIMUM": binary.lower_maximum,
    "MAX_POOL_2D": pool.lower_max,
    "MEAN": reduce.lower_mean,
    "MINIMUM": binary.lower_minimum,
    "MUL": binary.lower_mul,
    "PAD": move.lower_pad,
    "PADV2": move.lower_pad,
    "PRELU": prelu.lower_prelu,
    "QUANTIZE": table.lower_quantize,
    "REDUCE_MAX": reduce.lower_reduce_max,
    "RELU": table.lower_relu,
    "RELU6": table.lower_relu6,
    "RESHAPE": move.lower_reshape,
    "RESIZE_BILINEAR": resize.lower_bilinear,
    "RESIZE_NEAREST_NEIGHBOR": resize.lower_nearest,
    "SOFTMAX": softmax.lower_softmax,
    "SQUEEZE": move.lower_reshape,
    "STRIDED_SLICE": move.lower_strided_slice,
    "SUB": binary.lower_sub,
    "TANH": table.lower_tanh,
    "TRANSPOSE": move.lower_transpose,
}
"""The portable kernels' lowering of each operation."""

_INPUT_COUNTS = {
    **dict.fromkeys(("ADD", "MAXIMUM", "MINIMUM", "MUL", "PRELU", "SUB"), (2, 2)),
    **dict.fromkeys(("EXPAND_DIMS", "MEAN", "PAD", "REDUCE_MAX", "TRANSPOSE"), (2, 2)),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), (2, 2)),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"), (2, 3)),
    "CONCATENATION": (1, 64),
    "PADV2": (3, 3),
    "RESHAPE": (1, 2),
    "STRIDED_SLICE": (4, 4),
}
"""Least and most inputs; one where nothing is said."""


def lower(graph: Graph) -> Program:
    """Lower a simplified graph. Raises ModelError for what no kernel can do exactly."""
    need_activation(graph.input, "the model's input")
    need_batch_of_one(graph.input)
    if graph.output.data is not None:
        raise ModelError(
            f"the model's output, {graph.output}, is a constant: no input changes it",
            "export the model with the output that the network computes",
        )
    need_described(graph.input, "the model's input")
    need_described(graph.output, "the backbone's output")
    context = Context(graph)
    for op in graph.ops:
        context.begin(op)
        lowering = PORTABLE.get(op.kind)
        if lowering is None:
            raise _misplaced(op)
        _need_inputs(op)
        try:
            lowering(context, op)
        except ValueError as error:
            # The fixed-point arithmetic says what a scale must be; it does not know the operation.
            raise op.error(str(error), "quantise the model again with other data") from error
        context.end(op)
    return context.program()


def _misplaced(op: Op) -> ModelError:
    if op.kind == "DEQUANTIZE":
        return op.error(
            "it makes floats in the middle of the model",
            "quantise the whole model to int8, with fixed shapes",
        )
    return op.error("only constants and shapes are supported here", instead(op.kind, PORTABLE))


def _need_inputs(op: Op) -> None:
    least, most = _INPUT_COUNTS.get(op.kind, (1, 1))
    if not least <= len(op.inputs) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise op.error(f"it has {len(op.inputs)} inputs, {wanted} are supported")

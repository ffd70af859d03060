# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Drops operations that hand on their input unchanged.

Operations that only give the bytes another shape stay in the graph: the shape is needed, and
lowering makes no code of them.
"""

from __future__ import annotations

from microtl_tools.convert.graph import Graph, Op
from microtl_tools.convert.lower.require import constant_ints
from microtl_tools.convert.slicing import slices_of

_MOVES = frozenset(
    ("CONCATENATION", "EXPAND_DIMS", "PAD", "PADV2", "QUANTIZE", "RESHAPE", "SQUEEZE")
    + ("STRIDED_SLICE", "TRANSPOSE")
)


def remove_no_operations(graph: Graph) -> None:
    """Drop each operation whose output has the bytes and the shape of its input."""
    kept: list[Op] = []
    for op in graph.ops:
        if _hands_on(op):
            graph.replace(op.output, op.input(0))
        else:
            kept.append(op)
    graph.ops = kept


def _hands_on(op: Op) -> bool:
    if op.kind not in _MOVES or len(op.outputs) != 1:
        return False
    source = op.optional(0)
    if source is None or source.data is not None:
        return False
    if source.shape != op.output.shape or source.dtype != "INT8" or op.output.dtype != "INT8":
        return False
    if source.quantization is None or op.output.quantization is None:
        return False
    if not source.same_quantization(op.output):
        return False
    return _keeps_order(op)


def _keeps_order(op: Op) -> bool:
    """With equal shapes, only these could still change where a byte lies."""
    if op.kind == "CONCATENATION":
        return len(op.inputs) == 1 and op.options["fused_activation_function"] == "NONE"
    if any(tensor is None or tensor.data is None for tensor in op.inputs[1:]):
        return False
    if op.kind in ("PAD", "PADV2"):
        return not any(constant_ints(op, op.input(1)))
    if op.kind == "TRANSPOSE":
        order = constant_ints(op, op.input(1))
        if sorted(order) != list(range(len(op.output.shape))):
            return False
        moved = [axis for axis in order if op.input(0).shape[axis] != 1]
        return moved == sorted(moved)
    return op.kind != "STRIDED_SLICE" or _takes_all(op)


def _takes_all(op: Op) -> bool:
    begin, end, stride = (constant_ints(op, op.input(i)) for i in (1, 2, 3))
    shape = op.input(0).shape
    index = slices_of(op, shape, begin, end, stride)
    return all(
        isinstance(part, slice) and range(*part.indices(dim)) == range(dim)
        for part, dim in zip(index, shape, strict=True)
    )

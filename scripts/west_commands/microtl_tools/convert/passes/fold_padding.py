# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Hands a PAD over to the convolution behind it, which pads without moving a byte."""

from __future__ import annotations

from microtl_tools.convert.graph import Graph, Op, Tensor
from microtl_tools.convert.lower.move import pad_value, pad_widths
from microtl_tools.convert.lower.window import EXPLICIT_PADDING

_TAKERS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def fold_padding(graph: Graph) -> None:
    """Fold every PAD of rows and columns with the real 0, if only convolutions read it."""
    consumers = graph.consumers()
    kept: list[Op] = []
    for op in graph.ops:
        readers = consumers.get(op.output, [])
        if op.kind in ("PAD", "PADV2") and _foldable(graph, op, readers):
            before, after = pad_widths(op)
            for reader in readers:
                reader.options[EXPLICIT_PADDING] = (before[1], after[1], before[2], after[2])
            graph.replace(op.output, op.input(0))
        else:
            kept.append(op)
    graph.ops = kept


def _foldable(graph: Graph, op: Op, readers: list[Op]) -> bool:
    source = op.input(0)
    if not readers or op.output is graph.output or not _plain(source) or not _plain(op.output):
        return False
    if not source.same_quantization(op.output) or len(source.shape) != 4:
        return False
    if op.input(1).data is None or pad_value(op) != op.output.zero_point:
        return False
    before, after = pad_widths(op)
    if before[0] or after[0] or before[3] or after[3]:
        return False
    padded = tuple(b + dim + a for b, dim, a in zip(before, source.shape, after, strict=True))
    if padded != op.output.shape:
        return False
    return all(reader.kind in _TAKERS and reader.inputs[0] is op.output for reader in readers)


def _plain(tensor: Tensor) -> bool:
    return (
        tensor.dtype == "INT8"
        and tensor.quantization is not None
        and not tensor.quantization.per_channel
    )

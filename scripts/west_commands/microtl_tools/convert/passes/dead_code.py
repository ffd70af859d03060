# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Drops operations whose results nobody reads."""

from __future__ import annotations

from microtl_tools.convert.graph import Graph, Op, Tensor


def remove_dead_code(graph: Graph) -> None:
    """Keep the operations from which the output follows."""
    needed: set[Tensor] = {graph.output}
    kept: list[Op] = []
    for op in reversed(graph.ops):
        if needed.intersection(op.outputs):
            kept.append(op)
            needed.update(tensor for tensor in op.inputs if tensor is not None)
    graph.ops = kept[::-1]

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Simplifications of the graph that change no result; each pass is a file of its own."""

from __future__ import annotations

from microtl_tools.convert.graph import Graph
from microtl_tools.convert.passes.dead_code import remove_dead_code
from microtl_tools.convert.passes.fold_constants import fold_constants
from microtl_tools.convert.passes.fold_padding import fold_padding
from microtl_tools.convert.passes.no_operation import remove_no_operations


def simplify(graph: Graph) -> None:
    """Run all passes once, in the order in which each finds what the one before made."""
    fold_constants(graph)
    remove_no_operations(graph)
    fold_padding(graph)
    remove_dead_code(graph)

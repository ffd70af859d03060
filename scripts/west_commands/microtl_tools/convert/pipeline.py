# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The chain from a file's bytes to a converted model."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from microtl_tools.convert import channels, tflite
from microtl_tools.convert.assemble import Parts, assemble
from microtl_tools.convert.converted import ConvertedModel, Options
from microtl_tools.convert.emit.constants import ConstantPool
from microtl_tools.convert.fixed_head import ARITHMETICS
from microtl_tools.convert.graph import Graph, ModelError
from microtl_tools.convert.head import LOSSES
from microtl_tools.convert.identity import content_hash
from microtl_tools.convert.kernel_sets import KERNEL_SETS, OPTIMIZE
from microtl_tools.convert.lower import PORTABLE, lower
from microtl_tools.convert.lower.require import need_activation
from microtl_tools.convert.naming import model_name
from microtl_tools.convert.passes import simplify
from microtl_tools.convert.passes.borders import take_borders
from microtl_tools.convert.passes.fold_constants import FOLDED_KINDS
from microtl_tools.convert.plan import plan
from microtl_tools.convert.split import Cut, cut_at, cut_layers
from microtl_tools.errors import MicroTLError, UsageError

if TYPE_CHECKING:
    from microtl_tools.data.dataset import Dataset

SUPPORTED = frozenset(PORTABLE) | FOLDED_KINDS | {"DEQUANTIZE"}
"""Operations that can stand in a file; some only where their inputs are constant, or at a
border."""


def run(path: Path, options: Options) -> ConvertedModel:
    """Convert a file or a SavedModel folder."""
    _check(options)
    name = model_name(options.name, path)
    return run_bytes(load(path, options.representative), options, str(path), name)


def load(path: Path, representative: Path | None) -> bytes:
    """Return the .tflite that a model file holds or, by TensorFlow, becomes."""
    from microtl_tools.convert import keras

    if keras.is_keras(path):
        return keras.quantise(path, representative)
    try:
        return path.read_bytes()
    except OSError as error:
        raise MicroTLError(
            f"{path}: cannot be read: {error.strerror}",
            "give a .tflite, .keras or .h5 file or a SavedModel folder",
        ) from error


def run_bytes(
    data: bytes,
    options: Options,
    source: str,
    name: str | None = None,
) -> ConvertedModel:
    """Convert the bytes of a .tflite file; ``source`` is its name in messages."""
    _check(options)
    try:
        parts = _backbone(data, options, name or model_name(options.name, Path(source)))
        data_sets = _add_head(parts)
        parts.channels = channels.choose(options.channels, data_sets, parts.graph.input)
        return assemble(parts)
    except ModelError as error:
        raise MicroTLError(f"{source}: {error.message}", error.hint) from error


def _check(options: Options) -> None:
    """Refuse options that do not go together, before any work is done."""
    if options.kernels not in KERNEL_SETS:
        raise UsageError(
            f"--kernels {options.kernels}: no such kernel set",
            f"known are {', '.join(KERNEL_SETS)}",
        )
    if options.optimize not in OPTIMIZE:
        raise UsageError(
            f"--optimize {options.optimize}: no such goal", f"known are {', '.join(OPTIMIZE)}"
        )
    if options.loss is not None and options.loss not in LOSSES:
        raise UsageError(f"--loss {options.loss}: no such loss", f"known are {', '.join(LOSSES)}")
    if options.arithmetic not in ARITHMETICS:
        raise UsageError(
            f"--arithmetic {options.arithmetic}: no such arithmetic",
            f"known are {', '.join(ARITHMETICS)}",
        )
    if options.head_layers == 0 and options.cut is None:
        for name in ("hidden", "classes", "labels", "loss", "base_set"):
            if getattr(options, name) is not None:
                raise UsageError(
                    f"--{name.replace('_', '-')} and --head none do not go together",
                    "a frozen model has no head; leave one of them out",
                )


def read_graph(data: bytes) -> Graph:
    """Read and simplify a model."""
    graph = tflite.read(data, SUPPORTED)
    take_borders(graph)
    _simplify(graph)
    return graph


def _simplify(graph: Graph) -> None:
    need_activation(graph.input, "the model's input")
    simplify(graph)


def _backbone(data: bytes, options: Options, name: str) -> Parts:
    graph = tflite.read(data, SUPPORTED)
    made = [(op.number, tensor.index, tensor.name) for op in graph.ops for tensor in op.outputs]
    ends = take_borders(graph)
    _simplify(graph)
    content = content_hash(graph)
    cut = _cut(graph, options)
    program = lower(graph)
    int8_size = ConstantPool(program).size
    KERNEL_SETS[options.kernels].prepare(program, options.optimize, int8_size)
    plan(program)
    return Parts(data, content, options, name, graph, ends, cut, program, made, int8_size)


def _cut(graph: Graph, options: Options) -> Cut | None:
    if options.cut is not None:
        return cut_at(graph, options.cut)
    if options.head_layers == 0:
        return None
    return cut_layers(graph, options.head_layers)


def _on_this_computer(parts: Parts) -> ConvertedModel:
    """Return the backbone with kernels that run here; all sets give the same features."""
    portable = replace(parts.options, kernels="portable")
    return assemble(_backbone(parts.data, portable, parts.name))


def _add_head(parts: Parts) -> list[Dataset]:
    """Build the head into ``parts``; returns the data that was read on the way."""
    if parts.cut is None:
        return []
    from microtl_tools.convert.build_head import build_head

    backbone = cache(lambda: _on_this_computer(parts))
    inputs = parts.graph.input.elements
    built = build_head(parts.cut, parts.options, backbone, inputs)
    parts.head, parts.base = built.head, built.base
    parts.notes += built.notes
    if parts.cut.dropped:
        count = len(parts.cut.dropped)
        parts.notes.append(f"the new head replaces the {count} operations behind the cut")
    return built.data

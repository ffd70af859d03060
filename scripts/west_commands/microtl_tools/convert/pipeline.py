# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The chain from a file's bytes to a converted model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from microtl_tools.convert import head as heads
from microtl_tools.convert import standardise, tflite
from microtl_tools.convert.api import (
    BaseSet,
    ConvertedModel,
    End,
    HeadSpec,
    KernelOp,
    Options,
    TensorPlace,
)
from microtl_tools.convert.emit.constants import ConstantPool
from microtl_tools.convert.emit.header import header_text
from microtl_tools.convert.emit.source import Sources, source_text
from microtl_tools.convert.graph import Graph, ModelError, Tensor
from microtl_tools.convert.headers import layout
from microtl_tools.convert.identity import model_id
from microtl_tools.convert.kernel_sets import KERNEL_SETS
from microtl_tools.convert.lower import PORTABLE, lower
from microtl_tools.convert.naming import class_names, model_name
from microtl_tools.convert.passes import simplify
from microtl_tools.convert.passes.borders import Border, take_borders
from microtl_tools.convert.passes.fold_constants import FOLDED_KINDS
from microtl_tools.convert.plan import plan
from microtl_tools.convert.program import Program
from microtl_tools.convert.split import Cut, cut_at, cut_layers
from microtl_tools.errors import MicroTLError, UsageError

if TYPE_CHECKING:
    from microtl_tools.data.dataset import Channel

SUPPORTED = frozenset(PORTABLE) | FOLDED_KINDS | {"DEQUANTIZE"}
"""Operations that can stand in a file; some only where their inputs are constant, or at a
border."""


@dataclass
class Parts:
    """What the links of the chain hand on."""

    data: bytes
    options: Options
    name: str
    graph: Graph
    ends: tuple[Border, Border]
    cut: Cut | None
    program: Program
    head: HeadSpec | None = None
    base: BaseSet | None = None
    channels: tuple[Channel, ...] = ()
    notes: list[str] = field(default_factory=list)


def run(path: Path, options: Options) -> ConvertedModel:
    """Convert a file or a SavedModel folder."""
    data = path.read_bytes()
    name = model_name(options.name, path)
    return run_bytes(data, options, str(path), name)


def run_bytes(
    data: bytes, options: Options, source: str, name: str | None = None
) -> ConvertedModel:
    """Convert the bytes of a .tflite file."""
    try:
        parts = _backbone(data, options, name or model_name(options.name, Path(source)))
        _add_head(parts)
        return _finish(parts)
    except ModelError as error:
        raise MicroTLError(f"{source}: {error.message}", error.hint) from error


def _backbone(data: bytes, options: Options, name: str) -> Parts:
    if options.kernels not in KERNEL_SETS:
        raise UsageError(
            f"--kernels {options.kernels}: no such kernel set",
            f"known are {', '.join(KERNEL_SETS)}",
        )
    graph = tflite.read(data, SUPPORTED)
    ends = take_borders(graph)
    simplify(graph)
    cut = _cut(graph, options)
    program = lower(graph, KERNEL_SETS[options.kernels].lowerings)
    plan(program)
    return Parts(data, options, name, graph, ends, cut, program)


def _cut(graph: Graph, options: Options) -> Cut | None:
    if options.cut is not None:
        return cut_at(graph, options.cut)
    if options.head_layers == 0:
        return None
    return cut_layers(graph, options.head_layers)


def _add_head(parts: Parts) -> None:
    cut, options = parts.cut, parts.options
    if cut is None:
        return
    feature = cut.feature
    statistics = standardise.from_range(feature)
    layers = heads.standardised([heads.dequantise(op) for op in cut.layers], statistics)
    known = len(layers[-1].bias)
    loss = heads.choose_loss(options.loss, cut.loss, known, parts.graph.input.elements)
    if options.hidden is not None:
        layers = heads.with_hidden(layers, options.hidden, seed=0)
    layers = heads.with_rows(layers, heads.check_rows(loss, known, options.classes))
    names = () if loss == "mse" else class_names(options.labels, known)
    head = heads.Head(tuple(layers), loss, names)
    scale, offset = statistics.tables(feature)
    parts.head = HeadSpec(
        widths=tuple(head.widths),
        loss=loss,
        class_names=names,
        feature_scale=scale,
        feature_offset=offset,
        class_count=known,
        params=head.params(),
        standardised_by=statistics.source,
    )


def _finish(parts: Parts) -> ConvertedModel:
    program, graph = parts.program, parts.graph
    pool = ConstantPool(program)
    symbol = f"{parts.name}_model"
    identity = model_id(graph, parts.head, parts.channels, parts.options.preprocess)
    digest = hashlib.sha256(parts.data).hexdigest()
    sources = Sources(
        name=parts.name,
        symbol=symbol,
        source_sha256=digest,
        settings=f"kernels {parts.options.kernels}",
        program=program,
        pool=pool,
        input=graph.input,
        output=graph.output,
        channels=parts.channels,
        head=parts.head,
        base=parts.base,
        model_id=identity,
    )
    return ConvertedModel(
        name=parts.name,
        source_sha256=digest,
        c_source=source_text(sources),
        h_source=header_text(sources),
        symbol=symbol,
        kernels=parts.options.kernels,
        input=_end(parts.ends[0], graph.input, program.input.offset),
        output=_end(
            parts.ends[1] if parts.cut is None else _plain(graph.output),
            graph.output,
            program.output.offset,
        ),
        ops=tuple(_kernel_ops(program, pool)),
        arena_size=program.arena_size,
        model_id=identity,
        head=parts.head,
        base=parts.base,
        channels=parts.channels,
        notes=tuple(parts.notes),
        tflite=parts.data,
    )


def _plain(tensor: Tensor) -> Border:
    return Border(tensor.name, tensor.dtype, tensor.shape)


def _end(border: Border, tensor: Tensor, offset: int) -> End:
    return End(
        name=border.name,
        dtype=border.dtype,
        shape=border.shape,
        scale=tensor.scale,
        zero_point=tensor.zero_point,
        offset=offset,
        size=tensor.elements,
    )


def _kernel_ops(program: Program, pool: ConstantPool) -> list[KernelOp]:
    return [
        KernelOp(
            index=index,
            kernel=call.kernel,
            number=call.source.number,
            kind=call.source.kind,
            tensors=tuple(_place(tensor) for tensor in call.completes),
            offset=call.output.offset,
            size=call.output.size,
            macs=call.macs,
            scratch=call.scratch_size,
            params_bytes=layout(call.struct).size,
            data_bytes=pool.bytes_of(call),
        )
        for index, call in enumerate(program.calls)
    ]


def _place(tensor: Tensor) -> TensorPlace:
    return TensorPlace(tensor.name, tensor.index, tensor.shape, tensor.scale, tensor.zero_point)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""From the lowered program and the head to the converted model: sources, report, description."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from microtl_tools.convert.converted import (
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
from microtl_tools.convert.graph import Graph, Tensor
from microtl_tools.convert.headers import layout
from microtl_tools.convert.identity import model_id
from microtl_tools.convert.kernel_sets import KERNEL_SETS
from microtl_tools.convert.passes.borders import Border
from microtl_tools.convert.program import Program
from microtl_tools.convert.report import report
from microtl_tools.convert.split import Cut

if TYPE_CHECKING:
    from microtl_tools.data.dataset import Channel


@dataclass
class Parts:
    """What the links of the chain hand on."""

    data: bytes
    content_sha256: str
    options: Options
    name: str
    graph: Graph
    ends: tuple[Border, Border]
    cut: Cut | None
    program: Program
    made: list[tuple[int, int, str]]
    """Number of the operation, number and name of the tensor, of all that the file computes."""
    int8_size: int
    """Bytes of weights and tables before a kernel set laid them out."""
    head: HeadSpec | None = None
    base: BaseSet | None = None
    channels: tuple[Channel, ...] = ()
    notes: list[str] = field(default_factory=list)


def assemble(parts: Parts) -> ConvertedModel:
    program, graph = parts.program, parts.graph
    pool = ConstantPool(program)
    symbol = f"{parts.name}_model"
    identity = model_id(graph, parts.head, parts.channels, parts.options.preprocess)
    digest = hashlib.sha256(parts.data).hexdigest()
    sources = Sources(
        name=parts.name,
        symbol=symbol,
        content_sha256=parts.content_sha256,
        settings=_settings(parts),
        program=program,
        pool=pool,
        input=graph.input,
        output=graph.output,
        channels=parts.channels,
        head=parts.head,
        base=parts.base,
        model_id=identity,
    )
    converted = ConvertedModel(
        name=parts.name,
        source_sha256=digest,
        content_sha256=parts.content_sha256,
        c_source=source_text(sources),
        h_source=header_text(sources),
        symbol=symbol,
        kernels=parts.options.kernels,
        optimize=parts.options.optimize,
        weights_size=pool.size,
        int8_size=parts.int8_size,
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
        file_output=parts.ends[1].index,
        unplaced=_unplaced(parts),
    )
    return replace(converted, report=report(converted))


def _unplaced(parts: Parts) -> tuple[str, ...]:
    calls = parts.program.calls
    last = max((call.source.number for call in calls), default=-1)
    placed = {tensor.index for call in calls for tensor in call.completes}
    return tuple(
        name for number, index, name in parts.made if number <= last and index not in placed
    )


def _settings(parts: Parts) -> str:
    """Say in one line what shaped the model; nothing of it depends on where files lie."""
    words = [f"kernels {parts.options.kernels}"]
    if KERNEL_SETS[parts.options.kernels].own_layouts:
        words[0] += f" for {parts.options.optimize}"
    if parts.head is None:
        return f"{words[0]}, no head"
    words.append("head " + "-".join(str(width) for width in parts.head.widths))
    if parts.head.arithmetic != "float":
        words[-1] += f" in {parts.head.arithmetic} point"
    return ", ".join(words)


def _plain(tensor: Tensor) -> Border:
    return Border(tensor.index, tensor.name, tensor.dtype, tensor.shape)


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
            size=call.source.output.elements,
            macs=call.macs,
            scratch=call.scratch_size,
            params_bytes=layout(call.struct).size,
            data_bytes=pool.bytes_of(call),
        )
        for index, call in enumerate(program.calls)
    ]


def _place(tensor: Tensor) -> TensorPlace:
    return TensorPlace(tensor.name, tensor.index, tensor.shape, tensor.scale, tensor.zero_point)

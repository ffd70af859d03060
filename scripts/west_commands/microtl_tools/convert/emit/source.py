# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The generated source file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microtl_tools.convert import fixed_head
from microtl_tools.convert.converted import MARKER, BaseSet, HeadSpec
from microtl_tools.convert.emit.c_text import array, comment, floating, rows, struct
from microtl_tools.convert.emit.constants import ConstantPool
from microtl_tools.convert.emit.texts import Texts
from microtl_tools.convert.graph import Tensor, shape_text
from microtl_tools.convert.program import Buffer, Constant, KernelCall, Program
from microtl_tools.paths import version

_TAB = 8

if TYPE_CHECKING:
    from microtl_tools.data.dataset import Channel


@dataclass(frozen=True)
class Sources:
    """Everything that the generated files state."""

    name: str
    symbol: str
    content_sha256: str
    settings: str
    """The options that shaped the model, for people who read the file."""
    program: Program
    pool: ConstantPool
    input: Tensor
    output: Tensor
    channels: tuple[Channel, ...]
    head: HeadSpec | None
    base: BaseSet | None
    model_id: dict[str, int]


def preamble(sources: Sources) -> str:
    """Return the comment that every generated file starts with."""
    return "\n".join(
        [
            f"/* {MARKER} {version()} (microtl convert): do not edit, convert the model again.",
            " * SHA-256 of the model's operations, weights and quantisation:",
            f" * {sources.content_sha256}",
            f" * Settings: {comment(sources.settings)}",
            " */",
        ]
    )


def source_text(sources: Sources) -> str:
    """Return the .c file."""
    parts = [preamble(sources), f'#include "{sources.name}.h"']
    for index, call in enumerate(sources.program.calls):
        parts += _operation(sources, index, call)
    parts += _op_table(sources)
    texts = Texts()
    described: list[str] = []
    if sources.channels:
        described.append(_channels(sources, texts))
    if sources.head is not None:
        described += _head(sources.head, texts)
    if sources.base is not None:
        described += _base_set(sources.base)
    described.append(_model(sources, texts))
    parts += [texts.definitions(), *described]
    return "\n\n".join(parts) + "\n"


def _operation(sources: Sources, index: int, call: KernelCall) -> Iterator[str]:
    yield from sources.pool.definitions(call)
    # No names or numbers of the file: the same model gives the same C whoever exported it.
    shape = shape_text(call.source.output.shape)
    title = f"{call.source.kind}, output {shape}, {call.macs} multiply-accumulates"
    definition = _definition(
        f"static const struct {call.struct} op{index}", call.fields, sources.pool.names
    )
    yield f"/* {comment(title)} */\n{definition}"


def _definition(
    declaration: str, fields: dict[str, Any], names: dict[Constant, str] | None = None
) -> str:
    """Return the definition of a struct; its last line ends in a semicolon."""
    start = len(declaration) + len(" = ") + len(";")
    return f"{declaration} = {struct(fields, names or {}, start=start)};"


def _op_table(sources: Sources) -> Iterator[str]:
    calls = sources.program.calls
    if not calls:
        return
    lines = ["static const struct microtl_op ops[] = {"]
    for index, call in enumerate(calls):
        fields: dict[str, Any] = {"run": call.kernel, "params": f"&op{index}"}
        for name, buffer in zip(("input", "input2"), call.inputs, strict=False):
            if buffer is not None:
                fields[name] = buffer.offset
        fields["output"] = call.output.offset
        if call.scratch is not None:
            fields["scratch"] = call.scratch.offset
        lines.append("\t" + struct(fields, {}, 2, _TAB) + ",")
    yield "\n".join([*lines, "};"])


def _channels(sources: Sources, texts: Texts) -> str:
    lines = ["static const struct microtl_channel channels[] = {"]
    for channel in sources.channels:
        fields = {
            "name": texts(channel.name),
            "unit": texts(channel.unit),
            "offset": floating(channel.offset),
            "scale": floating(channel.scale),
        }
        lines.append("\t" + struct(fields, {}, 2, _TAB) + ",")
    return "\n".join([*lines, "};"])


def _head(head: HeadSpec, texts: Texts) -> Iterator[str]:
    widths = " -> ".join(str(width) for width in head.widths)
    kind, scale, offset, params = _head_numbers(head)
    yield array(kind, "feature_scale", scale, f"Standardised by {head.standardised_by}.")
    yield array(kind, "feature_offset", offset)
    yield array(kind, "head_params", params, f"Head {widths}: weights [out][in], bias [out].")
    names = "NULL"
    if head.class_names:
        names = "class_names"
        items = rows(texts(name) for name in head.class_names)
        yield f"static const char *const class_names[] = {{\n{items}\n}};"
    fields: dict[str, Any] = {
        "layer_count": len(head.widths) - 1,
        "loss": f"MICROTL_LOSS_{head.loss.upper()}",
        "width": list(head.widths),
        "class_count": head.class_count,
        "feature_scale": "feature_scale",
        "feature_offset": "feature_offset",
        "params": "head_params",
        "class_names": names,
    }
    yield _definition("static const struct microtl_head_spec head", fields)


def _head_numbers(head: HeadSpec) -> tuple[str, Any, Any, Any]:
    if head.arithmetic == "fixed":
        return ("int32_t", *fixed_head.tables(head), fixed_head.params(head))
    return "float", head.feature_scale, head.feature_offset, head.params


def _base_set(base: BaseSet) -> Iterator[str]:
    count, width = base.features.shape
    yield array(
        "int8_t", "base_features", base.features.reshape(-1), f"{count} of {width} features."
    )
    yield array("uint8_t", "base_labels", base.labels)
    fields: dict[str, Any] = {
        "features": "base_features",
        "labels": "base_labels",
        "count": count,
        "gate_count": base.gate_count,
    }
    yield _definition("static const struct microtl_base_set base_set", fields)


def _model(sources: Sources, texts: Texts) -> str:
    program = sources.program
    fields: dict[str, Any] = {
        "name": texts(sources.name),
        "id": {part: f"0x{value:08x}" for part, value in sources.model_id.items()},
        "ops": "ops" if program.calls else "NULL",
        "op_count": len(program.calls),
        "arena_size": program.arena_size,
        "input": _tensor(sources.input, program.input),
        "output": _tensor(sources.output, program.output),
        "channels": "channels" if sources.channels else "NULL",
        "channel_count": len(sources.channels),
        "head": "&head" if sources.head is not None else "NULL",
        "base": "&base_set" if sources.base is not None else "NULL",
    }
    return _definition(f"const struct microtl_model {sources.symbol}", fields)


def _tensor(tensor: Tensor, buffer: Buffer) -> dict[str, Any]:
    shape = tensor.shape[1:]
    return {
        "offset": buffer.offset,
        "size": tensor.elements,
        "scale": floating(tensor.scale),
        "zero_point": tensor.zero_point,
        "rank": len(shape),
        "shape": [*shape, *(1,) * (4 - len(shape))],
    }

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What is in a model file: its layers as the file has them, and where it can be cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from microtl_tools.convert import tflite
from microtl_tools.convert.api import convert_bytes
from microtl_tools.convert.converted import Options
from microtl_tools.convert.graph import Graph, Op, Tensor, shape_text
from microtl_tools.convert.headers import limit
from microtl_tools.convert.pipeline import read_graph
from microtl_tools.convert.split import FEATURES_MAX, RESHAPES, find_tail
from microtl_tools.errors import MicroTLError
from microtl_tools.output import table

_NAME_WIDTH = 40


@dataclass(frozen=True)
class CutPlace:
    """A tensor at which the model can be cut."""

    tensor: int
    name: str
    shape: tuple[int, ...]
    features: int
    head_layers: int
    """Dense layers behind it that become the head; 0 where a new head starts."""
    behind: str
    """The operation that makes the tensor."""


def layers(data: bytes) -> list[dict[str, Any]]:
    """Return the operations of the file, in order, supported or not."""
    graph = tflite.read(data)
    return [_layer(op) for op in graph.ops]


def _layer(op: Op) -> dict[str, Any]:
    constants = [tensor for tensor in op.inputs if tensor is not None and tensor.data is not None]
    inputs = [t.index for t in op.inputs if t is not None and t.data is None]
    out = op.output
    return {
        "op": op.number,
        "kind": op.kind,
        "inputs": inputs,
        "tensor": out.index,
        "name": out.name,
        "shape": list(out.shape),
        "type": out.dtype,
        "scale": _scale(out),
        "zero_point": _zero_point(out),
        "constant_bytes": sum(t.data.nbytes for t in constants if t.data is not None),
        "options": dict(op.options),
    }


def _scale(tensor: Tensor) -> float | None:
    return None if tensor.quantization is None else tensor.scale


def _zero_point(tensor: Tensor) -> int | None:
    return None if tensor.quantization is None else tensor.zero_point


def cut_places(graph: Graph) -> list[CutPlace]:
    """Return where a simplified graph can be cut, first to last.

    In front of each dense layer that can belong to the head, and behind every other operation, for
    a new head. Tensors that differ in shape only count once.
    """
    tail = find_tail(graph)
    dense = tail.dense[: limit("HEAD_LAYERS_MAX")]
    heads = {op.input(0): count for count, op in enumerate(dense, 1)}
    producers = graph.producers()
    places: dict[Tensor, CutPlace] = {}
    for op in graph.ops:
        out = op.output
        made_by_head = op in dense and out not in heads
        if out is graph.output or made_by_head or not 1 <= out.elements <= FEATURES_MAX:
            continue
        source = out
        while (maker := producers.get(source)) is not None and maker.kind in RESHAPES:
            source = maker.input(0)
        if source is graph.input:
            continue
        places[source] = CutPlace(
            out.index, out.name, out.shape, out.elements, heads.get(out, 0), str(op.kind)
        )
    return list(places.values())


def inspect_model(data: bytes, source: str) -> dict[str, Any]:
    """Return everything that is known without running the model; ``source`` names it."""
    content: dict[str, Any] = {"model": source, "layers": _named(source, lambda: layers(data))}
    try:
        converted = convert_bytes(data, Options(head_layers=0), source=source)
        graph = read_graph(data)
        places = cut_places(graph)
    except MicroTLError as error:
        content.update(convertible=False, problem=str(error), cuts=[])
        return content
    content.update(
        convertible=True,
        input=converted.report["input"],
        output=converted.report["output"],
        macs=converted.macs,
        arena=converted.arena_size,
        cuts=[_cut(data, source, place) for place in places],
    )
    return content


def _named(source: str, work: Any) -> Any:
    try:
        return work()
    except MicroTLError as error:
        raise MicroTLError(f"{source}: {error.message}", error.hint) from error


def _cut(data: bytes, source: str, place: CutPlace) -> dict[str, Any]:
    """Return a place with what the backbone up to it costs."""
    classes = None if place.head_layers else 1
    options = Options(cut=str(place.tensor), classes=classes)
    content: dict[str, Any] = {
        "tensor": place.tensor,
        "name": place.name,
        "shape": list(place.shape),
        "features": place.features,
        "head_layers": place.head_layers,
        "behind": place.behind,
    }
    try:
        converted = convert_bytes(data, options, source=source)
    except MicroTLError as error:
        return {**content, "problem": error.message}
    head = converted.head
    assert head is not None
    widths = list(head.widths) if place.head_layers else None
    return {
        **content,
        "macs": converted.macs,
        "arena": converted.arena_size,
        "head": widths,
        "parameters": int(head.params.size) if widths else None,
    }


def inspection_text(content: dict[str, Any]) -> str:
    """Return an inspection for people."""
    rows = [
        (
            layer["op"],
            layer["kind"],
            " ".join(str(index) for index in layer["inputs"]),
            layer["tensor"],
            shape_text(tuple(layer["shape"])),
            layer["type"],
            "" if layer["scale"] is None else f"{layer['scale']:.6g}",
            "" if layer["zero_point"] is None else str(layer["zero_point"]),
            layer["constant_bytes"],
            _short(layer["name"]),
        )
        for layer in content["layers"]
    ]
    headers = ("op", "kind", "reads", "makes", "shape", "type", "scale", "zero point")
    parts = [table(rows, (*headers, "constant bytes", "name"))]
    if not content["convertible"]:
        parts.append(f"cannot be converted: {content['problem']}")
        return "\n\n".join(parts)
    parts.append(
        f"frozen as a whole: {content['macs']} MACs, arena {content['arena']} bytes\n"
        "where it can be cut:"
    )
    parts.append(_cuts_text(content["cuts"]))
    return "\n\n".join(parts)


def _short(name: str) -> str:
    """TensorFlow joins the names of fused layers by ";": the first says enough in a table."""
    return name.partition(";")[0][-_NAME_WIDTH:]


def _cuts_text(cuts: list[dict[str, Any]]) -> str:
    rows = [
        (
            f"--head-layers {cut['head_layers']}" if cut["head_layers"] else "new head",
            f"--cut {cut['tensor']}",
            cut["behind"],
            shape_text(tuple(cut["shape"])),
            cut["features"],
            cut.get("macs", "no: " + cut.get("problem", "")),
            cut.get("arena", ""),
            "-".join(str(width) for width in cut.get("head") or ()),
        )
        for cut in cuts
    ]
    headers = ("head", "cut", "behind", "shape", "features", "MACs", "arena", "widths")
    return table(rows, headers)

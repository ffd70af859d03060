# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What a conversion costs: operations, arena, RAM of learning, flash. Sizes in bytes,
everywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from microtl_tools.convert.converted import ConvertedModel, End, HeadSpec
from microtl_tools.convert.emit.texts import texts_size
from microtl_tools.convert.graph import shape_text
from microtl_tools.convert.headers import POINTER, layout
from microtl_tools.convert.learner_memory import ADAM, LearnerConfig, learner_objects
from microtl_tools.output import table

FLOAT = 4


def report(
    converted: ConvertedModel, replay_capacity: int = LearnerConfig.samples
) -> dict[str, Any]:
    """Return the whole report as JSON-able data."""
    content: dict[str, Any] = {
        "name": converted.name,
        "symbol": converted.symbol,
        "source_sha256": converted.source_sha256,
        "content_sha256": converted.content_sha256,
        "kernels": converted.kernels,
        "optimize": converted.optimize,
        "weights_bytes": converted.weights_size,
        "weights_int8_bytes": converted.int8_size,
        "input": _end(converted.input),
        "output": _end(converted.output),
        "channels": [vars(channel) for channel in converted.channels],
        "model_id": {part: f"{value:08x}" for part, value in converted.model_id.items()},
        "ops": _ops(converted),
        "macs": converted.macs,
        "arena": converted.arena_size,
        "head": _head(converted.head),
        "ram": ram_rows(converted, replay_capacity),
        "flash": flash_rows(converted),
        "notes": list(converted.notes),
    }
    return content


def _end(end: End) -> dict[str, Any]:
    return {
        "name": end.name,
        "type": end.dtype,
        "shape": list(end.shape),
        "scale": end.scale,
        "zero_point": end.zero_point,
    }


def _ops(converted: ConvertedModel) -> list[dict[str, Any]]:
    return [
        {
            "index": op.index,
            "op": op.number,
            "kind": op.kind,
            "kernel": op.kernel,
            "tensor": op.tensors[-1].name if op.tensors else "",
            "shape": list(op.tensors[-1].shape) if op.tensors else [],
            "macs": op.macs,
            "output_bytes": op.size,
            "scratch_bytes": op.scratch,
            "flash_bytes": op.data_bytes + op.params_bytes,
        }
        for op in converted.ops
    ]


def _head(head: HeadSpec | None) -> dict[str, Any] | None:
    if head is None:
        return None
    return {
        "widths": list(head.widths),
        "loss": head.loss,
        "classes": list(head.class_names),
        "class_count": head.class_count,
        "class_capacity": head.class_capacity,
        "parameters": int(head.params.size),
        "standardised_by": head.standardised_by,
        "arithmetic": head.arithmetic,
    }


def ram_rows(
    converted: ConvertedModel, replay_capacity: int = LearnerConfig.samples
) -> list[dict[str, Any]]:
    """Return the RAM that inference and learning take, a row each.

    ``needed`` is "always", "default" (other settings change it), "instead" of the row above, or
    "option".
    """
    head = converted.head
    fixed = head is not None and head.arithmetic == "fixed"
    default = LearnerConfig(samples=replay_capacity, fixed=fixed)
    least, usual, most = (
        _rows_of(converted, config) for config in (_least(default), default, _most(default))
    )
    rows = []
    for symbol, row in most.items():
        if symbol not in usual:
            rows.append(_ram(*row, "option"))
            continue
        always = least.get(symbol) == usual[symbol]
        rows.append(_ram(*usual[symbol], "always" if always else "default"))
        if row != usual[symbol]:
            rows.append(_ram(*row, "instead"))
    if head is not None:
        rows.append(_ram("window, half of it spare", *_window(converted)))
    return sorted(rows, key=lambda row: _ORDER[row["needed"]])


_ORDER = {"always": 0, "default": 1, "instead": 1, "option": 2}
"""Where "instead" stays behind the "default" that it replaces."""


def _least(config: LearnerConfig) -> LearnerConfig:
    # Kconfig keeps the active head in RAM where there is no store.
    return replace(config, samples=0, optimizer=0, active_in_ram=False, store=True)


def _most(config: LearnerConfig) -> LearnerConfig:
    config = replace(config, best_weights=True, ncm=True, store=True, store_replay=True)
    # Fixed point has neither Adam nor batches.
    return config if config.fixed else replace(config, optimizer=ADAM, batch=2)


def _rows_of(converted: ConvertedModel, config: LearnerConfig) -> dict[str, tuple[str, int]]:
    """Return text and bytes, by the C name of the first object that the text stands for."""
    symbols: dict[str, str] = {}
    rows: dict[str, tuple[str, int]] = {}
    for part in learner_objects(converted, config):
        symbol = symbols.setdefault(part.what, part.symbol)
        _, size = rows.get(symbol, ("", 0))
        rows[symbol] = (part.what, size + part.bytes)
    return rows


def _window(converted: ConvertedModel) -> tuple[int, str]:
    """Return the sample buffer of an application that moves on by half a window."""
    channels = max(len(converted.channels), 1)
    frames = converted.input.size // channels
    return (frames + frames // 2) * channels + layout(
        "microtl_window_scaling"
    ).size * channels, "option"


def _ram(what: str, size: int, needed: str) -> dict[str, Any]:
    return {"what": what, "bytes": size, "needed": needed}


def flash_rows(converted: ConvertedModel) -> list[dict[str, Any]]:
    """Return the flash that the generated objects take on a 32-bit CPU, a row each.

    The rows add up to the sizes of the symbols that the C compiler makes; the linker may put up to
    three bytes between two of them.
    """
    ops = converted.ops
    tables = layout("microtl_model").size + len(ops) * layout("microtl_op").size
    rows = [
        ("weights and tables", sum(op.data_bytes for op in ops)),
        ("parameters of the operations", sum(op.params_bytes for op in ops)),
    ]
    head = converted.head
    if head is not None:
        rows.append(("head", FLOAT * int(head.params.size)))
        rows.append(("feature scale and offset", 2 * FLOAT * head.features))
        tables += layout("microtl_head_spec").size + POINTER * len(head.class_names)
    if converted.base is not None:
        rows.append(("base set", converted.base.features.nbytes + converted.base.labels.nbytes))
        tables += layout("microtl_base_set").size
    tables += len(converted.channels) * layout("microtl_channel").size
    rows.append(("op table, description, names", tables + names_size(converted)))
    return [{"what": what, "bytes": size} for what, size in rows]


def names_size(converted: ConvertedModel) -> int:
    """Return the bytes of all names and units."""
    texts = [converted.name, *(converted.head.class_names if converted.head else ())]
    texts += [text for channel in converted.channels for text in (channel.name, channel.unit)]
    return texts_size(*texts)


def total(rows: list[dict[str, Any]], *needed: str) -> int:
    """Return the sum of the rows, of those that are needed in one of these ways."""
    return sum(row["bytes"] for row in rows if not needed or row["needed"] in needed)


def report_text(content: dict[str, Any]) -> str:
    """Return the report for people."""
    parts = [_title(content), _op_table(content), _ram_table(content), _flash_table(content)]
    return "\n\n".join(parts)


def _title(content: dict[str, Any]) -> str:
    lines = []
    for what in ("input", "output"):
        end = content[what]
        lines.append(
            f"{what:8}{end['name']}  {shape_text(tuple(end['shape']))} {end['type']}, "
            f"scale {end['scale']:.6g}, zero point {end['zero_point']}"
        )
    lines.append(f"head    {_head_text(content['head'])}")
    lines.append(f"kernels {_kernels_text(content)}")
    return "\n".join(lines)


def _kernels_text(content: dict[str, Any]) -> str:
    own, int8 = content["weights_bytes"], content["weights_int8_bytes"]
    if own == int8:
        return f"{content['kernels']}, {own} bytes of weights and tables"
    return (
        f"{content['kernels']}, optimized for {content['optimize']}: {own} bytes of weights and "
        f"tables, {own / int8:.2f} times the {int8} of int8"
    )


def _head_text(head: dict[str, Any] | None) -> str:
    if head is None:
        return "none: the whole model is frozen"
    parts = ["-".join(str(width) for width in head["widths"])]
    parts.append(f"{head['parameters']} parameters, loss {head['loss']}")
    if head["loss"] != "mse":
        free = head["class_capacity"] - head["class_count"]
        parts.append(f"{head['class_count']} classes, {free} free rows")
    parts.append(f"features standardised by {head['standardised_by']}")
    if head["arithmetic"] == "fixed":
        parts.append("in fixed point")
    return ", ".join(parts)


def _op_table(content: dict[str, Any]) -> str:
    rows: list[tuple[Any, ...]] = [
        (
            op["op"],
            op["kind"],
            op["kernel"].removeprefix("microtl_kernel_"),
            shape_text(tuple(op["shape"])) if op["shape"] else "(part)",
            op["macs"],
            op["output_bytes"],
            op["flash_bytes"],
        )
        for op in content["ops"]
    ]
    flash = sum(op["flash_bytes"] for op in content["ops"])
    rows.append(("", "total", "", "", content["macs"], "", flash))
    headers = ("op", "kind", "kernel", "output", "MACs", "output bytes", "flash bytes")
    return table(rows, headers)


def _ram_table(content: dict[str, Any]) -> str:
    ram = content["ram"]
    rows = [(row["what"], row["bytes"], row["needed"]) for row in ram]
    if content["head"] is not None:
        rows.append(("always", total(ram, "always"), ""))
        rows.append(("always and by default", total(ram, "always", "default"), ""))
    return table(rows, ("RAM", "bytes", "needed"))


def _flash_table(content: dict[str, Any]) -> str:
    rows = [(row["what"], row["bytes"]) for row in content["flash"]]
    rows.append(("total", total(content["flash"])))
    return table(rows, ("flash of the model", "bytes"))

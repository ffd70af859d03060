# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A measurement as text and as JSON."""

from __future__ import annotations

from typing import Any

from microtl_tools.bench.cycles import Cost
from microtl_tools.bench.measure import Inference
from microtl_tools.bench.training import Training
from microtl_tools.output import table


def inference_text(result: Inference, peer: Inference | None = None) -> str:
    """Return the table of one inference, layer by layer, beside that of CMSIS-NN."""
    rows = [
        (layer.number, layer.kind, _kernel(layer.kernel), *_numbers(layer.cost, layer.macs))
        for layer in result.layers
    ]
    rows.append(("", "whole inference", "", *_numbers(result.total, result.macs)))
    headers = ["op", "kind", "kernel", "MACs", "instructions", "per MAC", "cycles*", "per MAC"]
    headers += ["loaded", "stored", "CMSIS-NN instructions"]
    beside: list[tuple[object, ...]] = [("",) for _ in result.layers]
    if peer is None:
        beside.append(("not measured",))
    else:
        headers += ["ratio", "CMSIS-NN cycles*", "ratio"]
        pairs = [(a.cost, b.cost) for a, b in zip(result.layers, peer.layers, strict=True)]
        beside = [_beside(*pair) for pair in (*pairs, (result.total, peer.total))]
    return table([(*row, *more) for row, more in zip(rows, beside, strict=True)], headers)


def memory_text(result: Inference, peer: Inference | None = None) -> str:
    """Return the table of what the model takes, beside that of CMSIS-NN."""
    sides = [result] if peer is None else [result, peer]
    rows = [
        ("code of the kernels", *(side.image.code for side in sides)),
        ("read-only data of the kernels", *(side.image.rodata for side in sides)),
        ("model: weights and tables", *(side.image.model for side in sides)),
        ("arena: activations and scratch", *(side.arena for side in sides)),
        ("stack", *(side.stack for side in sides)),
    ]
    return table(rows, ("memory", "bytes", "CMSIS-NN bytes")[: len(sides) + 1])


def training_text(result: Training) -> str:
    """Return the table of training steps."""
    rows = []
    for step in result.steps:
        what = f"train, {step.optimizer}, batch {step.batch}"
        rows.append((what, *_sample(step.cost, step.batch)))
        if step.full is not None and step.rests:
            rows.append((f"{what}, no row rests", *_sample(step.full, step.batch)))
    rows.append(("store a label", *_sample(result.label, 1)))
    headers = ("per sample", "instructions", "cycles*", "loaded", "stored", "float operations")
    return table(rows, headers)


def inference_json(result: Inference) -> dict[str, Any]:
    """Return one inference for ``--json``."""
    return {
        "kernels": result.kernels,
        "optimise": result.optimise,
        "macs": result.macs,
        **_cost(result.total),
        "layers": [
            {
                "op": layer.number,
                "kind": layer.kind,
                "kernel": layer.kernel,
                "macs": layer.macs,
                **_cost(layer.cost),
            }
            for layer in result.layers
        ],
        "code_bytes": result.image.code,
        "rodata_bytes": result.image.rodata,
        "model_bytes": result.image.model,
        "arena_bytes": result.arena,
        "stack_bytes": result.stack,
    }


def training_json(result: Training) -> dict[str, Any]:
    """Return training steps for ``--json``; costs are those of a whole batch."""
    return {
        "widths": list(result.widths),
        "arithmetic": result.arithmetic,
        "optimise": result.optimise,
        "params": result.params,
        "steps": [
            {
                "optimizer": step.optimizer,
                "batch": step.batch,
                **_cost(step.cost),
                "no_row_rests": None if step.full is None else _cost(step.full),
            }
            for step in result.steps
        ],
        "label": _cost(result.label),
        "stack_bytes": result.stack,
    }


def _kernel(name: str) -> str:
    return name.removeprefix("microtl_kernel_")


def _numbers(cost: Cost, macs: int) -> tuple[object, ...]:
    return (
        macs,
        cost.instructions,
        _ratio(cost.instructions, macs),
        cost.cycles,
        _ratio(cost.cycles, macs),
        cost.loaded,
        cost.stored,
    )


def _beside(own: Cost, peer: Cost) -> tuple[object, ...]:
    """Return what CMSIS-NN costs, and how much of that the own kernels do."""
    return (
        peer.instructions,
        _ratio(own.instructions, peer.instructions),
        peer.cycles,
        _ratio(own.cycles, peer.cycles),
    )


def _sample(cost: Cost, batch: int) -> tuple[object, ...]:
    values = (cost.instructions, cost.cycles, cost.loaded, cost.stored, cost.float_operations)
    return tuple(round(value / batch) for value in values)


def _ratio(value: int, macs: int) -> str:
    return f"{value / macs:.2f}" if macs else ""


def _cost(cost: Cost) -> dict[str, int]:
    return {
        "instructions": cost.instructions,
        "cycles_estimate": cost.cycles,
        "words_loaded": cost.loaded,
        "words_stored": cost.stored,
        "float_operations": cost.float_operations,
    }

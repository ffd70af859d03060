# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A measurement as text and as JSON."""

from __future__ import annotations

from typing import Any

from microtl_tools.bench.cycles import Cost
from microtl_tools.bench.measure import Inference
from microtl_tools.bench.training import Training
from microtl_tools.output import table


def inference_text(result: Inference) -> str:
    """Return the table of one inference, layer by layer."""
    rows = [
        (layer.number, layer.kind, _kernel(layer.kernel), *_numbers(layer.cost, layer.macs))
        for layer in result.layers
    ]
    rows.append(("", "whole inference", "", *_numbers(result.total, result.macs)))
    headers = ("op", "kind", "kernel", "MACs", "instructions", "per MAC", "cycles*", "per MAC")
    return table(rows, (*headers, "loaded", "stored"))


def memory_text(result: Inference) -> str:
    """Return the table of what the model takes."""
    rows = [
        ("code of the kernels", result.image.code),
        ("read-only data of the kernels", result.image.rodata),
        ("model: weights and tables", result.image.model),
        ("arena: activations and scratch", result.arena),
        ("stack", result.stack),
    ]
    return table(rows, ("memory", "bytes"))


def training_text(result: Training) -> str:
    """Return the table of training steps."""
    rows = [
        (f"train, {step.optimizer}, batch {step.batch}", *_sample(step.cost, step.batch))
        for step in result.steps
    ]
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
        "optimise": result.optimise,
        "params": result.params,
        "steps": [
            {"optimizer": step.optimizer, "batch": step.batch, **_cost(step.cost)}
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

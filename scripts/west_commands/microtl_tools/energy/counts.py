# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What ``microtl bench`` counts for a board: by running it, or from the file of an earlier run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microtl_tools.convert.api import ConvertedModel
from microtl_tools.energy.figures import Board
from microtl_tools.errors import MicroTLError

LARGEST = 1e15
"""Above it is no count: a Cortex-M would be busy for months."""


@dataclass(frozen=True)
class Counts:
    """Counts of one CPU, in the board's unit (cycles by bench's estimate, or instructions)."""

    unit: str
    backbone: float
    """A backbone pass."""
    macs: int
    """Of that pass."""
    training: float
    """A training step, a sample."""
    origin: str


def run(
    model: ConvertedModel,
    reference: ConvertedModel,
    widths: Sequence[int],
    board: Board,
    optimizer: str,
    batch: int,
) -> Counts:
    """Run the bench. ``model`` is converted for the fastest kernels of the board's CPU."""
    from microtl_tools.bench.cpus import cpu_named
    from microtl_tools.bench.measure import inference
    from microtl_tools.bench.training import training

    cpu = cpu_named(board.cpu)
    try:
        pass_ = inference(model, reference, cpu)
        steps = training(widths, cpu).steps
    except MicroTLError as error:
        raise MicroTLError(
            error.message,
            f"{error.hint}; or give the counts of another machine with --bench FILE.json"
            if error.hint
            else None,
        ) from error
    step = next(s for s in steps if (s.optimizer, s.batch) == (optimizer, batch))
    cycles = board.counts == "cycles"
    return Counts(
        board.counts,
        pass_.total.cycles if cycles else pass_.total.instructions,
        pass_.macs,
        (step.cost.cycles if cycles else step.cost.instructions) / step.batch,
        f"microtl bench, {cpu.title}, kernels {pass_.kernels}",
    )


def read(
    path: Path, macs: int, widths: Sequence[int], board: Board, optimizer: str, batch: int
) -> Counts:
    """Read the output of ``microtl bench MODEL --json``; MicroTLError where it does not fit.

    It counts the whole model, so its last dense layers are in the backbone pass. ``macs``: of the
    whole model, by which the file of another one is found out.
    """
    whole = _load(path)
    if whole.get("cpu") != board.cpu:
        raise MicroTLError(
            f"{path}: cpu: counted on {whole.get('cpu')!r}, but {board.name} needs {board.cpu}",
            f"make it with: microtl bench MODEL --cpu {board.cpu} --json",
        )
    inference = _part(path, whole, "inference")
    training = _part(path, whole, "training")
    counted = _number(path, "inference", inference, "macs", 0)
    if counted != macs:
        raise MicroTLError(
            f"{path}: inference: macs: {counted:.0f}, but the model has {macs}: it is another's",
            "make it with: microtl bench MODEL --json, for this MODEL",
        )
    if training.get("widths") != list(widths):
        raise MicroTLError(
            f"{path}: training: widths: {training.get('widths')}, but the head has {list(widths)}",
            f"make it with: microtl bench MODEL --head {'x'.join(map(str, widths))} --json",
        )
    key = "cycles_estimate" if board.counts == "cycles" else "instructions"
    steps = training.get("steps")
    for step in steps if isinstance(steps, list) else []:
        if isinstance(step, dict) and (step.get("optimizer"), step.get("batch")) == (
            optimizer,
            batch,
        ):
            return Counts(
                board.counts,
                _number(path, "inference", inference, key),
                int(counted),
                _number(path, "training: steps", step, key) / batch,
                f"{path.name}, {whole['cpu']}, kernels {inference.get('kernels')}",
            )
    raise MicroTLError(
        f"{path}: training: steps: none with {optimizer}, batch {batch}",
        "choose another --optimizer or --batch, or make the file anew",
    )


def _load(path: Path) -> Mapping[str, Any]:
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise MicroTLError(
            f"{path}: is no JSON ({error})", "make it with: microtl bench MODEL --json"
        ) from error
    if not isinstance(whole, dict):
        raise MicroTLError(f"{path}: is no report of bench", "make it with: microtl bench --json")
    return whole


def _part(path: Path, whole: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = whole.get(key)
    if not isinstance(part, dict):
        raise MicroTLError(
            f"{path}: {key}: is missing",
            "make it with: microtl bench MODEL --json, for a model with a head",
        )
    return part


def _number(path: Path, where: str, part: Mapping[str, Any], key: str, least: int = 1) -> float:
    value = part.get(key)
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not least <= value <= LARGEST  # so written that it refuses NaN
    ):
        raise MicroTLError(
            f"{path}: {where}: {key}: is {repr(value)[:60]}, not a count",
            "make it with: microtl bench MODEL --json",
        )
    return float(value)

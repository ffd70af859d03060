# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Count training steps of a head on an emulated CPU."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from microtl_tools.bench import build, cycles, trace
from microtl_tools.bench.cpus import Cpu
from microtl_tools.bench.cycles import Cost
from microtl_tools.bench.measure import disassembly
from microtl_tools.errors import UsageError
from microtl_tools.twin.build import arithmetic_defines

OPTIMIZERS = ("SGD", "momentum", "Adam")
BATCH = 8
"""The batch that is measured beside a batch of one."""


@dataclass(frozen=True)
class Step:
    """What one sample costs in training."""

    optimizer: str
    batch: int
    cost: Cost
    """Of a whole batch, the decay of weights that is due now and then spread over all updates."""

    @property
    def instructions(self) -> int:
        """Instructions a sample."""
        return round(self.cost.instructions / self.batch)

    @property
    def cycles(self) -> int:
        """Estimated cycles a sample."""
        return round(self.cost.cycles / self.batch)


@dataclass(frozen=True)
class Training:
    """Training steps and labelling of one head on one CPU."""

    widths: tuple[int, ...]
    arithmetic: str
    cpu: str
    optimise: str
    steps: tuple[Step, ...]
    label: Cost
    """Of storing a labelled feature vector in the replay memory."""
    params: int
    stack: int


def training(
    widths: Sequence[int], cpu: Cpu, optimise: str = "-O2", arithmetic: str = "float"
) -> Training:
    """Count steps of a head of ``widths``: features, hidden layers, classes.

    In fixed point there are SGD and momentum, one sample a batch, and one layer.
    """
    if arithmetic == "fixed" and len(widths) > 2:
        raise UsageError(
            f"--arithmetic fixed: a head of {'x'.join(map(str, widths))} has hidden layers",
            "fixed point trains one dense layer: name features x classes",
        )
    params = sum((a + 1) * b for a, b in zip(widths[:-1], widths[1:], strict=True))
    defines = {
        "BENCH_LAYERS": len(widths) - 1,
        "BENCH_WIDTHS": "{" + ",".join(map(str, widths)) + "}",
        "BENCH_FEATURES": widths[0],
        "BENCH_HIDDEN": sum(widths[1:-1]),
        "BENCH_ROWS": widths[-1],
        "BENCH_PARAMS": params,
        "BENCH_BATCH": BATCH,
    }
    more = dict(text.split("=") for text in arithmetic_defines(arithmetic))
    with tempfile.TemporaryDirectory(prefix="microtl-bench-") as folder:
        firmware = build.firmware_units("training", defines | more)
        units = [*build.learning_units(arithmetic), *firmware]
        image = build.build(Path(folder), cpu, units, optimise)
        run = trace.run(image.elf, cpu, image.mark)
        code = disassembly(image.elf)
    # Every measurement lies between two marks; what lies between those is setting up.
    costs = [cycles.cost(segment.blocks, code) for segment in run.segments[::2]]
    kinds = [(optimizer, batch) for batch in (1, BATCH) for optimizer in OPTIMIZERS]
    if arithmetic == "fixed":
        kinds = kinds[:2]
    interval = run.number("decay_interval")
    steps = tuple(
        Step(*kind, cycles.mean({usual: interval - 1, decaying: 1}))
        for kind, usual, decaying in zip(kinds, costs[:-1:2], costs[1:-1:2], strict=True)
    )
    return Training(
        widths=tuple(widths),
        arithmetic=arithmetic,
        cpu=cpu.name,
        optimise=optimise,
        steps=steps,
        label=costs[-1],
        params=params,
        stack=run.number("stack"),
    )

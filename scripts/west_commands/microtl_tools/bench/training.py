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
    full: Cost | None
    """The same from weights so small that no row of a few classes rests; None where none ever
    does: beyond a batch of one."""

    @property
    def rests(self) -> bool:
        """Whether rows rested: only those are not stored. Soft float's counts differ by values."""
        return self.full is not None and self.full.stored != self.cost.stored

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
    batches = (1,) if arithmetic == "fixed" else (1, BATCH)
    optimizers = OPTIMIZERS[:2] if arithmetic == "fixed" else OPTIMIZERS
    runs = [
        (optimizer, batch, _run(widths, cpu, optimise, arithmetic, optimizer, batch))
        for batch in batches
        for optimizer in optimizers
    ]
    first = runs[0][2]
    return Training(
        widths=tuple(widths),
        arithmetic=arithmetic,
        cpu=cpu.name,
        optimise=optimise,
        steps=tuple(Step(optimizer, batch, run.step, run.full) for optimizer, batch, run in runs),
        label=first.label,
        params=_params(widths),
        stack=max(run.stack for _, _, run in runs),
    )


@dataclass(frozen=True)
class _Run:
    """What one firmware was measured at: one optimiser with one size of a batch."""

    step: Cost
    full: Cost | None
    label: Cost
    stack: int


def _run(
    widths: Sequence[int], cpu: Cpu, optimise: str, arithmetic: str, optimizer: str, batch: int
) -> _Run:
    defines = {
        "BENCH_LAYERS": len(widths) - 1,
        "BENCH_WIDTHS": "{" + ",".join(map(str, widths)) + "}",
        "BENCH_FEATURES": widths[0],
        "BENCH_HIDDEN": sum(widths[1:-1]),
        "BENCH_ROWS": widths[-1],
        "BENCH_PARAMS": _params(widths),
        "BENCH_BATCH": batch,
    }
    options = build_options(widths, optimizer, batch)
    only = next(text for text in options if text.startswith("MICROTL_ONLY_OPTIMIZER="))
    more = dict(text.split("=") for text in (*arithmetic_defines(arithmetic), only))
    with tempfile.TemporaryDirectory(prefix="microtl-bench-") as folder:
        firmware = build.firmware_units("training", defines | more)
        units = [*build.learning_units(arithmetic, options), *firmware]
        image = build.build(Path(folder), cpu, units, optimise)
        run = trace.run(image.elf, cpu, image.mark)
        code = disassembly(image.elf)
    # Every measurement lies between two marks; what lies between those is setting up.
    usual, decaying, label, *full = (cycles.cost(part.blocks, code) for part in run.segments[::2])
    usually = run.number("decay_interval") - 1
    return _Run(
        cycles.mean({usual: usually, decaying: 1}),
        cycles.mean({full[0]: usually, full[1]: 1}) if full else None,
        label,
        run.number("stack"),
    )


def build_options(widths: Sequence[int], optimizer: str, batch: int) -> list[str]:
    """Return what the core is built with: that of a Zephyr build with such a head and trainer.

    See ``modules/microtl/CMakeLists.txt``.
    """
    return [
        f"MICROTL_ONLY_OPTIMIZER=MICROTL_OPTIMIZER_{optimizer.upper()}",
        "MICROTL_WITH_CHECKS=0",
        "MICROTL_WITH_TARGETS=0",
        "MICROTL_WITH_ASSEMBLY=1",
        "MICROTL_WITH_SCHEDULE=0",
        f"MICROTL_WITH_BATCH={int(batch > 1)}",
        "MICROTL_WITH_PATIENCE=0",
        f"MICROTL_WITH_HIDDEN={int(len(widths) > 2)}",
        "MICROTL_WITH_SIGMOID=0",
        "MICROTL_WITH_MSE=0",
        "MICROTL_WITH_NCM=0",
    ]


def _params(widths: Sequence[int]) -> int:
    return sum((a + 1) * b for a, b in zip(widths[:-1], widths[1:], strict=True))

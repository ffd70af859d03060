# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Measure a converted model on an emulated CPU: build, run, compare with the twin, count."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from microtl_tools.bench import build, cycles, trace
from microtl_tools.bench.build import Image, Unit
from microtl_tools.bench.cpus import Cpu
from microtl_tools.bench.cycles import Cost
from microtl_tools.errors import MicroTLError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from microtl_tools.convert.api import ConvertedModel

OPTIMISATIONS = ("-O2", "-O3", "-Os")
FOR_SPEED = ("-O2", "-O3")
_SEED = 1


@dataclass(frozen=True)
class Layer:
    """One operation of the model and what it cost."""

    number: int
    kind: str
    kernel: str
    macs: int
    cost: Cost


@dataclass(frozen=True)
class Inference:
    """One inference on one CPU."""

    cpu: str
    kernels: str
    optimise: str
    total: Cost
    layers: tuple[Layer, ...]
    macs: int
    image: Image
    arena: int
    """Bytes of RAM of activations and scratch."""
    stack: int
    """Bytes of stack that the run used."""


def best_inference(
    model: ConvertedModel, reference: ConvertedModel, cpu: Cpu, library: Sequence[Unit] = ()
) -> Inference:
    """Return the inference with fewer instructions, of -O2 and -O3."""
    runs = [inference(model, reference, cpu, how, library) for how in FOR_SPEED]
    return min(runs, key=lambda run: run.total.instructions)


def inference(
    model: ConvertedModel,
    reference: ConvertedModel,
    cpu: Cpu,
    optimise: str = "-O2",
    library: Sequence[Unit] = (),
) -> Inference:
    """Count one inference of ``model`` on ``cpu``.

    The input is random but fixed. ``reference`` is the same model, converted for the portable
    kernels; MicroTLError where its twin gives another output. ``library`` is compiled, too, where
    the model's kernels need it.
    """
    values = _input(model)
    with tempfile.TemporaryDirectory(prefix="microtl-bench-") as folder:
        units = [*_units(model, cpu, values, Path(folder)), *library]
        image = build.build(Path(folder), cpu, units, optimise)
        run = trace.run(image.elf, cpu, image.mark)
        code = disassembly(image.elf)
    _compare(reference, values, run.data("output"), cpu)
    costs = [cycles.cost(segment.blocks, code) for segment in run.segments]
    # Segment 0 is the whole run, 1 what lies between the two, and then one an operation.
    layers = [
        Layer(op.index, op.kind, op.kernel, op.macs, cost)
        for op, cost in zip(model.ops, costs[2:], strict=True)
    ]
    return Inference(
        cpu=cpu.name,
        kernels=model.kernels,
        optimise=optimise,
        total=costs[0],
        layers=tuple(layers),
        macs=model.macs,
        image=image,
        arena=model.arena_size,
        stack=run.number("stack"),
    )


def disassembly(elf: Path) -> dict[int, cycles.Instruction]:
    """Return the instructions of a firmware by address."""
    command = [build.tool("objdump"), "-d", str(elf)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return cycles.disassemble(answer.stdout)


def _units(
    model: ConvertedModel, cpu: Cpu, values: npt.NDArray[np.int8], folder: Path
) -> list[Unit]:
    source, header = folder / f"{model.name}.c", folder / f"{model.name}.h"
    source.write_text(model.c_source, encoding="utf-8")
    header.write_text(model.h_source, encoding="utf-8")
    # No model's name has a hyphen.
    data = folder / "bench-input.c"
    numbers = ",".join(str(value) for value in values.ravel().tolist())
    data.write_text(
        f"#include <stdint.h>\nconst int8_t bench_input[] = {{{numbers}}};\n", encoding="utf-8"
    )
    defines = {"BENCH_MODEL": model.symbol, "BENCH_ARENA_SIZE": model.arena_size}
    return [
        *build.inference_units(cpu),
        Unit("model", source, folder),
        Unit("firmware", data),
        *build.firmware_units("inference", defines),
    ]


def _input(model: ConvertedModel) -> npt.NDArray[np.int8]:
    import numpy as np

    generator = np.random.default_rng(_SEED)
    return generator.integers(-128, 128, size=model.input.size, dtype=np.int8)


def _compare(
    reference: ConvertedModel, values: npt.NDArray[np.int8], output: bytes, cpu: Cpu
) -> None:
    from microtl_tools.twin.api import Twin

    expected = Twin.from_converted(reference).run(values[None, :]).tobytes()
    if output != expected:
        first = next(i for i, (a, b) in enumerate(zip(output, expected, strict=True)) if a != b)
        raise MicroTLError(
            f"{reference.name}: output {first} on {cpu.title} differs from the twin's",
            "a kernel is not exact on this CPU: please report it with the model",
        )

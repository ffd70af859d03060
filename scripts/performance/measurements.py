# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Everything that the page needs, measured."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from microtl_tools.bench import cmsis_nn
from microtl_tools.bench.cpus import CPUS
from microtl_tools.bench.measure import Inference, best_inference, inference
from microtl_tools.bench.training import Training, training
from microtl_tools.convert.api import ConvertedModel, Options, convert
from microtl_tools.errors import MicroTLError

HERE = Path(__file__).resolve().parent

HEADS = ((64, 12), (128, 10), (640, 10), (1024, 10), (64, 32, 12), (640, 32, 10))
"""Widths: features, a hidden layer, classes."""
HEADS_WITHOUT_FPU = HEADS[:2]
"""Soft float takes the emulator long, and grows alike."""

_JOBS = 2

Say = Callable[[str], None]


@dataclass(frozen=True)
class Setting:
    """A column: what is converted how, and measured where."""

    cpu: str
    kernels: str
    optimize: str = "speed"
    best: bool = False
    """Whether it is the better of -O2 and -O3; else -O2."""


SETTINGS: Mapping[str, Setting] = {
    "m4": Setting("cortex-m4f", "dsp", best=True),
    "m4_small": Setting("cortex-m4f", "dsp", "size"),
    "m4_cmsis_nn": Setting("cortex-m4f", cmsis_nn.KERNELS, best=True),
    "m55": Setting("cortex-m55", "mve", best=True),
    "m55_cmsis_nn": Setting("cortex-m55", cmsis_nn.KERNELS, best=True),
    "m3": Setting("cortex-m3", "portable"),
    "m0plus": Setting("cortex-m0plus", "portable"),
}


@dataclass(frozen=True)
class Measured:
    """One model in every setting."""

    name: str
    what: str
    source: str
    overhead: bool
    """Whether it measures calls rather than arithmetic."""
    macs: int
    int8_size: int
    weights: Mapping[str, int]
    """Bytes of weights, biases and scales in flash."""
    runs: Mapping[str, Inference]


def models(folder: Path, library: Path, say: Say) -> list[Measured]:
    """Measure each model of ``models.yml``; ``library`` is CMSIS-NN's folder."""
    by_hash = {
        hashlib.sha256(path.read_bytes()).hexdigest()[:16]: path
        for path in sorted(folder.glob("*.tflite"))
    }
    entries = read_yaml("models.yml")
    missing = [entry["source"] for entry in entries if entry["sha256"] not in by_hash]
    if missing:
        raise MicroTLError(
            f"{folder}: models are missing", "get them from github.com: " + ", ".join(missing)
        )
    cmsis_nn.check(library)
    with ProcessPoolExecutor(_JOBS) as pool:
        runs = {
            (entry["name"], key): pool.submit(_run, by_hash[entry["sha256"]], setting, library)
            for entry in entries
            for key, setting in SETTINGS.items()
        }
        for (name, key), run in runs.items():
            run.result()
            say(f"{name}: {key}")
    return [
        _measured(
            entry,
            by_hash[entry["sha256"]],
            {key: runs[entry["name"], key].result() for key in SETTINGS},
        )
        for entry in entries
    ]


def heads(cpu: str, say: Say) -> list[Training]:
    """Count training steps of each head."""
    results = []
    widths: Sequence[tuple[int, ...]] = HEADS if cpu == "cortex-m4f" else HEADS_WITHOUT_FPU
    for width in widths:
        say(f"training of {'x'.join(map(str, width))} on {cpu}")
        results.append(training(width, CPUS[cpu]))
    return results


@dataclass(frozen=True)
class Arithmetics:
    """One head on one CPU without FPU, in float and in fixed point."""

    cpu: str
    soft: Training
    fixed: Training


def arithmetics(soft: Mapping[str, Sequence[Training]], say: Say) -> list[Arithmetics]:
    """Count training steps in fixed point beside those of ``soft``, by CPU."""
    results = []
    for cpu, trainings in soft.items():
        for own in trainings:
            say(f"training of {'x'.join(map(str, own.widths))} on {cpu} in fixed point")
            fixed = training(own.widths, CPUS[cpu], arithmetic="fixed")
            results.append(Arithmetics(CPUS[cpu].title, own, fixed))
    return results


def read_yaml(name: str) -> Any:
    """Read a file beside this one."""
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def _measured(entry: dict[str, Any], path: Path, runs: Mapping[str, Inference]) -> Measured:
    reference = convert(path, Options(head_layers=0))
    return Measured(
        name=entry["name"],
        what=entry["what"],
        source=entry["source"],
        overhead=entry.get("overhead", False),
        macs=reference.macs,
        int8_size=reference.int8_size,
        weights={key: _converted(path, setting).weights_size for key, setting in SETTINGS.items()},
        runs=runs,
    )


def _converted(path: Path, setting: Setting) -> ConvertedModel:
    return convert(path, Options(head_layers=0, kernels=setting.kernels, optimize=setting.optimize))


def _run(path: Path, setting: Setting, library: Path) -> Inference:
    """Measure one model in one setting, in a process of its own."""
    model, reference = _converted(path, setting), convert(path, Options(head_layers=0))
    units = cmsis_nn.units(library) if setting.kernels == cmsis_nn.KERNELS else ()
    cpu = CPUS[setting.cpu]
    if setting.best:
        return best_inference(model, reference, cpu, units)
    return inference(model, reference, cpu, library=units)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The kernels under AddressSanitizer and UndefinedBehaviorSanitizer."""

import os
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from catalogue import CATALOGUE
from hypothesis import given, settings
from microtl_tools import paths
from microtl_tools.convert.api import ConvertedModel, Options, convert_bytes
from microtl_tools.twin import border, inputs
from microtl_tools.twin.api import Twin
from microtl_tools.twin.toolchain import Toolchain, find_toolchain
from numpy.typing import NDArray
from random_layers import networks

HARNESS = Path(__file__).with_name("harness.c")
FLAGS = (
    "-std=c11",
    "-g",
    "-O1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
)
FOLDERS = (".", "dsp", "mve")
"""Of kernels: those that have a form in C for the host."""
LAYOUTS = (("dsp", "speed"), ("dsp", "size"), ("mve", "speed"))
SETS_HAVE = ("conv2d", "depthwise", "fully_connected", "network")
"""Test models with operations that kernel sets have kernels for."""
JOBS = 2
RANDOM_NETWORKS = 300 if os.environ.get("MICROTL_LONG") else 12


class Program:
    """Kernels, engine and some models as one program, all of it built with the sanitizers."""

    def __init__(self, folder: Path, toolchain: Toolchain) -> None:
        self._folder = folder
        self._toolchain = toolchain
        core = paths.core_root() / "src" / "core"
        kernels = [path for folder in FOLDERS for path in (core / "kernels" / folder).glob("*.c")]
        self._objects = self._compile([*kernels, core / "engine.c", HARNESS])

    def build(self, models: list[ConvertedModel]) -> None:
        """Put other models into the program."""
        for model in models:
            model.write(self._folder, force=True)
        table = self._folder / "table.c"
        table.write_text(_table(models), encoding="utf-8")
        objects = self._compile([*(self._folder / f"{m.name}.c" for m in models), table])
        self._toolchain.run([*FLAGS, *self._objects, *objects, "-o", self._folder / "program"])

    def run(self, index: int, x: NDArray[np.int8]) -> NDArray[np.int8]:
        """Run the model at ``index`` on arena values ``x`` [n, ...]."""
        question = struct.pack("=II", index, len(x)) + x.tobytes()
        done = subprocess.run(
            [self._folder / "program"], input=question, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return np.frombuffer(done.stdout, np.int8).reshape(len(x), -1)

    def _compile(self, units: list[Path]) -> list[Path]:
        with ThreadPoolExecutor(JOBS) as pool:
            return list(pool.map(self._compile_one, units))

    def _compile_one(self, unit: Path) -> Path:
        output = self._folder / f"{unit.parent.name}_{unit.stem}.o"
        include = ["-I", paths.core_root() / "include"]
        self._toolchain.run([*FLAGS, *include, "-c", unit, "-o", output])
        return output


def _table(models: list[ConvertedModel]) -> str:
    lines = ["#include <microtl/model.h>"]
    lines += [f"extern const struct microtl_model {model.symbol};" for model in models]
    lines += ["const struct microtl_model *const table[] = {"]
    lines += [f"\t&{model.symbol}," for model in models]
    return "\n".join([*lines, "};", ""])


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program(tmp_path_factory.mktemp("sanitized"), find_toolchain())


@pytest.fixture(scope="module")
def catalogue(program: Program, models: dict[str, ConvertedModel]) -> Program:
    """Return the program with all test models, in the order of their names."""
    program.build([models[name] for name in sorted(CATALOGUE)])
    return program


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_models_are_clean_and_exact(
    name: str,
    catalogue: Program,
    models: dict[str, ConvertedModel],
    golden: dict[str, NDArray[np.int8]],
) -> None:
    model = models[name]
    x = border.to_arena(golden[f"{name}/x"], model.input)
    y = golden[f"{name}/y"]
    ours = border.from_arena(catalogue.run(sorted(CATALOGUE).index(name), x), model.output)
    assert np.array_equal(ours.reshape(y.shape), y)


@pytest.mark.parametrize(("kernels", "goal"), LAYOUTS)
def test_kernel_sets_are_clean_and_exact(
    kernels: str,
    goal: str,
    program: Program,
    models: dict[str, ConvertedModel],
) -> None:
    names = [name for name in sorted(CATALOGUE) if name.startswith(SETS_HAVE)][::2]
    how = Options(head_layers=0, kernels=kernels, optimize=goal)
    own = [convert_bytes(models[name].tflite, replace(how, name=f"own_{name}")) for name in names]
    program.build(own)
    for index, model in enumerate(own):
        portable = models[names[index]]
        size = (8, portable.input.size)
        x = np.random.default_rng(index).integers(-128, 128, size, dtype=np.int8)
        expected = Twin.from_converted(portable).run(x)
        assert np.array_equal(program.run(index, x), expected), model.name


def test_random_networks_are_clean(program: Program) -> None:
    @settings(settings.get_profile("kernels"), max_examples=RANDOM_NETWORKS)
    @given(networks())
    def run(network: tuple[bytes, tuple[int, ...]]) -> None:
        data, shape = network
        model = convert_bytes(data, Options(head_layers=0, name="random"), source="random.tflite")
        x = inputs.make(8, shape, model.input.zero_point)
        program.build([model])
        assert np.array_equal(program.run(0, x), Twin.from_converted(model).run(x))

    run()

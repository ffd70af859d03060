# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The kernels under AddressSanitizer and UndefinedBehaviorSanitizer, on every test model."""

import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from catalogue import CATALOGUE
from conftest import ROOT
from microtl_tools.convert.api import ConvertedModel
from microtl_tools.twin import border
from microtl_tools.twin.toolchain import find_toolchain
from numpy.typing import NDArray

HARNESS = Path(__file__).with_name("harness.c")
FLAGS = (
    "-std=c11",
    "-g",
    "-O1",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
)
JOBS = 2


@pytest.fixture(scope="module")
def program(models: dict[str, ConvertedModel], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build one program of kernels, engine, all models and the harness."""
    folder = tmp_path_factory.mktemp("sanitized")
    names = sorted(CATALOGUE)
    for name in names:
        models[name].write(folder)
    (folder / "table.c").write_text(_table([models[name] for name in names]), encoding="utf-8")
    core = ROOT / "modules" / "microtl" / "src" / "core"
    units = [*folder.glob("*.c"), *(core / "kernels").glob("*.c"), core / "engine.c", HARNESS]
    toolchain = find_toolchain()
    include = ["-I", ROOT / "modules" / "microtl" / "include"]

    def compile_part(part: int) -> list[Path]:
        made = [folder / f"{unit.stem}.o" for unit in units[part::JOBS]]
        for unit, output in zip(units[part::JOBS], made, strict=True):
            toolchain.run([*FLAGS, *include, "-c", unit, "-o", output])
        return made

    with ThreadPoolExecutor(JOBS) as pool:
        objects = [path for made in pool.map(compile_part, range(JOBS)) for path in made]
    toolchain.run([*FLAGS, *objects, "-o", folder / "program"])
    return folder / "program"


def _table(models: list[ConvertedModel]) -> str:
    lines = ["#include <microtl/model.h>"]
    lines += [f"extern const struct microtl_model {model.symbol};" for model in models]
    lines += ["const struct microtl_model *const table[] = {"]
    lines += [f"\t&{model.symbol}," for model in models]
    return "\n".join([*lines, "};", ""])


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_clean_and_exact(
    name: str,
    program: Path,
    models: dict[str, ConvertedModel],
    golden: dict[str, NDArray[np.int8]],
) -> None:
    model = models[name]
    x = border.to_arena(golden[f"{name}/x"], model.input)
    question = struct.pack("=II", sorted(CATALOGUE).index(name), len(x)) + x.tobytes()
    done = subprocess.run([program], input=question, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    answer = np.frombuffer(done.stdout, np.int8).reshape(len(x), -1)
    y = golden[f"{name}/y"]
    assert np.array_equal(border.from_arena(answer, model.output).reshape(y.shape), y)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Heads in fixed point: the same bytes on every CPU, no float code, and far fewer instructions."""

import re
import shutil
from pathlib import Path

import pytest
from microtl_tools.bench import training
from microtl_tools.bench.cpus import CPUS
from microtl_tools.errors import UsageError
from microtl_tools.twin.build import arithmetic_defines, learning_sources
from training_core import CORE, INCLUDE
from training_digests import MACHINES, TESTS, Digests, run

DIGESTS = Digests(
    sources=[TESTS / "fixed/digests.c", TESTS / "toy.c", *learning_sources(CORE, "fixed")],
    flags=[f"-D{name}" for name in arithmetic_defines("fixed")],
)
LINES = 5 * 3 + 1 + 3

WITHOUT_FPU = ("cortex-m3", "cortex-m0plus")
FLOAT_CODE = re.compile(r"\b__aeabi_(?:[fd]\w*|[cu]?[fd]cmp\w*|u?[il]2[fd])$", re.MULTILINE)
"""Arm's run-time ABI: arithmetic, comparisons and conversions of float and double."""
SPEEDUP = 5


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What GCC at -O2 makes of it."""
    text = run([DIGESTS.build(tmp_path_factory.mktemp("fixed") / "gcc", "gcc", "-O2")])
    assert len(set(text.splitlines())) == LINES
    assert "job: verdict 1, " in text
    return text


@pytest.mark.parametrize("level", ("-O0", "-O3", "-Os"))
@pytest.mark.parametrize("compiler", ("gcc", "clang"))
def test_compilers_agree(compiler: str, level: str, expected: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    assert run([DIGESTS.build(tmp_path / "digests", compiler, level)]) == expected


@pytest.mark.emulated
@pytest.mark.parametrize("cpu", MACHINES)
def test_emulated_cpus_agree(cpu: str, expected: str, tmp_path: Path) -> None:
    assert DIGESTS.emulate(tmp_path / "digests.elf", cpu, "-O2") == expected


def undefined(cpu: str, arithmetic: str, folder: Path) -> str:
    """Names that the objects of the whole core, kernels included, want from elsewhere."""
    _, flags = MACHINES[cpu]
    kernels = sorted((CORE / "kernels").glob("*.c"))
    defines = [f"-D{name}" for name in arithmetic_defines(arithmetic)]
    command = ["arm-none-eabi-gcc", "-mthumb", *flags, "-Os", "-c", "-std=c11", *defines]
    command += [f"-I{INCLUDE}", f"-I{CORE}"]
    sources = [*learning_sources(CORE, arithmetic), *kernels]
    for number, source in enumerate(sources):
        run([*command, str(source), "-o", str(folder / f"{number}.o")])
    objects = [str(folder / f"{number}.o") for number in range(len(sources))]
    return run(["arm-none-eabi-nm", "--undefined-only", *objects])


@pytest.mark.emulated
@pytest.mark.parametrize("cpu", WITHOUT_FPU)
def test_no_object_of_the_core_wants_float_code(cpu: str, tmp_path: Path) -> None:
    assert FLOAT_CODE.findall(undefined(cpu, "fixed", tmp_path)) == []


@pytest.mark.emulated
def test_float_code_would_be_found(tmp_path: Path) -> None:
    found = set(FLOAT_CODE.findall(undefined("cortex-m3", "float", tmp_path)))
    assert {"__aeabi_fmul", "__aeabi_fadd", "__aeabi_i2f", "__aeabi_fcmplt"} <= found


@pytest.mark.emulated
@pytest.mark.parametrize("cpu", WITHOUT_FPU)
def test_a_step_takes_a_fifth_of_soft_float(cpu: str) -> None:
    fixed = training.training((64, 12), CPUS[cpu], arithmetic="fixed")
    soft = training.training((64, 12), CPUS[cpu])
    steps = {step.optimizer: step.instructions for step in soft.steps if step.batch == 1}
    assert [(step.optimizer, step.batch) for step in fixed.steps] == [("SGD", 1), ("momentum", 1)]
    for step in fixed.steps:
        assert SPEEDUP * step.instructions <= steps[step.optimizer]
        assert step.cost.float_operations == 0


def test_bench_refuses_hidden_layers() -> None:
    with pytest.raises(UsageError, match="hidden layers"):
        training.training((64, 32, 12), CPUS["cortex-m3"], arithmetic="fixed")

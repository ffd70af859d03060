# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The same seed gives the same bytes: compilers, optimisation levels, emulated CPUs.

``tests/core/digests.c`` trains many heads and prints a CRC of each; every build prints the same.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from training_core import CORE, FLOAT_RULE, INCLUDE, ROOT

TESTS = ROOT / "tests/core"
SOURCES = [TESTS / "digests.c", TESTS / "toy.c", *sorted(CORE.glob("*.c"))]
FLAGS = ["-std=c11", *FLOAT_RULE, f"-I{INCLUDE}", f"-I{CORE}", f"-I{TESTS}"]
LINES = 6 * 3 * 2 + 1 + 2 + 4
LONG = os.environ.get("MICROTL_LONG") == "1"
LEVELS = ("-O0", "-O2", "-O3", "-Os") if LONG else ("-O3", "-Os")


def run(command: list[str]) -> str:
    """Output of a command that must succeed; QEMU gives the program's on stderr."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What GCC at -O2 makes of it."""
    program = tmp_path_factory.mktemp("digests") / "gcc"
    run(["gcc", "-O2", *FLAGS, "-o", str(program), *map(str, SOURCES)])
    text = run([str(program)])
    assert len(text.splitlines()) == LINES
    assert len(set(text.splitlines())) == LINES
    assert run([str(program)]) == text
    return text


@pytest.mark.parametrize("level", ("-O0", "-O2", "-O3", "-Os"))
@pytest.mark.parametrize("compiler", ("gcc", "clang"))
def test_compilers_agree(compiler: str, level: str, expected: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    program = tmp_path / "digests"
    run([compiler, level, *FLAGS, "-o", str(program), *map(str, SOURCES)])
    assert run([str(program)]) == expected


def test_lean_build_learns_the_same(expected: str, tmp_path: Path) -> None:
    """Every part of src/core/build_options.h left out: refused where asked for, else the same."""
    options = (CORE / "build_options.h").read_text(encoding="utf-8")
    names = re.findall(r"#define (MICROTL_WITH_\w+) 1", options)
    assert len(names) == 10
    program = tmp_path / "lean"
    lean = [f"-D{name}=0" for name in names]
    lean += ["-DMICROTL_ONLY_OPTIMIZER=MICROTL_OPTIMIZER_MOMENTUM"]
    run(["gcc", "-Os", *FLAGS, *lean, "-o", str(program), *map(str, SOURCES)])
    line = run([str(program), "job"])
    head = line.split(", means")[0]  # nearest means are left out
    assert head.startswith("job: verdict 1, head ") and head in expected


CPUS = {
    "cortex-m4f": (
        "mps2-an386",
        ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
    ),
    "cortex-m55": ("mps3-an547", ("-mcpu=cortex-m55", "-mfloat-abi=hard")),
    "cortex-m3": ("mps2-an385", ("-mcpu=cortex-m3", "-mfloat-abi=soft")),
}


@pytest.mark.emulated
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cpu", CPUS)
def test_emulated_cpus_agree(cpu: str, level: str, expected: str, tmp_path: Path) -> None:
    machine, flags = CPUS[cpu]
    program = tmp_path / "digests.elf"
    command = ["arm-none-eabi-gcc", "-mthumb", *flags, level, *FLAGS]
    command += ["-ffunction-sections", "-Wl,--gc-sections", "-nostartfiles"]
    command += ["--specs=nano.specs", "--specs=nosys.specs", f"-T{TESTS}/arm/link.ld"]
    assembly = sorted(CORE.glob("*.S"))
    assert assembly
    command += ["-o", str(program), str(TESTS / "arm/start.c"), *map(str, [*SOURCES, *assembly])]
    run(command)
    emulator = ["qemu-system-arm", "-M", machine, "-nographic", "-monitor", "none"]
    emulator += ["-serial", "none", "-semihosting-config", "enable=on,target=native"]
    assert run([*emulator, "-kernel", str(program)]) == expected

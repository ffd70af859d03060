# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The same seed gives the same bytes: compilers, optimisation levels, emulated CPUs.

``tests/core/digests.c`` trains many heads and prints a CRC of each; every build prints the same.
"""

import os
import re
import shutil
from pathlib import Path

import pytest
from training_core import CORE, FLOAT_RULE
from training_digests import TESTS, Digests, run

DIGESTS = Digests(
    sources=[TESTS / "digests.c", TESTS / "toy.c", *sorted(CORE.glob("*.c"))],
    flags=FLOAT_RULE,
    assembly=sorted(CORE.glob("*.S")),
)
CPUS = ("cortex-m4f", "cortex-m55", "cortex-m3")
LINES = 6 * 3 * 2 + 1 + 2 + 4
LONG = os.environ.get("MICROTL_LONG") == "1"
LEVELS = ("-O0", "-O2", "-O3", "-Os") if LONG else ("-O3", "-Os")


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What GCC at -O2 makes of it."""
    program = DIGESTS.build(tmp_path_factory.mktemp("digests") / "gcc", "gcc", "-O2")
    text = run([program])
    assert len(text.splitlines()) == LINES
    assert len(set(text.splitlines())) == LINES
    assert run([program]) == text
    return text


@pytest.mark.parametrize("level", ("-O0", "-O2", "-O3", "-Os"))
@pytest.mark.parametrize("compiler", ("gcc", "clang"))
def test_compilers_agree(compiler: str, level: str, expected: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    assert run([DIGESTS.build(tmp_path / "digests", compiler, level)]) == expected


def test_lean_build_learns_the_same(expected: str, tmp_path: Path) -> None:
    """Every part of src/core/build_options.h left out: refused where asked for, else the same."""
    options = (CORE / "build_options.h").read_text(encoding="utf-8")
    names = re.findall(r"#define (MICROTL_WITH_\w+) 1", options)
    assert len(names) == 10
    lean = [f"-D{name}=0" for name in names]
    lean += ["-DMICROTL_ONLY_OPTIMIZER=MICROTL_OPTIMIZER_MOMENTUM"]
    line = run([DIGESTS.build(tmp_path / "lean", "gcc", "-Os", *lean), "job"])
    head = line.split(", means")[0]  # nearest means are left out
    assert head.startswith("job: verdict 1, head ") and head in expected


@pytest.mark.emulated
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cpu", CPUS)
def test_emulated_cpus_agree(cpu: str, level: str, expected: str, tmp_path: Path) -> None:
    assert DIGESTS.assembly
    assert DIGESTS.emulate(tmp_path / "digests.elf", cpu, level) == expected

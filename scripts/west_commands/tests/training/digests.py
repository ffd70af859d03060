# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A program of digests of ``tests/core``, built for this machine and for emulated CPUs, and run."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training_core import CORE, INCLUDE, ROOT

TESTS = ROOT / "tests/core"

MACHINES = {
    "cortex-m4f": ("mps2-an386", ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")),
    "cortex-m55": ("mps3-an547", ("-mcpu=cortex-m55", "-mfloat-abi=hard")),
    "cortex-m3": ("mps2-an385", ("-mcpu=cortex-m3", "-mfloat-abi=soft")),
    "cortex-m0plus": ("mps2-an385", ("-mcpu=cortex-m0plus", "-mfloat-abi=soft")),
}
"""QEMU's machine and the compiler's options by CPU."""


def run(command: Sequence[str]) -> str:
    """Output of a command that must succeed; QEMU gives the program's on stderr."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@dataclass(frozen=True)
class Digests:
    """Its C files, those in assembly for Cortex-M alone, and what they are compiled with."""

    sources: Sequence[Path]
    flags: Sequence[str]
    assembly: Sequence[Path] = ()

    def _options(self) -> list[str]:
        return ["-std=c11", *self.flags, f"-I{INCLUDE}", f"-I{CORE}", f"-I{TESTS}"]

    def build(self, program: Path, compiler: str, *flags: str) -> str:
        """Build it for this machine, and return the program's path."""
        run([compiler, *self._options(), *flags, "-o", str(program), *map(str, self.sources)])
        return str(program)

    def emulate(self, program: Path, cpu: str, level: str) -> str:
        """Build it for a CPU, and return what it prints in QEMU."""
        machine, flags = MACHINES[cpu]
        sources = [TESTS / "arm/start.c", *self.sources, *self.assembly]
        command = ["arm-none-eabi-gcc", "-mthumb", *flags, level, *self._options()]
        command += ["-ffunction-sections", "-Wl,--gc-sections", "-nostartfiles"]
        command += ["--specs=nano.specs", "--specs=nosys.specs", f"-T{TESTS}/arm/link.ld"]
        run([*command, "-o", str(program), *map(str, sources)])
        emulator = ["qemu-system-arm", "-M", machine, "-nographic", "-monitor", "none"]
        emulator += ["-serial", "none", "-semihosting-config", "enable=on,target=native"]
        return run([*emulator, "-kernel", str(program)])

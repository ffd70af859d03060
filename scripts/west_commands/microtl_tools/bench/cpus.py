# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The emulated CPUs: how code is built for each, and where QEMU's board has its memory.

Memory maps are those of Arm's application notes AN386, AN385 and AN547 as QEMU implements them
("Arm MPS2 and MPS3 boards" in its manual).
"""

from dataclasses import dataclass

from microtl_tools.errors import UsageError


@dataclass(frozen=True)
class Memory:
    """A board's memory, as the linker script names it. Addresses and sizes in bytes."""

    vectors: int
    flash: int
    flash_size: int
    ram: int
    ram_size: int


@dataclass(frozen=True)
class Cpu:
    """One CPU to measure on: ``machine`` is QEMU's board, ``flags`` the compiler's."""

    name: str
    title: str
    machine: str
    flags: tuple[str, ...]
    defines: tuple[str, ...]
    memory: Memory
    kernels: str
    """Kernel set that is fastest on the CPU."""
    families: tuple[str, ...] = ()
    """Folders with kernels of this CPU family, below the portable ones."""


# AN385/AN386: 4 MiB of SSRAM at 0 for code, 4 MiB at 0x2000_0000; one KiB is for the vectors.
_MPS2 = Memory(0x0, 0x400, 0x400000 - 0x400, 0x20000000, 0x400000)
# AN547: vectors in ITCM at 0, code in the 2 MiB SRAM behind it, data in the 4 MiB at 0x2100_0000.
_MPS3 = Memory(0x0, 0x01000000, 0x200000, 0x21000000, 0x400000)

CPUS = {
    cpu.name: cpu
    for cpu in (
        Cpu(
            "cortex-m4f",
            "Cortex-M4F",
            "mps2-an386",
            ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
            ("BENCH_FPU",),
            _MPS2,
            "dsp",
            ("dsp",),
        ),
        Cpu(
            "cortex-m3",
            "Cortex-M3",
            "mps2-an385",
            ("-mcpu=cortex-m3", "-mfloat-abi=soft"),
            (),
            _MPS2,
            "portable",
        ),
        Cpu(
            "cortex-m55",
            "Cortex-M55",
            "mps3-an547",
            ("-mcpu=cortex-m55", "-mfloat-abi=hard"),
            ("BENCH_FPU",),
            _MPS3,
            "mve",
            ("mve",),
        ),
        Cpu(
            # There is no emulated M0+ with enough memory: code for it, on a CPU made to trap what
            # an M0+ cannot do.
            "cortex-m0plus",
            "Cortex-M0+ code",
            "mps2-an385",
            ("-mcpu=cortex-m0plus", "-mfloat-abi=soft"),
            ("BENCH_TRAP_UNALIGNED",),
            _MPS2,
            "portable",
        ),
    )
}


def cpu_named(name: str) -> Cpu:
    """Return the CPU called ``name``; UsageError where there is none."""
    if name not in CPUS:
        raise UsageError(f"--cpu {name}: not known", f"choose one of {', '.join(CPUS)}")
    return CPUS[name]

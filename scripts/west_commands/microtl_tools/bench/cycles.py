# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What an executed instruction costs: words moved, float operations, cycles by the manual's table.

Cycles are an estimate, from the tables of the Cortex-M4 Technical Reference Manual r0p1 (3.3.1,
"Cortex-M4 instructions"; 7.2.3, "FPU instruction set"), with zero wait states:

- loads and stores of one word take 2 cycles, one that follows another directly takes 1,
- of N words (LDM, STM, PUSH, POP, LDRD, VLDM, VSTM) N + 1,
- a taken branch refills the pipeline: ``PIPELINE_REFILL`` cycles more, of the manual's 1 to 3,
- MLA and MLS 2, the DSP extension's multiplications 1, a division ``DIVIDE`` of 2 to 12,
- VMUL, VADD, VSUB and conversions 1, VMLA and its family 3, VDIV and VSQRT 14.

Not counted: unaligned accesses, dependences between float instructions, flash wait states.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

PIPELINE_REFILL = 2
DIVIDE = 7

_LOADS = ("ldr", "vldr", "ldm", "vldm", "pop", "vpop")
_STORES = ("str", "vstr", "stm", "vstm", "push", "vpush")
_MULTIPLE = ("ldm", "vldm", "pop", "vpop", "stm", "vstm", "push", "vpush", "ldrd", "strd")
_BRANCHES = re.compile(
    r"(b|bl|bx|blx|cbz|cbnz|tbb|tbh|le|b(eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le))$"
)
_FLOAT_OPERATIONS = ("vadd", "vsub", "vmul", "vnmul", "vdiv", "vsqrt", "vneg", "vabs")
_FLOAT_FUSED = ("vmla", "vmls", "vnmla", "vnmls", "vfma", "vfms", "vfnma", "vfnms")
_REGISTER_RANGE = re.compile(r"([a-z]+)(\d+)-[a-z]+(\d+)")
_LINE = re.compile(r"^\s*([0-9a-f]+):\t(?:[0-9a-f]{4} ?)+\s*\t(\S+)(?:\t([^@<;]*))?", re.MULTILINE)


@dataclass(frozen=True)
class Instruction:
    """One instruction of a firmware and what one execution of it costs."""

    mnemonic: str
    loaded: int = 0
    """Words read; a byte or half word counts as one."""
    stored: int = 0
    float_operations: int = 0
    cycles: int = 1
    """When it is not a taken branch, and no load or store stands before it."""
    single: bool = False
    """A load or store of one word: one cycle less behind another one."""
    branch: bool = False
    size: int = 4


_UNKNOWN = Instruction("")
"""One that objdump does not know: it misses a part of Helium."""


@dataclass(frozen=True)
class Cost:
    """Sums over executed instructions."""

    instructions: int = 0
    loaded: int = 0
    stored: int = 0
    float_operations: int = 0
    cycles: int = 0


def disassemble(text: str) -> dict[int, Instruction]:
    """Return the instructions of ``objdump -d``'s output by their addresses."""
    found: dict[int, Instruction] = {}
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            size = 2 * len(line.split("\t")[1].split())
            found[int(match[1], 16)] = _classify(match[2], (match[3] or "").strip(), size)
    return found


def cost(
    blocks: Mapping[tuple[int, ...], tuple[int, int]], code: Mapping[int, Instruction]
) -> Cost:
    """Sum up blocks: addresses in order -> (times executed, times its last branch was taken)."""
    instructions = loaded = stored = floats = cycles = 0
    for addresses, (times, taken) in blocks.items():
        before = False
        for address in addresses:
            item = code.get(address, _UNKNOWN)
            instructions += times
            loaded += times * item.loaded
            stored += times * item.stored
            floats += times * item.float_operations
            cycles += times * (item.cycles - (1 if item.single and before else 0))
            before = item.single
        cycles += taken * PIPELINE_REFILL
    return Cost(instructions, loaded, stored, floats, cycles)


def mean(weighted: Mapping[Cost, int]) -> Cost:
    """Return the mean of costs, each as often as its weight says, rounded."""
    times = sum(weighted.values())
    names = [field.name for field in fields(Cost)]
    return Cost(
        *(
            round(sum(getattr(cost, name) * count for cost, count in weighted.items()) / times)
            for name in names
        )
    )


def _classify(mnemonic: str, operands: str, size: int) -> Instruction:
    name = mnemonic.partition(".")[0]
    if _BRANCHES.match(name):
        return Instruction(name, loaded=int(name in ("tbb", "tbh")), branch=True, size=size)
    if name.startswith(_LOADS) or name.startswith(_STORES):
        return _memory(name, operands, size)
    if name.startswith(_FLOAT_FUSED):
        return Instruction(name, float_operations=2, cycles=3, size=size)
    if name.startswith(("vdiv", "vsqrt")):
        return Instruction(name, float_operations=1, cycles=14, size=size)
    if name.startswith(_FLOAT_OPERATIONS):
        return Instruction(name, float_operations=1, size=size)
    if name in ("mla", "mls"):
        return Instruction(name, cycles=2, size=size)
    if name in ("sdiv", "udiv"):
        return Instruction(name, cycles=DIVIDE, size=size)
    return Instruction(name, size=size)


def _memory(name: str, operands: str, size: int) -> Instruction:
    several = name.startswith(_MULTIPLE)
    if name.startswith(("ldrd", "strd")):
        words = 2
    elif several:
        words = _registers(operands)
    else:
        words = 2 if operands.startswith("d") else 1
    loads = name.startswith(_LOADS)
    return Instruction(
        name,
        loaded=words if loads else 0,
        stored=0 if loads else words,
        cycles=words + 1,
        single=words == 1 and not several,
        branch=loads and "pc" in operands.partition("[")[0],
        size=size,
    )


def _registers(operands: str) -> int:
    """Count the words of a register list such as ``{r4, r6-r9, lr}`` or ``{s0-s7}``."""
    inside = operands[operands.find("{") + 1 : operands.find("}")]
    count = 0
    for part in inside.split(","):
        match = _REGISTER_RANGE.match(part.strip())
        registers = int(match[3]) - int(match[2]) + 1 if match else 1
        count += registers * (2 if part.strip().startswith("d") else 1)
    return count

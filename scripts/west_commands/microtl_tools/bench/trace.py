# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Run a bench firmware in QEMU and count every instruction it executes.

QEMU logs each block of code when it translates it (``in_asm``: the addresses of its instructions)
and each time it runs it (``exec``; ``nochain`` keeps it from skipping the log). Counting blocks
gives exact counts for every address, so an instruction mix and not only a sum. The counts equal
those of ``-icount shift=0`` with SysTick, to one instruction instead of one tick.
"""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from microtl_tools.bench.cpus import Cpu
from microtl_tools.errors import MicroTLError

QEMU = "qemu-system-arm"
_TIMEOUT_S = 600
_FIRST_OF_TWO = 0xE800
_INSTRUCTION = re.compile(r"0x([0-9a-f]{8}):  ([0-9a-f]{4}(?: [0-9a-f]{4})?) ")

Block = tuple[int, ...]
"""Addresses of instructions that run one after the other."""


@dataclass
class Segment:
    """What ran between two marks."""

    blocks: dict[Block, tuple[int, int]] = field(default_factory=dict)
    """How often each block ran, and how often something else than its successor came next."""

    @property
    def instructions(self) -> int:
        """Instructions executed."""
        return sum(len(block) * times for block, (times, _) in self.blocks.items())


@dataclass
class Run:
    """One run of a firmware: its segments in order of the marks, and the lines that it printed."""

    segments: list[Segment]
    printed: dict[str, str]

    def number(self, label: str) -> int:
        """Return the number that was printed under ``label``."""
        return int(self.printed[label], 16)

    def data(self, label: str) -> bytes:
        """Return the bytes that were printed under ``label``."""
        return bytes.fromhex(self.printed[label])


def version() -> str:
    """Return QEMU's version line; MicroTLError where QEMU is missing."""
    qemu = _find()
    answer = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.splitlines()[0]


def run(elf: Path, cpu: Cpu, mark: int) -> Run:
    """Run ``elf`` on ``cpu``'s board and count; ``mark`` is the address of ``bench_mark``.

    Raises MicroTLError where QEMU is missing, or the firmware faults or does not end.
    """
    with tempfile.TemporaryDirectory(prefix="microtl-bench-") as folder:
        log = Path(folder) / "trace"
        os.mkfifo(log)
        command = [_find(), "-M", cpu.machine, "-nographic", "-monitor", "none"]
        command += ["-serial", "none", "-semihosting-config", "enable=on,target=native"]
        command += ["-d", "in_asm,exec,nochain", "-D", str(log), "-kernel", str(elf)]
        reader = _Reader(log, mark)
        reader.start()
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=_TIMEOUT_S,
            )
        except subprocess.TimeoutExpired as error:
            raise MicroTLError(
                f"{elf.name}: no end after {_TIMEOUT_S} s on {cpu.machine}",
                "a smaller model, or an endless loop in the firmware",
            ) from error
        finally:
            reader.finish()
    if done.returncode != 0:
        raise MicroTLError(
            f"{elf.name}: QEMU ended with exit code {done.returncode} on {cpu.machine}: "
            f"{done.stdout.strip()[-300:] or 'it printed nothing'}",
            "a fault means code that this CPU cannot run: choose another --cpu",
        )
    segments = reader.segments()
    if not segments:
        raise MicroTLError(
            f"the log of {version()} shows no code that ran",
            "tested is QEMU 7.2, with its disassembler (capstone), as Debian builds it",
        )
    return Run(segments, _parse(done.stdout))


def _find() -> str:
    qemu = shutil.which(QEMU)
    if qemu is None:
        raise MicroTLError(
            f"{QEMU} is needed to run code for a Cortex-M",
            "install it: apt-get install qemu-system-arm",
        )
    return qemu


def _parse(text: str) -> dict[str, str]:
    printed = {}
    for line in text.splitlines():
        label, _, value = line.partition(" ")
        printed[label] = value.strip()
    return printed


def _addresses(first: int, halves: list[int]) -> Block:
    """Split half words from address ``first`` on into instructions.

    QEMU's disassembler does not know Helium and shows some of it as two instructions. In Thumb the
    first half word tells the length (Armv8-M Architecture Reference Manual, C2.2).
    """
    addresses = []
    i = 0
    while i < len(halves):
        addresses.append(first + 2 * i)
        i += 2 if halves[i] >= _FIRST_OF_TWO else 1
    return tuple(addresses)


class _Reader(threading.Thread):
    """Reads QEMU's log from a FIFO while it is written: traces are large and never touch disk."""

    def __init__(self, log: Path, mark: int) -> None:
        super().__init__(daemon=True)
        self._log = log
        self._mark = mark & ~1
        self._blocks: dict[str, Block] = {}
        self._counts: list[tuple[Counter[str], Counter[str]]] = []

    def finish(self) -> None:
        """Wait for the end of the log, also where QEMU never opened it."""
        if self.is_alive():
            # Opening both ends cannot block, and closing them ends a reader that has no writer.
            os.close(os.open(self._log, os.O_RDWR | os.O_NONBLOCK))
        self.join()

    def run(self) -> None:
        with self._log.open(encoding="ascii", errors="replace") as stream:
            try:
                self._read(stream)
            except KeyError:  # Code ran that was never shown: this is not the log as it is known.
                self._counts.clear()
                for _ in stream:  # QEMU writes on until it ends.
                    pass

    def _read(self, stream: TextIO) -> None:
        first = 0
        translated: list[int] = []
        ends: dict[str, int] = {}
        starts: dict[str, int] = {}
        runs: Counter[str] = Counter()
        jumps: Counter[str] = Counter()
        before = ""
        for line in stream:
            if line.startswith("Trace"):
                key = line[9:60].partition("[")[0]
                if translated:
                    self._blocks[key] = _addresses(first, translated)
                    starts[key], ends[key] = first, first + 2 * len(translated)
                    translated = []
                if before and ends[before] != starts[key]:
                    jumps[before] += 1
                if starts[key] == self._mark:
                    runs, jumps = Counter(), Counter()
                    self._counts.append((runs, jumps))
                runs[key] += 1
                before = key
            elif line.startswith("0x"):
                found = _INSTRUCTION.match(line)
                if found:
                    first = first if translated else int(found[1], 16)
                    translated += [int(half, 16) for half in found[2].split()]

    def segments(self) -> list[Segment]:
        """Return the counted segments; what follows the last mark is not one."""
        result = []
        for runs, jumps in self._counts[:-1]:
            segment = Segment()
            for key, times in runs.items():
                block = self._blocks[key]
                before = segment.blocks.get(block, (0, 0))
                segment.blocks[block] = (before[0] + times, before[1] + jumps[key])
            result.append(segment)
        return result

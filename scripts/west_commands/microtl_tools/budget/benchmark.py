# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``python -m microtl_tools.budget.benchmark [ELF]``: what one report costs in CPU time.

Runs ``microtl budget`` in a process of its own, start and imports included. Without an ELF file it
makes one of 2 MB with 30,000 symbols.
"""

import argparse
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from microtl_tools.errors import EXIT_FAILURE, MicroTLError
from microtl_tools.output import emit

RUNS = 5
_CODE_SIZE = 960_000
_SYMBOLS = 30_000
_ORIGIN = 0x08000000


def synthetic() -> bytes:
    """Return an ELF file for Arm: one section of code, full of functions with long names."""
    names = b"\0" + b"".join(b"function_with_a_long_name_%05d\0" % i for i in range(_SYMBOLS))
    step = _CODE_SIZE // _SYMBOLS
    symbols = bytes(16) + b"".join(
        # Elf32_Sym: name, value (with the Thumb bit), size, global function, section 1
        struct.pack("<IIIBBH", 1 + 32 * i, _ORIGIN + step * i + 1, step, 0x12, 0, 1)
        for i in range(_SYMBOLS)
    )
    section_names = b"\0text\0.symtab\0.strtab\0.shstrtab\0"
    contents = [bytes(_CODE_SIZE), symbols, names, section_names]
    offsets = [84 + sum(len(c) for c in contents[:i]) for i in range(len(contents) + 1)]
    # Elf32_Shdr: name, type, flags, address, offset, size, link, info, alignment, entry size
    headers = [
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        (1, 1, 6, _ORIGIN, offsets[0], _CODE_SIZE, 0, 0, 4, 0),
        (6, 2, 0, 0, offsets[1], len(symbols), 3, 1, 4, 16),
        (14, 3, 0, 0, offsets[2], len(names), 0, 0, 1, 0),
        (22, 3, 0, 0, offsets[3], len(section_names), 0, 0, 1, 0),
    ]
    identity = b"\x7fELF\x01\x01\x01" + bytes(9)
    fields = (2, 40, 1, _ORIGIN, 52, offsets[4], 0x05000000, 52, 32, 1, 40, len(headers), 4)
    program = (1, offsets[0], _ORIGIN, _ORIGIN, _CODE_SIZE, _CODE_SIZE, 5, 4)
    return b"".join(
        [identity, struct.pack("<HHIIIIIHHHHHH", *fields), struct.pack("<8I", *program)]
        + contents
        + [struct.pack("<10I", *header) for header in headers]
    )


def measure(elf: Path) -> float:
    """Report once; return the CPU seconds, user and system."""
    root = str(Path(__file__).resolve().parents[2])
    before = os.times()
    result = subprocess.run(
        [sys.executable, "-m", "microtl_tools", "budget", str(elf), "--json"],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    after = os.times()
    if result.returncode != 0:
        raise MicroTLError(f"{elf}: the report failed:\n{result.stderr.strip()}")
    user = after.children_user - before.children_user
    return user + after.children_system - before.children_system


def main(arguments: list[str]) -> int:
    """Print the best of some runs."""
    parser = argparse.ArgumentParser(prog="microtl_tools.budget.benchmark", description=__doc__)
    parser.add_argument("elf", nargs="?", metavar="ELF", type=Path)
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        elf = args.elf or Path(folder) / "synthetic.elf"
        if args.elf is None:
            elf.write_bytes(synthetic())
        try:
            runs = [measure(elf) for _ in range(RUNS)]
        except MicroTLError as error:
            sys.stderr.write(f"error: {error}\n")
            return EXIT_FAILURE
        emit(
            f"{elf.name}: {elf.stat().st_size:,} bytes, best of {RUNS} runs: "
            f"{min(runs):.2f} s of CPU"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

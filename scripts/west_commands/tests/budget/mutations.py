# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Damage ELF files in ways that come up, report them, and watch memory and time.

Run as a program with bounded memory: ``mutations.py COUNT SEED ELF...`` prints one JSON object.
"""

import json
import random
import resource
import struct
import sys
import tempfile
import time
from pathlib import Path

from microtl_tools.budget.report import report_elf
from microtl_tools.errors import MicroTLError

MEMORY_MAX = 1 << 29
"""Bytes of address space that the whole process may have, the interpreter included."""


def truncated(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def flipped(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def absurd_header(data: bytearray, rng: random.Random) -> None:
    """Put a large or odd number into the file header."""
    at = rng.randrange(16, 52)
    data[at : at + 4] = struct.pack("<I", rng.choice((0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)))


def absurd_section(data: bytearray, rng: random.Random) -> None:
    """Put a large or odd number into a section header or a program header."""
    wide = data[4] == 2
    start = struct.unpack_from("<Q" if wide else "<I", data, 40 if wide else 32)[0]
    if not 0 < start < len(data) - 4:
        return flipped(data, rng)
    at = rng.randrange(start, len(data) - 4)
    values = (0, 1, 2, 8, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, len(data))
    data[at : at + 4] = struct.pack("<I", rng.choice(values))


def noise(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    length = rng.randrange(1, 200)
    data[at : at + length] = rng.randbytes(min(length, len(data) - at))


WAYS = (truncated, flipped, absurd_header, absurd_section, absurd_section, noise)


class Original:
    """A file as it was: what it takes, and which of its bytes cannot change that."""

    def __init__(self, data: bytes, path: Path) -> None:
        self.data = data
        self.totals: dict[str, int] | None = None
        self.contents: list[range] = []
        path.write_bytes(data)
        try:
            report = report_elf(path)
        except MicroTLError:
            return
        self.totals = report.totals()
        sections = [s for s in report.image.sections if not s.nobits]
        self.contents = [range(s.offset, s.offset + s.size) for s in sections]

    def as_before(self, data: bytearray) -> bool:
        """Say whether only the contents of sections differ."""
        if self.totals is None or len(data) != len(self.data):
            return False
        changed = [i for i, byte in enumerate(data) if byte != self.data[i]]
        return all(any(i in c for c in self.contents) for i in changed)


def outcome(path: Path, totals: dict[str, int] | None) -> str:
    """Return "right" or "error"; anything else that is raised is a bug and goes up.

    ``totals`` are what must come out, where that is known: then it is "same".
    """
    try:
        report = report_elf(path)
    except MicroTLError as error:
        assert str(path) in error.message
        assert "\n" not in error.message
        assert totals is None, error
        return "error"
    for use in report.uses:
        assert sum(use.by_owner().values()) == use.used, "the rows do not add up"
    if totals is None:
        return "right"
    assert report.totals() == totals
    return "same"


def main(count: int, seed: int, files: list[Path]) -> dict[str, float]:
    """Return how many were answered and refused, and the slowest in seconds of CPU.

    "same" are those whose answer is known, as their headers are whole.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    rng = random.Random(seed)
    result = {"same": 0.0, "right": 0.0, "error": 0.0, "slowest": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutated.elf"
        originals = [Original(file.read_bytes(), path) for file in files]
        for i in range(count):
            original = originals[i % len(files)]
            data = bytearray(original.data)
            way = rng.choice(WAYS)
            way(data, rng)
            path.write_bytes(data)
            before = time.process_time()
            try:
                known = original.totals if original.as_before(data) else None
                result[outcome(path, known)] += 1
            except Exception as error:
                raise AssertionError(f"{files[i % len(files)]} {i} {way.__name__}") from error
            result["slowest"] = max(result["slowest"], time.process_time() - before)
    return result


if __name__ == "__main__":
    arguments = sys.argv[1:]
    whole = main(int(arguments[0]), int(arguments[1]), [Path(a) for a in arguments[2:]])
    sys.stdout.write(json.dumps(whole) + "\n")

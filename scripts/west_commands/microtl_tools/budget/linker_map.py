# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Read GNU ld's map file: which object file each byte of the image came from.

A map may lie beside an ELF file of another build. So it is believed only where its output sections
have the addresses and sizes of the image's.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from microtl_tools.budget.elf import Image
from microtl_tools.budget.regions import Region, kind_by_name

FILL = "*fill*"
"""Object name of what the linker filled up for alignment."""
SCRIPT = "linker script"
"""Object name of what the linker script itself wrote: LONG(...), BYTE(...)."""

_REGION = re.compile(r"(\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(\s+\w+)?")
_OUTPUT = re.compile(r"(\S+)(?:\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?:\s+load address .*)?)?")
_REST = re.compile(r"\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?:\s+(.*))?")
_INPUT = re.compile(r" (\*fill\*|\S+)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?:\s+(.*))?")
_DATA = re.compile(r"(BYTE|SHORT|LONG|QUAD|SQUAD) ")
_MEMORY_TITLE = "Memory Configuration"
_LAYOUT_TITLE = "Linker script and memory map"


@dataclass(frozen=True)
class Span:
    """Bytes that came from one object file; ``section`` is the input section's name.

    ``origin`` is the object file, or ``archive(member)``, FILL, or SCRIPT.
    """

    start: int
    size: int
    output: str
    section: str
    origin: str


@dataclass(frozen=True)
class LinkerMap:
    """The parts of a map file that say where bytes came from."""

    path: Path
    regions: tuple[Region, ...]
    outputs: dict[str, tuple[int, int]]
    spans: tuple[Span, ...]

    def matches(self, image: Image) -> bool:
        """Say whether the map was written with this image: all its sections are where it says."""
        return all(self.outputs.get(s.name) == (s.address, s.size) for s in image.sections)


def read_map(path: Path) -> LinkerMap | None:
    """Read a map file, or return None where it is not one of GNU ld's."""
    text = path.read_text(encoding="utf-8", errors="replace")
    memory, layout = text.find(_MEMORY_TITLE), text.find("\n" + _LAYOUT_TITLE)
    if layout < 0:
        return None
    regions = _regions(path, text[memory:layout]) if memory >= 0 else []
    outputs, spans = _layout(text[layout:].splitlines()[2:])
    return LinkerMap(path, tuple(regions), outputs, tuple(spans))


def _regions(path: Path, text: str) -> list[Region]:
    found = []
    for line in text.splitlines():
        match = _REGION.fullmatch(line.strip())
        if match and match[1] != "*default*":
            name, origin, size = match[1], int(match[2], 16), int(match[3], 16)
            found.append(Region(name, kind_by_name(name), origin, size, f"{path.name}"))
    return found


def _layout(lines: list[str]) -> tuple[dict[str, tuple[int, int]], list[Span]]:
    """Walk the layout. A name that is too long for its column stands on a line of its own."""
    outputs: dict[str, tuple[int, int]] = {}
    spans: list[Span] = []
    output = pending_output = pending_input = ""
    for line in lines:
        if not line.startswith(" "):
            match = _OUTPUT.fullmatch(line)
            output = match[1] if match else ""
            pending_output = output if match and match[2] is None else ""
            pending_input = ""
            if match and match[2] is not None:
                outputs.setdefault(output, (int(match[2], 16), int(match[3], 16)))
            continue
        if pending_output:
            match = _REST.fullmatch(line)
            if match:
                outputs.setdefault(pending_output, (int(match[1], 16), int(match[2], 16)))
            pending_output = ""
            continue
        if line[1:2] != " " and " " not in line[1:].rstrip():
            pending_input = line.strip()
            continue
        match = _INPUT.fullmatch(line)
        if match:
            name = match[1] or pending_input
            span = _span(output, name, int(match[2], 16), int(match[3], 16), match[4])
            if span:
                spans.append(span)
        pending_input = ""
    spans.sort(key=lambda s: s.start)
    return outputs, spans


def _span(output: str, name: str, start: int, size: int, rest: str | None) -> Span | None:
    if size == 0:
        return None
    if name == FILL:
        return Span(start, size, output, FILL, FILL)
    if rest is None:
        return None
    if _DATA.match(rest):
        return Span(start, size, output, "", SCRIPT)
    return Span(start, size, output, name, rest) if name else None

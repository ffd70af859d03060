# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Ask the debug information which source file a function or a variable came from.

Used where no linker map lies beside the image. Functions are found by the address ranges of their
compilation unit. Variables would need a walk over every entry, which takes seconds; so the bytes
are searched for what every variable's entry holds: the operation DW_OP_addr with its address.
"""

import io
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from microtl_tools.budget.elf import Image, Lookup
from microtl_tools.imports import require

_DW_OP_ADDR = 0x03
_INFLATED_MAX = 1 << 26
_SOURCE_MAX = 1 << 27


class Sources:
    """Source files by address; empty where the image has no debug information, or damaged one."""

    def __init__(self, image: Image) -> None:
        self._functions = Lookup([])
        self._variables: dict[int, str] = {}
        self.damage: str | None = None
        try:
            self._read(image)
        except Exception as error:  # pyelftools raises what its parsers meet, not one type
            self.damage = str(error) or type(error).__name__

    def at(self, address: int) -> str | None:
        """Return the path of the source file that defines what lies at an address."""
        found = self._variables.get(address) or self._functions.at(address)
        return found if found is None else str(found)

    def __bool__(self) -> bool:
        return bool(self._variables) or self._functions.at_all()

    def _read(self, image: Image) -> None:
        elffile = require("elftools.elf.elffile", "read debug information")
        elf = elffile.ELFFile(io.BytesIO(image.data))
        if _too_large(elf) or not elf.has_dwarf_info():
            return
        dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False, follow_links=False)
        ranges: list[tuple[int, int, Any]] = []
        units: list[tuple[int, int, Any]] = []
        for unit in dwarf.iter_CUs():
            top = unit.get_top_DIE()
            path = _path(top)
            if path is None:
                continue
            begin = unit.cu_offset
            units.append((begin, begin + unit["unit_length"] + 12, path))
            ranges.extend((a, b, path) for a, b in _ranges(dwarf, unit, top) if b > a)
        self._functions = Lookup(ranges)
        wanted = {s.address for s in image.symbols if not s.function}
        info = dwarf.debug_info_sec.stream.getvalue()
        self._variables = _variables(info, units, wanted, image)


def _too_large(elf: Any) -> bool:
    """Say whether the sections would take too much memory: a compressed one may claim anything."""
    total = 0
    for section in elf.iter_sections():
        if section.name.startswith((".debug_", ".zdebug_")):
            total += section.data_size
            if section.name.startswith(".zdebug_") or (
                section.compressed and section.data_size > _INFLATED_MAX
            ):
                return True
    return total > _SOURCE_MAX


def _path(top: Any) -> str | None:
    if top is None or "DW_AT_name" not in top.attributes:
        return None
    name = _text(top.attributes["DW_AT_name"].value)
    folder = top.attributes.get("DW_AT_comp_dir")
    return str(PurePosixPath(_text(folder.value)) / name) if folder else name


def _text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return "".join(c if c.isprintable() else "?" for c in text[:512])


def _ranges(dwarf: Any, unit: Any, top: Any) -> Iterable[tuple[int, int]]:
    """Return the address ranges [begin, end) of a compilation unit's code."""
    low = top.attributes.get("DW_AT_low_pc")
    high = top.attributes.get("DW_AT_high_pc")
    base = low.value if low else 0
    if low and high:
        size = high.value if high.form.startswith("DW_FORM_data") else high.value - base
        yield base, base + size
        return
    listed = top.attributes.get("DW_AT_ranges")
    lists = dwarf.range_lists()
    if listed is None or lists is None:
        return
    for entry in lists.get_range_list_at_offset(listed.value, unit):
        if hasattr(entry, "base_address"):
            base = entry.base_address
        elif getattr(entry, "is_absolute", False):
            yield entry.begin_offset, entry.end_offset
        else:
            yield base + entry.begin_offset, base + entry.end_offset


def _variables(
    info: bytes, units: list[tuple[int, int, Any]], wanted: set[int], image: Image
) -> dict[int, str]:
    width = image.bits // 8
    # A location is its length (one byte), the operation, then the address: nothing else.
    head = bytes((width + 1, _DW_OP_ADDR))
    at_unit = Lookup(units)
    found: dict[int, str] = {}
    for match in re.finditer(re.escape(head), info):
        raw = info[match.end() : match.end() + width]
        address = int.from_bytes(raw, "little" if image.little_endian else "big")
        if address in wanted and address not in found:
            path = at_unit.at(match.start())
            if path is not None:
                found[address] = path
    return found

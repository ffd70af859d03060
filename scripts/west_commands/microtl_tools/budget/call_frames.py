# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Stack use of functions from the unwinding tables of the image.

For routines of the compiler's own library, which come without call graphs: their frames are in
.debug_frame, where the library was built with it.
"""

import io
from collections.abc import Iterable
from typing import Any

from microtl_tools.budget.elf import Image
from microtl_tools.imports import require


def call_frames(image: Image, functions: Iterable[str]) -> dict[str, int]:
    """Return the frame of each named function in bytes, as far as the image tells.

    The frame is the largest distance of the stack pointer from the caller's.
    """
    asked = set(functions)
    wanted = {s.name: s.address for s in image.symbols if s.function and s.name in asked}
    if not wanted:
        return {}
    try:
        return _decode(image, wanted)
    except Exception:  # pyelftools raises what its parsers meet: then nothing is known
        return {}


def _decode(image: Image, wanted: dict[str, int]) -> dict[str, int]:
    elffile = require("elftools.elf.elffile", "read unwinding tables")
    callframe = require("elftools.dwarf.callframe", "read unwinding tables")
    elf = elffile.ELFFile(io.BytesIO(image.data))
    if not elf.has_dwarf_info():
        return {}
    dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False, follow_links=False)
    entries: list[Any] = []
    if dwarf.has_CFI():
        entries += dwarf.CFI_entries()
    if dwarf.has_EH_CFI():
        entries += dwarf.EH_CFI_entries()
    frames: dict[str, int] = {}
    for entry in entries:
        if not isinstance(entry, callframe.FDE):
            continue
        start = entry.header["initial_location"]
        end = start + entry.header["address_range"]
        inside = [name for name, address in wanted.items() if start <= address < end]
        if inside:
            offsets = [row["cfa"].offset or 0 for row in entry.get_decoded().table]
            for name in inside:
                frames[name] = max(offsets, default=0)
    return frames

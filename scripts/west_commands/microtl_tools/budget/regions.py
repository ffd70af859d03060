# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The memories that an image is laid out in: from options, or inferred where nothing names them.

``devicetree.py`` finds them in a Zephyr build folder, ``linker_map.py`` in a linker map.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from microtl_tools.budget.elf import Image, Section
from microtl_tools.budget.sizes import parse_size
from microtl_tools.errors import UsageError

FLASH = "flash"
RAM = "ram"
HOST = "host"
"""Kinds of memory. HOST is the PC's own, where a native_sim image runs: it has no size."""

OPTION = "--region"
"""Source of the memories that the command line names."""

_GIVEN = re.compile(r"(?P<kind>flash|ram)(:(?P<name>[\w.-]+))?=(?P<origin>\w+)\+(?P<size>\w+)")
_FLASH_NAME = re.compile(r"flash|xip|(^|_)(eep)?rom|(^|_)nor(_|\d|$)|mram|rram")
_NEIGHBOUR_MAX = 1 << 24
"""Sections less than 16 MiB apart are taken to lie in one memory, where nothing tells."""


@dataclass(frozen=True)
class Region:
    """One memory: bytes from ``origin``; ``size`` is None where it is not known."""

    name: str
    kind: str
    origin: int
    size: int | None
    source: str

    def holds(self, address: int) -> bool:
        """Say whether an address lies in it."""
        return self.origin <= address and (self.size is None or address < self.origin + self.size)


def parse_region(text: str) -> Region:
    """Read ``--region``: "flash=0x0+1M", or with a name of its own "ram:DTCM=0x20000000+64K"."""
    match = _GIVEN.fullmatch(text)
    if match is None:
        raise UsageError(
            f"--region {text}: is not KIND[:NAME]=ORIGIN+SIZE",
            "for example --region flash=0x0+1M --region ram=0x20000000+256K",
        )
    size = parse_size(match["size"], "--region")
    if size == 0:
        raise UsageError(f"--region {text}: a memory of 0 bytes holds nothing")
    return Region(
        name=match["name"] or match["kind"].upper(),
        kind=match["kind"],
        origin=parse_size(match["origin"], "--region"),
        size=size,
        source=OPTION,
    )


def kind_by_name(name: str) -> str:
    """Guess from its name whether a memory is flash; everything else is RAM."""
    return FLASH if _FLASH_NAME.search(name.lower()) else RAM


def region_at(regions: Sequence[Region], address: int) -> Region | None:
    """Return the smallest region that holds an address: a part goes before its whole.

    Of regions without a known size it is the one that begins nearest below the address.
    """
    inside = [r for r in regions if r.holds(address)]
    return min(inside, key=lambda r: (r.size is None, r.size or 0, -r.origin), default=None)


def outgrown(regions: Sequence[Region], address: int) -> Region | None:
    """Return the region that an address in none of them lies behind: the image has outgrown it.

    That is the one that ends nearest below, if that is near enough to be the same memory.
    """
    ends = [(r.origin + r.size, r) for r in regions if r.size is not None]
    behind = [(end, r) for end, r in ends if end <= address < end + _NEIGHBOUR_MAX]
    return max(behind, key=lambda found: found[0], default=(0, None))[1]


def host_region(image: Image) -> Region:
    """Return the one memory of a program that runs on the PC."""
    return Region("host", HOST, image.sections[0].address, None, "runs on this PC")


def inferred(image: Image) -> list[Region]:
    """Return memories of unknown size, told apart by how the image uses the addresses.

    A stretch of addresses is RAM if something in it is set up at run time (NOBITS, or loaded from
    elsewhere), else flash. So an image that runs from RAM has one memory, and that is RAM.
    """
    groups: list[tuple[int, int, bool]] = []
    for start, end, variable in sorted(_stretches(image.sections)):
        if groups and start < groups[-1][1] + _NEIGHBOUR_MAX:
            first, last, known = groups[-1]
            groups[-1] = (first, max(last, end), known or variable)
        else:
            groups.append((start, end, variable))
    source = "inferred from the image"
    kinds = [RAM if variable else FLASH for _, _, variable in groups]
    return [
        Region(_numbered(kind.upper(), kinds[:i].count(kind)), kind, start, None, source)
        for i, ((start, _, _), kind) in enumerate(zip(groups, kinds, strict=True))
    ]


def _stretches(sections: Iterable[Section]) -> Iterable[tuple[int, int, bool]]:
    for s in sections:
        if s.run_size:
            moved = s.load is not None and s.load != s.address
            yield s.address, s.end, s.nobits or moved
        if s.load is not None and s.load != s.address:
            yield s.load, s.load + s.size, False


def _numbered(name: str, earlier: int) -> str:
    return name if earlier == 0 else f"{name}{earlier + 1}"

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Lay an image out in its memories: what runs there, what is loaded there, what is only padding.

The rows of a region add up to its use, which is counted as the linker counts it: from the region's
origin to the end of the last byte in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from microtl_tools.budget.attribution import Piece
from microtl_tools.budget.elf import Image, Section
from microtl_tools.budget.owners import PADDING
from microtl_tools.budget.regions import FLASH, RAM, Region, outgrown, region_at

RUN = "run"
LOAD = "load"
GAP = "gap"
"""Roles of a row: used in place, initial values that are copied at start, and padding."""


@dataclass(frozen=True)
class Row:
    """``size`` bytes of a region; ``section`` is empty for padding."""

    address: int
    size: int
    role: str
    section: str


@dataclass(frozen=True)
class Share:
    """A piece as it lies in a region; ``role`` as in Row."""

    piece: Piece
    size: int
    role: str


@dataclass
class RegionUse:
    """A region with everything in it. ``padding`` is the sum of the rows that are gaps."""

    region: Region
    rows: list[Row] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)

    @property
    def used(self) -> int:
        """Bytes from the origin to the end of the last row."""
        return sum(row.size for row in self.rows)

    @property
    def padding(self) -> int:
        """Bytes between sections."""
        return sum(row.size for row in self.rows if row.role == GAP)

    @property
    def free(self) -> int | None:
        """Bytes left; negative where the image does not fit; None where the size is not known."""
        return None if self.region.size is None else self.region.size - self.used

    def by_owner(self) -> dict[str, int]:
        """Return bytes by owner, padding between and inside sections included; largest first."""
        sums: dict[str, int] = defaultdict(int)
        for share in self.shares:
            sums[share.piece.owner] += share.size
        if self.padding:
            sums[PADDING] += self.padding
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class _Extent:
    start: int
    size: int
    role: str
    section: Section


def lay_out(
    image: Image, regions: Sequence[Region], pieces: Iterable[Piece]
) -> tuple[list[RegionUse], list[str]]:
    """Return the use of every region and warnings; regions that hold nothing are kept, empty.

    What lies behind the end of a region counts to it: then its use is larger than its size.
    """
    uses = {region: RegionUse(region) for region in regions}
    by_section: dict[int, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_section[piece.section.index].append(piece)
    extents: dict[Region, list[_Extent]] = defaultdict(list)
    warnings = []
    for extent in _extents(image):
        region = region_at(regions, extent.start) or outgrown(regions, extent.start)
        if region is None:
            region = Region("elsewhere", RAM, extent.start, None, "in no known memory")
            uses[region] = RegionUse(region)
            warnings.append(
                f"section {extent.section.name}: {extent.size} bytes at {extent.start:#x} lie in "
                "no known memory"
            )
            regions = [*regions, region]
        extents[region].append(extent)
    for region, found in extents.items():
        warnings.extend(_fill(uses[region], found, by_section))
    return list(uses.values()), warnings


def _extents(image: Image) -> Iterable[_Extent]:
    for section in image.sections:
        if section.run_size:
            yield _Extent(section.address, section.run_size, RUN, section)
        if section.load is not None and (section.load != section.address or not section.run_size):
            yield _Extent(section.load, section.size, LOAD, section)


def _fill(use: RegionUse, extents: list[_Extent], pieces: dict[int, list[Piece]]) -> Iterable[str]:
    """Add rows in address order; a byte that two sections claim is counted once."""
    cursor = use.region.origin
    for extent in sorted(extents, key=lambda e: (e.start, e.size)):
        if extent.start > cursor:
            use.rows.append(Row(cursor, extent.start - cursor, GAP, ""))
            cursor = extent.start
        overlap = min(extent.size, cursor - extent.start)
        if overlap:
            yield f"section {extent.section.name}: {overlap} bytes overlap another section"
        if extent.size == overlap:
            continue
        use.rows.append(Row(cursor, extent.size - overlap, extent.role, extent.section.name))
        cursor = extent.start + extent.size
        skip = overlap
        for piece in pieces[extent.section.index]:
            size = piece.size - min(skip, piece.size)
            skip -= piece.size - size
            if size:
                use.shares.append(Share(piece, size, extent.role))


def total(uses: Iterable[RegionUse], kind: str) -> int:
    """Return the bytes used in all memories of a kind (FLASH, RAM)."""
    return sum(use.used for use in uses if use.region.kind == kind)


def totals(uses: Sequence[RegionUse]) -> dict[str, int]:
    """Return the bytes used by kind of memory."""
    return {kind: total(uses, kind) for kind in (FLASH, RAM)}

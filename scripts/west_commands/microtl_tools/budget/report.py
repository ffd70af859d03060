# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Everything that is known of one image, in one object, for every way to show it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from microtl_tools.budget.attribution import Attribution
from microtl_tools.budget.build_folder import Build, build_of, map_beside
from microtl_tools.budget.elf import Image, read_image
from microtl_tools.budget.layout import RegionUse, lay_out, totals
from microtl_tools.budget.linker_map import LinkerMap, read_map
from microtl_tools.budget.owners import PADDING
from microtl_tools.budget.regions import (
    HOST,
    OPTION,
    Region,
    host_region,
    inferred,
    region_at,
)
from microtl_tools.budget.stack import StackBound

_INTERRUPT_LIST = "IDT_LIST"
"""A region of Zephyr's linker scripts that is not on the board: a build step reads it."""


@dataclass(frozen=True)
class SymbolUse:
    """Bytes of one symbol (or of what has no name) by kind of memory; ``origin`` is where from."""

    name: str
    owner: str
    origin: str
    bytes: dict[str, int]

    @property
    def total(self) -> int:
        """Bytes in all kinds of memory."""
        return sum(self.bytes.values())


@dataclass
class ImageReport:
    """One image. ``kinds`` are the kinds of memory that it uses, in the order of columns."""

    name: str
    image: Image = field(repr=False)
    board: str | None
    method: str
    uses: list[RegionUse]
    symbols: list[SymbolUse]
    warnings: list[str]
    stacks: list[StackBound] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The ELF file."""
        return self.image.path

    @property
    def hosted(self) -> bool:
        """Whether it runs on the PC, where no memory has a limit."""
        return any(use.region.kind == HOST for use in self.uses)

    @property
    def kinds(self) -> list[str]:
        """Kinds of memory, each once."""
        return list(dict.fromkeys(use.region.kind for use in self.uses))

    def totals(self) -> dict[str, int]:
        """Bytes used by kind of memory."""
        sums = totals(self.uses)
        return {kind: sums.get(kind, self._used(kind)) for kind in self.kinds}

    def _used(self, kind: str) -> int:
        return sum(use.used for use in self.uses if use.region.kind == kind)

    def owners(self) -> dict[str, dict[str, int]]:
        """Return owner -> kind of memory -> bytes, largest first."""
        sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(self.kinds, 0))
        for use in self.uses:
            for owner, size in use.by_owner().items():
                sums[owner][use.region.kind] += size
        return dict(sorted(sums.items(), key=lambda item: (-sum(item[1].values()), item[0])))

    def to_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints of an image."""
        return {
            "name": self.name,
            "file": str(self.path),
            "board": self.board,
            "machine": self.image.machine,
            "bits": self.image.bits,
            "owners_from": self.method,
            "totals": self.totals(),
            "regions": [_region_json(use) for use in self.uses],
            "owners": self.owners(),
            "symbols": [
                {"name": s.name, "owner": s.owner, "origin": s.origin, **s.bytes}
                for s in self.symbols
            ],
            "stacks": [asdict(stack) for stack in self.stacks],
            "warnings": self.warnings,
        }


def _region_json(use: RegionUse) -> dict[str, Any]:
    region = use.region
    return {
        "name": region.name,
        "kind": region.kind,
        "origin": region.origin,
        "size": region.size,
        "source": region.source,
        "used": use.used,
        "free": use.free,
        "padding": use.padding,
        "rows": [asdict(row) for row in use.rows],
        "owners": use.by_owner(),
    }


def report_build(build: Build, given: Sequence[Region] = ()) -> ImageReport:
    """Report the image of a build; memories given by the user replace the build's own."""
    image = read_image(build.elf)
    regions = [host_region(image)] if image.hosted else list(given) or build.regions()
    header = None if image.hosted else build.mcuboot_header(regions)
    return _report(image, build.name, build.board, regions, build.map_file, header)


def report_elf(
    elf: Path, given: Sequence[Region] = (), map_file: Path | None = None
) -> ImageReport:
    """Report an ELF file; one that lies in a Zephyr build is reported with what is known there."""
    build = build_of(elf)
    if build is not None and map_file is None:
        return report_build(build, given)
    image = read_image(elf)
    regions = [host_region(image)] if image.hosted else list(given)
    return _report(image, elf.stem, None, regions, map_file or map_beside(elf), None)


def _report(
    image: Image,
    name: str,
    board: str | None,
    regions: list[Region],
    map_file: Path | None,
    header: tuple[int, int] | None,
) -> ImageReport:
    warnings: list[str] = []
    linker_map = _matching_map(image, map_file, warnings)
    if linker_map:
        # Some boards' memories are neither in .config nor a chosen node: a serial flash, say.
        missing = _missing(image, regions, linker_map.regions)
        if missing and any(region.source == OPTION for region in regions):
            names = ", ".join(f"{r.name} at {r.origin:#x}" for r in missing)
            warnings.append(f"no {OPTION} holds what lies in {names}: taken from the linker map")
        regions += missing
    if not regions:
        regions = inferred(image)
        warnings.append(
            "the sizes of the memories are not known: give --region, or the build folder with -d"
        )
    if not image.has_symtab:
        warnings.append(
            "the image has no symbol table: its owners are not known, unless a linker map is given"
        )
    attribution = Attribution(image, linker_map, header)
    uses, unplaced = lay_out(image, regions, attribution.pieces())
    return ImageReport(
        name=name,
        image=image,
        board=board,
        method=attribution.method,
        uses=uses,
        symbols=_symbols(uses),
        warnings=warnings + unplaced,
    )


def _missing(image: Image, known: list[Region], mapped: Sequence[Region]) -> list[Region]:
    """Return the linker's regions that hold something of the image which no known one holds.

    Where none is known at all, the linker's are taken as they are. One that begins where a known
    one does is the same memory: its size is not believed, as the image may have outgrown the known.
    """
    if not known:
        return [r for r in mapped if r.name != _INTERRUPT_LIST]
    starts = {a for s in image.sections for a in (s.address, s.load) if a is not None}
    homeless = [a for a in starts if region_at(known, a) is None]
    origins = {r.origin for r in known}
    return [r for r in mapped if r.origin not in origins and any(r.holds(a) for a in homeless)]


def _matching_map(image: Image, path: Path | None, warnings: list[str]) -> LinkerMap | None:
    if path is None:
        return None
    linker_map = read_map(path)
    if linker_map is None:
        # native_sim's map belongs to the object file; other linkers write other formats.
        if not image.hosted:
            warnings.append(f"{path.name}: is no map of GNU ld; owners come from the ELF alone")
        return None
    if not linker_map.matches(image):
        if not image.hosted:
            warnings.append(f"{path.name}: belongs to another build; owners come from the ELF")
        return None
    return linker_map


def _symbols(uses: Sequence[RegionUse]) -> list[SymbolUse]:
    sums: dict[tuple[str, str, str], dict[str, int]] = {}
    for use in uses:
        for share in use.shares:
            piece = share.piece
            if piece.owner == PADDING:
                continue
            sizes = sums.setdefault((piece.symbol, piece.owner, piece.origin), {})
            sizes[use.region.kind] = sizes.get(use.region.kind, 0) + share.size
    found = [SymbolUse(name, owner, origin, b) for (name, owner, origin), b in sums.items()]
    return sorted(found, key=lambda s: (-s.total, s.name, s.origin))


def owner_bytes(report: ImageReport, asked: str) -> Mapping[str, int]:
    """Return the bytes of an owner, or of all its parts, by kind of memory."""
    sums = dict.fromkeys(report.kinds, 0)
    for owner, sizes in report.owners().items():
        if owner == asked or owner.startswith(asked + "/"):
            for kind, size in sizes.items():
                sums[kind] += size
    return sums

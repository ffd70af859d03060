# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Give every byte of every section exactly one owner.

A section is cut at the borders of symbols and, with a linker map, of input sections. What lies
between belongs to the object file it came from; what is left is padding, or unknown.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from microtl_tools.budget import owners
from microtl_tools.budget.dwarf import Sources
from microtl_tools.budget.elf import Image, Lookup, Section, Symbol
from microtl_tools.budget.linker_map import FILL, LinkerMap, Span
from microtl_tools.budget.microtl_names import object_names, op_tables

_PADDING_MAX = 16
"""A shorter hole between symbols is taken for alignment where no linker map tells."""

_MIXED = "zephyr/libzephyr.a("
"""Zephyr puts its libraries and most subsystems into this one archive: ask for their sources."""


class Piece(NamedTuple):
    """Bytes of one section that have one owner; ``origin`` is an object or a source file."""

    section: Section
    start: int
    size: int
    owner: str
    origin: str
    symbol: str


class Attribution:
    """Decides for one image; ``method`` names what the owners are known from."""

    def __init__(
        self, image: Image, linker_map: LinkerMap | None, header: tuple[int, int] | None
    ) -> None:
        """Prepare; ``header`` is where MCUboot's header lies: run address and size."""
        self._image = image
        self._map = linker_map
        self._header = header
        self._symbols: dict[int, list[Symbol]] = {}
        for symbol in image.symbols:
            self._symbols.setdefault(symbol.section, []).append(symbol)
        # Debug sections are in the map as well, and overlap the rest at address 0.
        allocated = {section.name for section in image.sections}
        kept = [s for s in (linker_map.spans if linker_map else ()) if s.output in allocated]
        self._spans: dict[str, list[Span]] = {}
        for span in kept:
            self._spans.setdefault(span.output, []).append(span)
        self._span_at = Lookup([(s.start, s.start + s.size, s) for s in kept])
        mixed = any(_MIXED in span.origin for span in kept)
        self._sources = Sources(image) if mixed or linker_map is None else None
        self._members = self._sources_of_members() if mixed else {}
        models = frozenset(self._origin(table.symbol) for table in op_tables(image))
        self._owners = owners.Owners(models - {""}, object_names(image))

    @property
    def method(self) -> str:
        """What the owners were found with."""
        if self._map is not None:
            return f"linker map {self._map.path.name}"
        if self._sources:
            return "debug information, else symbol names"
        return "symbol names" if self._image.symbols else "nothing: the image has no symbols"

    def _sources_of_members(self) -> dict[str, str]:
        """Return the source file of each member of the mixed archive, by one of its symbols."""
        found: dict[str, str] = {}
        for symbol in self._image.symbols:
            span = self._span_at.at(symbol.address)
            if span and _MIXED in span.origin:
                path = self._source(symbol)
                if path:
                    found.setdefault(span.origin, path)
        return found

    def _origin(self, symbol: Symbol) -> str:
        """Return the object or source file of a symbol; "" where it is not known."""
        span = self._span_at.at(symbol.address)
        return str(span.origin) if span else self._source(symbol) or symbol.file or ""

    def pieces(self) -> list[Piece]:
        """Return the pieces of all sections, by address; their sizes add up to the sections'."""
        found: list[Piece] = []
        for section in self._image.sections:
            found.extend(self._section(section))
        return found

    def _section(self, section: Section) -> Iterable[Piece]:
        named = flatten(self._symbols.get(section.index, []), section)
        spans = [
            (max(s.start, section.address), min(s.start + s.size, section.end), s)
            for s in self._spans.get(section.name, [])
        ]
        extra = () if self._header is None else (self._header[0], sum(self._header))
        for start, end, symbol, span in cells(section, named, spans, extra):
            yield self._piece(section, start, end, symbol, span)

    def _piece(
        self, section: Section, start: int, end: int, symbol: Symbol | None, span: Span | None
    ) -> Piece:
        if self._header and self._header[0] <= start < sum(self._header) and symbol is None:
            return Piece(section, start, end - start, "mcuboot/header", "", "(image header)")
        if self._is_padding(section, start, end, symbol, span):
            return Piece(section, start, end - start, owners.PADDING, "", "(alignment)")
        name = symbol.name if symbol else ""
        origin = span.origin if span else self._source(symbol)
        file = symbol.file if symbol else None
        who = self._owners.who(self._members.get(origin or "", origin), name, file)
        code = symbol.function if symbol else bool(span and span.section.startswith(".text"))
        variable = section.nobits or section.load != section.address
        part = owners.part(who, name, code=code, variable=variable)
        return Piece(
            section=section,
            start=start,
            size=end - start,
            owner=owners.full(who, part),
            origin=origin or "",
            symbol=name or f"({(span.section or span.origin) if span else section.name})",
        )

    def _source(self, symbol: Symbol | None) -> str | None:
        if symbol is None:
            return None
        found = self._sources.at(symbol.address) if self._sources else None
        return found or None

    def _is_padding(
        self, section: Section, start: int, end: int, symbol: Symbol | None, span: Span | None
    ) -> bool:
        if symbol is not None:
            return False
        if self._map is not None:
            return span is None or span.origin == FILL
        hole = end - start
        return bool(self._image.symbols) and hole < min(_PADDING_MAX, max(section.align, 4))


def flatten(symbols: Sequence[Symbol], section: Section) -> list[tuple[int, int, Symbol]]:
    """Return the symbols as ranges that do not overlap; of two names for one place the longer one.

    A function without a size reaches to the next symbol.
    """
    ordered = sorted(symbols, key=lambda s: (s.address, -s.size, s.file is not None, s.name))
    starts = [s.address for s in ordered]
    found: list[tuple[int, int, Symbol]] = []
    cursor = section.address
    for symbol in ordered:
        end = symbol.address + symbol.size
        if symbol.size == 0:
            following = bisect_left(starts, symbol.address + 1)
            end = starts[following] if following < len(starts) else section.end
        start = max(cursor, symbol.address)
        if end > start:
            found.append((start, end, symbol))
            cursor = end
    return found


def cells(
    section: Section,
    named: Sequence[tuple[int, int, Symbol]],
    spans: Sequence[tuple[int, int, Span]],
    extra: Sequence[int] = (),
) -> Iterable[tuple[int, int, Symbol | None, Span | None]]:
    """Cut a section at every border; each cell has at most one symbol and one input section.

    ``extra`` are borders that neither symbols nor input sections know.
    """
    borders = {section.address, section.end}
    borders.update(address for address in extra if section.address < address < section.end)
    for start, end, _ in (*named, *spans):
        if section.address <= start < end <= section.end:
            borders.update((start, end))
    edges = sorted(borders)
    i = j = 0
    for start, end in zip(edges, edges[1:], strict=False):
        while i < len(named) and named[i][1] <= start:
            i += 1
        while j < len(spans) and spans[j][1] <= start:
            j += 1
        symbol = named[i][2] if i < len(named) and named[i][0] <= start else None
        span = spans[j][2] if j < len(spans) and spans[j][0] <= start else None
        if symbol and span and symbol.size == 0 and symbol.address < span.start:
            symbol = None  # its end was a guess, and it has come to another object file
        yield start, end, symbol, span

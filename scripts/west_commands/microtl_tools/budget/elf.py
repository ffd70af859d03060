# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Read of an ELF file what a memory budget needs: allocated sections, load addresses, symbols.

pyelftools knows the format. The checks here come before it: a damaged file gets one clear line,
and costs no more memory than the file is long. Symbols are unpacked in bulk, which keeps an image
with tens of thousands of them under a second.
"""

import io
import os
import struct
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from microtl_tools.errors import MicroTLError
from microtl_tools.imports import require

_SHF_ALLOC = 0x2
_SHF_TLS = 0x400
_SHN_LORESERVE = 0xFF00
_HEADERS_MAX = 4096
_NAME_MAX = 256
_FILE_MAX = 1 << 30

_STT_OBJECT, _STT_FUNC, _STT_FILE = 1, 2, 4


@dataclass(frozen=True)
class Section:
    """An allocated section. Addresses are bytes from 0; ``load`` is None where nothing is loaded.

    ``load`` equals ``address`` where the bytes are used in place.
    """

    index: int
    name: str
    address: int
    size: int
    offset: int
    align: int
    nobits: bool
    tls: bool
    load: int | None

    @property
    def end(self) -> int:
        """The first address behind the section."""
        return self.address + self.size

    @property
    def run_size(self) -> int:
        """Bytes at ``address``: none for .tbss, whose copies live in the threads' stacks."""
        return 0 if self.tls and self.nobits else self.size


@dataclass(frozen=True)
class Symbol:
    """A function or an object; ``file`` is the source's name where the symbol is local."""

    name: str
    address: int
    size: int
    function: bool
    section: int
    file: str | None


@dataclass(frozen=True)
class Image:
    """What was read of one ELF file; sections are those that take memory, by address."""

    path: Path
    bits: int
    little_endian: bool
    machine: str
    hosted: bool
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]
    has_symtab: bool
    data: bytes = field(repr=False)

    def bytes_at(self, address: int, size: int) -> bytes:
        """Return the initial contents at a run address; empty where the file holds none."""
        for section in self.sections:
            if not section.nobits and section.address <= address < section.end:
                start = section.offset + address - section.address
                return self.data[start : min(start + size, section.offset + section.size)]
        return b""

    def words_at(self, address: int, size: int) -> list[int]:
        """Return the initial contents as pointers."""
        width = self.bits // 8
        raw = self.bytes_at(address, size)
        raw = raw[: len(raw) // width * width]
        order = "<" if self.little_endian else ">"
        return [word for (word,) in struct.iter_unpack(order + ("Q" if width == 8 else "I"), raw)]


@dataclass(frozen=True)
class _Segment:
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int


def is_elf(path: Path) -> bool:
    """Say whether a file begins as ELF files do."""
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def read_image(path: Path) -> Image:
    """Read a linked image.

    Raises MicroTLError where the file is no ELF file, is damaged, or was never linked.
    """
    with path.open("rb") as file:
        data = _read_all(path, file)
    return _Reader(path, data).image()


def _read_all(path: Path, file: BinaryIO) -> bytes:
    if os.fstat(file.fileno()).st_size > _FILE_MAX:
        raise MicroTLError(f"{path}: is larger than {_FILE_MAX} bytes, too large for an image")
    start = file.read(4)
    if start != b"\x7fELF":
        raise MicroTLError(
            f"{path}: is no ELF file",
            "give the linked image, for example build/zephyr/zephyr.elf, or -d BUILD_DIR",
        )
    return start + file.read()


def damaged(path: Path, what: str) -> MicroTLError:
    """Return the error for a file that contradicts itself."""
    return MicroTLError(f"{path}: is damaged: {what}", "build it again, or copy it again")


class _Reader:
    """One pass over one file; every size is compared with the file's length before it is used."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.data = data
        elffile = require("elftools.elf.elffile", "read ELF files")
        self.parse = require("elftools.common.utils", "read ELF files").struct_parse
        try:
            self.elf = elffile.ELFFile(io.BytesIO(data))
        except Exception as error:  # pyelftools raises what its parsers meet, not one type
            raise damaged(path, f"its header cannot be read ({error})") from error

    def image(self) -> Image:
        kind = self.elf["e_type"]
        if kind == "ET_REL":
            raise MicroTLError(
                f"{self.path}: is an object file that was not linked yet",
                "give the linked image; Zephyr's native_sim links zephyr.exe from zephyr.elf",
            )
        if kind not in ("ET_EXEC", "ET_DYN"):
            raise MicroTLError(
                f"{self.path}: is no program but an ELF file of type {kind}",
                "give the linked image, for example build/zephyr/zephyr.elf, or -d BUILD_DIR",
            )
        programs = self._table("program headers", "e_phoff", "e_phnum", "e_phentsize", "Elf_Phdr")
        headers = self._table("section headers", "e_shoff", "e_shnum", "e_shentsize", "Elf_Shdr")
        if not headers:
            raise MicroTLError(
                f"{self.path}: has no section headers, so nothing in it can be told apart",
                "use the image as the linker wrote it, not one that was stripped of its headers",
            )
        segments = [
            _Segment(p["p_offset"], p["p_vaddr"], p["p_paddr"], p["p_filesz"], p["p_memsz"])
            for p in programs
            if p["p_type"] == "PT_LOAD"
        ]
        names = self._names(headers, self.elf["e_shstrndx"])
        sections = self._sections(headers, names, segments)
        if not sections:
            raise MicroTLError(f"{self.path}: has no section that takes memory")
        symtab = next((h for h in headers if h["sh_type"] == "SHT_SYMTAB"), None)
        return Image(
            path=self.path,
            bits=self.elf.elfclass,
            little_endian=self.elf.little_endian,
            machine=str(self.elf["e_machine"]).removeprefix("EM_"),
            hosted=any(p["p_type"] == "PT_INTERP" for p in programs),
            sections=sections,
            symbols=self._symbols(symtab, headers, sections),
            has_symtab=symtab is not None,
            data=self.data,
        )

    def _table(self, what: str, offset: str, count: str, size: str, entry: str) -> list[Any]:
        start, number, length = self.elf[offset], self.elf[count], self.elf[size]
        # 65,280 sections and more have their number elsewhere, and 0 in the file's header.
        if number > _HEADERS_MAX or (start and not number and entry == "Elf_Shdr"):
            raise MicroTLError(
                f"{self.path}: has {number or '65,280 or more'} {what}, and no image of a "
                f"microcontroller has more than {_HEADERS_MAX}",
                "is it damaged, or linked without the linker script?",
            )
        if start == 0 or number == 0:
            return []
        layout = getattr(self.elf.structs, entry)
        if length != layout.sizeof():
            raise damaged(self.path, f"its {what} are {length} bytes long, not {layout.sizeof()}")
        if start + number * length > len(self.data):
            raise damaged(
                self.path,
                f"{number} {what} at byte {start} do not fit into its {len(self.data)} bytes",
            )
        stream = self.elf.stream
        try:
            return [self.parse(layout, stream, start + i * length) for i in range(number)]
        except Exception as error:  # as above
            raise damaged(self.path, f"its {what} cannot be read ({error})") from error

    def _contents(self, header: Any, what: str) -> bytes:
        start, size = header["sh_offset"], header["sh_size"]
        if header["sh_type"] == "SHT_NOBITS":
            return b""
        if start + size > len(self.data):
            raise damaged(
                self.path,
                f"{what} claims the bytes {start} to {start + size} of {len(self.data)}",
            )
        return self.data[start : start + size]

    def _names(self, headers: list[Any], index: int) -> list[str]:
        if index >= len(headers):
            raise damaged(self.path, f"section {index} should hold the names, but does not exist")
        table = self._contents(headers[index], "the table of section names")
        return [_name(table, h["sh_name"]) or f"section {i}" for i, h in enumerate(headers)]

    def _sections(
        self, headers: list[Any], names: list[str], segments: list[_Segment]
    ) -> tuple[Section, ...]:
        found = []
        for index, (header, name) in enumerate(zip(headers, names, strict=True)):
            flags, size = header["sh_flags"], header["sh_size"]
            if not flags & _SHF_ALLOC or size == 0 or header["sh_type"] == "SHT_NULL":
                continue
            address, nobits = header["sh_addr"], header["sh_type"] == "SHT_NOBITS"
            if address + size > 1 << self.elf.elfclass:
                raise damaged(
                    self.path, f"section {name} ends at {address + size:#x}, behind all memory"
                )
            self._contents(header, f"section {name}")
            load = None if nobits else _load_address(header, segments)
            found.append(
                Section(
                    index=index,
                    name=name,
                    address=address,
                    size=size,
                    offset=header["sh_offset"],
                    align=header["sh_addralign"],
                    nobits=nobits,
                    tls=bool(flags & _SHF_TLS),
                    load=load,
                )
            )
        return tuple(sorted(found, key=lambda s: (s.address, s.end)))

    def _symbols(
        self, symtab: Any, headers: list[Any], sections: tuple[Section, ...]
    ) -> tuple[Symbol, ...]:
        if symtab is None:
            return ()
        if symtab["sh_link"] >= len(headers):
            raise damaged(self.path, "its symbol table names a string table that does not exist")
        strings = self._contents(headers[symtab["sh_link"]], "the string table")
        entries = self._contents(symtab, "the symbol table")
        order = "<" if self.elf.little_endian else ">"
        # Elf32_Sym: name, value, size, info, other, section. Elf64_Sym has the sizes at the end.
        layout = struct.Struct(order + ("IIIBBH" if self.elf.elfclass == 32 else "IBBHQQ"))
        entries = entries[: len(entries) // layout.size * layout.size]
        allocated = {section.index: section for section in sections}
        thumb = self.elf["e_machine"] == "EM_ARM"
        file: str | None = None
        found = []
        for raw in layout.iter_unpack(entries):
            if self.elf.elfclass == 32:
                name, value, size, info, _, index = raw
            else:
                name, info, _, index, value, size = raw
            kind = info & 0xF
            if kind == _STT_FILE:
                file = _name(strings, name) or None
                continue
            if kind > _STT_FUNC or index >= _SHN_LORESERVE or index not in allocated:
                continue
            # A label has no type and no size; an assembler function may lack its size.
            if size == 0 and kind != _STT_FUNC:
                continue
            function = kind == _STT_FUNC
            if thumb and function:
                value &= ~1
            section = allocated[index]
            if not section.address <= value < section.end:
                continue
            text = _name(strings, name)
            if not text or text.startswith("$"):
                continue
            local = info >> 4 == 0
            size = min(size, section.end - value)
            found.append(Symbol(text, value, size, function, index, file if local else None))
        return tuple(found)


def _load_address(header: Any, segments: list[_Segment]) -> int:
    """Where the bytes of a section are loaded: by the program header that carries them."""
    address, offset, size = header["sh_addr"], header["sh_offset"], header["sh_size"]
    for s in segments:
        in_file = s.offset <= offset and offset + size <= s.offset + s.filesz
        in_memory = s.vaddr <= address and address + size <= s.vaddr + s.memsz
        if in_file and in_memory:
            return int(s.paddr + (address - s.vaddr))
    return int(address)


def _name(table: bytes, offset: int) -> str:
    """Return a string of a string table, with nothing in it that a terminal would act on."""
    if offset >= len(table):
        return ""
    end = table.find(b"\0", offset, offset + _NAME_MAX)
    raw = table[offset : end if end >= 0 else offset + _NAME_MAX]
    text = raw.decode("utf-8", "replace")
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


class Lookup:
    """Find the item whose range holds an address; ranges must not overlap."""

    def __init__(self, ranges: list[tuple[int, int, Any]]) -> None:
        self._ranges = sorted(ranges, key=lambda r: r[:2])
        self._starts = [r[0] for r in self._ranges]

    def at(self, address: int) -> Any:
        """Return the item at an address, or None."""
        i = bisect_right(self._starts, address) - 1
        if i >= 0 and address < self._ranges[i][1]:
            return self._ranges[i][2]
        return None

    def at_all(self) -> bool:
        """Say whether there is anything to find."""
        return bool(self._ranges)

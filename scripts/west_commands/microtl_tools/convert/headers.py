# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Numbers that the C headers own: limits, the format version, and sizes of structs on a 32-bit
CPU."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from microtl_tools.errors import MicroTLError
from microtl_tools.paths import core_root

_HEADERS = ("kernels.h", "model.h")
_DEFINE = re.compile(r"^#define\s+(MICROTL_\w+)\s+(\d+)\s*$", re.MULTILINE)
_STRUCT = re.compile(r"^struct (microtl_\w+) \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DECLARATOR = re.compile(r"(\**)\s*(?:const\s+)?(\w+)((?:\[[^]]+\])*)$")
_SCALARS = {
    "bool": 1,
    "int8_t": 1,
    "uint8_t": 1,
    "int16_t": 2,
    "uint16_t": 2,
    "int32_t": 4,
    "uint32_t": 4,
    "float": 4,
    # A pointer to a function.
    "microtl_kernel": 4,
}
_POINTER = 4


@dataclass(frozen=True)
class Layout:
    """Size and alignment of a type, bytes."""

    size: int
    align: int


@lru_cache(maxsize=1)
def _text() -> str:
    folder = core_root() / "include" / "microtl"
    parts = [(folder / name).read_text(encoding="utf-8") for name in _HEADERS]
    return _COMMENT.sub("", "\n".join(parts))


@lru_cache(maxsize=1)
def _defines() -> dict[str, int]:
    return {name: int(value) for name, value in _DEFINE.findall(_text())}


def limit(name: str) -> int:
    """Return the number that ``#define MICROTL_<name>`` stands for."""
    try:
        return _defines()[f"MICROTL_{name}"]
    except KeyError:
        raise MicroTLError(f"model.h does not define MICROTL_{name} as a number") from None


@lru_cache(maxsize=1)
def _structs() -> dict[str, str]:
    return dict(_STRUCT.findall(_text()))


@cache
def layout(struct: str) -> Layout:
    """Return size and alignment of ``struct <struct>`` where a pointer has four bytes."""
    size, align = 0, 1
    for declaration in _structs()[struct].split(";")[:-1]:
        for part in _declared(declaration):
            size = _aligned(size, part.align) + part.size
            align = max(align, part.align)
    return Layout(_aligned(size, align), align)


def _declared(declaration: str) -> list[Layout]:
    """Return the layout of each name in a declaration such as ``uint16_t in_h, in_w``."""
    words = declaration.split()
    words = [word for word in words if word != "const"]
    if words[0] == "struct":
        base_name, rest = words[1], " ".join(words[2:])
        base = layout(base_name) if base_name in _structs() else None
    else:
        base_name, rest = words[0], " ".join(words[1:])
        base = Layout(_SCALARS[base_name], _SCALARS[base_name]) if base_name in _SCALARS else None
    parts: list[Layout] = []
    for declarator in rest.split(","):
        match = _DECLARATOR.match(declarator.strip())
        if match is None:
            raise MicroTLError(f"cannot read the declaration '{declaration.strip()}'")
        stars, _, dims = match.groups()
        kind = Layout(_POINTER, _POINTER) if stars else base
        if kind is None:
            raise MicroTLError(f"cannot size the type of '{declaration.strip()}'")
        parts.append(Layout(kind.size * _count(dims), kind.align))
    return parts


def _count(dims: str) -> int:
    count = 1
    for dim in re.findall(r"\[([^]]+)\]", dims):
        count *= _expression(dim)
    return count


def _expression(text: str) -> int:
    """Return the value of a sum of numbers and MICROTL_ names."""
    return sum(
        int(term) if term.isdigit() else limit(term.removeprefix("MICROTL_"))
        for term in (part.strip() for part in text.split("+"))
    )


def _aligned(value: int, align: int) -> int:
    return -(-value // align) * align

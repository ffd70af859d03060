# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Values as C writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from microtl_tools.convert.program import Constant, Value

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 100
_TAB = 8
_PLAIN = frozenset(range(0x20, 0x7F)) - set(b'"\\?')


def string(text: str) -> str:
    """Return a C string literal; whatever is not plain ASCII is written as octal bytes."""
    parts = (chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in text.encode())
    return f'"{"".join(parts)}"'


def comment(text: str) -> str:
    """Return text that can stand inside a C comment, on one line."""
    plain = "".join(char if 0x20 <= ord(char) < 0x7F else "?" for char in text)
    return plain.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/").replace("??", "? ?")


def floating(value: float) -> str:
    """Return a float literal with as many digits as tell it from its neighbours."""
    text = f"{value:.9g}"
    return f"{text}f" if re.search(r"[.e]", text) else f"{text}.0f"


def integer(value: int) -> str:
    """Return an integer constant; the least int32 has no literal of its own."""
    return "(-2147483647 - 1)" if value == -(1 << 31) else str(value)


def array(ctype: str, name: str, values: Any, note: str = "") -> str:
    """Return the definition of a const array; ``values`` is a flat NumPy array."""
    write = _WRITERS.get(ctype, integer)
    lines = [f"/* {comment(note)} */"] if note else []
    lines.append(f"static const {ctype} {name}[{len(values)}] = {{")
    lines.append(rows(write(value) for value in values.tolist()))
    return "\n".join([*lines, "};"])


_WRITERS: dict[str, Callable[[Any], str]] = {
    "float": floating,
    "int8_t": str,
    "const char *const": str,
}


def rows(items: Iterable[str], depth: int = 1) -> str:
    """Return items in lines of at most WIDTH columns, indented by ``depth`` tabs."""
    tabs = "\t" * depth
    lines: list[str] = []
    line: list[str] = []
    length = _TAB * depth
    for item in items:
        if line and length + len(item) + 2 > WIDTH:
            lines.append(tabs + ", ".join(line) + ",")
            line, length = [], _TAB * depth
        line.append(item)
        length += len(item) + 2
    lines.append(tabs + ", ".join(line) + ",")
    return "\n".join(lines)


def initialiser(value: Value, names: dict[Constant, str], depth: int = 1, start: int = 0) -> str:
    """Return what stands behind ``.field =``; ``depth`` and ``start`` as in ``struct``."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "{" + ", ".join(integer(item) for item in value) + "}"
    if isinstance(value, Constant):
        return names[value]
    return struct(value, names, depth, start)


def struct(
    fields: dict[str, Any], names: dict[Constant, str], depth: int = 1, start: int = 0
) -> str:
    """Return a designated initialiser, on one line where it fits.

    ``depth`` is the indentation of its fields, ``start`` how many columns stand in front of it on
    the line where it begins. Numbers fill their lines, anything else has a line of its own.
    """
    parts = [
        f".{key} = {initialiser(item, names, depth + 1, _TAB * depth + len(key) + 4)}"
        for key, item in fields.items()
    ]
    flat = "{" + ", ".join(parts) + "}"
    if "\n" not in flat and start + len(flat) < WIDTH:
        return flat
    tabs = "\t" * depth
    if all(isinstance(item, int) for item in fields.values()):
        lines = rows(parts, depth)
    else:
        lines = "\n".join(f"{tabs}{part}," for part in parts)
    closing = "\t" * (depth - 1)
    return f"{{\n{lines}\n{closing}}}"

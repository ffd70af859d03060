# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Sizes as people write them ("64K", "0x4000") and as reports show them (bytes, always)."""

import re

from microtl_tools.errors import UsageError

_UNITS = {"": 1, "B": 1, "K": 1024, "KB": 1024, "KIB": 1024, "M": 1 << 20, "MB": 1 << 20}
_UNITS["MIB"] = 1 << 20
# As Python writes numbers: "010" could be meant as octal, so it is none.
_SIZE = re.compile(r"(0x(?:_?[0-9a-fA-F])+|0|[1-9](?:_?[0-9]){,18})\s*([A-Za-z]*)")


def parse_size(value: object, what: str) -> int:
    """Return bytes: an int, or text such as "4096", "64K" (1024 bytes each), "0x4000", "1M".

    ``what`` names the option or the key in the UsageError for anything else.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or match[2].upper() not in _UNITS:
        raise UsageError(
            f"{what}: {value!r} is no size", 'write bytes ("4096", "0x1000") or "64K", "1M"'
        )
    return int(match[1], 0) * _UNITS[match[2].upper()]


def show(size: int) -> str:
    """Return a size as reports print it: bytes, with thousands set apart."""
    return f"{size:,}"


def show_change(change: int) -> str:
    """Return a difference with its sign."""
    return f"{change:+,}" if change else "0"

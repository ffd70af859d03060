# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Where the parts that the tools share with the C side lie.

In a checkout they are read in place; an installed wheel carries a copy of them in ``_core``.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_IN_WHEEL = _PACKAGE / "_core"
_CHECKOUT = _PACKAGE.parents[2]


def core_root() -> Path:
    """Return the folder that holds ``include/`` and ``src/core/`` of the C core."""
    if _IN_WHEEL.is_dir():
        return _IN_WHEEL
    return _CHECKOUT / "modules" / "microtl"


def version() -> str:
    """Return MicroTL's version, as written in its one home, the file ``VERSION``."""
    folder = _IN_WHEEL if _IN_WHEEL.is_dir() else _CHECKOUT
    return (folder / "VERSION").read_text(encoding="utf-8").strip()

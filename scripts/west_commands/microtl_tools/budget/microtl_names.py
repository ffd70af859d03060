# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What in an image is MicroTL's although the application was compiled with it.

A converted model and the buffers of a learner are compiled in the application's files, under names
that the user chose. Both can be told exactly: a model by its op table, whose entries point to
MicroTL's kernels; a learner because Zephyr collects all of them in one section.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from microtl_tools.budget.elf import Image, Symbol

OP_TABLE = "ops"
"""Name of the op table in a generated source file."""
KERNEL_PREFIX = "microtl_kernel_"

_ITERABLE = re.compile(r"_?microtl_(learner|window)\w*")
"""Sections that hold one kind of MicroTL's objects, a symbol each."""


@dataclass(frozen=True)
class OpTable:
    """The op table of a model, and the kernels that its entries point to."""

    symbol: Symbol
    kernels: tuple[str, ...]


def op_tables(image: Image) -> Iterator[OpTable]:
    """Yield the op table of every converted model in an image."""
    kernels = {
        s.address: s.name for s in image.symbols if s.function and s.name.startswith(KERNEL_PREFIX)
    }
    thumb = image.machine == "ARM"
    for symbol in image.symbols:
        if symbol.name != OP_TABLE or symbol.function:
            continue
        words = image.words_at(symbol.address, symbol.size)
        found = [kernels.get(word & ~1 if thumb else word) for word in words]
        used = tuple(dict.fromkeys(name for name in found if name is not None))
        if used:
            yield OpTable(symbol, used)


def object_names(image: Image) -> tuple[str, ...]:
    """Return the names of learners and windows; their buffers' names begin with them.

    What Zephyr collects is an object's description, NAME_config, or the object itself.
    """
    holders = {s.index for s in image.sections if _ITERABLE.fullmatch(s.name)}
    found = [s.name for s in image.symbols if s.section in holders and not s.function]
    return tuple(name.removesuffix("_config") for name in found)


def learner_of(image: Image, model: str) -> str | None:
    """Return the learner that uses a model, given by its C symbol."""
    addresses = {s.address for s in image.symbols if s.name == model}
    configs = [s for s in image.symbols if s.name.endswith("_config") and not s.function]
    users = (c for c in configs if addresses & set(image.words_at(c.address, c.size)))
    return next((c.name.removesuffix("_config") for c in users), None)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What in an image is MicroTL's although the application was compiled with it.

A converted model and the buffers of a learner are compiled in the application's files, under names
that the user chose. Both can be told exactly: a model by its op table, whose entries point to
MicroTL's kernels; a learner or a window by its description NAME_config, which points to a model.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from microtl_tools.budget.elf import Image, Symbol

OP_TABLE = "ops"
"""Name of the op table in a generated source file."""
KERNEL_PREFIX = "microtl_kernel_"


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
    """Return the names of learners and windows; their buffers' names begin with them."""
    tables = {table.symbol.address for table in op_tables(image)}
    if not tables:
        return ()
    data = [s for s in image.symbols if not s.function]
    models = {s.address for s in data if s.name.endswith("_model") and _points(image, s, tables)}
    return tuple(_users(image, models))


def learner_of(image: Image, model: str) -> str | None:
    """Return the learner that uses a model, given by its C symbol."""
    addresses = {s.address for s in image.symbols if s.name == model}
    names = {s.name for s in image.symbols}
    return next((n for n in _users(image, addresses) if f"{n}_arena" in names), None)


def _users(image: Image, models: set[int]) -> Iterator[str]:
    for symbol in image.symbols:
        described = symbol.name.endswith("_config") and not symbol.function
        if described and _points(image, symbol, models):
            yield symbol.name.removesuffix("_config")


def _points(image: Image, symbol: Symbol, addresses: set[int]) -> bool:
    return not addresses.isdisjoint(image.words_at(symbol.address, symbol.size))

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Read ``budget.yml``: the limits of an application, by board, checked in next to it.

margin: {ram: 64}              # bytes kept free, for every board
boards:
  nrf52840dk/nrf52840:
    flash: 200K                # all flash, all RAM
    ram: 64K
    regions: {DTCM: 32K}       # one memory
    owners:
      microtl: {ram: 24K}      # an owner ...
      microtl/replay: {ram: 9K}  # ... or one of its parts
    growth: {flash: 1K, ram: 0}  # since --baseline
    images:
      mcuboot: {flash: 48K}    # the other images of a sysbuild
    stack:                     # what the call graph cannot know
      calls: {flash_write: [flash_nrf_write]}
      frames: {vendor_blob: 128}
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from microtl_tools.budget.limits import RAM_MARGIN, Limits
from microtl_tools.budget.regions import FLASH, HOST, RAM
from microtl_tools.budget.sizes import parse_size
from microtl_tools.errors import MicroTLError, UsageError
from microtl_tools.imports import require

FILE_NAME = "budget.yml"

_LIMIT_KEYS = frozenset({"flash", "ram", "margin", "regions", "owners", "growth"})
_BOARD_KEYS = _LIMIT_KEYS | {"images", "stack"}
_KINDS = frozenset({FLASH, RAM})


@dataclass(frozen=True)
class StackFacts:
    """What the user knows of the call graph: targets of pointers, frames of unknown functions."""

    calls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Budget:
    """The limits for one board: of the application, and of other images by name.

    ``others`` holds for images that are not named.
    """

    application: Limits = Limits()
    images: Mapping[str, Limits] = field(default_factory=dict)
    others: Limits = Limits()
    stack: StackFacts = StackFacts()
    found: bool = False


def read_budget(path: Path, board: str | None) -> Budget:
    """Return the limits that a file sets for a board ("found" tells whether it sets any).

    A board is written with its qualifiers, or without: then it stands for all its variants.
    Raises MicroTLError naming the key that is wrong.
    """
    yaml = require("yaml", "read budget.yml")
    try:
        text = path.read_text(encoding="utf-8")
        whole = yaml.safe_load(text) or {}
        twice = next(_repeated(yaml.compose(text, Loader=yaml.SafeLoader)), None)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise MicroTLError(f"{path}: is no YAML ({error})") from error
    if twice is not None:
        raise MicroTLError(
            f"{path}: line {twice.start_mark.line + 1}: key {twice.value!r} is there twice",
            "only one of them would count: put both into one",
        )
    reader = _Reader(path)
    top = reader.mapping(whole, "the file", {"margin", "boards"})
    boards = reader.mapping(top.get("boards", {}), "boards", None)
    plain = (board or "").partition("/")[0].partition("@")[0]
    key = next((b for b in (board, plain) if b in boards), None)
    margin = reader.sizes(top.get("margin", {}), "margin")
    others = reader.limits({}, "", margin)
    if key is None:
        return Budget(application=others, others=others)
    entry = reader.mapping(boards[key], f"boards: {key}", _BOARD_KEYS)
    images = reader.mapping(entry.get("images", {}), f"boards: {key}: images", None)
    return Budget(
        application=reader.limits(entry, f"boards: {key}", margin),
        images={
            name: reader.limits(
                reader.mapping(limits, f"boards: {key}: images: {name}", _LIMIT_KEYS),
                f"boards: {key}: images: {name}",
                margin,
            )
            for name, limits in images.items()
        },
        others=others,
        stack=reader.stack(entry.get("stack", {}), f"boards: {key}: stack"),
        found=True,
    )


def _repeated(node: Any) -> Iterator[Any]:
    """Yield each key that its mapping has already; YAML would let the last one count."""
    if node is None or isinstance(node.value, str):
        return
    keys: set[str] = set()
    for item in node.value:
        key, value = item if isinstance(item, tuple) else (None, item)
        if key is not None and isinstance(key.value, str):
            if key.value in keys:
                yield key
            keys.add(key.value)
        yield from _repeated(value)


def with_options(
    limits: Limits,
    *,
    flash: int | None,
    ram: int | None,
    margin: int | None,
    growth: int | None,
) -> Limits:
    """Return limits with those of the command line in the place of the file's."""
    changed: dict[str, Any] = {}
    if flash is not None:
        changed["flash"] = flash
    if ram is not None:
        changed["ram"] = ram
    if margin is not None:
        changed["ram_margin"] = margin
    if growth is not None:
        changed["growth"] = {FLASH: growth, RAM: growth}
    return replace(limits, from_options=frozenset(changed), **changed)


class _Reader:
    """Checks every key and value; a limit with a typing error must not count as no limit."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def mapping(self, value: Any, where: str, keys: Any) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise MicroTLError(f"{self._path}: {where}: must have keys, but is {value!r}")
        for key in value:
            if not isinstance(key, str) or (keys is not None and key not in keys):
                known = f"known are {', '.join(sorted(keys))}" if keys else "keys are names"
                raise MicroTLError(f"{self._path}: {where}: unknown key {key!r}", known)
        return value

    def size(self, value: Any, where: str) -> int:
        try:
            return parse_size(value, f"{self._path}: {where}")
        except UsageError as error:
            raise MicroTLError(error.message, error.hint) from error

    def sizes(self, value: Any, where: str, keys: Any = _KINDS) -> dict[str, int]:
        found = self.mapping(value, where, keys)
        return {key: self.size(size, f"{where}: {key}") for key, size in found.items()}

    def limits(self, entry: Mapping[str, Any], where: str, margin: Mapping[str, int]) -> Limits:
        margin = {**margin, **self.sizes(entry.get("margin", {}), f"{where}: margin")}
        owners = self.mapping(entry.get("owners", {}), f"{where}: owners", None)
        return Limits(
            flash=self._optional(entry, "flash", where),
            ram=self._optional(entry, "ram", where),
            ram_margin=margin.get(RAM, RAM_MARGIN),
            flash_margin=margin.get(FLASH, 0),
            regions=self.sizes(entry.get("regions", {}), f"{where}: regions", None),
            owners={
                o: self.sizes(s, f"{where}: owners: {o}", _KINDS | {HOST})
                for o, s in owners.items()
            },
            growth=self.sizes(entry.get("growth", {}), f"{where}: growth"),
            source=str(self._path),
        )

    def _optional(self, entry: Mapping[str, Any], key: str, where: str) -> int | None:
        return self.size(entry[key], f"{where}: {key}") if key in entry else None

    def stack(self, value: Any, where: str) -> StackFacts:
        entry = self.mapping(value, where, {"calls", "frames"})
        calls = self.mapping(entry.get("calls", {}), f"{where}: calls", None)
        for caller, targets in calls.items():
            if not isinstance(targets, list) or not all(isinstance(t, str) for t in targets):
                raise MicroTLError(
                    f"{self._path}: {where}: calls: {caller}: must be a list of functions"
                )
        return StackFacts(
            calls={caller: tuple(targets) for caller, targets in calls.items()},
            frames=self.sizes(entry.get("frames", {}), f"{where}: frames", None),
        )

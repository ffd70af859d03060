# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Read the files of boards and links, in which every figure names its source.

title: nRF52840 DK
figures:
  sleep_current: {value: [1.5, 2.4, 3.5], unit: uA, kind: datasheet, source: "PS v1.7, ..."}
missing:
  flash_current: the product specification gives none

``value`` is one number, or low, middle, high. ``kind`` is datasheet, measured or assumed. A figure
that nobody could find stands under ``missing`` with the reason, and has no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from microtl_tools.energy.ranges import Range
from microtl_tools.errors import MicroTLError, UsageError
from microtl_tools.imports import require

KINDS = ("datasheet", "measured", "assumed")
HERE = Path(__file__).resolve().parent

SCALES = {
    "V": 1.0,
    "MHz": 1e6,
    "nJ": 1e-9,
    "mJ": 1e-3,
    "mA": 1e-3,
    "uA": 1e-6,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "kbps": 1e3,
    "B": 1.0,
    "share": 1.0,
    "cycles": 1.0,
}
"""Unit -> how many SI units it is. ``cycles``: CPU cycles for one that bench counted."""

SMALLEST, LARGEST = 1e-9, 1e9
"""Of a value in its unit, 0 aside: no figure lies beyond, and no product of them overflows."""


@dataclass(frozen=True)
class Key:
    """A figure that a file can have: its unit, and what happens without it."""

    unit: str
    required: bool = False
    single: bool = False
    """One number only, no range."""
    positive: bool = False


RADIO_KEYS = {"tx_current": Key("mA", True), "rx_current": Key("mA", True)}

BOARD_KEYS = {
    "supply": Key("V", True, True, True),
    "clock": Key("MHz", True, True, True),
    "energy_per_cycle": Key("nJ", True, positive=True),
    "cycles_per_count": Key("cycles", True, positive=True),
    "sleep_current": Key("uA"),
    "flash_page": Key("B", single=True, positive=True),
    "flash_erase_time": Key("ms"),
    "flash_block": Key("B", single=True, positive=True),
    "flash_write_time": Key("us"),
    "flash_current": Key("mA"),
}

LINK_KEYS = {
    "bit_rate": Key("kbps", True, positive=True),
    "payload": Key("B", True, True, True),
    "overhead": Key("B", True, True),
    "packet_time": Key("ms", True),
    "ack_time": Key("ms", True),
    "gap_time": Key("ms", True),
    "loss": Key("share", True),
    "listening": Key("share", True),
    "cpu_share": Key("share", True),
    "throughput": Key("kbps", positive=True),
    "duty_cycle": Key("share", positive=True),
    "poll_time": Key("ms"),
    "session_time": Key("s"),
    "session_energy": Key("mJ"),
    "standby_current": Key("uA"),
    "supply": Key("V", single=True),
    "tx_current": Key("mA"),
    "rx_current": Key("mA"),
}


@dataclass(frozen=True)
class Figure:
    """A figure as the file has it."""

    name: str
    value: Range
    unit: str
    kind: str
    source: str

    @cached_property
    def si(self) -> Range:
        """The value in SI units."""
        return self.value * SCALES[self.unit]


@dataclass(frozen=True)
class Sheet:
    """Figures by name, and what was looked for in vain: name -> reason."""

    path: Path
    figures: Mapping[str, Figure]
    missing: Mapping[str, str]

    def get(self, name: str, without: float | Range = 0.0) -> Range:
        """Return a figure in SI units, ``without`` where there is none."""
        return self.figures[name].si if name in self.figures else Range.of(without)

    def has(self, *names: str) -> bool:
        """Whether all of them are there."""
        return all(name in self.figures for name in names)


@dataclass(frozen=True)
class Board:
    """A board: its figures, its own radios, and what ``microtl bench`` counts for it."""

    name: str
    title: str
    sheet: Sheet
    radios: Mapping[str, Sheet]
    cpu: str
    """Of ``microtl bench``."""
    counts: str
    """``cycles`` or ``instructions``: what ``cycles_per_count`` multiplies."""
    kconfig: str
    """Zephyr's symbol of the SoC, empty where there is none."""


@dataclass(frozen=True)
class Link:
    """A link: its figures; ``radio`` names the board's radio that it uses, or is empty."""

    name: str
    title: str
    sheet: Sheet
    radio: str
    module: str
    """Board whose radio stands in where a board has none of its own."""


def board_names() -> list[str]:
    """Return the boards that come with this tool."""
    return sorted(path.stem for path in (HERE / "boards").glob("*.yml"))


def link_names() -> list[str]:
    """Return the links that come with this tool."""
    return sorted(path.stem for path in (HERE / "links").glob("*.yml"))


def board_named(name: str) -> Board:
    """Return a board that comes with this tool; UsageError where there is none of that name."""
    if name not in board_names():
        raise UsageError(
            f"--board {name}: not known",
            f"choose one of {', '.join(board_names())}, or give figures with --board-file",
        )
    return read_board(HERE / "boards" / f"{name}.yml")


def link_named(name: str) -> Link:
    """Return a link that comes with this tool; UsageError where there is none of that name."""
    if name not in link_names():
        raise UsageError(
            f"--link {name}: not known",
            f"choose one of {', '.join(link_names())}, or give figures with --link-file",
        )
    return read_link(HERE / "links" / f"{name}.yml")


def read_board(path: Path) -> Board:
    """Read a board; MicroTLError naming file and key where something is wrong."""
    from microtl_tools.bench.cpus import CPUS

    reader = _Reader(path)
    top = reader.top({"title", "kconfig", "bench", "figures", "radios", "missing"})
    bench = reader.mapping(top.get("bench"), "bench", {"cpu", "counts"})
    cpu, counts = bench.get("cpu"), bench.get("counts")
    if not isinstance(cpu, str) or cpu not in CPUS:
        reader.fail("bench: cpu", f"{cpu!r} is no CPU that bench counts on", ", ".join(CPUS))
    if counts not in ("cycles", "instructions"):
        reader.fail("bench: counts", f"is {counts!r}", "write cycles or instructions")
    radios = reader.mapping(top.get("radios"), "radios", None)
    return Board(
        name=path.stem,
        title=reader.text(top, "title"),
        sheet=reader.sheet(top, "figures", BOARD_KEYS),
        radios={name: reader.sheet(radios, name, RADIO_KEYS, f"radios: {name}") for name in radios},
        cpu=str(cpu),
        counts=str(counts),
        kconfig=str(top.get("kconfig") or ""),
    )


def read_link(path: Path) -> Link:
    """Read a link; MicroTLError naming file and key where something is wrong."""
    reader = _Reader(path)
    top = reader.top({"title", "radio", "module", "figures", "missing"})
    sheet = reader.sheet(top, "figures", LINK_KEYS)
    if sheet.get("loss").high >= 1:
        reader.fail("figures: loss", "is 1 or more", "a link that loses everything sends nothing")
    radio, module = str(top.get("radio") or ""), str(top.get("module") or "")
    if not radio and not sheet.has("tx_current", "rx_current", "supply"):
        reader.fail(
            "radio",
            "there is none, nor all of tx_current, rx_current and supply",
            "name the board's radio (ble, ieee802154), or give the figures of the link's own",
        )
    if module and module not in board_names():
        reader.fail("module", f"{module!r} is no board", ", ".join(board_names()))
    return Link(path.stem, reader.text(top, "title"), sheet, radio, module)


class _Reader:
    """Checks every key and value: a figure with a typing error must not count as missing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fail(self, where: str, what: str, hint: str) -> None:
        raise MicroTLError(f"{self._path}: {where}: {what}", hint)

    def top(self, keys: set[str]) -> dict[str, Any]:
        yaml = require("yaml", "read the figures of boards and links")
        try:
            text = self._path.read_text(encoding="utf-8")
            self.once(yaml, yaml.compose(text, Loader=yaml.SafeLoader))
            whole = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise MicroTLError(
                f"{self._path}: is no YAML ({error})", "see docs/energy.md for the form of it"
            ) from error
        return self.mapping(whole, "the file", keys)

    def once(self, yaml: Any, node: Any, above: str = "") -> None:
        """Refuse a key that stands twice: YAML would drop one of the two without a word."""
        if not isinstance(node, yaml.MappingNode):
            return
        seen: set[str] = set()
        for name, value in node.value:
            key = str(name.value)
            where = f"{above}: {key}" if above else key
            if key in seen:
                line = name.start_mark.line + 1
                self.fail(where, f"stands there twice, again in line {line}", "keep one of the two")
            seen.add(key)
            self.once(yaml, value, where)

    def mapping(self, value: Any, where: str, keys: set[str] | None) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fail(where, f"must have keys, but is {_brief(value)}", "see docs/energy.md")
        for key in value:
            if not isinstance(key, str):
                self.fail(where, f"key {key!r} is no text", "see docs/energy.md")
            if keys is not None and key not in keys:
                self.fail(where, f"unknown key {key!r}", f"known are {', '.join(sorted(keys))}")
        return dict(value)

    def text(self, entry: Mapping[str, Any], key: str) -> str:
        value = entry.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fail(key, f"must be a text, but is {value!r}", "write one")
        return str(value)

    def sheet(
        self, entry: Mapping[str, Any], key: str, known: Mapping[str, Key], where: str | None = None
    ) -> Sheet:
        where = where or key
        found = self.mapping(entry.get(key), where, set(known))
        figures = {
            name: self.figure(value, f"{where}: {name}", name, known[name])
            for name, value in found.items()
        }
        for name, wanted in known.items():
            if wanted.required and name not in figures:
                self.fail(
                    where, f"{name} is missing", f"give it in {wanted.unit}, with kind and source"
                )
        missing = self.mapping(entry.get("missing"), "missing", None)
        for name in missing:
            if name in figures:
                self.fail(f"missing: {name}", "has a value as well", "keep one of the two")
            self.text(missing, name)
        return Sheet(self._path, figures, missing)

    def figure(self, value: Any, where: str, name: str, key: Key) -> Figure:
        entry = self.mapping(value, where, {"value", "unit", "kind", "source"})
        for part in ("value", "unit", "kind", "source"):
            if entry.get(part) in (None, ""):
                hint = "say where the figure is from" if part == "source" else "every figure has it"
                self.fail(where, f"{part} is missing", hint)
        if entry["unit"] != key.unit:
            self.fail(where, f"unit is {entry['unit']!r}", f"write it in {key.unit}")
        if entry["kind"] not in KINDS:
            self.fail(where, f"kind is {entry['kind']!r}", f"write one of {', '.join(KINDS)}")
        if not isinstance(entry["source"], str) or not entry["source"].strip():
            self.fail(where, "source is no text", "say where the figure is from")
        return Figure(name, self.range(entry["value"], where, key), *self.rest(entry))

    def rest(self, entry: Mapping[str, Any]) -> tuple[str, str, str]:
        return str(entry["unit"]), str(entry["kind"]), " ".join(str(entry["source"]).split())

    def range(self, value: Any, where: str, key: Key) -> Range:
        values = value if isinstance(value, list) else [value] * 3
        numbers = [v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
        if len(numbers) != 3 or len(values) != 3:
            hint = "write one number, or [low, middle, high]; a power of ten needs a point: 1.0e-3"
            self.fail(where, f"value is {_brief(value)}", hint)
        if not all(number == 0 or SMALLEST <= number <= LARGEST for number in numbers):
            hint = f"write 0, or a number between {SMALLEST:g} and {LARGEST:g}"
            self.fail(where, f"value is {_brief(value)}", hint)
        low, middle, high = (float(number) for number in numbers)
        if not low <= middle <= high:
            self.fail(where, f"value is {value!r}", "write [low, middle, high] in rising order")
        if key.single and low != high:
            self.fail(where, f"value is {value!r}", "this one is a single number")
        if key.positive and low == 0:
            self.fail(where, "value is 0", "write what it is, above 0")
        if key.unit == "share" and high > 1:
            self.fail(where, f"value is {value!r}", "a share lies between 0 and 1")
        return Range(low, middle, high)


def _brief(value: Any) -> str:
    """Show a value in a message, the begin of it where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

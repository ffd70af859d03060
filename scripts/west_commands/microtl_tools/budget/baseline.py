# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Compare an image with an earlier one: an ELF file, or what ``--json`` printed of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microtl_tools.budget.elf import is_elf
from microtl_tools.budget.report import ImageReport, report_elf
from microtl_tools.budget.saved_json import read_saved
from microtl_tools.errors import MicroTLError

_ENTRY_FIELDS = frozenset({"name", "owner", "origin"})


@dataclass(frozen=True)
class Growth:
    """What grew, in bytes; negative where it shrank. Symbols are (name, owner)."""

    baseline: str
    totals: dict[str, int]
    owners: dict[str, dict[str, int]]
    symbols: dict[tuple[str, str], dict[str, int]]


@dataclass(frozen=True)
class _Sizes:
    totals: dict[str, int]
    owners: dict[str, dict[str, int]]
    symbols: dict[tuple[str, str], dict[str, int]]


def growth_since(old: Path, report: ImageReport) -> Growth:
    """Return how an image differs from an older one, largest change first.

    Raises MicroTLError where ``old`` is neither an ELF file nor a report with this image in it.
    """
    before = _sizes(report_elf(old)) if is_elf(old) else _from_json(old, report.name)
    now = _sizes(report)
    return Growth(
        baseline=str(old),
        totals=_change(before.totals, now.totals),
        owners=_changes(before.owners, now.owners),
        symbols=_changes(before.symbols, now.symbols),
    )


def _sizes(report: ImageReport) -> _Sizes:
    return _Sizes(
        report.totals(),
        report.owners(),
        _by_name((s.name, s.owner, s.bytes) for s in report.symbols),
    )


def _by_name(entries: Any) -> dict[tuple[str, str], dict[str, int]]:
    """Add up what has one name: static functions, or strings of several object files."""
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for name, owner, sizes in entries:
        known = sums.setdefault((name, owner), {})
        for kind, size in sizes.items():
            known[kind] = known.get(kind, 0) + size
    return sums


def _from_json(path: Path, name: str) -> _Sizes:
    try:
        images = read_saved(path)["images"]
        named = [i for i in images if i["name"] == name]
        if not named and len(images) > 1:
            raise MicroTLError(
                f"{path}: has no image {name}",
                f"it has {', '.join(str(i['name']) for i in images)}",
            )
        image = [*named, *images][0]
        symbols = [
            (s["name"], s["owner"], _bytes({k: v for k, v in s.items() if k not in _ENTRY_FIELDS}))
            for s in image["symbols"]
        ]
        owners = {owner: _bytes(sizes) for owner, sizes in image["owners"].items()}
        return _Sizes(_bytes(image["totals"]), owners, _by_name(symbols))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise MicroTLError(
            f"{path}: is neither an ELF file nor a budget report",
            "make one with: west microtl budget --json > old.json",
        ) from error


def _bytes(sizes: Mapping[str, Any]) -> dict[str, int]:
    return {kind: int(size) for kind, size in sizes.items()}


def _change(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, int]:
    kinds = dict.fromkeys((*new, *old))
    return {kind: new.get(kind, 0) - old.get(kind, 0) for kind in kinds}


def _changes(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> dict[Any, dict[str, int]]:
    found = {}
    for key in dict.fromkeys((*new, *old)):
        change = {k: v for k, v in _change(old.get(key, {}), new.get(key, {})).items() if v}
        if change:
            found[key] = change
    return dict(sorted(found.items(), key=lambda item: -sum(abs(v) for v in item[1].values())))

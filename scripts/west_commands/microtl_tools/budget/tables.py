# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The tables of a report, for every form that prints them; sizes are text, with separators."""

from collections.abc import Sequence
from typing import NamedTuple

from microtl_tools.budget.layout import GAP, LOAD, RegionUse
from microtl_tools.budget.owners import MICROTL, STACKS
from microtl_tools.budget.regions import RAM
from microtl_tools.budget.report import ImageReport, owner_bytes
from microtl_tools.budget.sizes import show, show_change
from microtl_tools.budget.verdict import Verdict

BAR_WIDTH = 24
NO_LIMITS = "no limits: the memories' sizes are not known, and none were given"
"""Stands in the place of an empty table of checks."""

_ROLES = {LOAD: "initial values, copied to RAM at start", GAP: "between sections"}


class Table(NamedTuple):
    """Text, a row a list; columns of sizes are aligned to the right."""

    headers: Sequence[str]
    rows: list[list[str]]
    right: Sequence[int]


def bar(used: int, size: int) -> str:
    """Return how full a memory is, as a bar of fixed width; any use shows."""
    full = min(BAR_WIDTH, -(-used * BAR_WIDTH // size)) if size else BAR_WIDTH
    return "[" + "#" * full + "." * (BAR_WIDTH - full) + "]"


def percent(used: int, size: int) -> str:
    """Return used / size in per cent."""
    return f"{100 * used / size:.1f} %" if size else "-"


def short(origin: str) -> str:
    """Return the end of a path: archives keep their member, sources their folder."""
    parts = origin.split("/")
    return "/".join(parts[-2:]) if not origin.endswith(")") else parts[-1]


def grouped(
    owners: dict[str, dict[str, int]], kinds: list[str]
) -> list[tuple[str, dict[str, dict[str, int]]]]:
    """Return owners with their parts, the largest owner first; a part is "" where there is none."""
    groups: dict[str, dict[str, dict[str, int]]] = {}
    for owner, sizes in owners.items():
        name, _, part = owner.partition("/")
        groups.setdefault(name, {})[part] = sizes
    return sorted(groups.items(), key=lambda g: -sum(sum(s.values()) for s in g[1].values()))


def memories(report: ImageReport) -> Table:
    """How full each memory is; the last column is a bar."""
    rows = []
    for use in report.uses:
        region = use.region
        row = [region.name, region.kind, show(use.used)]
        if region.size is None:
            rows.append([*row, "?", "?", "?", ""])
        elif use.rows or region.name in ("FLASH", "RAM"):
            row += [show(region.size), show(use.free or 0), percent(use.used, region.size)]
            rows.append([*row, bar(use.used, region.size)])
    headers = ("memory", "kind", "used", "size", "free", "full", "")
    return Table(headers, rows, (2, 3, 4, 5))


def sections(use: RegionUse) -> Table:
    """What lies in a memory, by address."""
    rows = [
        [f"{row.address:#010x}", show(row.size), row.section or "padding", _ROLES.get(row.role, "")]
        for row in use.rows
    ]
    rows.append(["", show(use.used), "total", ""])
    return Table(("address", "bytes", f"section in {use.region.name}", ""), rows, (1,))


def owners(report: ImageReport, only: str | None) -> Table:
    """Who owns how much; without a row where ``only`` owns nothing."""
    kinds = report.kinds
    rows = []
    for name, parts in grouped(report.owners(), kinds):
        if only and name != only.partition("/")[0]:
            continue
        rows.append([name, *(show(sum(p[k] for p in parts.values())) for k in kinds)])
        rows.extend(
            [f"{name}/{part}", *(show(sizes[k]) for k in kinds)]
            for part, sizes in parts.items()
            if part and (not only or only in (name, f"{name}/{part}"))
        )
    if not only:
        totals = report.totals()
        rows.append(["total", *(show(totals[k]) for k in kinds)])
    return Table(("owner", *kinds), rows, range(1, len(kinds) + 1))


def owns_nothing(owner: str | None) -> str:
    """Say what stands in the place of an empty table of owners."""
    return f"nothing in the image belongs to {owner}"


def symbols(verdict: Verdict, top: int, only: str | None) -> Table:
    """The largest symbols, and all others in a row."""
    report = verdict.report
    found = verdict.symbols(only)
    rows = [
        [s.name, s.owner, *(show(s.bytes.get(k, 0)) for k in report.kinds), short(s.origin)]
        for s in found[:top]
    ]
    rest = found[top:]
    if rest:
        sums = [sum(s.bytes.get(k, 0) for s in rest) for k in report.kinds]
        rows.append([f"({len(rest)} more)", "", *(show(s) for s in sums), ""])
    headers = ("symbol", "owner", *report.kinds, "from")
    return Table(headers, rows, range(2, 2 + len(report.kinds)))


def growth(verdict: Verdict, top: int) -> Table:
    """What grew since the baseline: all, owners, the symbols that grew most."""
    grown, kinds = verdict.growth, verdict.report.kinds
    assert grown is not None
    rows = [["total", *(show_change(grown.totals.get(k, 0)) for k in kinds)]]
    for owner, changes in grown.owners.items():
        rows.append([owner, *(show_change(changes.get(k, 0)) for k in kinds)])
    for (name, _), changes in list(grown.symbols.items())[:top]:
        rows.append([name, *(show_change(changes.get(k, 0)) for k in kinds)])
    return Table((f"since {grown.baseline}", *kinds), rows, range(1, len(kinds) + 1))


def prediction(verdict: Verdict) -> Table:
    """Where image and prediction differ; where they agree the total is enough."""
    rows = []
    for d in verdict.differences:
        if d.excess:
            actual = "-" if d.actual is None else show(d.actual)
            rows.append([d.symbol, d.kind, show(d.predicted), actual, show_change(d.excess)])
    for kind in verdict.report.kinds:
        same = [d for d in verdict.differences if d.kind == kind]
        predicted, found = sum(d.predicted for d in same), sum(d.actual or 0 for d in same)
        total = f"all {len(same)} objects"
        rows.append([total, kind, show(predicted), show(found), show_change(found - predicted)])
    return Table(("prediction", "memory", "predicted", "image", "difference"), rows, (2, 3, 4))


def ram_sum(verdict: Verdict) -> str:
    """Say what MicroTL's RAM is made of, "" where no RAM was predicted."""
    predicted = [d.predicted for d in verdict.differences if d.kind == RAM]
    if not predicted:
        return ""
    total = owner_bytes(verdict.report, MICROTL).get(RAM, 0)
    stacks_ = owner_bytes(verdict.report, f"{MICROTL}/{STACKS}").get(RAM, 0)
    rest = total - sum(predicted) - stacks_
    return (
        f"MicroTL's ram: {show(total)} = {show(sum(predicted))} predicted + {show(stacks_)} of "
        "threads" + (f", and {show_change(rest)}" if rest else "")
    )


def stacks(report: ImageReport) -> Table:
    """The bound of each stack; with a > where it is none."""
    rows = []
    for stack in report.stacks:
        reserved = "?" if stack.reserved is None else show(stack.reserved)
        bound = show(stack.bytes) if not stack.unbounded else f"> {show(stack.bytes)}"
        rows.append([stack.name, bound, reserved])
    return Table(("stack of", "bound", "reserved"), rows, (1, 2))


def stack_notes(report: ImageReport) -> list[str]:
    """Say of each stack where it is deepest, and what is not in its bound."""
    notes: list[str] = []
    for stack in report.stacks:
        deepest = " > ".join(f"{step.function} {step.bytes}" for step in stack.path)
        interrupt = f", interrupt {stack.interrupt}" if stack.interrupt else ""
        notes.append(f"deepest path of {stack.name}: {deepest}{interrupt}")
        notes.extend(f"  not counted: {what}" for what in stack.unbounded)
    if any(stack.unbounded for stack in report.stacks):
        notes.append('how to have these counted: docs/budget.md, "Stacks"')
    return notes


def checks(verdict: Verdict) -> Table:
    """Every limit, and whether it is kept."""
    rows = []
    for c in verdict.checks:
        state = "ok" if c.ok else f"OVER by {show(c.excess)}"
        rows.append([c.what, show(c.limit), show(c.actual), state, c.source])
    return Table(("limit on", "limit", "actual", "verdict", "set by"), rows, (1, 2))

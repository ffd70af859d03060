# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The report as text for people."""

import textwrap
from collections.abc import Iterable, Sequence

from microtl_tools.budget.layout import GAP, LOAD, RegionUse
from microtl_tools.budget.owners import MICROTL, STACKS
from microtl_tools.budget.regions import RAM
from microtl_tools.budget.report import ImageReport, owner_bytes
from microtl_tools.budget.sizes import show, show_change
from microtl_tools.budget.verdict import Verdict
from microtl_tools.output import table

BAR_WIDTH = 24

_ROLES = {LOAD: "initial values, copied to RAM at start", GAP: "between sections"}


def render(verdict: Verdict, *, top: int, owner: str | None, sections: bool) -> str:
    """Return the whole report of one image, tables with a title each."""
    report = verdict.report
    parts = [_title(report), memories(report)]
    if sections:
        parts.extend(_sections(use) for use in report.uses if use.rows)
    parts.append(_owners(verdict, owner))
    if top and report.symbols:
        parts.append(_symbols(verdict, top, owner))
    if verdict.growth:
        parts.append(_growth(verdict, top))
    if verdict.differences:
        parts.append(_prediction(verdict))
    if report.stacks:
        parts.append(_stacks(report))
    parts.append(_checks(verdict))
    return "\n\n".join(part for part in parts if part)


def bar(used: int, size: int) -> str:
    """Return how full a memory is, as a bar of fixed width; any use shows."""
    full = min(BAR_WIDTH, -(-used * BAR_WIDTH // size)) if size else BAR_WIDTH
    return "[" + "#" * full + "." * (BAR_WIDTH - full) + "]"


def percent(used: int, size: int) -> str:
    """Return used / size in per cent."""
    return f"{100 * used / size:.1f} %" if size else "-"


def _title(report: ImageReport) -> str:
    board = f" for {report.board}" if report.board else ""
    return f"{report.name}{board}: {report.path}\nowners from: {report.method}"


def memories(report: ImageReport) -> str:
    """Return the table of memories: how full each one is."""
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
    return _table(rows, headers, (2, 3, 4, 5))


def _sections(use: RegionUse) -> str:
    rows = [
        [f"{row.address:#010x}", show(row.size), row.section or "padding", _ROLES.get(row.role, "")]
        for row in use.rows
    ]
    rows.append(["", show(use.used), "total", ""])
    headers = ("address", "bytes", f"section in {use.region.name}", "")
    return _table(rows, headers, (1,))


def _owners(verdict: Verdict, only: str | None) -> str:
    report = verdict.report
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
    if not rows:
        return f"nothing in the image belongs to {only}"
    return _table(rows, ("owner", *kinds), range(1, len(kinds) + 1))


def grouped(
    owners: dict[str, dict[str, int]], kinds: list[str]
) -> list[tuple[str, dict[str, dict[str, int]]]]:
    """Return owners with their parts, the largest owner first; a part is "" where there is none."""
    groups: dict[str, dict[str, dict[str, int]]] = {}
    for owner, sizes in owners.items():
        name, _, part = owner.partition("/")
        groups.setdefault(name, {})[part] = sizes
    return sorted(groups.items(), key=lambda g: -sum(sum(s.values()) for s in g[1].values()))


def _symbols(verdict: Verdict, top: int, only: str | None) -> str:
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
    return _table(rows, headers, range(2, 2 + len(report.kinds)))


def short(origin: str) -> str:
    """Return the end of a path: archives keep their member, sources their folder."""
    parts = origin.split("/")
    return "/".join(parts[-2:]) if not origin.endswith(")") else parts[-1]


def _growth(verdict: Verdict, top: int) -> str:
    growth, kinds = verdict.growth, verdict.report.kinds
    assert growth is not None
    rows = [["total", *(show_change(growth.totals.get(k, 0)) for k in kinds)]]
    for owner, changes in growth.owners.items():
        rows.append([owner, *(show_change(changes.get(k, 0)) for k in kinds)])
    for (name, _), changes in list(growth.symbols.items())[:top]:
        rows.append([name, *(show_change(changes.get(k, 0)) for k in kinds)])
    headers = (f"since {growth.baseline}", *kinds)
    return _table(rows, headers, range(1, len(kinds) + 1))


def _prediction(verdict: Verdict) -> str:
    """Say where image and prediction differ; where they agree the total is enough."""
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
    headers = ("prediction", "memory", "predicted", "image", "difference")
    text = _table(rows, headers, (2, 3, 4))
    if any(d.kind == RAM for d in verdict.differences):
        text += "\n\n" + _ram(verdict)
    return text


def _ram(verdict: Verdict) -> str:
    """Say what MicroTL's RAM is made of."""
    total = owner_bytes(verdict.report, MICROTL).get(RAM, 0)
    stacks = owner_bytes(verdict.report, f"{MICROTL}/{STACKS}").get(RAM, 0)
    predicted = sum(d.predicted for d in verdict.differences if d.kind == RAM)
    rest = total - predicted - stacks
    return (
        f"MicroTL's ram: {show(total)} = {show(predicted)} predicted + {show(stacks)} of threads"
        + (f", and {show_change(rest)}" if rest else "")
    )


def _stacks(report: ImageReport) -> str:
    rows: list[list[str]] = []
    notes: list[str] = []
    for stack in report.stacks:
        reserved = "?" if stack.reserved is None else show(stack.reserved)
        bound = show(stack.bytes) if not stack.unbounded else f"> {show(stack.bytes)}"
        rows.append([stack.name, bound, reserved])
        deepest = " > ".join(f"{step.function} {step.bytes}" for step in stack.path)
        interrupt = f", interrupt {stack.interrupt}" if stack.interrupt else ""
        notes.append(f"deepest path of {stack.name}: {deepest}{interrupt}")
        notes.extend(f"  not counted: {what}" for what in stack.unbounded)
    if any(stack.unbounded for stack in report.stacks):
        notes.append('how to have these counted: docs/budget.md, "Stacks"')
    wrapped = [textwrap.fill(note, 100, subsequent_indent="    ") for note in notes]
    text = _table(rows, ("stack of", "bound", "reserved"), (1, 2))
    return "\n".join([text, "", *wrapped])


def _checks(verdict: Verdict) -> str:
    rows = []
    for c in verdict.checks:
        state = "ok" if c.ok else f"OVER by {show(c.excess)}"
        rows.append([c.what, show(c.limit), show(c.actual), state, c.source])
    if not rows:
        return "no limits: the memories' sizes are not known, and none were given"
    return _table(rows, ("limit on", "limit", "actual", "verdict", "set by"), (1, 2))


def _table(rows: list[list[str]], headers: Sequence[str], numbers: Iterable[int]) -> str:
    """Return a table; sizes are text, for their thousands separators."""
    return table(rows, headers, right=numbers)

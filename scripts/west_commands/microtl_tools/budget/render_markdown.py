# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The report as Markdown, to be posted to a pull request."""

from collections.abc import Iterable, Sequence

from microtl_tools.budget.render_table import grouped, percent
from microtl_tools.budget.sizes import show, show_change
from microtl_tools.budget.verdict import Verdict


def render(verdict: Verdict, *, top: int) -> str:
    """Return one image: the verdict first, details folded away."""
    report = verdict.report
    board = f" for `{report.board}`" if report.board else ""
    lines = [f"### Memory budget of `{report.name}`{board}: {'ok' if verdict.ok else '**OVER**'}"]
    lines += ["", *_memories(verdict)]
    over = verdict.failures()
    if over:
        lines += ["", "```text", over, "```"]
    if verdict.growth:
        lines += ["", *_growth(verdict, top)]
    lines += ["", "<details><summary>owners</summary>", "", *_owners(verdict), "", "</details>"]
    if top and report.symbols:
        lines += ["", f"<details><summary>{top} largest symbols</summary>", ""]
        lines += [*_symbols(verdict, top), "", "</details>"]
    return "\n".join(lines) + "\n"


def _memories(verdict: Verdict) -> list[str]:
    rows = []
    for use in verdict.report.uses:
        if not use.rows:
            continue
        size, used = use.region.size, use.used
        known = size is not None
        rows.append(
            [
                use.region.name,
                show(used),
                show(size) if size is not None else "?",
                show(use.free or 0) if known else "?",
                percent(used, size) if size else "?",
            ]
        )
    return _table(("memory", "used", "size", "free", "full"), rows, 1)


def _owners(verdict: Verdict) -> list[str]:
    report = verdict.report
    rows = []
    for name, parts in grouped(report.owners(), report.kinds):
        sums = [sum(p[k] for p in parts.values()) for k in report.kinds]
        rows.append([f"**{name}**", *(show(s) for s in sums)])
        rows.extend([p, *(show(s[k]) for k in report.kinds)] for p, s in parts.items() if p)
    totals = report.totals()
    rows.append(["**total**", *(show(totals[k]) for k in report.kinds)])
    return _table(("owner", *report.kinds), rows, 1)


def _symbols(verdict: Verdict, top: int) -> list[str]:
    kinds = verdict.report.kinds
    rows = [
        [f"`{s.name}`", s.owner, *(show(s.bytes.get(k, 0)) for k in kinds)]
        for s in verdict.symbols()[:top]
    ]
    return _table(("symbol", "owner", *kinds), rows, 2)


def _growth(verdict: Verdict, top: int) -> list[str]:
    growth, kinds = verdict.growth, verdict.report.kinds
    assert growth is not None
    rows = [["**total**", *(show_change(growth.totals.get(k, 0)) for k in kinds)]]
    for owner, changes in list(growth.owners.items())[:top]:
        rows.append([owner, *(show_change(changes.get(k, 0)) for k in kinds)])
    for (name, _), changes in list(growth.symbols.items())[:top]:
        rows.append([f"`{name}`", *(show_change(changes.get(k, 0)) for k in kinds)])
    return _table((f"since `{growth.baseline}`", *kinds), rows, 1)


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int) -> list[str]:
    """Return a table; the columns from ``numbers_from`` on are aligned to the right."""
    rules = ["---" if i < numbers_from else "---:" for i in range(len(headers))]
    lines = [headers, rules, *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]

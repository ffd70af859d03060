# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The report as Markdown, to be posted to a pull request."""

from microtl_tools.budget import tables
from microtl_tools.budget.report import ImageReport
from microtl_tools.budget.tables import Table
from microtl_tools.budget.verdict import Verdict


def render(verdict: Verdict, *, top: int, owner: str | None, sections: bool) -> str:
    """Return one image: the verdict first, details folded away."""
    report = verdict.report
    board = f" for `{report.board}`" if report.board else ""
    lines = [f"### Memory budget of `{report.name}`{board}: {'ok' if verdict.ok else '**OVER**'}"]
    lines += ["", *_table(_without_bars(tables.memories(report)))]
    over = verdict.failures()
    if over:
        lines += ["", *_block(over)]
    if verdict.growth:
        lines += ["", *_table(tables.growth(verdict, top))]
    if verdict.differences:
        lines += ["", *_table(tables.prediction(verdict)), "", tables.ram_sum(verdict)]
    if sections:
        for use in report.uses:
            if use.rows:
                lines += _folded(f"sections in {use.region.name}", _table(tables.sections(use)))
    lines += _folded(f"owners from: {report.method}", _owners(report, owner))
    if top and report.symbols:
        found = _table(tables.symbols(verdict, top, owner))
        lines += _folded(f"{top} largest symbols", found)
    if report.stacks:
        notes = _block("\n".join(tables.stack_notes(report)))
        lines += _folded("stacks", [*_table(tables.stacks(report)), "", *notes])
    limits = _table(tables.checks(verdict)) if verdict.checks else [tables.NO_LIMITS]
    lines += _folded("limits", limits)
    return "\n".join(lines) + "\n"


def _owners(report: ImageReport, only: str | None) -> list[str]:
    found = tables.owners(report, only)
    return _table(found) if found.rows else [tables.owns_nothing(only)]


def _without_bars(memories: Table) -> Table:
    return memories._replace(
        headers=memories.headers[:-1], rows=[row[:-1] for row in memories.rows]
    )


def _folded(summary: str, lines: list[str]) -> list[str]:
    return ["", f"<details><summary>{summary}</summary>", "", *lines, "", "</details>"]


def _block(text: str) -> list[str]:
    return ["```text", text, "```"]


def _table(content: Table) -> list[str]:
    """Return the lines of a table; what stands in its first column are names."""
    rules = ["---:" if i in content.right else "---" for i in range(len(content.headers))]
    rows = [[f"`{row[0]}`" if row[0] else "", *row[1:]] for row in content.rows]
    lines = [content.headers, rules, *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The report as text for people."""

import textwrap

from microtl_tools.budget import tables
from microtl_tools.budget.report import ImageReport
from microtl_tools.budget.tables import Table
from microtl_tools.budget.verdict import Verdict
from microtl_tools.output import table


def render(verdict: Verdict, *, top: int, owner: str | None, sections: bool) -> str:
    """Return the whole report of one image, tables with a title each."""
    report = verdict.report
    parts = [_title(report), memories(report)]
    if sections:
        parts.extend(_text(tables.sections(use)) for use in report.uses if use.rows)
    owners = tables.owners(report, owner)
    parts.append(_text(owners) if owners.rows else tables.owns_nothing(owner))
    if top and report.symbols:
        parts.append(_text(tables.symbols(verdict, top, owner)))
    if verdict.growth:
        parts.append(_text(tables.growth(verdict, top)))
    if verdict.differences:
        parts += [_text(tables.prediction(verdict)), tables.ram_sum(verdict)]
    if report.stacks:
        parts += [_text(tables.stacks(report)), _stack_notes(report)]
    checks = tables.checks(verdict)
    parts.append(_text(checks) if checks.rows else tables.NO_LIMITS)
    return "\n\n".join(part for part in parts if part)


def _title(report: ImageReport) -> str:
    board = f" for {report.board}" if report.board else ""
    return f"{report.name}{board}: {report.path}\nowners from: {report.method}"


def memories(report: ImageReport) -> str:
    """Return the table of memories: how full each one is."""
    return _text(tables.memories(report))


def _stack_notes(report: ImageReport) -> str:
    notes = tables.stack_notes(report)
    return "\n".join(textwrap.fill(note, 100, subsequent_indent="    ") for note in notes)


def _text(content: Table) -> str:
    return table(content.rows, content.headers, right=content.right)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The report as one HTML page that needs nothing else: tables, and a treemap of each memory."""

from collections.abc import Sequence
from pathlib import Path

from microtl_tools import __version__
from microtl_tools.budget.render_svg import treemap
from microtl_tools.budget.sizes import show, show_change
from microtl_tools.budget.tables import grouped, percent, short
from microtl_tools.budget.verdict import Verdict
from microtl_tools.imports import require

_TEMPLATE = Path(__file__).with_name("page.html.j2")


def render(verdicts: Sequence[Verdict], *, top: int = 40) -> str:
    """Return the page for all images of a build."""
    jinja2 = require("jinja2", "write the HTML page")
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(size=show, change=show_change, short=short)
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return str(
        template.render(
            verdicts=verdicts,
            version=__version__,
            top=top,
            treemap=treemap,
            percent=percent,
            grouped=grouped,
        )
    )

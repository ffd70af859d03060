# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What the pictures of all commands have in common: the formats, and what is asked before work."""

from pathlib import Path

from microtl_tools.errors import UsageError
from microtl_tools.imports import require
from microtl_tools.output import check_targets

FORMATS = (".png", ".svg")


def check(path: Path, *, force: bool) -> None:
    """Raise MicroTLError where the picture could not be written: asked before long work."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"{path}: a picture is written as {' or '.join(FORMATS)}", "choose one of these endings"
        )
    require("matplotlib", "draw pictures")
    check_targets([path], force=force)

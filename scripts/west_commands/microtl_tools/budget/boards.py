# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""How much memory a board has, from Zephyr's description of it, where there is no build yet."""

import os
from pathlib import Path

from microtl_tools.budget.regions import FLASH, RAM, Region
from microtl_tools.errors import MicroTLError
from microtl_tools.imports import require


def board_regions(board: str) -> list[Region]:
    """Return the flash and the RAM of a board (``nrf52840dk/nrf52840``), at address 0 each.

    Raises MicroTLError where no Zephyr is found, or no such board in it.
    """
    base = zephyr_base()
    if base is None:
        raise MicroTLError(
            f"--board {board}: no Zephyr found that describes it",
            "run in a west workspace, set ZEPHYR_BASE, or give the memories with --region",
        )
    yaml = require("yaml", "read the description of a board")
    known = []
    for path in sorted(
        (base / "boards").rglob(f"{board.partition('/')[0].partition('@')[0]}*.yaml")
    ):
        try:
            description = yaml.safe_load(path.read_text(encoding="utf-8"))
            name = str(description["identifier"])
            if name == board:
                sizes = {FLASH: int(description["flash"]), RAM: int(description["ram"])}
                return [
                    Region(kind.upper(), kind, 0, size * 1024, path.name)
                    for kind, size in sizes.items()
                ]
        except (yaml.YAMLError, KeyError, TypeError, ValueError):
            continue  # other files of the board's folder, or sizes left out
        known.append(name)
    hint = f"it has {', '.join(known)}" if known else "as west build -b names it"
    raise MicroTLError(f"--board {board}: {base} describes no such board", hint)


def zephyr_base() -> Path | None:
    """Return the Zephyr tree: ZEPHYR_BASE, or the workspace around the current folder."""
    given = os.environ.get("ZEPHYR_BASE")
    if given:
        return Path(given)
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / ".west").is_dir() and (folder / "zephyr" / "boards").is_dir():
            return folder / "zephyr"
    return None

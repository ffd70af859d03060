# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The linters: one list of commands, for ``make lint`` and for the lint tier."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
C_FOLDERS = ("modules", "samples", "tests")
GENERATED = b"do not edit"


def commands() -> list[list[str]]:
    """Return the linters to run, the C files spelled out."""
    run = [sys.executable, "-m"]
    clang_format = str(Path(sys.executable).parent / "clang-format")
    return [
        [*run, "ruff", "check"],
        [*run, "ruff", "format", "--check"],
        [*run, "mypy"],
        [*run, "yamllint", "--strict", "."],
        [*run, "reuse", "lint", "--quiet"],
        [clang_format, "--dry-run", "-Werror", *c_files()],
    ]


def c_files() -> list[str]:
    """Return every C file that a person wrote, relative to the checkout."""
    found = []
    for folder in C_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            with path.open("rb") as file:
                if GENERATED not in file.read(1000).lower():
                    found.append(str(path.relative_to(ROOT)))
    return found

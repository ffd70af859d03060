# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``west microtl flash``: rebuild, check the budget, and only then flash."""

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

from microtl_tools.budget.command import add_build_options, add_limit_options, check_limits
from microtl_tools.errors import MicroTLError, OverBudgetError
from microtl_tools.output import flush, warn

_OTHER_FILE = ("-f", "--file", "--elf-file", "--hex-file", "--bin-file")
"""Options of west flash that take another file than the build's."""

EPILOG = """\
Options that are not listed here go to "west flash" as they are.

exit codes:
  0  flashed
  1  the build or the flashing failed
  2  wrong usage
  3  over a limit: nothing was flashed

examples:
  west microtl flash
  west microtl flash -d build/nrf --max-ram 64K --runner jlink --dev-id 683012345
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add ``flash`` to the command line."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "flash",
        help="rebuild, check the budget, then west flash",
        description="Rebuild, check every image of the build against its budget, then flash.\n"
        "An image that is over a limit is not flashed.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG,
        # "--dev" is west flash's to understand, never a short form of an option of ours.
        allow_abbrev=False,
    )
    add_build_options(parser)
    parser.add_argument(
        "--skip-rebuild", action="store_true", help="check and flash what is built already"
    )
    add_limit_options(parser)
    parser.set_defaults(handler=run, accepts_unknown=True, unknown=[])
    return parser


def run(args: argparse.Namespace) -> int:
    """Rebuild, check, flash; raise OverBudgetError instead of flashing over a limit."""
    from microtl_tools.budget.build_dir import build_dir

    check_limits(args)

    folder = build_dir(args.build_dir)
    if importlib.util.find_spec("west") is None:
        raise MicroTLError(
            "west is needed to build and to flash", f"run: {sys.executable} -m pip install west"
        )
    if not args.skip_rebuild:
        _west("build", ["-d", str(folder)])
    _check(args, folder)
    for option in args.unknown:
        if option.partition("=")[0] in _OTHER_FILE:
            warn(f"{option}: this file is flashed; what was checked is the image in {folder}")
    domain = ["--domain", args.domain] if args.domain else []
    _west("flash", ["--skip-rebuild", "-d", str(folder), *domain, *args.unknown])
    return 0


def _check(args: argparse.Namespace, folder: Path) -> None:
    from microtl_tools.budget import output, session

    verdicts = session.build_verdicts(args, folder)
    output.write_memories(verdicts)
    failures = "\n".join(v.failures() for v in verdicts if not v.ok)
    if failures:
        raise OverBudgetError(failures, "nothing was flashed")


def _west(command: str, arguments: list[str]) -> None:
    """Run a west command; its output goes where ours goes."""
    flush()
    done = subprocess.run([sys.executable, "-m", "west", command, *arguments], check=False)
    if done.returncode:
        raise MicroTLError(f"west {command} failed with exit code {done.returncode}")

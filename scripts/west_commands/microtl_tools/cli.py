# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The command line: one parser for ``microtl``, ``python -m microtl_tools``, ``west microtl``."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

from microtl_tools import output
from microtl_tools.errors import EXIT_FAILURE, EXIT_INTERRUPTED, MicroTLError, UsageError
from microtl_tools.paths import version

COMMANDS = (
    "microtl_tools.convert.command",
    "microtl_tools.convert.inspect_command",
    "microtl_tools.twin.run_command",
    "microtl_tools.twin.verify_command",
    "microtl_tools.simulate.command",
    "microtl_tools.budget.command",
    "microtl_tools.budget.flash_command",
    "microtl_tools.bench.command",
    "microtl_tools.energy.command",
)
"""Modules with ``add_parser(subparsers)`` and ``run(args)``, in the order of ``--help``."""

DESCRIPTION = (
    "Transfer learning on microcontrollers: convert a model, try on the PC what the device\n"
    "will learn, and check what it costs."
)

EPILOG = """\
exit codes:
  0  good
  1  failed: a file is missing, a model cannot be converted, results differ
  2  wrong usage
  3  over the budget

"%(prog)s <subcommand> --help" shows the options of a sub-command, with examples.
"""


def configure(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add everything below ``microtl`` to a parser: the sub-commands and ``--version``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("--version", action="version", version=f"MicroTL {version()}")
    subparsers = parser.add_subparsers(dest="subcommand", metavar="<subcommand>", required=True)
    for name in COMMANDS:
        importlib.import_module(name).add_parser(subparsers)
    return parser


def take_unknown(args: argparse.Namespace, unknown: Sequence[str]) -> None:
    """Give arguments that no parser knew to a sub-command that passes them on, else refuse them."""
    if unknown and not getattr(args, "accepts_unknown", False):
        raise UsageError(
            f"unknown arguments: {' '.join(unknown)}",
            f'"{args.subcommand} --help" shows what there is',
        )
    if unknown:
        args.unknown = list(unknown)


def dispatch(args: argparse.Namespace) -> int:
    """Run the sub-command that was chosen and return its exit code; failures are raised."""
    try:
        code = int(args.handler(args))
        output.flush()
        return code
    except OSError as error:
        if not isinstance(error.filename, (str, bytes)):
            raise
        raise MicroTLError(f"{os.fsdecode(error.filename)}: {error.strerror}") from error
    except MemoryError as error:
        raise MicroTLError(
            f"{args.subcommand}: this computer has too little memory for these files",
            "give fewer samples at a time",
        ) from error


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``microtl`` with ``argv`` (default: the process's own) and return the exit code."""
    _speak_utf8()
    parser = configure(argparse.ArgumentParser(prog="microtl", description=DESCRIPTION))
    try:
        args, unknown = parser.parse_known_args(argv)
        take_unknown(args, unknown)
        return dispatch(args)
    except MicroTLError as error:
        sys.stderr.write(f"microtl: error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("microtl: interrupted\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`microtl ... | head`).
        output.discard_stdout()
        return EXIT_FAILURE


def _speak_utf8() -> None:
    """Write tensor names and units as UTF-8, whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")

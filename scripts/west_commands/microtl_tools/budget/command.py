# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl budget``: what an image takes of every memory, who owns it, and whether it fits."""

import argparse
from pathlib import Path
from typing import Any

from microtl_tools.budget.sizes import parse_size
from microtl_tools.convert.options import (
    add_data_options,
    add_head_options,
)
from microtl_tools.convert.options import (
    add_output_options as add_conversion_options,
)
from microtl_tools.errors import MicroTLError, OverBudgetError, UsageError

EPILOG = """\
exit codes:
  0  within every limit
  1  failed: a file is missing or damaged
  2  wrong usage
  3  over a limit

examples:
  # the last build: memories from devicetree, limits from budget.yml beside the application
  west microtl budget
  # another build folder, with limits, the ten largest symbols of MicroTL
  west microtl budget -d build/nrf --max-flash 200K --max-ram 64K --owner microtl --top 10
  # any linked ELF file
  west microtl budget app.elf --region flash=0x0+1M --region ram=0x20000000+256K
  # what grew since the main branch; fail above 512 bytes
  west microtl budget --json > old.json
  west microtl budget --baseline old.json --max-growth 512
  # before anything is built
  west microtl budget model.tflite --board nrf52840dk/nrf52840
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add ``budget`` to the command line."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "budget",
        help="check what an image takes of flash and RAM, before it is flashed",
        description="Show what an image takes of every memory, to the byte, and check limits.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG,
    )
    parser.add_argument(
        "image",
        nargs="?",
        type=Path,
        metavar="ELF | MODEL",
        help="a linked image, or a model to predict for; default: the build folder",
    )
    add_build_options(parser)
    parser.add_argument("--map", type=Path, metavar="FILE", help="linker map of ELF")
    parser.add_argument(
        "--region",
        action="append",
        default=[],
        metavar="KIND[:NAME]=ORIGIN+SIZE",
        help="a memory: flash=0x0+1M, ram=0x20000000+256K (default: from the build)",
    )
    add_limit_options(parser)
    _add_prediction_options(parser)
    _add_output_options(parser)
    _add_model_options(parser)
    parser.set_defaults(handler=run)
    return parser


def add_build_options(parser: argparse.ArgumentParser) -> None:
    """Add what ``budget`` and ``flash`` share: where the build is."""
    parser.add_argument(
        "-d",
        "--build-dir",
        type=Path,
        metavar="DIR",
        help="build folder (default: west's build.dir-fmt, or build); with sysbuild every image in "
        "it is checked",
    )
    parser.add_argument("--domain", metavar="NAME", help="with sysbuild: this image only")


def add_limit_options(parser: argparse.ArgumentParser) -> None:
    """Add what ``budget`` and ``flash`` share: limits."""
    limits = parser.add_argument_group("limits", 'sizes are bytes, or "64K", "1M", "0x4000"')
    limits.add_argument("--max-flash", metavar="SIZE", help="limit for all flash")
    limits.add_argument("--max-ram", metavar="SIZE", help="limit for all RAM")
    limits.add_argument(
        "--margin",
        metavar="SIZE",
        help="bytes of the main RAM to keep free (default: 64; images that fill it all die "
        "silently on some SoCs)",
    )
    limits.add_argument(
        "--budget",
        type=Path,
        metavar="FILE",
        help="limits by board and owner (default: budget.yml beside the application)",
    )
    limits.add_argument(
        "--baseline", type=Path, metavar="OLD", help="ELF or --json report to compare with"
    )
    limits.add_argument(
        "--max-growth", metavar="SIZE", help="limit for the growth of flash, and of RAM"
    )


def _add_prediction_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("prediction, where a model is given")
    _add_board_options(group)
    group.add_argument(
        "--prediction",
        type=Path,
        metavar="FILE",
        help="compare an image with what was predicted (the --json of a prediction)",
    )


def _add_board_options(group: argparse._ActionsContainer) -> None:
    group.add_argument("--board", metavar="BOARD", help="as west build names it")
    group.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="FILE | CONFIG_X=VALUE",
        help="a prj.conf, or an option of MicroTL that differs from its default",
    )


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    for add in (add_head_options, add_data_options, add_conversion_options):
        add(parser)


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    output = parser.add_argument_group("output")
    output.add_argument("--top", type=int, default=10, metavar="N", help="symbols (default: 10)")
    output.add_argument("--owner", metavar="NAME", help="only this owner: microtl, kernel/stacks")
    output.add_argument("--sections", action="store_true", help="also every section, by address")
    form = output.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object with everything")
    form.add_argument("--markdown", action="store_true", help="tables for a pull request")
    form.add_argument("--html", type=Path, metavar="FILE", help="write a page with a treemap")
    output.add_argument("--force", action="store_true", help="replace a FILE of another origin")


def run(args: argparse.Namespace) -> int:
    """Report, check, and return 0; raise OverBudgetError over a limit."""
    _check_usage(args)
    if args.image is not None and _is_model(args.image):
        from microtl_tools.budget import predict_command

        return predict_command.run(args)
    _refuse_prediction_options(args)
    from microtl_tools.budget import output, session
    from microtl_tools.budget.build_dir import build_dir

    if args.image is not None:
        verdicts = session.image_verdicts(args)
    else:
        verdicts = session.build_verdicts(args, build_dir(args.build_dir))
    output.write(args, verdicts)
    failures = "\n".join(v.failures() for v in verdicts if not v.ok)
    if failures:
        raise OverBudgetError(failures)
    return 0


def _check_usage(args: argparse.Namespace) -> None:
    if args.image is not None and args.build_dir is not None:
        raise UsageError("give an ELF file or -d/--build-dir, not both")
    if args.map is not None and args.image is None:
        raise UsageError("--map belongs to an ELF file: give that too")
    if args.top < 0:
        raise UsageError(f"--top {args.top}: must be 0 or more")
    check_limits(args)


def _refuse_prediction_options(args: argparse.Namespace) -> None:
    """An image is what it is: what shapes a conversion or a configuration changes nothing."""
    parser = argparse.ArgumentParser()
    _add_board_options(parser)
    _add_model_options(parser)
    for name, default in vars(parser.parse_args([])).items():
        if getattr(args, name) != default:
            raise UsageError(
                f"--{name.replace('_', '-')} belongs to a prediction, for which a model is given",
                "give MODEL, or leave the option out: the image was built with its own",
            )
    if args.image is not None and args.domain is not None:
        raise UsageError("--domain names an image of a sysbuild: give -d/--build-dir, not an ELF")


def check_limits(args: argparse.Namespace) -> None:
    """Turn the sizes of ``add_limit_options`` into bytes; raise UsageError for what is none."""
    if args.max_growth is not None and args.baseline is None:
        raise UsageError("--max-growth needs --baseline to grow from")
    for option in ("max_flash", "max_ram", "margin", "max_growth"):
        value = getattr(args, option)
        if value is not None:
            setattr(args, option, parse_size(value, "--" + option.replace("_", "-")))


def _is_model(path: Path) -> bool:
    from microtl_tools.budget.elf import is_elf

    if not path.exists():
        raise MicroTLError(f"{path}: does not exist")
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            return True
        raise UsageError(f"{path}: is a folder", f"for a build folder: -d {path}")
    return path.suffix in (".tflite", ".keras", ".h5") and not is_elf(path)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl budget MODEL``: what will it take, before anything is built?"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

from microtl_tools.budget.boards import board_regions
from microtl_tools.budget.learner_config import complete, from_config, kernel_set
from microtl_tools.budget.predict import Prediction, predict
from microtl_tools.budget.regions import FLASH, RAM, Region, parse_region
from microtl_tools.budget.sizes import show
from microtl_tools.budget.tables import bar, percent
from microtl_tools.convert.converted import Options
from microtl_tools.convert.learner_memory import ADAM, LearnerConfig
from microtl_tools.convert.options import to_options
from microtl_tools.errors import OverBudgetError, UsageError
from microtl_tools.output import dump_json, emit, table, warn


def run(args: argparse.Namespace) -> int:
    """Convert, predict, print; raise OverBudgetError where MicroTL alone is over a limit."""
    from microtl_tools.convert.api import convert

    _check_usage(args)
    options, config = _options(args)
    regions = [parse_region(text) for text in args.region]
    if not regions and args.board:
        regions = board_regions(args.board)
    converted = convert(args.image, options)
    prediction = predict(converted, config)
    if args.json:
        dump_json({"board": args.board, "prediction": prediction.to_json()})
    else:
        emit(_text(prediction, regions, args.board))
        for note in converted.notes:
            warn(note)
    _check(args, prediction, regions)
    return 0


def _options(args: argparse.Namespace) -> tuple[Options, LearnerConfig]:
    """Return both kinds of options, as microtl_add_model() would make one of the other."""
    configured = complete(args.config)
    options, config, kernels = to_options(args), from_config(configured), kernel_set(configured)
    if options.kernels == "portable":
        options = replace(options, kernels=kernels)
    elif kernels not in ("portable", options.kernels):
        raise UsageError(
            f"--config asks for the kernels {kernels}, --kernels for {options.kernels}"
        )
    if not config.fixed and options.arithmetic != "fixed":
        return options, config
    for wrong, what in ((config.optimizer == ADAM, "Adam"), (config.batch > 1, "a batch above 1")):
        if wrong:
            raise UsageError(f"--config: {what} does not go with heads in fixed point")
    return replace(options, arithmetic="fixed"), replace(config, fixed=True)


def _check_usage(args: argparse.Namespace) -> None:
    options = ("map", "baseline", "html", "prediction", "domain", "budget", "margin", "owner")
    for option in (*options, "markdown", "sections"):
        value = getattr(args, option)
        if value is not None and value is not False:
            raise UsageError(f"--{option} belongs to an image, but {args.image} is a model")


def _text(prediction: Prediction, regions: Sequence[Region], board: str | None) -> str:
    rows: list[list[str]] = []
    for row in prediction.rows:
        sizes = [show(row.bytes) if row.kind == kind else "0" for kind in (FLASH, RAM)]
        rows.append([row.symbol, row.owner, *sizes])
    rows.append(["total", "", *(show(prediction.total(kind)) for kind in (FLASH, RAM))])
    target = f" on {board}" if board else ""
    parts = [
        f"{prediction.model}{target}: MicroTL's data, as a 32-bit CPU will have it",
        table(rows, ("object", "owner", FLASH, RAM), right=(2, 3)),
    ]
    memories = [
        [
            r.name,
            show(prediction.total(r.kind)),
            show(r.size),
            percent(prediction.total(r.kind), r.size),
            bar(prediction.total(r.kind), r.size),
        ]
        for r in regions
        if r.size
    ]
    if memories:
        parts.append(table(memories, ("memory", "MicroTL", "size", "full", ""), right=(1, 2, 3)))
    parts.append(
        "Not in here: code, the trainer's stack, Zephyr and the application. After the build:\n"
        "west microtl budget --prediction FILE, with FILE from this command's --json"
    )
    return "\n\n".join(parts)


def _check(args: argparse.Namespace, prediction: Prediction, regions: Sequence[Region]) -> None:
    """MicroTL alone must fit already, or nothing can come of the build."""
    limits = [(f"memory {r.name}", r.kind, r.size) for r in regions if r.size is not None]
    for option, kind in (("max_flash", FLASH), ("max_ram", RAM)):
        if getattr(args, option) is not None:
            limits.append((f"--{option.replace('_', '-')}", kind, getattr(args, option)))
    lines = []
    for what, kind, limit in limits:
        total = prediction.total(kind)
        if total > limit:
            rows = sorted((r for r in prediction.rows if r.kind == kind), key=lambda r: -r.bytes)
            largest = ", ".join(f"{r.symbol} {show(r.bytes)}" for r in rows[:5])
            lines += [
                f"{prediction.model}: MicroTL alone needs {show(total)} bytes of {kind}, {what} "
                f"allows {show(limit)}, {show(total - limit)} too many",
                f"  largest: {largest}",
            ]
    if lines:
        raise OverBudgetError("\n".join(lines))

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl energy``: is it worth to learn here, or is it cheaper to send the data?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microtl_tools import pictures
from microtl_tools.energy import arguments
from microtl_tools.energy.arguments import OPTIMIZERS
from microtl_tools.errors import MicroTLError, UsageError
from microtl_tools.output import dump_json, emit, warn, write_atomic

if TYPE_CHECKING:
    from microtl_tools.convert.api import ConvertedModel
    from microtl_tools.energy.figures import Board, Link
    from microtl_tools.energy.model import Setup, Task
    from microtl_tools.energy.report import Report

DESCRIPTION = """\
Compare energy and time of learning on the device with those of sending what it learned from and
getting a new head back: raw samples, quantised windows, the model's input, or the features that
inference has left. Learning is counted by `microtl bench` for the board's CPU; figures of boards
and links are files in which each names its source. Everything is carried as low, middle, high.

Pre-processing and backbone passes that inference needs anyway cost nothing more where their results
were kept ("cached"); "backbone pass" is the other case, for both sides.
"""

EPILOG = """\
examples:
  microtl energy kws.tflite --board nrf52840dk --link ble-2m --raw-values 16000
  microtl energy watch.tflite --board nrf52840dk --link 802154 --throughput 60 --picture curve.svg
  microtl energy watch.tflite --board-file mine.yml --link lorawan --samples 40 --json
  microtl energy --board nrf52840dk --link ble-2m --figures

A model that is not at hand: its head, its multiply-accumulates, its input, and a model whose cycles
a multiply-accumulate are taken:
  microtl energy like.tflite --head-widths 512x32x3 --macs 4800000 --input-values 3072
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add the sub-command ``energy``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "energy",
        help="learn here or send the data: energy, time, break-even",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, nargs="?", metavar="MODEL", help="int8 .tflite file")
    arguments.add_where(parser.add_argument_group("where"))
    arguments.add_task(parser.add_argument_group("what is learned"))
    arguments.add_data(parser.add_argument_group("what would be sent"))
    arguments.add_output(parser.add_argument_group("what comes out"))
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Compare and report."""
    from microtl_tools.energy import picture, report, report_json

    setup = _setup(args)
    if args.figures:
        emit(report.figures_text(setup))
        return 0
    if args.model is None:
        raise UsageError("nothing to compare: name a MODEL", "or --figures alone")
    if args.picture is not None:
        pictures.check(args.picture, force=args.force)
    result = _report(args, setup)
    if args.picture is not None:
        write_atomic(args.picture, picture.draw(result, args.axis, args.picture), force=args.force)
    if args.json:
        dump_json(report_json.as_json(result))
    else:
        emit(report.text(result))
    return 0


def _setup(args: argparse.Namespace) -> Setup:
    from microtl_tools.energy.figures import board_named
    from microtl_tools.energy.model import Setup, own_radio
    from microtl_tools.energy.ranges import Range

    board, link = _board(args), _link(args)
    module = board_named(link.module) if link.module else None
    try:
        radio = own_radio(board, link, module)
    except KeyError as error:
        raise MicroTLError(
            f"{board.sheet.path}: radios: {link.radio} is missing",
            f"give its currents, or name a module in {link.sheet.path}",
        ) from error
    throughput = None
    if args.throughput is not None:
        throughput = Range.of(args.throughput * 1e3)
    elif link.sheet.has("throughput"):
        throughput = link.sheet.get("throughput")
    return Setup(board, link, radio, throughput)


def _board(args: argparse.Namespace) -> Board:
    from microtl_tools.energy.figures import board_named, read_board

    if args.board is not None and args.board_file is not None:
        raise UsageError("--board and --board-file do not go together", "give one of them")
    if args.board_file is not None:
        return read_board(args.board_file)
    return board_named(args.board or "nrf52840dk")


def _link(args: argparse.Namespace) -> Link:
    from microtl_tools.energy.figures import link_named, read_link

    if args.link is not None and args.link_file is not None:
        raise UsageError("--link and --link-file do not go together", "give one of them")
    if args.link_file is not None:
        return read_link(args.link_file)
    return link_named(args.link or "ble-2m")


def _report(args: argparse.Namespace, setup: Setup) -> Report:
    from microtl_tools.bench.cpus import cpu_named
    from microtl_tools.convert.api import Options, convert
    from microtl_tools.energy import counts
    from microtl_tools.energy.report import Report

    def converted(kernels: str) -> ConvertedModel:
        return convert(
            args.model,
            Options(
                kernels=kernels,
                head_layers=args.head_layers,
                hidden=args.hidden,
                classes=args.classes,
            ),
        )

    portable = converted("portable")
    widths = _widths(args, portable)
    optimizer = OPTIMIZERS[args.optimizer]
    if args.bench is not None:
        whole = convert(args.model, Options(kernels="portable", head_layers=0)).macs
        counted = counts.read(args.bench, whole, widths, setup.board, optimizer, args.batch)
    else:
        fast = converted(cpu_named(setup.board.cpu).kernels)
        counted = counts.run(fast, portable, widths, setup.board, optimizer, args.batch)
    task = _task(args, portable, widths, counted.backbone, counted.macs, counted.training)
    notes = _notes(args, setup)
    return Report(args.model.stem, setup, task, counted, args.updates, notes, args.claim)


def _widths(args: argparse.Namespace, converted: ConvertedModel) -> tuple[int, ...]:
    if args.head_widths is not None:
        try:
            widths = tuple(int(part) for part in args.head_widths.split("x"))
        except ValueError:
            widths = ()
        if not 2 <= len(widths) <= 4 or min(widths) < 1 or max(widths) > 4096 or widths[-1] > 255:
            raise UsageError(
                f"--head-widths {args.head_widths}: not widths",
                "write features x classes, for example 64x12 or 512x32x3",
            )
        return widths
    if converted.head is None or converted.head.loss == "mse":
        raise MicroTLError(
            f"{args.model}: its head gives values, not classes",
            "energy compares classifiers; --head-widths names another head",
        )
    return converted.head.widths


def _task(
    args: argparse.Namespace,
    converted: ConvertedModel,
    widths: tuple[int, ...],
    backbone: float,
    macs: int,
    training: float,
) -> Task:
    from microtl_tools.convert.headers import macro
    from microtl_tools.convert.report import flash_rows, total
    from microtl_tools.energy.model import FEATURES, PREPROCESSED, QUANTISED, RAW, Task
    from microtl_tools.energy.ranges import Range

    if args.macs is not None:
        if macs == 0:
            raise MicroTLError(
                f"{args.model}: has no multiply-accumulates to scale", "choose another"
            )
        backbone *= args.macs / macs
    inputs = args.input_values or converted.input.size
    raw = args.raw_values or inputs
    new = 1.0 - args.overlap
    params = sum((a + 1) * b for a, b in zip(widths[:-1], widths[1:], strict=True))
    snapshot = macro("SNAPSHOT_SIZE", params=params, rows=widths[-1])
    whole = total(flash_rows(converted)) if args.download == "model" else snapshot
    return Task(
        samples=args.samples,
        epochs=args.epochs,
        folds=args.folds,
        backbone=backbone,
        training=training,
        preprocessing=Range(*args.preprocess_cycles),
        sample_bytes={
            RAW: new * raw * args.raw_bits / 8,
            QUANTISED: new * raw,
            PREPROCESSED: inputs if args.raw_values else new * inputs,
            FEATURES: widths[0],
        },
        download=whole,
        saved=snapshot + macro("SLOTS_HEADER_SIZE"),
        server=Range(*args.server_seconds),
    )


def _notes(args: argparse.Namespace, setup: Setup) -> tuple[str, ...]:
    from microtl_tools.energy.model import packet_limit

    notes = []
    if args.raw_values and not any(args.preprocess_cycles):
        notes.append(
            "not counted: pre-processing, which inference needs anyway; without kept results, "
            "--preprocess-cycles says what it takes"
        )
    if args.macs is not None:
        notes.append(f"assumed: as many cycles a multiply-accumulate as in {args.model.name}")
    limit = packet_limit(setup.link) / 1e3
    if args.throughput is not None and args.throughput > limit:
        warn(
            f"--throughput {args.throughput:g} is more than the packets of {setup.link.title} "
            f"allow, {limit:.0f} kbps: their time in the air is counted"
        )
    return tuple(notes)

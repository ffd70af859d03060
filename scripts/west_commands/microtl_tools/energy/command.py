# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl energy``: is it worth to learn here, or is it cheaper to send the data?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microtl_tools.errors import MicroTLError, UsageError
from microtl_tools.output import dump_json, emit, warn, write_atomic

if TYPE_CHECKING:
    from microtl_tools.convert.api import ConvertedModel
    from microtl_tools.energy.figures import Board, Link
    from microtl_tools.energy.model import Setup, Task
    from microtl_tools.energy.report import Report

OPTIMIZERS = {"sgd": "SGD", "momentum": "momentum", "adam": "Adam"}
FOLDS, EPOCHS, SAMPLES = 4, 20, 140
"""CONFIG_MICROTL_TRAINER_FOLD_COUNT, _TRAINER_EPOCH_COUNT, _REPLAY_SAMPLE_COUNT by default."""
UPDATES = 12.0
SERVER_S = (0.1, 1.0, 10.0)
AXES = ("throughput", "samples", "updates")

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
    _add_where(parser.add_argument_group("where"))
    _add_task(parser.add_argument_group("what is learned"))
    _add_data(parser.add_argument_group("what would be sent"))
    output = parser.add_argument_group("what comes out")
    output.add_argument("--figures", action="store_true", help="print all figures and sources")
    output.add_argument("--json", action="store_true", help="print one JSON object")
    output.add_argument("--picture", type=Path, metavar="FILE", help="draw it as .png or .svg")
    output.add_argument(
        "--axis", choices=AXES, default="throughput", help="of the picture (default: throughput)"
    )
    output.add_argument("--force", action="store_true", help="replace the picture")
    parser.set_defaults(handler=run)
    return parser


def _add_where(group: Any) -> None:
    group.add_argument("--board", metavar="NAME", help="nrf52840dk if nothing is said")
    group.add_argument("--board-file", type=Path, metavar="YAML", help="figures of another board")
    group.add_argument("--link", metavar="NAME", help="ble-2m if nothing is said")
    group.add_argument("--link-file", type=Path, metavar="YAML", help="figures of another link")
    group.add_argument(
        "--throughput",
        type=_positive,
        metavar="KBPS",
        help="that the application sees (default: the link's, as a range)",
    )
    group.add_argument(
        "--server-seconds",
        type=_range,
        default=SERVER_S,
        metavar="S",
        help="the server's time, one number or LOW,MIDDLE,HIGH (default: 0.1,1,10, assumed)",
    )
    group.add_argument(
        "--updates",
        type=_positive,
        default=UPDATES,
        metavar="N",
        help="updates of the head a year (default: 12)",
    )


def _add_task(group: Any) -> None:
    group.add_argument("--samples", type=_count, default=SAMPLES, metavar="N", help="default: 140")
    group.add_argument("--epochs", type=_count, default=EPOCHS, metavar="N", help="default: 20")
    group.add_argument(
        "--folds",
        type=_folds,
        default=FOLDS,
        metavar="N",
        help="trainings that the gate judges on (default: 4; 0 once enough is held out)",
    )
    group.add_argument(
        "--optimizer", choices=tuple(OPTIMIZERS), default="momentum", help="default: momentum"
    )
    group.add_argument(
        "--batch", type=int, choices=(1, 8), default=1, help="samples a step (default: 1)"
    )
    group.add_argument("--classes", type=_count, metavar="N", help="rows of the head")
    group.add_argument("--head-layers", type=_count, default=1, metavar="N", help="default: 1")
    group.add_argument("--hidden", type=_count, metavar="H", help="put in a hidden layer of H")
    group.add_argument("--head-widths", metavar="DxC", help="another head than the model's")
    group.add_argument(
        "--macs",
        type=_count,
        metavar="N",
        help="multiply-accumulates of another backbone; takes MODEL's cycles for each",
    )
    group.add_argument(
        "--preprocess-cycles",
        type=_range,
        default=(0.0, 0.0, 0.0),
        metavar="N",
        help="CPU cycles a sample, one number or LOW,MIDDLE,HIGH (default: 0)",
    )
    group.add_argument(
        "--bench", type=Path, metavar="FILE", help="counts of an earlier `microtl bench --json`"
    )


def _add_data(group: Any) -> None:
    group.add_argument(
        "--input-values", type=_count, metavar="N", help="of a sample (default: MODEL's input)"
    )
    group.add_argument(
        "--raw-values",
        type=_count,
        metavar="N",
        help="of a sample before pre-processing (default: there is none)",
    )
    group.add_argument(
        "--raw-bits", type=_bits, default=16, metavar="N", help="of a raw value (default: 16)"
    )
    group.add_argument(
        "--overlap",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="of a window with the one before: sent once (default: 0)",
    )
    group.add_argument(
        "--download",
        choices=("head", "model"),
        default="head",
        help="what comes back (default: head)",
    )


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value}: give 1 or more")
    return value


def _folds(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 8 or value == 1:
        raise argparse.ArgumentTypeError(f"{value}: give 0, or 2 to 8")
    return value


def _bits(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 32:
        raise argparse.ArgumentTypeError(f"{value}: give 1 to 32")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"{text}: give 0 or more, below 1")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: give a number above 0")
    return value


def _range(text: str) -> tuple[float, float, float]:
    values = [float(part) for part in text.split(",")]
    if len(values) == 1:
        values *= 3
    if len(values) != 3 or not 0 <= values[0] <= values[1] <= values[2] < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: give one number, or LOW,MIDDLE,HIGH rising")
    return values[0], values[1], values[2]


def run(args: argparse.Namespace) -> int:
    """Compare and report."""
    from microtl_tools.energy import picture, report

    setup = _setup(args)
    if args.figures:
        emit(report.figures_text(setup))
        return 0
    if args.model is None:
        raise UsageError("nothing to compare: name a MODEL", "or --figures alone")
    if args.picture is not None:
        picture.check_path(args.picture)
    result = _report(args, setup)
    if args.picture is not None:
        write_atomic(args.picture, picture.draw(result, args.axis, args.picture), force=args.force)
    if args.json:
        dump_json(report.as_json(result))
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
        counted = counts.read(args.bench, widths, setup.board, optimizer, args.batch)
    else:
        fast = converted(cpu_named(setup.board.cpu).kernels)
        counted = counts.run(fast, portable, widths, setup.board, optimizer, args.batch)
    task = _task(args, portable, widths, counted.backbone, counted.macs, counted.training)
    return Report(args.model.stem, setup, task, counted, args.updates, _notes(args, setup))


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

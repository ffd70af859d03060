# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl inspect``: what is in a model, and where it can be cut."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from microtl_tools.convert.options import add_model
from microtl_tools.errors import MicroTLError, UsageError
from microtl_tools.output import dump_json, emit

DESCRIPTION = """\
Show a model's layers, shapes and quantisation, and where it can be cut into a frozen backbone and a
head that learns. With --data, rank the cuts by what a simple head reaches there, trained on every
other recording of a class (or the earlier half of each) and tested on the rest, and by the RAM and
multiply-accumulates that it costs.

Or show what MicroTL wrote itself: a generated model (its .c or .h), or a stored head (a snapshot,
or a copy of the store's flash partition) with its classes, the model that it belongs to, and
whether it is whole.
"""

EPILOG = """\
examples:
  microtl inspect kws.tflite
  microtl inspect motion.tflite --data recordings.npz
  microtl inspect src/model/motion.c
  microtl inspect partition.bin

exit codes:
  0  shown
  1  the file cannot be read, or with --data not converted
  2  wrong usage
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add ``inspect``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "inspect",
        help="show a model's layers and where it can be cut, or what a stored head holds",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_model(parser)
    parser.add_argument(
        "--data",
        metavar="DATA",
        type=Path,
        help="labelled data: rank the cuts by it (needs a C compiler)",
    )
    parser.add_argument(
        "--representative-data",
        metavar="DATA",
        type=Path,
        help="quantises .keras, .h5 and SavedModel",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Show the model, or the stored head."""
    from microtl_tools.convert import inspect_written as written

    if written.is_generated(args.model):
        inspect, as_text = written.inspect_generated, written.generated_text
    elif written.is_stored(args.model):
        inspect, as_text = written.inspect_stored, written.stored_text
    else:
        return _run_model(args)
    if args.data is not None or args.representative_data is not None:
        raise UsageError(f"{args.model}: --data and --representative-data go with a model file")
    content = inspect(args.model)
    if args.json:
        dump_json(content)
    else:
        emit(as_text(content))
    return 0


def _run_model(args: argparse.Namespace) -> int:
    from microtl_tools.convert.inspection import inspect_model, inspection_text
    from microtl_tools.convert.pipeline import load
    from microtl_tools.convert.rank import rank, ranking_json, ranking_text

    source = str(args.model)
    data = load(args.model, args.representative_data)
    content = inspect_model(data, source)
    ranked = None
    if args.data is not None:
        if not content["convertible"]:
            raise MicroTLError(content["problem"])
        ranked = rank(data, args.data, source)
        content["ranking"] = ranking_json(ranked)
    if args.json:
        dump_json(content)
        return 0
    emit(inspection_text(content))
    if ranked is not None:
        emit("\n" + ranking_text(ranked))
    return 0

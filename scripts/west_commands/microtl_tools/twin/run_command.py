# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl run``: what does the device say about these samples?"""

import argparse
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from microtl_tools.errors import UsageError
from microtl_tools.imports import require
from microtl_tools.output import check_targets, emit, write_atomic

DESCRIPTION = """\
Run a converted model on this computer, with the C code of the device.

Samples lie along the first axis. An .npy file holds them in dtype and shape of the model file,
without its batch of one (float for a Keras model); an .npz file or a folder of recordings holds
labelled data. The result has dtype and shape of the model file, too: class scores of the float
head that learns on the device, or with --head none of the whole model in int8.
"""

EPILOG = """\
examples:
  microtl run kws.tflite --input x.npy --output y.npy
  microtl run kws.tflite --input recordings.npz --output y.npy --head none
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add the sub-command ``run``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "run",
        help="run a converted model on this computer",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="what `microtl convert` takes")
    parser.add_argument(
        "--representative-data",
        type=Path,
        metavar="DATA",
        help="samples to quantise a Keras model or SavedModel with",
    )
    parser.add_argument(
        "--input",
        type=Path,
        required=True,
        metavar="FILE",
        help="samples: .npy, .npz, or a folder of recordings",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="where to write the result, .npy"
    )
    parser.add_argument(
        "--head", choices=("none",), help="none: run the whole model in int8, without float head"
    )
    parser.add_argument("--force", action="store_true", help="replace the output file")
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run a model on a file of samples."""
    np = require("numpy", "run models")
    from microtl_tools.convert.api import convert, convert_bytes
    from microtl_tools.convert.converted import Options
    from microtl_tools.twin.run import read_samples, run_whole, run_with_head, with_float_ends

    if args.output.suffix.lower() != ".npy":
        raise UsageError(f"--output {args.output}: the result is an .npy file")
    check_targets([args.output], force=args.force)
    options = Options(representative=args.representative_data)
    whole = convert(args.model, replace(options, head_layers=0))
    if not (args.model.is_file() and args.model.read_bytes() == whole.tflite):
        whole = with_float_ends(whole)
    x = read_samples(args.input, whole.input)
    if args.head == "none":
        y = run_whole(whole, x)
    else:
        y = run_with_head(convert_bytes(whole.tflite, options, source=str(args.model)), whole, x)
    buffer = io.BytesIO()
    np.save(buffer, y, allow_pickle=False)
    write_atomic(args.output, buffer.getvalue(), force=args.force)
    shape = "x".join(map(str, y.shape))
    emit(f"{args.output}: {len(y)} samples, {y.dtype}, {shape}")
    return 0

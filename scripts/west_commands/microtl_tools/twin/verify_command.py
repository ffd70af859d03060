# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl verify``: is the converted model exact, tensor by tensor?"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microtl_tools.arguments import count, whole
from microtl_tools.errors import MicroTLError, UsageError
from microtl_tools.imports import require
from microtl_tools.output import dump_json, emit, table, write_atomic

if TYPE_CHECKING:
    from microtl_tools.convert.converted import ConvertedModel
    from microtl_tools.twin.verify import Expectation, Verification

_NAME_WIDTH = 40

DESCRIPTION = """\
Compare every intermediate tensor of a converted model with TensorFlow Lite Micro, to the bit.

The model is converted twice: as it goes onto the device, up to the head, and frozen as a whole.
Inputs are half random, half real (--data) or structured. Where the wheel tflite-micro is not
installed, golden vectors are used: MODEL's name with the ending .golden.npz, or --golden.
"""

EPILOG = """\
examples:
  microtl verify kws.tflite
  microtl verify kws.tflite --data recordings.npz --count 500
  microtl verify kws.tflite --write-golden kws.golden.npz --count 16

exit codes:
  0  no difference in any tensor
  1  a difference (the first one is named), or outputs too saturated to prove anything
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add the sub-command ``verify``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "verify",
        help="compare a converted model with TensorFlow Lite Micro, tensor by tensor",
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
        "--head",
        choices=("none",),
        help="none: only the whole model as int8, not the cut for learning as well",
    )
    parser.add_argument(
        "--kernels",
        default="portable",
        metavar="SET",
        help="kernels to convert for: portable, dsp, mve",
    )
    parser.add_argument("--data", type=Path, help="real samples, .npz or a folder of recordings")
    parser.add_argument("--count", type=count, default=100, help="inputs (default: 100)")
    parser.add_argument("--seed", type=whole, default=0, help="seed of the random inputs")
    parser.add_argument(
        "--golden", type=Path, help="compare with these vectors, not with the oracle"
    )
    parser.add_argument("--write-golden", type=Path, help="write the oracle's tensors to this file")
    parser.add_argument("--force", action="store_true", help="replace the file of --write-golden")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Verify a model; MicroTLError names the first difference."""
    require("numpy", "verify models")
    from microtl_tools.convert.api import convert, convert_bytes
    from microtl_tools.convert.converted import Options
    from microtl_tools.twin import verify

    options = Options(kernels=args.kernels, representative=args.representative_data)
    whole = convert(args.model, replace(options, head_layers=0))
    wanted = verify.wanted_tensors(whole)
    expectation = _expectation(args, whole, wanted)
    if args.write_golden is not None:
        vectors = verify.make_golden(whole.tflite, expectation, wanted)
        write_atomic(args.write_golden, vectors.to_bytes(), force=args.force)
    done = [verify.verify(whole, expectation)]
    notes = []
    if args.head is None:
        try:
            cut = convert_bytes(whole.tflite, options, source=str(args.model))
        except MicroTLError as error:
            notes.append(f"only the model as a whole, it cannot be cut: {error.message}")
        else:
            done.append(verify.verify(cut, expectation))
            notes += _about_head(cut, whole, expectation)
    if args.json:
        dump_json(_as_json(args.model, done, expectation, notes))
    else:
        emit(_as_text(done, expectation, notes))
    for verification in done:
        problem = verification.problem()
        if problem is not None:
            raise MicroTLError(f"{args.model}: {problem}", verification.hint())
    return 0


def _expectation(
    args: argparse.Namespace, whole: "ConvertedModel", wanted: list[int]
) -> "Expectation":
    """Find out what the tensors must be: by the oracle, or from golden vectors."""
    from microtl_tools.twin import border, golden, oracle, verify
    from microtl_tools.twin.api import Twin

    path = args.golden
    if path is None and not oracle.available():
        path = golden.beside(args.model)
        if not path.exists():
            raise MicroTLError(
                f"neither is the oracle tflite-micro installed, nor is there {path}",
                f"{oracle.INSTALL}, or give golden vectors with --golden",
            )
    if path is not None:
        if args.data is not None:
            raise UsageError(
                f"--data {args.data}: golden vectors have inputs of their own, and {path} is used",
                f"leave --data out, or compare with the oracle ({oracle.INSTALL})",
            )
        return verify.from_golden(path, golden.load(path, whole.tflite))
    given = None
    if args.data is not None:
        from microtl_tools.data.api import load

        given = load(args.data, shape=border.sample_shape(whole.input), labelled=False).x
    x = verify.pick_inputs(Twin.from_converted(whole), whole.input, args.count, given, args.seed)
    return verify.from_oracle(args.model, whole.tflite, x, wanted)


def _about_head(
    cut: "ConvertedModel", whole: "ConvertedModel", expectation: "Expectation"
) -> list[str]:
    from microtl_tools.twin import verify

    near = verify.agreement(cut, whole, expectation.x)
    if near is None:
        return []
    return [
        f"float head and int8 head score the same class highest for {near.same_class:.0%} of the "
        f"inputs; their scores are within {near.steps:.2f} quantisation steps of each other where "
        "int8 does not saturate"
    ]


def _title(verification: "Verification") -> str:
    converted = verification.converted
    return "whole model" if converted.head is None else f"up to the head ({converted.output.name})"


def _as_text(done: list["Verification"], expectation: "Expectation", notes: list[str]) -> str:
    parts = []
    for verification in done:
        rows = [
            (
                report.op.number,
                report.op.kind,
                _short(report.tensor.name),
                report.values,
                report.differences,
                f"{report.saturated / max(report.values, 1):.1%}",
            )
            for report in verification.comparison.tensors
        ]
        headers = ("op", "kind", "tensor", "values", "differences", "saturated")
        parts += [f"{_title(verification)}:", table(rows, headers, right=[5]), ""]
        parts += [f"not in the arena (folded or dropped): {name}" for name in verification.hidden]
    for verification in done:
        found = verification.comparison
        parts.append(
            f"{_title(verification)}: {found.differences} differences in {len(found.tensors)} "
            f"tensors, {found.inputs} inputs; {found.saturation:.1%} of the outputs saturated"
        )
    parts += [f"note: {note}" for note in notes]
    parts.append(f"compared with {expectation.by}")
    return "\n".join(parts)


def _short(name: str) -> str:
    """TensorFlow joins the names of fused layers by ";": the first says enough in a table."""
    return name.partition(";")[0][-_NAME_WIDTH:]


def _as_json(
    model: Path, done: list["Verification"], expectation: "Expectation", notes: list[str]
) -> dict[str, Any]:
    return {
        "model": model,
        "compared_with": expectation.by,
        "inputs": len(expectation.x),
        "notes": notes,
        "conversions": [
            {
                "title": _title(verification),
                "differences": verification.comparison.differences,
                "saturated": verification.comparison.saturation,
                "problem": verification.problem(),
                "hidden": verification.hidden,
                "tensors": [
                    {
                        "op": report.op.number,
                        "kind": report.op.kind,
                        "tensor": report.tensor.index,
                        "name": report.tensor.name,
                        "values": report.values,
                        "differences": report.differences,
                        "saturated": report.saturated / max(report.values, 1),
                    }
                    for report in verification.comparison.tensors
                ],
            }
            for verification in done
        ],
    }

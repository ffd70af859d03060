# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl bench``: what does a model cost on a Cortex-M, without a board?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microtl_tools import pictures
from microtl_tools.bench.cpus import CPUS, Cpu, cpu_named
from microtl_tools.convert.options import add_arithmetic, add_optimize
from microtl_tools.errors import MicroTLError, UsageError
from microtl_tools.output import dump_json, emit, warn, write_atomic

if TYPE_CHECKING:
    from microtl_tools.bench.measure import Inference
    from microtl_tools.bench.training import Training
    from microtl_tools.convert.api import ConvertedModel

_OPTIMISE = "-O2"

DESCRIPTION = """\
Build the C core and a model for a CPU with arm-none-eabi-gcc, run it in QEMU, compare the output
with the twin's, and count every instruction: of each layer, of a training step of the head, of a
label. Counts are exact and repeatable. Cycles are an estimate: the instructions that ran, times the
table of the Cortex-M4 reference manual, zero wait states; a board with wait states takes longer.

A training step starts from random weights. At a batch of one, rows of a class that is learned rest:
where some do, the step in which none does is counted as well.

With --cmsis-nn, the same model is also measured with Arm's kernels, in the same program on the same
CPU, each side with the better of -O2 and -O3.
"""

EPILOG = """\
examples:
  microtl bench kws.tflite
  microtl bench kws.tflite --cpu cortex-m3 --gcc=-Os --json
  microtl bench --head 640x10 --cpu cortex-m4f
  microtl bench --head 64x12 --cpu cortex-m0plus --arithmetic fixed
  microtl bench kws.tflite --picture kws.svg --no-training
  microtl bench kws.tflite --optimize size
  microtl bench kws.tflite --cmsis-nn ../modules/lib/cmsis-nn
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add the sub-command ``bench``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "bench",
        help="count instructions of a model on an emulated Cortex-M",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, nargs="?", metavar="MODEL", help="int8 .tflite file")
    parser.add_argument(
        "--head",
        metavar="DxC",
        help="widths of a head to train, for example 64x12 or 640x32x10; default: the model's",
    )
    parser.add_argument(
        "--cpu", default="cortex-m4f", metavar="CPU", help=f"one of {', '.join(CPUS)}"
    )
    parser.add_argument("--kernels", metavar="SET", help="kernel set; default: the CPU's fastest")
    parser.add_argument(
        "--gcc",
        choices=("-O2", "-O3", "-Os"),
        help="how GCC optimizes; default: -O2 (write --gcc=-Os)",
    )
    parser.add_argument(
        "--cmsis-nn",
        type=Path,
        metavar="DIR",
        help="folder of CMSIS-NN 6.0.0: measure its kernels, too",
    )
    add_arithmetic(parser)
    add_optimize(parser)
    parser.add_argument(
        "--no-training", action="store_true", help="leave out the training of the model's head"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE", help="bars a layer, .png or .svg")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--force", action="store_true", help="replace the picture")
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Measure and report."""
    from microtl_tools.bench import build, picture, trace

    if args.model is None and args.head is None:
        raise UsageError("nothing to measure", "name a MODEL, or a head with --head 64x12")
    if args.picture is not None:
        if args.model is None:
            raise UsageError("--picture shows the layers of a MODEL: name one")
        pictures.check(args.picture, force=args.force)
    if args.no_training and args.head is not None:
        raise UsageError("--no-training and --head do not go together", "leave one of them out")
    _check_cmsis_nn(args)
    cpu = cpu_named(args.cpu)
    _check_kernels(args.kernels, cpu)
    tools = {"gcc": build.compiler_version(), "qemu": trace.version()}
    inference = _inference(args, cpu) if args.model is not None else None
    peer = _peer(args, cpu) if args.cmsis_nn is not None else None
    training = None if args.no_training else _training(args, cpu)
    if args.json:
        _print_json(cpu, tools, inference, peer, training)
    else:
        _print_text(cpu, tools, inference, peer, training)
    if args.picture is not None and inference is not None:
        data = picture.draw(inference, args.model.stem, args.picture)
        write_atomic(args.picture, data, force=args.force)
    return 0


def _check_kernels(name: str | None, cpu: Cpu) -> None:
    """Refuse a kernel set that the CPU's core is built without; the converter, unknown ones."""
    from microtl_tools.convert.kernel_sets import KERNEL_SETS

    known = ("portable", *cpu.families)
    if name in KERNEL_SETS and name not in known:
        raise UsageError(
            f"--kernels {name}: not measured on a {cpu.title}",
            f"choose {' or '.join(known)}, or another --cpu",
        )


def _check_cmsis_nn(args: argparse.Namespace) -> None:
    """Refuse what does not go together with, or without, CMSIS-NN."""
    from microtl_tools.bench import cmsis_nn

    if args.cmsis_nn is None:
        if args.kernels == cmsis_nn.KERNELS:
            raise UsageError(
                f"--kernels {cmsis_nn.KERNELS}: CMSIS-NN itself is missing",
                "name its folder with --cmsis-nn DIR and leave --kernels out",
            )
        return
    if args.model is None:
        raise UsageError("--cmsis-nn compares the inference of a MODEL: name one")
    if args.kernels == cmsis_nn.KERNELS:
        raise UsageError(
            f"--kernels {cmsis_nn.KERNELS} would compare CMSIS-NN to itself", "leave one out"
        )
    if args.gcc is not None:
        raise UsageError(
            "--gcc and --cmsis-nn do not go together",
            "with --cmsis-nn each side has the better of -O2 and -O3",
        )
    cmsis_nn.check(args.cmsis_nn)


def _inference(args: argparse.Namespace, cpu: Cpu) -> Inference:
    from microtl_tools.bench.measure import best_inference, inference

    model, reference = _converted(args, args.kernels or cpu.kernels)
    if args.cmsis_nn is not None:
        return best_inference(model, reference, cpu)
    return inference(model, reference, cpu, args.gcc or _OPTIMISE)


def _peer(args: argparse.Namespace, cpu: Cpu) -> Inference:
    """Measure the same with CMSIS-NN."""
    from microtl_tools.bench import cmsis_nn
    from microtl_tools.bench.measure import best_inference

    model, reference = _converted(args, cmsis_nn.KERNELS)
    return best_inference(model, reference, cpu, cmsis_nn.units(args.cmsis_nn))


def _converted(args: argparse.Namespace, kernels: str) -> tuple[ConvertedModel, ConvertedModel]:
    """Return the model for a kernel set, and for the portable one."""
    from microtl_tools.convert.api import Options, convert

    model = convert(args.model, Options(head_layers=0, kernels=kernels, optimize=args.optimize))
    return model, convert(args.model, Options(head_layers=0))


def _training(args: argparse.Namespace, cpu: Cpu) -> Training | None:
    from microtl_tools.bench.training import training

    widths = _head_widths(args)
    return None if widths is None else training(widths, cpu, args.gcc or _OPTIMISE, args.arithmetic)


def _head_widths(args: argparse.Namespace) -> tuple[int, ...] | None:
    """Return the widths that were asked for, else those of the model's head, None without one."""
    if args.head is None:
        return _own_head_widths(args.model)
    try:
        widths = tuple(int(text) for text in args.head.split("x"))
    except ValueError as error:
        raise UsageError(
            f"--head {args.head}: not widths", "write features x classes, for example 64x12"
        ) from error
    if not 2 <= len(widths) <= 4 or min(widths) < 1 or max(widths) > 4096 or widths[-1] > 255:
        raise UsageError(
            f"--head {args.head}: a head has 2 to 4 widths of 1 to 4096, at most 255 classes"
        )
    return widths


def _own_head_widths(model: Path) -> tuple[int, ...] | None:
    """Return the widths of the model's head; warn and return None where it has none of classes."""
    from microtl_tools.convert.api import Options, convert

    why = f"{model}: its head gives values, not classes"
    try:
        head = convert(model, Options()).head
        if head is not None and head.loss != "mse":
            return head.widths
    except MicroTLError as error:
        why = error.message
    warn(f"no training is measured: {why}; --head 64x12 measures a head of your own")
    return None


def _print_text(
    cpu: Cpu,
    tools: dict[str, str],
    inference: Inference | None,
    peer: Inference | None,
    training: Training | None,
) -> None:
    from microtl_tools.bench import report

    emit(f"{cpu.title} ({cpu.machine}), {tools['gcc']}, {tools['qemu']}")
    if inference is not None:
        beside = f"; CMSIS-NN, {peer.optimise}" if peer is not None else ""
        emit(f"\nInference, kernels {inference.kernels}, {inference.optimise}{beside}:")
        emit(report.inference_text(inference, peer))
        emit("")
        emit(report.memory_text(inference, peer))
    if training is not None:
        fixed = " in fixed point" if training.arithmetic == "fixed" else ""
        emit(f"\nTraining of a head of {'x'.join(map(str, training.widths))}{fixed}:")
        emit(report.training_text(training))
    emit("\n* estimate: Cortex-M4 reference manual, zero wait states")


def _print_json(
    cpu: Cpu,
    tools: dict[str, str],
    inference: Inference | None,
    peer: Inference | None,
    training: Training | None,
) -> None:
    from microtl_tools.bench import report

    dump_json(
        {
            "cpu": cpu.name,
            "machine": cpu.machine,
            "tools": tools,
            "inference": None if inference is None else report.inference_json(inference),
            "cmsis_nn": None if peer is None else report.inference_json(peer),
            "training": None if training is None else report.training_json(training),
        }
    )

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Command-line options that shape a conversion, shared by the commands that convert a model."""

from __future__ import annotations

import argparse
from pathlib import Path

from microtl_tools.convert.converted import Options
from microtl_tools.convert.fixed_head import ARITHMETICS
from microtl_tools.errors import UsageError


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the model file."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        type=Path,
        help="int8 .tflite; or .keras, .h5, SavedModel folder (with --representative-data)",
    )


def add_head_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the model is cut and what its head is like."""
    group = parser.add_argument_group("the head, the part that learns on the device")
    group.add_argument(
        "--head",
        choices=("dense", "none"),
        default="dense",
        help="dense: the last dense layer becomes the head (default); none: freeze the whole model",
    )
    group.add_argument(
        "--head-layers", metavar="N", type=int, help="dense layers at the end that become the head"
    )
    group.add_argument(
        "--cut",
        metavar="TENSOR",
        help="name or number of the tensor that becomes the features, see `microtl inspect`",
    )
    group.add_argument(
        "--hidden", metavar="H", type=int, help="put a new hidden layer of H units into the head"
    )
    group.add_argument(
        "--classes",
        metavar="N",
        type=int,
        help="rows of the head, those of classes to come included (default: the model's classes)",
    )
    group.add_argument(
        "--labels", metavar="FILE", type=Path, help="names of the model's classes, one a line"
    )
    group.add_argument(
        "--loss",
        choices=("softmax", "sigmoid", "mse"),
        help="what the head is trained with (default: by the model's last activation)",
    )


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that name data."""
    group = parser.add_argument_group("data: .npz, or a folder LABEL/RECORDING.csv")
    group.add_argument(
        "--representative-data",
        metavar="DATA",
        type=Path,
        help="measures the features; quantises .keras, .h5 and SavedModel",
    )
    group.add_argument(
        "--base-set",
        metavar="DATA",
        type=Path,
        help="labelled samples whose features ship with the model, so that no class is forgotten",
    )
    group.add_argument(
        "--base-set-kind",
        choices=("samples", "mean"),
        default="samples",
        help="ship each sample's features, or one mean a class (default: samples)",
    )
    group.add_argument(
        "--base-set-count", metavar="N", type=int, help="ship at most N entries a class"
    )
    group.add_argument(
        "--channels",
        metavar="YAML",
        type=Path,
        help="describes the input's channels: order, unit, offset, scale (default: the data does)",
    )


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the generated code."""
    group = parser.add_argument_group("the generated code")
    group.add_argument(
        "--name", help="start of file names, symbols and macros (default: from the file's name)"
    )
    group.add_argument(
        "--kernels",
        metavar="SET",
        default="portable",
        help="kernels to convert for: portable (default), dsp, mve, cmsis-nn",
    )
    add_arithmetic(group)
    add_optimize(group)
    group.add_argument(
        "--preprocess",
        metavar="NAME",
        default="",
        help="name of the pre-processing in front of the model; a stored head fits only the same",
    )


def add_arithmetic(group: argparse._ActionsContainer) -> None:
    """Add the choice of what the head is computed with."""
    group.add_argument(
        "--arithmetic",
        choices=ARITHMETICS,
        default="float",
        help="what the head is computed with; fixed: for CPUs without FPU (default: float)",
    )


def add_optimize(group: argparse._ActionsContainer) -> None:
    """Add the choice between flash and time."""
    group.add_argument(
        "--optimize",
        choices=("speed", "size"),
        default="speed",
        help="speed: weights may take twice their int8 size (default); size: 1.1 times that",
    )


def to_options(args: argparse.Namespace) -> Options:
    """Return the conversion options that the arguments stand for."""
    if args.head == "none":
        for option in ("head_layers", "cut"):
            if getattr(args, option) is not None:
                flag = option.replace("_", "-")
                raise UsageError(
                    f"--{flag} and --head none do not go together", "leave one of them out"
                )
    if args.cut is not None and args.head_layers is not None:
        raise UsageError(
            "--cut and --head-layers do not go together", "both name the cut: give one"
        )
    if args.base_set is None and (args.base_set_kind, args.base_set_count) != ("samples", None):
        raise UsageError(
            "--base-set-kind and --base-set-count say how a base set ships: --base-set is missing"
        )
    for option in ("head_layers", "hidden", "classes", "base_set_count"):
        value = getattr(args, option)
        if value is not None and value < 1:
            raise UsageError(f"--{option.replace('_', '-')} {value}: give 1 or more")
    layers = 1 if args.head_layers is None else args.head_layers
    return Options(
        name=args.name,
        kernels=args.kernels,
        optimize=args.optimize,
        head_layers=0 if args.head == "none" else layers,
        cut=args.cut,
        hidden=args.hidden,
        classes=args.classes,
        labels=args.labels,
        loss=args.loss,
        representative=args.representative_data,
        base_set=args.base_set,
        base_set_kind=args.base_set_kind,
        base_set_count=args.base_set_count,
        channels=args.channels,
        preprocess=args.preprocess,
        arithmetic=args.arithmetic,
    )

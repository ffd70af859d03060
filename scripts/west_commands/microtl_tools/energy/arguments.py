# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The options of ``microtl energy``, with defaults and limits."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

OPTIMIZERS = {"sgd": "SGD", "momentum": "momentum", "adam": "Adam"}
FOLDS, EPOCHS, SAMPLES = 4, 20, 140
"""CONFIG_MICROTL_TRAINER_FOLD_COUNT, _TRAINER_EPOCH_COUNT, _REPLAY_SAMPLE_COUNT by default."""
UPDATES = 12.0
SERVER_S = (0.1, 1.0, 10.0)
AXES = ("throughput", "samples", "updates")


def add_where(group: Any) -> None:
    """Add what says where: board, link, server."""
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


def add_task(group: Any) -> None:
    """Add what says what is learned."""
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


def add_data(group: Any) -> None:
    """Add what says what would be sent instead."""
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


def add_output(group: Any) -> None:
    """Add what says what comes out."""
    group.add_argument("--figures", action="store_true", help="print all figures and sources")
    group.add_argument(
        "--claim",
        type=_claim,
        metavar="E,T",
        help="at which throughput does sending need E times the energy, T times the time?",
    )
    group.add_argument("--json", action="store_true", help="print one JSON object")
    group.add_argument("--picture", type=Path, metavar="FILE", help="draw it as .png or .svg")
    group.add_argument(
        "--axis", choices=AXES, default="throughput", help="of the picture (default: throughput)"
    )
    group.add_argument("--force", action="store_true", help="replace the picture")


def _number(text: str, low: float, high: float) -> float:
    """Return a number from low to high; the message says both where it is none of them."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: is no number") from None
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{_brief(text)}: give {low:g} to {high:g}")
    return value


def _brief(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:27]}..."


def _whole(text: str, low: int, high: int) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{_brief(text)!r}: is no whole number") from None
    _number(text, low, high)
    return value


def _count(text: str) -> int:
    return _whole(text, 1, 10**12)


def _folds(text: str) -> int:
    value = _whole(text, 0, 8)
    if value == 1:
        raise argparse.ArgumentTypeError(f"{value}: give 0, or 2 to 8")
    return value


def _bits(text: str) -> int:
    return _whole(text, 1, 32)


def _share(text: str) -> float:
    value = _number(text, 0, 1)
    if value == 1:
        raise argparse.ArgumentTypeError(f"{text}: give 0 or more, below 1")
    return value


def _positive(text: str) -> float:
    return _number(text, 1e-6, 1e12)


def _range(text: str) -> tuple[float, float, float]:
    values = [_number(part, 0, 1e12) for part in text.split(",")]
    if len(values) == 1:
        values *= 3
    if len(values) != 3 or not values[0] <= values[1] <= values[2]:
        raise argparse.ArgumentTypeError(f"{text}: give one number, or LOW,MIDDLE,HIGH rising")
    return values[0], values[1], values[2]


def _claim(text: str) -> tuple[float, float]:
    energy, comma, time = text.partition(",")
    if not comma:
        raise argparse.ArgumentTypeError(f"{text}: give two numbers, for example 3,2.8")
    return _positive(energy), _positive(time)

#!/usr/bin/env python3
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The figures of docs/figures.md: what learning on the device brings, by protocol.py.

Prints them, and writes them to build/figures/; --write also writes docs/figures.md.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import digit_images
import protocol
import scenarios
import scenarios_digits
import watch
from figure_tables import Figure, Pair, arithmetic_table, document
from microtl_tools.errors import MicroTLError
from microtl_tools.output import emit, progress, write_atomic
from microtl_tools.simulate.results import Outcome

DOCUMENT = watch.ROOT / "docs" / "figures.md"
OUTPUT = watch.ROOT / "build" / "figures" / "figures.md"


def main() -> int:
    """Play everything; 1 if something failed, with one message."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="seglearn's wheel (default: .venv/data)")
    parser.add_argument("--write", action="store_true", help="write docs/figures.md too")
    parser.add_argument(
        "--arithmetic", action="store_true", help="print float beside fixed point, nothing else"
    )
    args = parser.parse_args()
    try:
        if args.arithmetic:
            emit(arithmetic_table(arithmetics(watch.load(args.wheel))))
            return 0
        text = document(measure(args.wheel), arithmetics(watch.load(args.wheel)))
        write_atomic(OUTPUT, text, force=True)
        if args.write:
            write_atomic(DOCUMENT, text, force=True)
    except MicroTLError as error:
        sys.stderr.write(f"figures: {error}\n")
        return error.exit_code
    emit(text)
    return 0


def measure(wheel: Path | None) -> list[Figure]:
    """Play the scenarios of the protocol, in the order in which they are shown."""
    recordings = watch.load(wheel)
    many, few = protocol.BUDGETS
    teach = partial(scenarios.new_exercise, recordings, protocol.NEW_EXERCISE)
    personal = partial(scenarios.new_user, recordings, protocol.NEW_USER)
    turned = partial(digit_images.rotated, degrees=protocol.DIGIT_ROTATION_DEG)
    moved = partial(digit_images.shifted, pixels=protocol.DIGIT_SHIFT_PIXELS)
    digits = scenarios_digits
    return [
        _figure("new exercise", many, teach((many,))),
        _figure("new person", many, personal((many,))),
        _figure("new exercise", few, teach((few,))),
        _figure("new person", few, personal((few,))),
        _figure("only the new exercise", many, teach((many,), only_new=True)),
        _figure(
            "only the new exercise, no base set",
            many,
            teach((many,), only_new=True, base_set=False),
        ),
        _figure("two new digits", many, digits.new_digits(many, only_new=False)),
        _figure("only two new digits", many, digits.new_digits(many, only_new=True)),
        _figure("digits turned by 15 degrees", many, digits.drift(many, turned)),
        _figure("digits moved by a pixel", many, digits.drift(many, moved)),
    ]


def arithmetics(recordings: Sequence[watch.Recording]) -> list[Pair]:
    """Play ten people in float and in fixed point: those left out, and with the demo's exercise."""
    new = protocol.DEMO.exercise_out
    backbones = [one for one in protocol.NEW_EXERCISE if one.exercise_out == new]
    teach = partial(scenarios.new_exercise, recordings, backbones)
    personal = partial(scenarios.new_user, recordings, protocol.NEW_USER)
    return [
        Pair(
            _figure(title, budget, play((budget,))),
            _figure(f"{title}, fixed point", budget, play((budget,), arithmetic="fixed")),
        )
        for title, play in ((f"new exercise {new}", teach), ("new person", personal))
        for budget in protocol.BUDGETS
    ]


def _figure(title: str, budget: int, outcomes: Iterable[Outcome]) -> Figure:
    what = f"{title}, {budget} windows"
    return Figure(title, budget, tuple(progress(outcomes, what=what, unit="training")))


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The demo: a smart watch learns an exercise, and a person, that its model has never seen.

Everything that is learned is learned by the C code of the device, built for this computer.
"""

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import protocol
import stage
import watch
from microtl_tools.convert.api import ConvertedModel
from microtl_tools.convert.report import flash_rows, ram_rows, total
from microtl_tools.errors import MicroTLError
from microtl_tools.output import emit, progress, table, write_atomic
from microtl_tools.simulate.play import Plan, Samples, count, play, split_users
from microtl_tools.simulate.results import Outcome, summarise
from microtl_tools.simulate.scenario import Kind, Scenario
from picture import Panel, draw

OUTPUT = watch.ROOT / "build" / "demo"
PICTURE = OUTPUT / "demo.png"
BUDGETS = (5, 10, 20)
PLAN = Plan(budgets=BUDGETS, seeds=3, capacity=len(watch.EXERCISES) * max(BUDGETS))
MARGIN = 0.03


def main() -> int:
    """Run the demo; 1 if something failed, with one message."""
    try:
        run()
    except MicroTLError as error:
        sys.stderr.write(f"demo: {error}\n")
        return error.exit_code
    return 0


def run() -> None:
    """Convert, show the memory, play two scenarios, draw them."""
    backbone = protocol.DEMO
    new = str(backbone.exercise_out)
    people = " and ".join(str(person) for person in backbone.people_out)
    files = stage.prepare(backbone, watch.load(), OUTPUT)

    emit(f"1. A small network for a watch, converted to C: {_shown(OUTPUT)}/watch.c and .h\n")
    staged = stage.build(backbone, stage.options(files, "watch"))
    staged.converted.write(OUTPUT, force=True)
    emit(
        f"   It tells {', '.join(backbone.exercises)} apart, shoulder exercises of eight people.\n"
        f"   It has never seen the exercise {new}, nor persons {people}.\n"
        f"   {staged.converted.macs:,} int8 multiply-accumulates for a window of 2.56 s.\n"
    )
    emit(_memory(staged.converted))

    known = range(len(backbone.exercises))
    exercises = (*backbone.exercises, new)
    taught = Scenario(Kind.NEW_CLASS, exercises, len(known), tuple(range(len(exercises))))
    emit(
        f"\n2. Persons {people} wear it. Each does every exercise for a while, {new} too, and\n"
        "   labels the first windows of each. The C code learns from these, hold-out included;\n"
        "   later windows judge (% right). The gate puts the new head live or keeps the old one.\n"
        "   Beside it what the nearest class mean gets from the same labels, without training.\n"
    )
    teaching = _play(staged, staged.samples(files.users), taught)
    emit(_table(teaching, new))

    emit(f"\n3. The same without {new}: only getting used to a new person.\n")
    personal = Scenario(Kind.NEW_USER, backbone.exercises, len(known), tuple(known))
    getting_used = _play(staged, staged.samples(files.known), personal)
    emit(_table(getting_used, None))

    panels = [
        Panel(f"A new exercise: {new}", summarise(teaching, MARGIN), new),
        Panel("A new person", summarise(getting_used, MARGIN), None),
    ]
    write_atomic(PICTURE, draw(panels), force=True)
    emit(f"\nPicture: {_shown(PICTURE)}\n\n{_next(backbone, files)}")


def _memory(converted: ConvertedModel) -> str:
    ram = [row for row in ram_rows(converted, PLAN.capacity) if row["needed"] != "option"]
    ram = [row for row in ram if row["needed"] != "instead"]
    parts = []
    for title, rows in (("RAM to run and to learn", ram), ("flash", flash_rows(converted))):
        cells: list[Sequence[Any]] = [(row["what"], row["bytes"]) for row in rows]
        parts.append(table([*cells, ("total", total(rows))], (title, "bytes")))
    return _indent("\n\n".join(parts))


def _play(staged: stage.Stage, samples: Samples, scenario: Scenario) -> list[Outcome]:
    splits = split_users(samples.timeline, scenario, samples.timeline.users())
    outcomes = play(staged.twin, samples, scenario, splits, PLAN)
    return list(progress(outcomes, what="learning", total=count(splits, PLAN), unit="training"))


def _table(outcomes: Sequence[Outcome], new: str | None) -> str:
    """One row for each user and budget, means over the trainings."""
    rows = []
    for result in summarise(outcomes, MARGIN):
        for user in result.users:
            own = [o for o in outcomes if (o.user, o.budget) == (user.user, result.budget)]
            accepted = f"{sum(outcome.accepted for outcome in own)} of {len(own)}"
            before, after = user.before, user.after
            row = [user.user, result.budget, _change(before.all, after.all)]
            if new is not None:
                row += [_change(before.old, after.old), _change(before.new, after.new)]
            rows.append([*row, _percent(user.nearest_mean.all), accepted])
    parts = ["known ones", new] if new is not None else []
    headers = ["", "labels of each", "all exercises", *parts, "nearest mean", "gate accepts"]
    rows.sort(key=lambda row: str(row[0]))
    return _indent(table(rows, headers, right=range(1, len(headers))))


def _change(before: float, after: float) -> str:
    return f"{_percent(before)} -> {_percent(after)}"


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100 * share:5.1f}"


def _indent(text: str) -> str:
    return "\n".join(f"   {line}".rstrip() for line in text.splitlines())


def _shown(path: Path) -> str:
    return str(path.relative_to(watch.ROOT))


def _next(backbone: protocol.Backbone, files: stage.Files) -> str:
    model = _shown(backbone.file)
    return "\n".join(
        [
            "Try next, with this model or your own, and recordings of more people:",
            f"  .venv/bin/microtl inspect {model}",
            f"  .venv/bin/microtl simulate {model} \\",
            f"      --data {_shown(files.users)} --scenario new-class --only-new \\",
            f"      --labels {_shown(files.labels)} --base-set {_shown(files.base)}",
            "  make test",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())

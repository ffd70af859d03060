# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl simulate``: will learning on the device help?"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from microtl_tools import arguments, pictures
from microtl_tools.convert.options import add_arithmetic
from microtl_tools.errors import UsageError
from microtl_tools.imports import require
from microtl_tools.output import check_targets, dump_json, emit, progress, warn, write_files
from microtl_tools.simulate import settings

if TYPE_CHECKING:
    from microtl_tools.simulate.play import Plan
    from microtl_tools.simulate.prepare import Stage, Wish
    from microtl_tools.simulate.report import Simulation
    from microtl_tools.simulate.results import BudgetResult
    from microtl_tools.twin.api import Twin

T = TypeVar("T")

CAPACITY_MAX = 0xFFFF

DESCRIPTION = """\
Play on this computer what a device will learn from its user, with the C code of the device.

Each user of --data labels the first windows of the own recordings; the later part of each
recording judges, before and after learning. Users must be others than those the model was trained
on. What is counted as labelled includes the samples that the device holds out for its gate.

scenarios:
  new-class  --data holds a class that the model does not know
  new-user   the model's classes, from users it was not trained on
  drift      the same, after something has changed; --reference holds data from before it
"""

EPILOG = """\
examples:
  microtl simulate watch.tflite --labels watch.txt --data new.npz --scenario new-class
  microtl simulate watch.tflite --data users.npz --scenario new-user \\
      --labels-per-class 5,10,20 --seeds 5 --picture curve.svg --kconfig microtl.conf
  microtl simulate watch.tflite --data users.npz --scenario new-user --set epochs=40

The verdict is "helps" where accuracy rises and old classes lose no more than --margin, both with
95 % confidence over users; "harms" where one goes the other way; else "no evidence".
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add the sub-command ``simulate``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "simulate",
        help="will learning on the device help? play it on labelled data",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="what `microtl convert` takes")
    _add_data(parser.add_argument_group("what is played"))
    _add_learning(parser.add_argument_group("how the device learns"))
    output = parser.add_argument_group("what comes out")
    output.add_argument("--json", action="store_true", help="print the result as JSON")
    output.add_argument("--picture", type=Path, metavar="FILE", help="draw it as .png or .svg")
    output.add_argument("--kconfig", type=Path, metavar="FILE", help="write suggested settings")
    output.add_argument("--force", action="store_true", help="replace these files")
    parser.set_defaults(handler=run)
    return parser


def _add_data(group: Any) -> None:
    group.add_argument(
        "--scenario", choices=("new-class", "new-user", "drift"), required=True, help="see above"
    )
    group.add_argument(
        "--data", type=Path, required=True, help="labelled samples, .npz or a folder of recordings"
    )
    group.add_argument(
        "--hop",
        type=arguments.count,
        metavar="FRAMES",
        help="frames between windows of a folder of recordings (default: half a window)",
    )
    group.add_argument("--reference", type=Path, help="drift: samples from before it")
    group.add_argument(
        "--users", type=_names, metavar="A,B", help="play these users (default: all)"
    )
    group.add_argument(
        "--only-new", action="store_true", help="new-class: the user records the new class only"
    )
    group.add_argument(
        "--labels-per-class",
        type=_budgets,
        default=(5, 10, 20),
        metavar="N,N",
        help="labelled windows a class, hold-out included (default: 5,10,20)",
    )
    group.add_argument(
        "--test-part",
        type=arguments.share,
        default=0.5,
        metavar="SHARE",
        help="later part of each recording that judges (default: 0.5)",
    )
    group.add_argument(
        "--seeds", type=arguments.count, default=3, help="training seeds (default: 3)"
    )
    group.add_argument(
        "--margin",
        type=_margin,
        default=3.0,
        metavar="POINTS",
        help="loss on old classes that is tolerated (default: 3)",
    )


def _add_learning(group: Any) -> None:
    group.add_argument("--labels", type=Path, help="file with the model's class names, a line each")
    group.add_argument(
        "--head-layers", type=arguments.count, default=1, help="dense layers that learn"
    )
    group.add_argument("--hidden", type=arguments.count, help="units of a new hidden layer")
    group.add_argument("--base-set", type=Path, help="labelled samples that ship with the model")
    group.add_argument(
        "--representative-data", type=Path, help="samples to standardise the features with"
    )
    group.add_argument(
        "--capacity",
        type=_capacity,
        help="samples in the replay memory (default: all labelled)",
    )
    group.add_argument(
        "--set",
        action="append",
        type=settings.parse,
        default=[],
        metavar="NAME=VALUE",
        help="a setting of training or gate, e.g. epochs=20, optimizer.learning_rate=0.003",
    )
    add_arithmetic(group)
    group.add_argument("--no-gate", action="store_true", help="every trained head goes live")


def _names(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    if not names:
        raise argparse.ArgumentTypeError("no user is named")
    return _each_once(names)


def _budgets(text: str) -> tuple[int, ...]:
    return tuple(sorted(_each_once([arguments.count(part) for part in text.split(",")])))


def _each_once(values: list[T]) -> list[T]:
    for value in values:
        if values.count(value) > 1:
            raise argparse.ArgumentTypeError(f"{value} stands there more than once")
    return values


def _capacity(text: str) -> int:
    value = arguments.count(text)
    if value > CAPACITY_MAX:
        raise argparse.ArgumentTypeError(f"{text}: a replay memory holds {CAPACITY_MAX} at most")
    return value


def _margin(text: str) -> float:
    value = arguments.number(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text}: give 0 to 100 points")
    return value


def run(args: argparse.Namespace) -> int:
    """Play a scenario and report; the verdict does not change the exit code."""
    require("numpy", "simulate")
    from microtl_tools.simulate import picture, report
    from microtl_tools.simulate.kconfig import fragment

    if args.picture is not None:
        pictures.check(args.picture, force=args.force)
        if args.picture == args.kconfig:
            raise UsageError(f"--picture and --kconfig both write {args.picture}", "name two files")
    if args.kconfig is not None:
        check_targets([args.kconfig], force=args.force)
    simulation = _simulate(args)
    suggested = fragment(simulation)
    files: dict[Path, str | bytes] = {}
    if args.picture is not None:
        files[args.picture] = picture.draw(
            simulation.results,
            simulation.chosen,
            simulation.headline,
            args.picture,
            old_name="before the drift:" if args.scenario == "drift" else "old classes",
        )
    if args.kconfig is not None:
        files[args.kconfig] = suggested
    write_files(files, force=args.force)
    if args.json:
        dump_json(report.as_json(simulation, suggested))
    else:
        emit(report.as_text(simulation, suggested))
    return 0


def _simulate(args: argparse.Namespace) -> "Simulation":
    from microtl_tools.simulate.play import Plan, most_available
    from microtl_tools.simulate.prepare import prepare
    from microtl_tools.simulate.report import Simulation

    wish = _wish(args)
    if args.arithmetic == "fixed":
        settings.check_fixed(dict(args.set))
    stage = prepare(wish)
    for warning in stage.warnings:
        warn(warning)
    recorded = len(stage.scenario.recorded)
    available = most_available(stage.splits, stage.scenario)
    budgets = _within_reach(args.labels_per_class, available)
    plan = Plan(
        budgets=budgets,
        seeds=args.seeds,
        capacity=args.capacity or min(max(budgets) * recorded, CAPACITY_MAX),
        settings=dict(args.set),
        gate=not args.no_gate,
    )
    learner = stage.twin.learner(plan.capacity, plan.settings)
    margin = args.margin / 100
    simulation = Simulation(
        model=str(args.model),
        data=str(args.data),
        scenario=stage.scenario,
        plan=plan,
        available=available,
        settings={name: learner.get(name) for name in learner.setting_names()},
        margin=margin,
        arithmetic=args.arithmetic,
        results=_play(stage, stage.twin, plan, margin),
    )
    if stage.measured is None:
        return simulation
    again = replace(plan, budgets=(simulation.chosen.budget,))
    (result,) = _play(stage, stage.measured, again, margin)
    return replace(simulation, with_statistics=result)


def _within_reach(budgets: tuple[int, ...], available: int) -> tuple[int, ...]:
    """Return the budgets, those that no user has samples for cut to what there is."""
    beyond = [str(budget) for budget in budgets if budget > available]
    if beyond:
        warn(
            f"--labels-per-class {','.join(beyond)}: no user has more than {available} windows of "
            f"a class to label; {available} are played"
        )
    return tuple(sorted({min(budget, available) for budget in budgets}))


def _play(stage: "Stage", twin: "Twin", plan: "Plan", margin: float) -> "list[BudgetResult]":
    from microtl_tools.simulate.play import count, play
    from microtl_tools.simulate.results import summarise

    outcomes = play(twin, stage.samples, stage.scenario, stage.splits, plan, stage.reference)
    total = count(stage.splits, plan)
    shown = progress(outcomes, what="simulate", total=total, unit="training")
    return summarise(list(shown), margin)


def _wish(args: argparse.Namespace) -> "Wish":
    from microtl_tools.convert.api import Options
    from microtl_tools.simulate.prepare import Wish
    from microtl_tools.simulate.scenario import Kind

    kind = Kind(args.scenario)
    if args.reference is not None and kind is not Kind.DRIFT:
        raise UsageError("--reference holds data from before a drift: it needs --scenario drift")
    if args.only_new and kind is not Kind.NEW_CLASS:
        raise UsageError("--only-new needs --scenario new-class")
    return Wish(
        model=args.model,
        options=Options(
            labels=args.labels,
            head_layers=args.head_layers,
            hidden=args.hidden,
            base_set=args.base_set,
            representative=args.representative_data,
            arithmetic=args.arithmetic,
        ),
        data=args.data,
        hop=args.hop,
        kind=kind,
        reference=args.reference,
        users=args.users,
        only_new=args.only_new,
        test_part=args.test_part,
    )

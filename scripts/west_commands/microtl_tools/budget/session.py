# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""From the options of the command line to the verdict on each image."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from microtl_tools.budget.advice import advise
from microtl_tools.budget.baseline import growth_since
from microtl_tools.budget.budget_file import (
    FILE_NAME,
    Budget,
    StackFacts,
    read_budget,
    with_options,
)
from microtl_tools.budget.build_folder import Build, build_of, builds
from microtl_tools.budget.compare import compare, read_prediction
from microtl_tools.budget.limits import Limits, check
from microtl_tools.budget.regions import parse_region
from microtl_tools.budget.report import ImageReport, owner_bytes, report_build, report_elf
from microtl_tools.budget.stack_report import stack_bounds
from microtl_tools.budget.verdict import Verdict
from microtl_tools.errors import UsageError
from microtl_tools.output import warn


def image_verdicts(args: argparse.Namespace) -> list[Verdict]:
    """Return the verdict on the ELF file that was given."""
    regions = [parse_region(text) for text in args.region]
    report = report_elf(args.image, regions, args.map)
    build = build_of(args.image)
    budget = _budget(args.budget, build, report.board)
    return [_verdict(args, report, build, budget.application, budget.stack, main=True)]


def build_verdicts(args: argparse.Namespace, folder: Path) -> list[Verdict]:
    """Return the verdict on each image of a build folder.

    Limits of the command line hold for the application, which sysbuild names first, or for the one
    image that was asked for.
    """
    regions = [parse_region(text) for text in getattr(args, "region", [])]
    found = builds(folder)
    chosen = _chosen(found, args.domain)
    budget = _budget(args.budget, found[0], found[0].board)
    _name_unknown_images(budget, found)
    verdicts = []
    for build in chosen:
        limits, facts = _of_image(args, budget, build, application=build is found[0])
        report = report_build(build, regions)
        main = build is chosen[0]
        verdicts.append(_verdict(args, report, build, limits, facts, main=main))
    return verdicts


def _of_image(
    args: argparse.Namespace, budget: Budget, build: Build, *, application: bool
) -> tuple[Limits, StackFacts]:
    """Return what the application's budget.yml says of an image, else the image's own file."""
    if application:
        return budget.application, budget.stack
    if args.budget is None and build.name not in budget.images:
        own = _budget(None, build, build.board)
        if own.found:
            return own.application, own.stack
    return budget.images.get(build.name, budget.others), StackFacts()


def _name_unknown_images(budget: Budget, found: Sequence[Build]) -> None:
    names = [build.name for build in found]
    for name, limits in budget.images.items():
        if len(found) > 1 and name not in names:
            warn(f"{limits.source}: images: the build has no image {name}, only {', '.join(names)}")


def _chosen(found: Sequence[Build], domain: str | None) -> list[Build]:
    if domain is None:
        return list(found)
    chosen = [build for build in found if build.name == domain]
    if not chosen:
        names = ", ".join(build.name for build in found)
        raise UsageError(f"--domain {domain}: the build has no such image", f"it has {names}")
    return chosen


def _verdict(
    args: argparse.Namespace,
    report: ImageReport,
    build: Build | None,
    limits: Limits,
    facts: StackFacts,
    *,
    main: bool,
) -> Verdict:
    report.warnings += [
        f"{limits.source}: owners: {owner}: owns nothing in {report.name}: is the name right?"
        for owner in limits.owners
        if not any(owner_bytes(report, owner).values())
    ]
    if main:
        limits = with_options(
            limits,
            flash=args.max_flash,
            ram=args.max_ram,
            margin=args.margin,
            growth=args.max_growth,
        )
    if build is not None:
        report.stacks = stack_bounds(build, report, facts)
    growth = growth_since(args.baseline, report) if args.baseline and main else None
    prediction = getattr(args, "prediction", None)
    checks = check(report, limits, growth)
    return Verdict(
        report=report,
        checks=checks,
        growth=growth,
        advice=advise(build, report, checks) if build else (),
        differences=compare(read_prediction(prediction), report) if prediction and main else (),
    )


def _budget(given: Path | None, build: Build | None, board: str | None) -> Budget:
    path = given
    if path is None and build is not None and build.application is not None:
        beside = build.application / FILE_NAME
        path = beside if beside.is_file() else None
    if path is None:
        return Budget()
    budget = read_budget(path, board)
    if not budget.found:
        warn(f"{path}: has no limits for {board or 'an unknown board'}; only sizes are checked")
    return budget

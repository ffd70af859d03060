# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""From the options of the command line to the verdict on each image."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from microtl_tools.budget.advice import advise
from microtl_tools.budget.baseline import growth_since
from microtl_tools.budget.budget_file import FILE_NAME, Budget, read_budget, with_options
from microtl_tools.budget.build_folder import Build, build_of, builds
from microtl_tools.budget.compare import compare, read_prediction
from microtl_tools.budget.limits import Limits, check
from microtl_tools.budget.regions import parse_region
from microtl_tools.budget.report import ImageReport, report_build, report_elf
from microtl_tools.budget.stack_report import stack_bounds
from microtl_tools.budget.verdict import Verdict
from microtl_tools.errors import UsageError
from microtl_tools.output import warn


def image_verdicts(args: argparse.Namespace) -> list[Verdict]:
    """Return the verdict on the ELF file that was given."""
    regions = [parse_region(text) for text in args.region]
    report = report_elf(args.image, regions, args.map)
    return [_verdict(args, report, build_of(args.image), main=True)]


def build_verdicts(args: argparse.Namespace, folder: Path) -> list[Verdict]:
    """Return the verdict on each image of a build folder.

    Limits of the command line hold for the application, which sysbuild names first.
    """
    regions = [parse_region(text) for text in getattr(args, "region", [])]
    found = _chosen(builds(folder), args.domain)
    return [
        _verdict(args, report_build(build, regions), build, main=build is found[0])
        for build in found
    ]


def _chosen(found: Sequence[Build], domain: str | None) -> list[Build]:
    if domain is None:
        return list(found)
    chosen = [build for build in found if build.name == domain]
    if not chosen:
        names = ", ".join(build.name for build in found)
        raise UsageError(f"--domain {domain}: the build has no such image", f"it has {names}")
    return chosen


def _verdict(
    args: argparse.Namespace, report: ImageReport, build: Build | None, *, main: bool
) -> Verdict:
    budget = _budget(args.budget, build, report.board)
    limits = budget.application if main else budget.images.get(report.name, Limits())
    if main:
        limits = with_options(
            limits,
            flash=args.max_flash,
            ram=args.max_ram,
            margin=args.margin,
            growth=args.max_growth,
        )
    if build is not None:
        report.stacks = stack_bounds(build, report, budget.stack)
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

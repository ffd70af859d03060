# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Play the protocol on the watch: each backbone, each person it never saw, on the device's C."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import protocol
import stage
import watch
from figure_tables import CASE_SEPARATOR
from microtl_tools.simulate.play import Plan, play, split_users
from microtl_tools.simulate.results import Outcome
from microtl_tools.simulate.scenario import Kind, Scenario

CAPACITY = 200


def plan(*budgets: int) -> Plan:
    """Return the protocol's plan: the core's defaults, gate on."""
    return Plan(budgets=budgets, seeds=protocol.FIT_SEEDS, capacity=CAPACITY)


def new_exercise(
    recordings: Sequence[watch.Recording],
    backbones: Sequence[protocol.Backbone],
    budgets: Sequence[int],
    *,
    only_new: bool = False,
    base_set: bool = True,
    arithmetic: str = "float",
) -> Iterator[Outcome]:
    """Teach each backbone the exercise it never saw; one outcome a person, budget and seed."""
    for backbone in backbones:
        exercises = (*backbone.exercises, str(backbone.exercise_out))
        known = len(backbone.exercises)
        recorded = tuple(range(known if only_new else 0, len(exercises)))
        scenario = Scenario(Kind.NEW_CLASS, exercises, known, recorded, protocol.TEST_PART)
        for outcome in _play_watch(recordings, backbone, scenario, budgets, base_set, arithmetic):
            user = f"{outcome.user}{CASE_SEPARATOR}{backbone.exercise_out}"
            yield replace(outcome, user=user)


def new_user(
    recordings: Sequence[watch.Recording],
    backbones: Sequence[protocol.Backbone],
    budgets: Sequence[int],
    *,
    arithmetic: str = "float",
) -> Iterator[Outcome]:
    """Let each backbone get used to the person it never saw."""
    for backbone in backbones:
        exercises = backbone.exercises
        known = len(exercises)
        scenario = Scenario(
            Kind.NEW_USER, exercises, known, tuple(range(known)), protocol.TEST_PART
        )
        yield from _play_watch(recordings, backbone, scenario, budgets, True, arithmetic)


def _play_watch(
    recordings: Sequence[watch.Recording],
    backbone: protocol.Backbone,
    scenario: Scenario,
    budgets: Sequence[int],
    base_set: bool,
    arithmetic: str,
) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        files = stage.prepare(backbone, recordings, Path(folder))
        wish = replace(stage.options(files, "watch"), arithmetic=arithmetic)
        staged = stage.build(backbone, wish if base_set else replace(wish, base_set=None))
        samples = staged.samples(files.users if scenario.new else files.known)
    splits = split_users(samples.timeline, scenario, samples.timeline.users())
    yield from play(staged.twin, samples, scenario, splits, plan(*budgets))

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What a training step may cost on a Cortex-M4F: a fifteenth of what AIfES was measured at."""

import re

import pytest
from microtl_tools import paths
from microtl_tools.bench import training
from microtl_tools.bench.cpus import CPUS
from microtl_tools.convert.headers import macro

AIFES = {(64, 12): 118_310, (640, 10): 960_752, (64, 32, 12): 371_883}
"""Instructions of a step with momentum at a batch of one, counted in the same way."""
CYCLES = {(64, 12): 12_000, (640, 10): 85_000}
RAM_640X10 = 52_500


@pytest.mark.emulated
@pytest.mark.parametrize("widths", AIFES, ids=str)
def test_a_step_takes_a_fifteenth_of_aifes(widths: tuple[int, ...]) -> None:
    result = training.training(widths, CPUS["cortex-m4f"])
    (step,) = (s for s in result.steps if (s.optimizer, s.batch) == ("momentum", 1))
    assert step.instructions <= AIFES[widths] / 15
    assert step.cycles <= CYCLES.get(widths, step.cycles)


def test_the_core_is_built_as_zephyr_builds_it() -> None:
    options = [text.split("=")[0] for text in training.build_options((64, 12), "SGD", 1)]
    cmake = (paths.core_root() / "CMakeLists.txt").read_text(encoding="utf-8")
    assert options == re.findall(r"^  (MICROTL_(?:ONLY|WITH)_\w+)=", cmake, re.MULTILINE)


def test_memory_of_a_large_head() -> None:
    workspace = macro("FIT_WORKSPACE_SIZE", hidden=0, rows=10, samples=140)
    assert 2 * 4 * macro("HEAD_PARAM_COUNT_1", d=640, c=10) + workspace <= RAM_640X10

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What a training step may cost on a Cortex-M4F: a fifteenth of what AIfES was measured at."""

import re

import pytest
from microtl_tools import cli, paths
from microtl_tools.bench import report, training
from microtl_tools.bench.cpus import CPUS
from microtl_tools.bench.cycles import Cost
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
    assert step.full is not None
    assert step.full.instructions <= AIFES[widths] / 15


@pytest.mark.emulated
def test_a_step_without_resting_rows_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "--head", "640x10"]) == 0
    text = capsys.readouterr().out
    counts = {
        name.strip(): int(count)
        for name, count in re.findall(r"^train, (\D*?batch \d.*?)  +(\d+)", text, re.MULTILINE)
    }
    # Scores of 640 random weights lie apart: the rows of some classes rest.
    for optimizer in training.OPTIMIZERS:
        some, full = counts[f"{optimizer}, batch 1"], counts[f"{optimizer}, batch 1, no row rests"]
        assert some < 0.95 * full
    assert "momentum, batch 8, no row rests" not in counts


@pytest.mark.parametrize("stored", (90, 100))
def test_only_rows_that_rested_are_told(stored: int) -> None:
    usual, full = Cost(1000, stored=stored), Cost(1001, stored=100)
    step = training.Step("SGD", 1, usual, full)
    text = report.training_text(
        training.Training((8, 2), "float", "cortex-m3", "-O2", (step,), Cost(), 18, 0)
    )
    assert ("no row rests" in text) == (stored < 100)


def test_the_core_is_built_as_zephyr_builds_it() -> None:
    options = [text.split("=")[0] for text in training.build_options((64, 12), "SGD", 1)]
    cmake = (paths.core_root() / "CMakeLists.txt").read_text(encoding="utf-8")
    assert options == re.findall(r"^  (MICROTL_(?:ONLY|WITH)_\w+)=", cmake, re.MULTILINE)


def test_memory_of_a_large_head() -> None:
    workspace = macro("FIT_WORKSPACE_SIZE", hidden=0, rows=10, samples=140)
    assert 2 * 4 * macro("HEAD_PARAM_COUNT_1", d=640, c=10) + workspace <= RAM_640X10

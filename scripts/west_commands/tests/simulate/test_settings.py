# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``--set``: what Kconfig and the core take is taken, and nothing else."""

import re
from pathlib import Path

import numpy as np
import pytest
from microtl_tools.cli import main
from microtl_tools.convert.api import ConvertedModel, Options, convert
from microtl_tools.simulate.settings import MOMENTUM, MOMENTUM_DEFAULT, SETTINGS, parse
from microtl_tools.twin.api import Twin

from . import toy

MODULE = Path(__file__).resolve().parents[4] / "modules" / "microtl"


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> ConvertedModel:
    path, labels = toy.model(tmp_path_factory.mktemp("toy"))
    return convert(path, Options(labels=labels))


def test_settings_are_those_of_the_core(converted: ConvertedModel) -> None:
    learner = Twin.from_converted(converted).learner(4)
    assert learner.setting_names() == list(SETTINGS)
    assert learner.get(MOMENTUM) == pytest.approx(MOMENTUM_DEFAULT)
    for name, setting in SETTINGS.items():
        assert setting.accepts(round(learner.get(name), 9)), name


@pytest.mark.parametrize("name", SETTINGS)
def test_core_takes_both_ends_of_a_range(name: str, converted: ConvertedModel) -> None:
    """With Adam and a schedule, so that every setting counts."""
    learner = Twin.from_converted(converted).learner(4)
    learner.label(np.eye(3, toy.WIDTH, dtype=np.int8), [0, 1, 2], 1)
    learner.set("optimizer.kind", 2)
    learner.set("optimizer.schedule", 1)
    for end in SETTINGS[name].range:
        learner.set(name, end)
        learner.start(1)
        learner.cancel()


def test_ranges_are_those_of_kconfig() -> None:
    text = "\n".join(p.read_text(encoding="utf-8") for p in sorted(MODULE.rglob("Kconfig*")))
    for name, setting in SETTINGS.items():
        if setting.symbol:
            block = re.search(rf"^config MICROTL_{setting.symbol}\n(?:\t.*\n)+", text, re.M)
            assert block, name
            (found,) = re.findall(r"^\trange (\S+) (\S+)$", block[0], re.M)
            assert (setting.low, setting.high) == tuple(map(float, found)), name


@pytest.mark.parametrize("name", SETTINGS)
def test_nothing_beyond_a_range_is_taken(name: str) -> None:
    low, high = SETTINGS[name].range
    assert parse(f"{name}={low}") == (name, low)
    assert parse(f"{name}={high}") == (name, high)
    step = 1 if SETTINGS[name].whole else 1e-7
    for wrong in (low - step, high + step, float("nan"), float("inf")):
        with pytest.raises(Exception, match=f"{name}=.*: give a .*number from"):
            parse(f"{name}={wrong}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["epochs=0"], "epochs=0: give a whole number from 1 to 10000"),
        (["epochs=2.5"], "epochs=2.5: give a whole number"),
        (["folds=99"], "from 0 to 8, the range of CONFIG_MICROTL_TRAINER_FOLD_COUNT"),
        (["optimizer.learning_rate=1e9"], "optimizer.learning_rate=1e9: give a number from 1e-06"),
        (["gate.recall_min=7"], "gate.recall_min=7: give a number from 0 to 1"),
        (["optimizer.kind=7"], "optimizer.kind=7: give a whole number from 0 to 2"),
        (["speed=3"], "there is no setting 'speed'; the settings are: epochs, batch,"),
        (
            ["optimizer.learning_rate=0.5", "--arithmetic", "fixed"],
            "give less than 0.4 with momentum 0.9",
        ),
        (
            ["optimizer.learning_rate=0.5", "--set", "optimizer.momentum=0.9"]
            + ["--set", "optimizer.kind=1", "--arithmetic", "fixed"],
            "give less than 0.4 with momentum 0.9",
        ),
    ],
)
def test_wrong_settings_are_usage_errors_before_any_file_is_read(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    play = ["simulate", "no.tflite", "--data", "no.npz", "--scenario", "new-user", "--set"]
    try:
        code = main([*play, *options])
    except SystemExit as caught:
        code = int(caught.code or 0)
    assert code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["optimizer.learning_rate=0.39"],
        ["optimizer.learning_rate=0.5", "--set", "optimizer.kind=0"],
        ["optimizer.learning_rate=0.79", "--set", "optimizer.momentum=0.8"],
    ],
)
def test_rates_that_fixed_point_has(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    play = ["simulate", "no.tflite", "--data", "no.npz", "--scenario", "new-user"]
    assert main([*play, "--arithmetic", "fixed", "--set", *options]) == 1
    assert "no.tflite" in capsys.readouterr().err

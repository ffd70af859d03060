# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A head in fixed point from conversion to snapshot, beside the same head in float."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from microtl_tools.cli import main
from microtl_tools.convert.api import ConvertedModel, Options, convert
from microtl_tools.errors import MicroTLError, UsageError
from microtl_tools.twin.abi import CoreError
from microtl_tools.twin.api import Twin
from microtl_tools.twin.build import build_model
from microtl_tools.twin.learner import GateVerdict, Head, Learner
from microtl_tools.twin.toolchain import find_toolchain

from ..simulate import toy
from .test_learner import CLASSES, samples, teach

ARITHMETICS = ("float", "fixed")


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ConvertedModel]:
    path, labels = toy.model(tmp_path_factory.mktemp("toy"))
    return {
        name: convert(path, Options(labels=labels, classes=CLASSES, arithmetic=name))
        for name in ARITHMETICS
    }


def taught(model: ConvertedModel) -> tuple[Twin, Learner]:
    twin = Twin.from_converted(model)
    learner = teach(twin, model)
    assert learner.train(seed=1).verdict is GateVerdict.ACCEPTED
    return twin, learner


def test_it_learns_what_float_learns(converted: dict[str, ConvertedModel]) -> None:
    learners = {name: taught(model)[1] for name, model in converted.items()}
    params = {name: learner.params() for name, learner in learners.items()}
    assert not np.array_equal(params["float"], params["fixed"])
    np.testing.assert_allclose(params["fixed"], params["float"], atol=0.01)
    twin = Twin.from_converted(converted["float"])
    for label in range(CLASSES):
        x = samples(twin, converted["float"], label, 100, seed=9)
        for head in (Head.ACTIVE, Head.NEAREST_MEAN):
            by = {name: learner.predict(x, head) for name, learner in learners.items()}
            assert (by["float"] == by["fixed"]).mean() >= 0.98
            assert (by["fixed"] == label).mean() >= 0.9
        probabilities = {name: learner.probabilities(x) for name, learner in learners.items()}
        np.testing.assert_allclose(probabilities["fixed"], probabilities["float"], atol=0.01)


def test_the_same_seed_gives_the_same_bytes(converted: dict[str, ConvertedModel]) -> None:
    _, first = taught(converted["fixed"])
    _, again = taught(converted["fixed"])
    assert first.save() == again.save()


@pytest.mark.parametrize("own", ARITHMETICS)
def test_heads_of_the_other_arithmetic_are_refused(
    own: str, converted: dict[str, ConvertedModel]
) -> None:
    (other,) = set(ARITHMETICS) - {own}
    _, learner = taught(converted[own])
    _, stranger = taught(converted[other])
    before = learner.save()
    with pytest.raises(CoreError, match="belongs to another model") as caught:
        learner.load(stranger.save())
    assert caught.value.hint == "the arithmetic of the head (float or fixed point) differs"
    assert learner.save() == before
    learner.load(before)


@pytest.mark.parametrize("own", ARITHMETICS)
def test_a_model_of_the_other_arithmetic_does_not_compile(
    own: str, converted: dict[str, ConvertedModel]
) -> None:
    (other,) = set(ARITHMETICS) - {own}
    model = converted[own]
    sources = {f"{model.name}.c": model.c_source, f"{model.name}.h": model.h_source}
    with pytest.raises(MicroTLError) as caught:
        build_model(sources, find_toolchain(), other)
    assert f"converted with --arithmetic {own}; convert it with --arithmetic {other}" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch", 2),
        ("optimizer.kind", 2),
        ("optimizer.schedule", 1),
        ("optimizer.learning_rate", 0.5),
    ],
)
def test_settings_that_fixed_point_does_not_have(
    name: str, value: float, converted: dict[str, ConvertedModel]
) -> None:
    learner = teach(Twin.from_converted(converted["fixed"]), converted["fixed"])
    learner.set(name, value)
    with pytest.raises(CoreError, match="out of range"):
        learner.train(seed=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": 12}, "the head has 2 dense layers, one is supported"),
        ({"loss": "sigmoid"}, "the head's loss is sigmoid, only softmax is supported"),
        ({"loss": "mse"}, "the head's loss is mse, only softmax is supported"),
    ],
)
def test_heads_that_fixed_point_does_not_have(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path, _ = toy.model(tmp_path)
    with pytest.raises(UsageError, match="--arithmetic fixed: " + message):
        convert(path, Options(arithmetic="fixed", **options))


def test_simulate_plays_fixed_point(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, labels = toy.model(tmp_path)
    data = toy.data(tmp_path / "d.npz")
    arguments = ["simulate", str(path), "--labels", str(labels), "--data", str(data)]
    arguments += ["--scenario", "new-class", "--labels-per-class", "20", "--seeds", "1"]
    found = {}
    for name in ARITHMETICS:
        assert main([*arguments, "--arithmetic", name, "--json"]) == 0
        found[name] = json.loads(capsys.readouterr().out)
    assert "CONFIG_MICROTL_ARITHMETIC_FIXED=y" in json.dumps(found["fixed"])
    assert "ARITHMETIC" not in json.dumps(found["float"])
    after = {name: result["budgets"][0]["after"]["mean"] for name, result in found.items()}
    assert abs(after["fixed"] - after["float"]) < 0.02
    assert main([*arguments, "--arithmetic", "fixed", "--set", "batch=8"]) == 2
    assert "fixed point trains one sample at a time" in capsys.readouterr().err

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Every operation and option, every tensor, against TensorFlow Lite Micro."""

import os
from pathlib import Path

import micro
import numpy as np
import pytest
from catalogue import CATALOGUE
from microtl_tools.convert.api import ConvertedModel
from microtl_tools.twin import border, verify
from microtl_tools.twin.api import Twin
from microtl_tools.twin.compare import compare
from model_builder import ModelBuilder
from numpy.typing import NDArray

COUNT = 1000 if os.environ.get("MICROTL_LONG") else 100
SATURATED_MAX = 0.9


@pytest.fixture(scope="session")
def twins(models: dict[str, ConvertedModel]) -> dict[str, Twin]:
    """Return a twin of each model; all are built as one library, which is much faster."""
    sources = {f"{model.name}.c": model.c_source for model in models.values()}
    sources |= {f"{model.name}.h": model.h_source for model in models.values()}
    return {name: Twin(sources, model.symbol) for name, model in models.items()}


@pytest.mark.skipif(not micro.available, reason=micro.NEEDED)
def test_every_tensor_is_exact(models: dict[str, ConvertedModel], twins: dict[str, Twin]) -> None:
    problems = []
    for name, model in models.items():
        x = verify.pick_inputs(twins[name], model.input, COUNT, None, seed=1)
        wanted = verify.wanted_tensors(model)
        expected = micro.tensors(model.tflite, x, wanted)
        result = compare(
            twins[name],
            model,
            border.to_arena(x, model.input),
            lambda part, expected=expected: {i: t[part] for i, t in expected.items()},
            model.file_output,
        )
        problem = verify.Verification(model, result).problem()
        if problem:
            problems.append(f"{name}: {problem}")
    assert problems == []


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_golden_outputs(
    name: str,
    models: dict[str, ConvertedModel],
    twins: dict[str, Twin],
    golden: dict[str, NDArray[np.int8]],
) -> None:
    model = models[name]
    y = golden[f"{name}/y"]
    ours = border.from_arena(
        twins[name].run(border.to_arena(golden[f"{name}/x"], model.input)), model.output
    )
    assert ours.dtype == y.dtype
    assert np.array_equal(ours.reshape(len(y), -1), y.reshape(len(y), -1))
    if y.dtype != np.float32:
        info = np.iinfo(y.dtype)
        assert np.mean((y == info.min) | (y == info.max)) <= SATURATED_MAX


def test_models_are_what_the_script_makes(fixtures: Path) -> None:
    for name, build in CATALOGUE.items():
        builder = ModelBuilder(name)
        model = builder.build(build(builder))
        path = fixtures / "models" / f"{name}.tflite"
        assert path.read_bytes() == model, f"{name}: run tests/fixtures/make_models.py"

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Random damage: refused with one clear message, or converted, and then exact."""

import os
import random
from pathlib import Path

import pytest
from damage import damaged_bytes, damaged_tables
from microtl_tools.convert.api import ConvertedModel, Options, convert_bytes
from microtl_tools.errors import EXIT_FAILURE, MicroTLError
from microtl_tools.twin import oracle
from microtl_tools.twin.api import Twin
from microtl_tools.twin.verify import from_oracle, pick_inputs, verify, wanted_tensors

LONG = bool(os.environ.get("MICROTL_LONG"))
COUNT = 1000 if LONG else 75
"""Files of either kind of damage."""

VERIFIED = 200 if LONG else 12
"""Converted files that are compared with TensorFlow Lite Micro."""

INPUTS = 10
SIZE_MAX = 20_000


def convert_or_refuse(data: bytes, layers: int) -> ConvertedModel | None:
    """Convert; a refusal must be one line, and name the file and what would help."""
    try:
        return convert_bytes(data, Options(head_layers=layers), source="damaged.tflite")
    except MicroTLError as error:
        assert error.exit_code == EXIT_FAILURE
        assert error.message.startswith("damaged.tflite: ")
        assert "\n" not in error.message
        assert error.hint
        return None


@pytest.fixture(scope="module", params=[damaged_bytes, damaged_tables], ids=["bytes", "tables"])
def outcomes(
    request: pytest.FixtureRequest, fixture_models: list[Path]
) -> list[ConvertedModel | None]:
    """Return what became of each damaged file: converted, or None where it was refused."""
    sources = [path.read_bytes() for path in fixture_models]
    sources = [data for data in sources if len(data) < SIZE_MAX]
    chance = random.Random(2026)
    return [
        convert_or_refuse(request.param(chance.choice(sources), chance), chance.choice((0, 0, 1)))
        for _ in range(COUNT)
    ]


def test_damage_is_refused_in_one_clear_message(outcomes: list[ConvertedModel | None]) -> None:
    # Most damage is found; some of it is to weights, or harmless, and cannot be.
    refused = outcomes.count(None)
    assert COUNT // 2 < refused < COUNT


@pytest.mark.skipif(not oracle.available(), reason=f"needs tflite-micro: {oracle.INSTALL}")
def test_what_is_converted_is_exact(outcomes: list[ConvertedModel | None]) -> None:
    converted = [model for model in outcomes if model is not None and model.ops]
    assert converted
    problems = [problem for problem in map(difference, converted[:VERIFIED]) if problem]
    assert problems == []


def difference(converted: ConvertedModel) -> str | None:
    """Return where the twin and TensorFlow Lite Micro differ, None where they do not.

    Where TensorFlow Lite Micro refuses the file, or crashes on it, there is nothing to compare.
    """
    twin = Twin.from_converted(converted)
    x = pick_inputs(twin, converted.input, INPUTS, None, seed=0)
    try:
        expected = from_oracle(Path("damaged"), converted.tflite, x, wanted_tensors(converted))
        comparison = verify(converted, expected).comparison
    except MicroTLError as error:
        assert "TensorFlow Lite Micro" in error.message
        return None
    return None if comparison.first is None else str(comparison.first)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Models that the converter's tests share."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
FIXTURES = ROOT / "tests" / "fixtures"
sys.path[:0] = [str(FIXTURES), str(Path(__file__).parent)]


@pytest.fixture(scope="session")
def fixture_models() -> list[Path]:
    """Return the test models, one for each operation and option."""
    return sorted((FIXTURES / "models").glob("*.tflite"))


@pytest.fixture(scope="session")
def classifier() -> bytes:
    """Return a small convolutional classifier: two dense layers and a SOFTMAX at its end."""
    from small_models import classifier

    return classifier()


@pytest.fixture(scope="session")
def zoo() -> list[Path]:
    """Return further models that are on this machine: the folder MICROTL_ZOO."""
    folder = os.environ.get("MICROTL_ZOO")
    if not folder:
        pytest.skip("MICROTL_ZOO names no folder of further .tflite models")
    return sorted(Path(folder).glob("*.tflite"))

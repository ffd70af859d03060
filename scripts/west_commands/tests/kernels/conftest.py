# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The test models, converted, and what must come out of them."""

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from microtl_tools.convert.api import ConvertedModel, Options, convert
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[4]
FIXTURES = ROOT / "tests" / "fixtures"
sys.path[:0] = [str(FIXTURES), str(Path(__file__).parent)]

settings.register_profile(
    "kernels",
    max_examples=1000 if os.environ.get("MICROTL_LONG") else 60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """Return the folder of the test models and of what makes them."""
    return FIXTURES


@pytest.fixture(scope="session")
def models() -> dict[str, ConvertedModel]:
    """Return every test model, converted as a whole, by name."""
    paths = sorted((FIXTURES / "models").glob("*.tflite"))
    extra = os.environ.get("MICROTL_ZOO")
    if extra:
        paths += sorted(Path(extra).glob("*.tflite"))
    return {path.stem: convert(path, Options(head_layers=0)) for path in paths}


@pytest.fixture(scope="session")
def golden() -> dict[str, NDArray[np.int8]]:
    """Return the golden vectors: inputs NAME/x and outputs NAME/y."""
    data = (FIXTURES / "models" / "golden.npz").read_bytes()
    with np.load(io.BytesIO(data)) as file:
        return {key: file[key] for key in file.files}

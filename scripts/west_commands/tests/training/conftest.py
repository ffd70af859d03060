# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Fixtures of the training tests."""

import ctypes
import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def _load(name: str) -> None:
    """Make a file of this folder importable by name, whatever the import mode."""
    qualified = f"training_{name}"
    spec = importlib.util.spec_from_file_location(qualified, HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[qualified] = module
    spec.loader.exec_module(module)


for _name in ("core", "digests", "reference"):
    _load(_name)


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The core and the shim, built once by the host's compiler."""
    from training_core import build

    return build(tmp_path_factory.mktemp("core") / "core.so")

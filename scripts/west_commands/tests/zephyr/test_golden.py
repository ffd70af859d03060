# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What tests/twin compares a device with is what the twin says today."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[4]


def load_script() -> ModuleType:
    """Return scripts/models/digits_golden.py as a module."""
    path = ROOT / "scripts" / "models" / "digits_golden.py"
    spec = importlib.util.spec_from_file_location("digits_golden", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_golden_files_are_what_the_twin_learns() -> None:
    script = load_script()
    for name, text in script.golden().items():
        assert (script.FOLDER / name).read_text(encoding="utf-8") == text, (
            f"tests/twin/src/{name} is old: run scripts/models/digits_golden.py"
        )

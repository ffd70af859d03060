# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Damaged ELF files get one clear line or a right answer, in bounded memory and time."""

import json
import os
import subprocess
import sys
from pathlib import Path

from .conftest import FIXTURES

COUNT = 2000 if os.environ.get("MICROTL_LONG") else 300
CPU_SECONDS_MAX = 2.0


def test_mutated_files() -> None:
    """The program bounds its memory; this bounds its time."""
    here = Path(__file__).parent
    files = sorted(str(path) for path in FIXTURES.glob("*.elf"))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(here / "mutations.py"), str(COUNT), "1", *files],
        env={**os.environ, "PYTHONPATH": str(here.parents[1])},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["same"] + result["right"] + result["error"] == COUNT
    # All must happen: else the mutations were too weak, or everything is refused.
    assert min(result["right"], result["error"]) > COUNT / 10
    assert result["same"] > COUNT / 40
    assert result["slowest"] < CPU_SECONDS_MAX

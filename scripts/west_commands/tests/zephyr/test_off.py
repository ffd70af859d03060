# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""An application that has MicroTL in its manifest and leaves it off gets no byte and no warning."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

LONG = bool(os.environ.get("MICROTL_LONG"))
pytestmark = [
    pytest.mark.zephyr,
    pytest.mark.skipif(
        not LONG, reason="two builds: make test-long; tests/options looks at symbols"
    ),
]

ROOT = Path(__file__).resolve().parents[4]
SETTINGS = ("-DBOARD=qemu_cortex_m3", "-DCONFIG_BUILD_OUTPUT_BIN=y")

Run = Callable[..., subprocess.CompletedProcess[str]]


def build(run: Run, folder: Path, *options: str) -> str:
    """Build Zephyr's hello_world, and return what the build said."""
    sample = Path(os.environ["ZEPHYR_BASE"]) / "samples" / "hello_world"
    said = ""
    for command in (
        ("cmake", "-GNinja", "-B", folder, *SETTINGS, *options, sample),
        ("ninja", "-C", folder),
    ):
        done = run(*command)
        said += done.stdout
        assert done.returncode == 0, said
    return said


def modules(folder: Path) -> dict[str, str]:
    """Return name and folder of the modules of a build."""
    text = (folder / "zephyr_modules.txt").read_text(encoding="utf-8")
    return dict(re.findall(r'^"([^"]*)":"([^"]*)":', text, re.MULTILINE))


def config(folder: Path) -> str:
    return (folder / "zephyr" / ".config").read_text(encoding="utf-8")


def warnings(said: str) -> list[str]:
    return [line for line in said.splitlines() if "warning" in line.lower()]


def test_module_that_is_off_adds_nothing(run: Run, tmp_path: Path) -> None:
    said_with = build(run, tmp_path / "with", f"-DEXTRA_ZEPHYR_MODULES={ROOT}")
    others = modules(tmp_path / "with")
    assert "# CONFIG_MICROTL is not set" in config(tmp_path / "with")
    assert Path(others.pop("microtl")) == ROOT
    said_without = build(run, tmp_path / "without", f"-DZEPHYR_MODULES={';'.join(others.values())}")
    assert "microtl" not in modules(tmp_path / "without")

    images = [
        (tmp_path / name / "zephyr" / "zephyr.bin").read_bytes() for name in ("with", "without")
    ]
    assert len(images[0]) > 1000
    assert images[0] == images[1]
    assert warnings(said_with) == warnings(said_without)

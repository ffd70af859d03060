# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""An application that has MicroTL in its manifest and leaves it off gets no byte and no warning."""

import os
import re
import subprocess
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
BUILD_SECONDS_MAX = 1800


def build(folder: Path, *options: str) -> str:
    """Build Zephyr's hello_world, and return what the build said."""
    sample = Path(os.environ["ZEPHYR_BASE"]) / "samples" / "hello_world"
    said = ""
    for command in (
        ["cmake", "-GNinja", "-B", folder, *SETTINGS, *options, sample],
        ["ninja", "-C", folder],
    ):
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BUILD_SECONDS_MAX,
            check=False,
        )
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


def test_module_that_is_off_adds_nothing(tmp_path: Path) -> None:
    said_with = build(tmp_path / "with", f"-DEXTRA_ZEPHYR_MODULES={ROOT}")
    others = modules(tmp_path / "with")
    assert "# CONFIG_MICROTL is not set" in config(tmp_path / "with")
    assert Path(others.pop("microtl")) == ROOT
    said_without = build(tmp_path / "without", f"-DZEPHYR_MODULES={';'.join(others.values())}")
    assert "microtl" not in modules(tmp_path / "without")

    images = [
        (tmp_path / name / "zephyr" / "zephyr.bin").read_bytes() for name in ("with", "without")
    ]
    assert len(images[0]) > 1000
    assert images[0] == images[1]
    assert warnings(said_with) == warnings(said_without)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""ELF files made by fixtures/make.sh, with what the binutils said of them at that time."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent / "fixtures"
UNITS = {"B": 1, "KB": 1024, "MB": 1 << 20, "GB": 1 << 30}


def elf(name: str) -> Path:
    """Return the path of a fixture."""
    return FIXTURES / f"{name}.elf"


def size_report(name: str) -> dict[str, int]:
    """Return what "size -A" said: section -> bytes."""
    text = (FIXTURES / f"{name}.size").read_text(encoding="utf-8")
    rows = re.findall(r"^(\S+) +(\d+) +\d+$", text, re.MULTILINE)
    return {section: int(size) for section, size in rows}


def memory_report(text: str) -> dict[str, int]:
    """Return what the linker's --print-memory-usage said: region -> bytes used."""
    rows = re.findall(r"^ *(\w+): +(\d+) (\w+)", text, re.MULTILINE)
    return {region: int(size) * UNITS[unit] for region, size, unit in rows}


CONFIG = """\
CONFIG_BOARD="demo_board"
CONFIG_BOARD_TARGET="demo_board/soc"
CONFIG_KERNEL_BIN_NAME="zephyr"
CONFIG_FLASH_BASE_ADDRESS=0x8000000
CONFIG_FLASH_SIZE=16
CONFIG_SRAM_BASE_ADDRESS=0x20000000
CONFIG_SRAM_SIZE=4
"""


@pytest.fixture
def make_build(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that lays out a Zephyr build folder around a fixture."""

    def make(image: str = "xip", name: str = "build", extra: str = "") -> Path:
        folder = tmp_path / name
        application = tmp_path / "app"
        application.mkdir(exist_ok=True)
        (folder / "zephyr").mkdir(parents=True)
        (folder / "zephyr" / ".config").write_text(CONFIG + extra, encoding="utf-8")
        (folder / "CMakeCache.txt").write_text(
            f"APPLICATION_SOURCE_DIR:PATH={application}\n", encoding="utf-8"
        )
        shutil.copy(elf(image), folder / "zephyr" / "zephyr.elf")
        shutil.copy(FIXTURES / f"{image}.map", folder / "zephyr" / "zephyr.map")
        return folder

    return make

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Builds of tests/options fail where a symbol is in that their configuration is to be free of."""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.zephyr,
    pytest.mark.skipif(not os.environ.get("MICROTL_LONG"), reason="builds: make test-long"),
]

OPTIONS = Path(__file__).resolve().parents[4] / "tests" / "options"
BUILD_SECONDS_MAX = 1800


@pytest.mark.parametrize(
    ("symbol", "settings"),
    [("microtl_leaked", []), ("__aeabi_fmul", ["-DEXTRA_CONF_FILE=fixed.conf"])],
)
def test_unwanted_symbol_fails_the_build(symbol: str, settings: list[str], tmp_path: Path) -> None:
    board, leak = "-DBOARD=qemu_cortex_m3", f"-DEXTRA_LDFLAGS=-Wl,--defsym={symbol}=0"
    subprocess.run(
        ["cmake", "-GNinja", "-B", tmp_path, board, leak, *settings, OPTIONS],
        stdout=subprocess.DEVNULL,
        timeout=BUILD_SECONDS_MAX,
        check=True,
    )
    built = subprocess.run(
        ["ninja", "-C", tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_SECONDS_MAX,
        check=False,
    )
    assert built.returncode != 0
    assert "is to be free of" in " ".join(built.stdout.split())
    assert f"A {symbol}" in built.stdout

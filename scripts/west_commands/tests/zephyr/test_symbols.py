# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Builds of tests/options fail where a symbol is in that their configuration is to be free of."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.zephyr,
    pytest.mark.skipif(not os.environ.get("MICROTL_LONG"), reason="builds: make test-long"),
]

OPTIONS = Path(__file__).resolve().parents[4] / "tests" / "options"


@pytest.mark.parametrize(
    ("symbol", "settings"),
    [("microtl_leaked", []), ("__aeabi_fmul", ["-DEXTRA_CONF_FILE=fixed.conf"])],
)
def test_unwanted_symbol_fails_the_build(
    failed_build: Callable[..., str], symbol: str, settings: list[str]
) -> None:
    board, leak = "-DBOARD=qemu_cortex_m3", f"-DEXTRA_LDFLAGS=-Wl,--defsym={symbol}=0"
    said = failed_build(OPTIONS, board, leak, *settings)
    assert "is to be free of" in " ".join(said.split())
    assert f"A {symbol}" in said

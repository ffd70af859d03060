# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Configurations that would learn wrongly without a word are refused by the build."""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.zephyr,
    pytest.mark.skipif(not os.environ.get("MICROTL_LONG"), reason="builds: make test-long"),
]

TRANSFER = Path(__file__).resolve().parents[4] / "samples" / "hello_transfer"
BUILD_SECONDS_MAX = 1800


@pytest.mark.parametrize(
    ("board", "setting", "advice"),
    [
        ("mps3/an547", "CONFIG_FPU_SHARING=n", "set CONFIG_FPU_SHARING=y"),
        (
            "native_sim/native/64",
            "CONFIG_MICROTL_REPLAY_SAMPLE_COUNT=65535",
            "with the base set over 65535: lower CONFIG_MICROTL_REPLAY_SAMPLE_COUNT",
        ),
    ],
)
def test_build_is_refused(board: str, setting: str, advice: str, tmp_path: Path) -> None:
    subprocess.run(
        ["cmake", "-GNinja", "-B", tmp_path, f"-DBOARD={board}", f"-D{setting}", TRANSFER],
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
    assert advice in built.stdout

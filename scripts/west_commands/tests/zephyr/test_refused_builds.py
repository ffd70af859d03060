# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Configurations that would fail on the device are refused by the compiler, in plain words."""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.zephyr,
    pytest.mark.skipif(not os.environ.get("MICROTL_LONG"), reason="builds: make test-long"),
]

BENCH = Path(__file__).resolve().parents[4] / "samples" / "bench"
TRAINER = "modules/microtl/CMakeFiles/microtl.dir/src/zephyr/trainer.c.obj"
BUILD_SECONDS_MAX = 1800


@pytest.mark.parametrize(
    ("board", "option", "reason"),
    [
        ("nrf52840dk/nrf52840", "CONFIG_FPU_SHARING=n", "set CONFIG_FPU_SHARING=y"),
        ("qemu_cortex_m3", "CONFIG_NUM_PREEMPT_PRIORITIES=8", "no such preemptible priority"),
    ],
)
def test_build_is_refused(board: str, option: str, reason: str, tmp_path: Path) -> None:
    subprocess.run(
        ["cmake", "-GNinja", "-B", tmp_path, f"-DBOARD={board}", f"-D{option}", BENCH],
        stdout=subprocess.DEVNULL,
        timeout=BUILD_SECONDS_MAX,
        check=True,
    )
    built = subprocess.run(
        ["ninja", "-C", tmp_path, TRAINER],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_SECONDS_MAX,
        check=False,
    )
    assert built.returncode != 0
    assert reason in built.stdout

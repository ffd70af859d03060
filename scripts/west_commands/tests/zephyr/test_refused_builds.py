# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Configurations that would fail on the device are refused by the compiler, in plain words."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.zephyr,
    pytest.mark.skipif(not os.environ.get("MICROTL_LONG"), reason="builds: make test-long"),
]

TRANSFER = Path(__file__).resolve().parents[4] / "samples" / "hello_transfer"
TRAINER = "modules/microtl/CMakeFiles/microtl.dir/src/zephyr/trainer.c.obj"


@pytest.mark.parametrize(
    ("board", "option", "target", "reason"),
    [
        ("nrf52840dk/nrf52840", "CONFIG_FPU_SHARING=n", TRAINER, "set CONFIG_FPU_SHARING=y"),
        (
            "qemu_cortex_m3",
            "CONFIG_NUM_PREEMPT_PRIORITIES=8",
            TRAINER,
            "no such preemptible priority",
        ),
        (
            "native_sim/native/64",
            "CONFIG_MICROTL_REPLAY_SAMPLE_COUNT=65535",
            "app",
            "with the base set over 65535: lower CONFIG_MICROTL_REPLAY_SAMPLE_COUNT",
        ),
    ],
)
def test_build_is_refused(
    failed_build: Callable[..., str], board: str, option: str, target: str, reason: str
) -> None:
    assert reason in failed_build(TRANSFER, f"-DBOARD={board}", f"-D{option}", target=target)

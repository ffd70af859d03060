# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A learner driven over its shell, on an emulated or a real board; each test builds on the last."""

import re
from pathlib import Path

import pytest
from twister_harness import DeviceAdapter, Shell

SAMPLES = Path(__file__).parents[3] / "samples" / "hello_transfer" / "src" / "model" / "samples.c"
PROMPT = "uart:~$"
RECORDING_LENGTH = 4
TRAINING_S = 120.0


def images(name: str) -> list[bytes]:
    """Return the images of an array in the sample's C file, as bytes of the model's input."""
    source = SAMPLES.read_text(encoding="utf-8")
    body = re.search(rf"{name}\[\d+\]\[\d+\] = \{{(.*?)\n\}};", source, re.DOTALL)
    assert body is not None
    rows = re.findall(r"\{([^{}]*)\}", body[1])
    return [bytes(int(v) & 0xFF for v in row.split(",") if v.strip()) for row in rows]


@pytest.fixture
def console(dut: DeviceAdapter, shell: Shell) -> DeviceAdapter:
    """Return the device, once its shell is ready."""
    assert shell.prompt == PROMPT
    return dut


def run(console: DeviceAdapter, command: str, timeout: float = 20.0) -> str:
    """Run a command of the learner and return what it printed.

    Twister's own Shell waits a second for the echo, which a busy machine may miss.
    """
    line = f"microtl {command}"
    console.clear_buffer()
    console.write(f"{line}\n\n".encode())
    console.readlines_until(regex=re.escape(line), timeout=timeout)
    return "\n".join(console.readlines_until(regex=re.escape(PROMPT), timeout=timeout))


def infer(console: DeviceAdapter, image: bytes) -> str:
    """Return the name of the class of an image."""
    answer = re.search(r"inference \d+: (\S+), ", run(console, f"infer {image.hex()}"))
    assert answer is not None
    return answer[1]


def test_info_names_the_model(console: DeviceAdapter) -> None:
    assert "learner (chosen): model digits, input 64, features 64, classes 9 of 10" in run(
        console, "info"
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("label nonsense", "no class nonsense"),
        ("class remove nonsense", "no class nonsense"),
        ("class add 0", "that name is taken"),
        ("class add a-name-that-is-too-long", "not valid"),
        ("infer 00", "64 bytes of two hexadecimal digits"),
        ("use nobody", "no learner nobody"),
        ("train start", "no labelled sample"),
        ("train start nonsense", "a seed is a number"),
        ("train pause", "there is none"),
        ("train resume", "there is none"),
        ("train cancel", "there is none"),
        ("rollback", "there is none"),
        ("load", "there is none"),
        ("commit nonsense", "commit, or commit overwrite"),
    ],
)
def test_errors_say_what_was_wrong(console: DeviceAdapter, command: str, said: str) -> None:
    assert said in run(console, command)


def test_learns_a_class(console: DeviceAdapter) -> None:
    assert "added" in run(console, "class add 9")
    for i, image in enumerate(images("samples_taught")):
        infer(console, image)
        assert f"is 9, recording {i // RECORDING_LENGTH}" in run(
            console, f"label 9 {i // RECORDING_LENGTH}"
        )
    assert "9               to be learned" in run(console, "class list")
    assert "queued" in run(console, "train start 1")
    assert "no training runs" in run(console, f"train wait {TRAINING_S:.0f}", TRAINING_S)
    status = run(console, "status")
    assert "last verdict: accepted" in status
    assert "head not stored" in status
    assert "9               known" in run(console, "class list")
    assert re.search(r"9 +held out \d of 3, others \d+ of 28", run(console, "eval"))
    assert infer(console, images("samples_test")[-1]) == "9"


def test_head_and_labels_outlive_a_reboot(console: DeviceAdapter, shell: Shell) -> None:
    assert "stored" in run(console, "commit")
    assert "nothing to store" in run(console, "status")
    console.write(b"kernel reboot cold\n")
    console.readlines_until(regex="Booting Zephyr", timeout=30.0)
    assert shell.wait_for_prompt(30.0)
    assert infer(console, images("samples_test")[-1]) == "9"
    assert "31 of 40 samples" in run(console, "replay")
    assert "valid, number" in run(console, "store")


def test_reset_and_forget(console: DeviceAdapter) -> None:
    assert "factory head" in run(console, "reset")
    assert infer(console, images("samples_test")[-1]) != "9"
    assert "verified" in run(console, "forget")
    assert "0 of 40 samples" in run(console, "replay")


def test_stats_count(console: DeviceAdapter) -> None:
    stats = run(console, "stats")
    assert re.search(r"inferences [1-9]", stats)
    assert re.search(r"trainer's stack: \d+ of \d+ bytes never used", stats)

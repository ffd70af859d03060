# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A learner driven over its shell, on an emulated or a real board; each test builds on the last."""

import re
from pathlib import Path

import pytest
from twister_harness import DeviceAdapter, Shell

SAMPLES = Path(__file__).parents[3] / "samples" / "hello_transfer" / "src" / "model" / "samples.c"
RECORDING_LENGTH = 4
TRAINING_S = 120.0


def images(name: str) -> list[bytes]:
    """Return the images of an array in the sample's C file, as bytes of the model's input."""
    source = SAMPLES.read_text(encoding="utf-8")
    body = re.search(rf"{name}\[\d+\]\[\d+\] = \{{(.*?)\n\}};", source, re.DOTALL)
    assert body is not None
    rows = re.findall(r"\{([^{}]*)\}", body[1])
    return [bytes(int(v) & 0xFF for v in row.split(",") if v.strip()) for row in rows]


def run(shell: Shell, command: str, timeout: float = 10.0) -> str:
    """Run a command of the learner and return what it printed."""
    lines = shell.exec_command(f"microtl {command}", timeout=timeout)
    return "\n".join(shell.get_filtered_output(lines))


def infer(shell: Shell, image: bytes) -> str:
    """Return the name of the class of an image."""
    answer = re.search(r"inference \d+: (\S+), ", run(shell, f"infer {image.hex()}"))
    assert answer is not None
    return answer[1]


def test_info_names_the_model(shell: Shell) -> None:
    assert "learner (chosen): model digits, input 64, features 64, classes 9 of 10" in run(
        shell, "info"
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
def test_errors_say_what_was_wrong(shell: Shell, command: str, said: str) -> None:
    assert said in run(shell, command)


def test_learns_a_class(shell: Shell) -> None:
    assert "added" in run(shell, "class add 9")
    for i, image in enumerate(images("samples_taught")):
        infer(shell, image)
        assert f"is 9, recording {i // RECORDING_LENGTH}" in run(
            shell, f"label 9 {i // RECORDING_LENGTH}"
        )
    assert "9               to be learned" in run(shell, "class list")
    assert "queued" in run(shell, "train start 1")
    assert "no training runs" in run(shell, f"train wait {TRAINING_S:.0f}", TRAINING_S)
    status = run(shell, "status")
    assert "last verdict: accepted" in status
    assert "head not stored" in status
    assert "9               known" in run(shell, "class list")
    assert re.search(r"9 +held out \d of 3, others \d+ of 28", run(shell, "eval"))
    assert infer(shell, images("samples_test")[-1]) == "9"


def test_head_and_labels_outlive_a_reboot(shell: Shell, dut: DeviceAdapter) -> None:
    assert "stored" in run(shell, "commit")
    assert "nothing to store" in run(shell, "status")
    dut.write(b"kernel reboot cold\n")
    dut.readlines_until(regex="Booting Zephyr", timeout=30.0)
    assert shell.wait_for_prompt(30.0)
    assert infer(shell, images("samples_test")[-1]) == "9"
    assert "31 of 40 samples" in run(shell, "replay")
    assert "valid, number" in run(shell, "store")


def test_reset_and_forget(shell: Shell) -> None:
    assert "factory head" in run(shell, "reset")
    assert infer(shell, images("samples_test")[-1]) != "9"
    assert "verified" in run(shell, "forget")
    assert "0 of 40 samples" in run(shell, "replay")


def test_stats_count(shell: Shell) -> None:
    stats = run(shell, "stats")
    assert re.search(r"inferences [1-9]", stats)
    assert re.search(r"trainer's stack: \d+ of \d+ bytes never used", stats)

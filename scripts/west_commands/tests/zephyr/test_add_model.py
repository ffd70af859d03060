# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A build converts its model anew when the model changes, or a file among its options."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.zephyr

ROOT = Path(__file__).resolve().parents[4]
SAMPLE = ROOT / "samples" / "hello_transfer" / "src" / "model"
MODULE = ROOT / "modules" / "microtl" / "microtl.cmake"

PROJECT = f"""\
cmake_minimum_required(VERSION 3.20.0)
project(application C)
set(PYTHON_EXECUTABLE "{sys.executable}")
include({MODULE})
add_library(app OBJECT)
target_include_directories(app PRIVATE {ROOT / "modules/microtl/include"})
microtl_add_model(app digits digits.tflite --labels=names/labels.txt --base-set base)
"""


def cmake(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["cmake", *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def build(folder: Path) -> str:
    cmake(folder, "--build", "build")
    return (folder / "build" / "microtl" / "digits.c").read_text(encoding="utf-8")


def write_recording(folder: Path, label: str, recording: str) -> None:
    """A recording of two windows of a model that looks at 64 values."""
    path = folder / label / f"{recording}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    values = "".join(f"{(i * 7 + int(label)) % 17}\n" for i in range(128))
    path.write_text("value\n" + values, encoding="utf-8")


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = tmp_path / "an application"
    (folder / "names").mkdir(parents=True)
    shutil.copy(SAMPLE / "digits.tflite", folder)
    shutil.copy(SAMPLE / "labels.txt", folder / "names")
    for label in range(9):
        write_recording(folder / "base", str(label), "one")
    (folder / "CMakeLists.txt").write_text(PROJECT, encoding="utf-8")
    return folder


def test_a_changed_file_among_the_options_converts_anew(application: Path) -> None:
    cmake(application, "-GNinja", "-B", "build")
    assert "base_labels[27]" in build(application)

    write_recording(application / "base", "8", "another")
    source = build(application)
    assert "base_labels[30]" in source
    assert '"eight"' not in source

    labels = application / "names" / "labels.txt"
    labels.write_text(labels.read_text(encoding="utf-8").replace("8", "eight"), encoding="utf-8")
    assert '"eight"' in build(application)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Real images: what is reported equals binutils' size, the linker, and what runs.

Each image is built once, into build/budget; MICROTL_LONG=1 builds them all.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
from microtl_tools.budget import command, session
from microtl_tools.budget.build_folder import Build, builds
from microtl_tools.budget.elf import read_image
from microtl_tools.budget.report import ImageReport, owner_bytes, report_build
from microtl_tools.cli import main
from microtl_tools.convert.api import convert
from microtl_tools.convert.options import to_options

from .conftest import memory_report

pytestmark = pytest.mark.zephyr

ROOT = Path(__file__).resolve().parents[4]
LONG = bool(os.environ.get("MICROTL_LONG"))
BUILD_SECONDS_MAX = 1800
RUN_SECONDS_MAX = 180

STACK = ROOT / "tests" / "budget" / "stack"
HELLO = ROOT / "samples" / "hello_transfer"
TFLITE = HELLO / "src" / "model" / "digits.tflite"
CONVERSION = ("--name", "digits", "--classes", "10")
STACK_LINE = re.compile(r"stack of (\w+): (\d+) of")


@dataclass(frozen=True)
class Image:
    """What to build; ``sample`` is one of Zephyr's, or a folder of ours."""

    board: str
    sample: str | Path
    options: tuple[str, ...] = ()


NO_CACHE = "-DUSE_CCACHE=0"
SMALL = "-DCONFIG_MINIMAL_LIBC=y"
IMAGES = {
    "m3_stack": Image("qemu_cortex_m3", STACK, (NO_CACHE,)),
    "nrf_mcuboot": Image(
        "nrf52840dk/nrf52840",
        STACK,
        ("-DCONFIG_BOOTLOADER_MCUBOOT=y", "-DCONFIG_MCUBOOT_GENERATE_UNSIGNED_IMAGE=n"),
    ),
    "nrf_hello": Image("nrf52840dk/nrf52840", HELLO),
}
LONG_IMAGES = {
    "m33_stack": Image("mps2/an521/cpu0", STACK, (NO_CACHE,)),
    "m55_stack": Image("mps3/an547", STACK, (NO_CACHE,)),
    "m3_hello": Image("qemu_cortex_m3", HELLO),
    "native_hello": Image("native_sim/native/64", HELLO),
    "native_shell": Image("native_sim/native/64", "subsys/shell/shell_module"),
    "m3_no_xip": Image("qemu_cortex_m3", "hello_world", (SMALL, "-DCONFIG_XIP=n")),
    "m3_philosophers": Image("mps2/an385", "philosophers", (SMALL,)),
    "m3_userspace": Image("mps2/an385", "userspace/hello_world_user", (SMALL,)),
    "m33_synchronization": Image("mps2/an521/cpu0", "synchronization", (SMALL,)),
    "m55_shell": Image("mps3/an547", "subsys/shell/shell_module"),
    "nrf_nvs": Image("nrf52840dk/nrf52840", "subsys/nvs", (SMALL,)),
    "nrf_cpp": Image("nrf52840dk/nrf52840", "cpp/cpp_synchronization"),
}
ALL = {**IMAGES, **(LONG_IMAGES if LONG else {})}
STACKS = [name for name, image in ALL.items() if image.sample == STACK and "nrf" not in image.board]
BARE = [name for name, image in ALL.items() if not image.board.startswith("native")]


def west_build(
    image: Image, folder: Path, pristine: str = "always"
) -> subprocess.CompletedProcess[str]:
    """Run west build in the workspace."""
    base = Path(os.environ["ZEPHYR_BASE"])
    west = [sys.executable, "-m", "west", "build", "-p", pristine, "-b", image.board]
    return subprocess.run(
        [*west, "-d", str(folder), str(base / "samples" / image.sample), "--", *image.options],
        cwd=base,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS_MAX,
    )


@cache
def built(name: str) -> tuple[Build, str]:
    """Build an image and return it with what the build printed."""
    image = ALL[name]
    folder = ROOT / "build" / "budget"
    if image.sample == STACK:
        converted = convert(TFLITE, to_options(options_of_conversion()))
        converted.write(folder / "model", force=True)
        image = replace(image, options=(*image.options, f"-DDIGITS={folder}/model/digits.c"))
    done = west_build(image, folder / name)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return builds(folder / name)[0], done.stdout


def options_of_conversion() -> argparse.Namespace:
    """Return CONVERSION as the command line would."""
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["budget", str(TFLITE), *CONVERSION])


@cache
def reported(name: str) -> ImageReport:
    return report_build(built(name)[0])


def size_tool(build: Build) -> str:
    """Return the ``size`` of the compiler that made a build."""
    compiler = build.cache["CMAKE_C_COMPILER"]
    return re.sub(r"gcc(-[\d.]+)?$", "size", compiler)


@pytest.mark.parametrize("name", ALL)
def test_sections_equal_size(name: str) -> None:
    build, _ = built(name)
    text = subprocess.run(
        [size_tool(build), "-A", str(build.elf)], capture_output=True, text=True, check=True
    ).stdout
    rows = re.findall(r"^(\S.*?) +(\d+) +\d+$", text, re.MULTILINE)
    skipped = (".debug", ".comment", ".ARM.attributes", ".riscv.attributes", "Total")
    expected = {s: int(n) for s, n in rows if int(n) and not s.startswith(skipped)}
    assert {s.name: s.size for s in read_image(build.elf).sections} == expected


@pytest.mark.parametrize("name", BARE)
def test_regions_equal_the_linkers_report(name: str) -> None:
    printed = built(name)[1]
    expected = memory_report(printed[printed.rindex("Memory region") :])
    del expected["IDT_LIST"]
    used = {use.region.name: use.used for use in reported(name).uses}
    assert {region: used.get(region, 0) for region in expected} == expected


@pytest.mark.parametrize("name", ALL)
def test_owners_add_up(name: str) -> None:
    for use in reported(name).uses:
        assert sum(use.by_owner().values()) == use.used
    assert not reported(name).warnings


SAMPLE_CONVERSION = (
    *("--labels", str(TFLITE.with_name("labels.txt"))),
    *("--representative-data", str(TFLITE.with_name("digits.npz"))),
    *("--base-set", str(TFLITE.with_name("digits.npz")), "--base-set-count", "14"),
)
CODE_MAX = 16 * 1024


@pytest.mark.parametrize("name", IMAGES)
def test_the_prediction_is_right_to_the_byte(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Predict from the .tflite, convert, build, compare: every object of MicroTL's data.

    MicroTL's RAM is what was predicted and its threads, nothing else.
    """
    sample = IMAGES[name].sample == HELLO
    conf = str((HELLO if sample else STACK) / "prj.conf")
    conversion = (*CONVERSION, *(SAMPLE_CONVERSION if sample else ()))
    assert main(["budget", str(TFLITE), *conversion, "--config", conf, "--json"]) == 0
    prediction = tmp_path / "prediction.json"
    prediction.write_text(capsys.readouterr().out, encoding="utf-8")
    build, _ = built(name)
    arguments = ["budget", "-d", str(build.folder), "--prediction", str(prediction), "--json"]
    assert main(arguments) == 0
    (found,) = json.loads(capsys.readouterr().out)["images"]
    objects = found["prediction"]
    assert len(objects) > 20
    assert [o for o in objects if o["excess"] != 0 or o["actual"] is None] == []
    total, threads = (owner_bytes(reported(name), o)["ram"] for o in ("microtl", "microtl/stacks"))
    assert total == sum(o["predicted"] for o in objects if o["kind"] == "ram") + threads
    # And nothing of the model or the learner is in the image that was not predicted, but for the
    # structure that points to everything.
    patterns = [o["symbol"] for o in objects]
    ours = [s["name"] for s in found["symbols"] if "digits.c" in s["origin"]]
    ours += [s["name"] for s in found["symbols"] if s["name"].startswith("learner_")]
    ours.remove("learner_config")
    assert [name for name in ours if not any(fnmatch(name, p) for p in patterns)] == []


def test_the_code_of_hello_transfer_is_small() -> None:
    code = owner_bytes(reported("nrf_hello"), "microtl/code")["flash"]
    assert 0 < code <= CODE_MAX


@pytest.mark.parametrize("name", STACKS)
def test_the_stack_bound_holds_and_is_no_exaggeration(name: str) -> None:
    if shutil.which("qemu-system-arm") is None:
        pytest.skip("qemu-system-arm is not installed")
    build, _ = built(name)
    verdict = session.build_verdicts(options(), build.folder)[0]
    bounds = {stack.name: stack for stack in verdict.report.stacks}
    measured = {n: int(used) for n, used in STACK_LINE.findall(output_of_a_run(build.folder))}
    assert sorted(measured) == ["inference", "microtl_trainer"]
    for thread, used in measured.items():
        assert bounds[thread].unbounded == ()
        assert used <= bounds[thread].bytes <= 1.5 * used


def options() -> argparse.Namespace:
    """Return the options of a plain ``budget``."""
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["budget"])


def output_of_a_run(folder: Path) -> str:
    """Run an image in QEMU until it says PASS or FAIL, and return what it printed."""
    process = subprocess.Popen(
        ["ninja", "-C", str(folder), "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    timer = threading.Timer(RUN_SECONDS_MAX, os.killpg, (process.pid, signal.SIGTERM))
    timer.start()
    lines = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith(("PASS", "FAIL")):
                break
    finally:
        timer.cancel()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.stdout.close()
        process.wait(timeout=30)
    text = "".join(lines)
    assert "PASS" in text, text
    return text


def test_a_build_over_its_budget_fails(tmp_path: Path) -> None:
    """CONFIG_MICROTL_BUDGET_CHECK, with a budget.yml beside the application."""
    application = tmp_path / "app"
    shutil.copytree(STACK, application)
    cmake = application / "CMakeLists.txt"
    text = cmake.read_text(encoding="utf-8")
    cmake.write_text(text.replace("${CMAKE_CURRENT_SOURCE_DIR}/../../..", str(ROOT)), "utf-8")
    limits = application / "budget.yml"
    build = tmp_path / "build"
    limits.write_text("boards: {nrf52840dk: {ram: 4K}}", encoding="utf-8")
    image = Image("nrf52840dk/nrf52840", application, ("-DCONFIG_MICROTL_BUDGET_CHECK=y",))
    done = west_build(image, build)
    assert done.returncode != 0
    printed = done.stdout + done.stderr
    assert re.search(r"all ram: [\d,]+ bytes, limit 4,096", printed), printed[-3000:]
    assert "CONFIG_MICROTL_REPLAY_SAMPLE_COUNT=" in printed
    limits.write_text("boards: {nrf52840dk: {ram: 64K}}", encoding="utf-8")
    done = west_build(image, build, pristine="never")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    # Where nothing but the limits changed, they are checked all the same.
    limits.write_text("boards: {nrf52840dk: {ram: 5K}}", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "west", "build", "-d", str(build)],
        cwd=os.environ["ZEPHYR_BASE"],
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS_MAX,
    )
    assert done.returncode != 0
    assert "limit 5,120" in done.stdout + done.stderr


def test_flash_calls_the_runner_only_within_the_budget(tmp_path: Path) -> None:
    """A stand-in for OpenOCD records its calls; it is the first one on the path."""
    build, _ = built("nrf_mcuboot")
    calls = tmp_path / "calls"
    runner = tmp_path / "bin" / "openocd"
    runner.parent.mkdir()
    runner.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n', encoding="utf-8")
    runner.chmod(0o755)

    def flash(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "microtl_tools", "flash", "-d", str(build.folder), *arguments]
            + ["--runner", "openocd", "--cmd-pre-load", "reset init"],
            cwd=os.environ["ZEPHYR_BASE"],
            env={
                **os.environ,
                "PATH": f"{runner.parent}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT / "scripts" / "west_commands"),
            },
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS_MAX,
        )

    done = flash("--max-flash", "1K")
    assert done.returncode == 3, done.stdout + done.stderr
    assert not calls.exists()
    done = flash("--max-flash", "512K")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reset init" in calls.read_text(encoding="utf-8")

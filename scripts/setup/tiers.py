#!/usr/bin/env python3
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Run the tiers of ``make test`` one after the other and say at the end what each came to.

A tier whose tools are missing is left out: it is named with what would enable it, and it is never
counted as passed.
"""

import argparse
import importlib.metadata
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import lint
import workspace

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
TOOL_TESTS = "scripts/west_commands/tests"

Command = list[str]


@dataclass(frozen=True)
class Tier:
    """One kind of test: its name, what it runs, and why it may have to be left out."""

    name: str
    about: str
    commands: Callable[[bool], list[Command]]
    """Whether with the long counts -> what is run."""
    left_out: Callable[[], str | None] = lambda: None
    remark: Callable[[], str | None] = lambda: None


def main() -> int:
    """Run the tiers named on the command line (all, if none is); 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tiers", nargs="*", metavar="TIER", help=", ".join(t.name for t in TIERS))
    parser.add_argument("--long", action="store_true", help="with the long counts")
    args = parser.parse_args()
    unknown = set(args.tiers) - {tier.name for tier in TIERS}
    if unknown:
        parser.error(f"no such tier: {', '.join(sorted(unknown))}")
    chosen = [tier for tier in TIERS if not args.tiers or tier.name in args.tiers]
    return summarise([(tier, *run(tier, args.long)) for tier in chosen])


def run(tier: Tier, long: bool) -> tuple[str, str]:
    """Run one tier; return "passed", "failed" or "left out", and a remark."""
    reason = tier.left_out()
    if reason is not None:
        say(f"=== {tier.name}: LEFT OUT: {reason}")
        return "left out", reason
    say(f"=== {tier.name}: {tier.about}")
    start = time.monotonic()
    failed = 0
    for command in tier.commands(long):
        line = textwrap.shorten(" ".join(command), 200, placeholder=" ...")
        say(f"$ {line}")
        code = subprocess.run(command, cwd=ROOT, env=environment(long), check=False).returncode
        if code != 0:
            say(f"=== {tier.name}: FAILED (exit code {code}): {line}")
            failed += 1
    remarks = [f"{time.monotonic() - start:.0f} s", tier.remark()]
    if failed:
        remarks.append(f"run it again: make test TIERS={tier.name}")
    return "failed" if failed else "passed", "; ".join(remark for remark in remarks if remark)


def environment(long: bool) -> dict[str, str]:
    """Return the environment of every tier: the tools of ``.venv`` first, Zephyr where it is."""
    variables = dict(os.environ)
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    if long:
        variables["MICROTL_LONG"] = "1"
    zephyr_base = workspace.find()
    if zephyr_base is not None:
        variables["ZEPHYR_BASE"] = str(zephyr_base)
        variables.update(workspace.toolchain(variables))
        variables.update(workspace.cmsis_nn(zephyr_base))
        # Zephyr builds with ccache where that is installed. Blind to the build folders, it finds
        # again what another clone, or another test with the same options, has compiled.
        variables.setdefault("CCACHE_BASEDIR", str(BUILD))
        variables.setdefault("CCACHE_NOHASHDIR", "1")
    return variables


def summarise(results: list[tuple[Tier, str, str]]) -> int:
    """Print what became of each tier, and the closing line that counts them."""
    say("\n=== summary")
    for tier, state, remark in results:
        say(f"{tier.name:<9} {state:<9} {remark}")
    states = [state for _, state, _ in results]
    skipped = states.count("left out")
    say(
        f"{states.count('passed')} passed, {states.count('failed')} failed"
        + (f", {skipped} skipped" if skipped else "")
    )
    return 1 if "failed" in states else 0


def say(text: str) -> None:
    """Print a line at once, so that it stands before the output of the command that follows."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def pytest(*options: str) -> Command:
    """Return a pytest run in which every warning is an error."""
    return [sys.executable, "-m", "pytest", "-q", "-rs", "-W", "error", *options]


def shared_out(mark: str) -> Command:
    """Return a pytest run over every core; tests of one file share what they set up."""
    return pytest("--numprocesses=auto", "--dist=loadfile", "-m", mark, TOOL_TESTS)


def emulated_boards(long: bool) -> list[Command]:
    """Return the twister runs: the short one has most tests on two boards only."""
    if long:
        return [twister("--integration"), emulated_device()]
    others = ("mps3/an547", "nrf52840dk/nrf52840")
    return [
        twister("--integration", *(f"--exclude-platform={board}" for board in others)),
        twister(
            *(f"--platform={board}" for board in others),
            folders=("tests/twin", "samples"),
            output="twister-more",
        ),
    ]


def emulated_device() -> Command:
    """Return the twister run that takes an emulated board for a real one: docs/testing.md."""
    scripts = "tests/device/emulated"
    return twister(
        "--platform=qemu_cortex_m3",
        "--device-testing",
        "--device-serial-pty",
        f"{scripts}/serial.sh,qemu_cortex_m3",
        f"--west-flash={scripts}/flash.sh",
        "-x=EMULATED_DEVICE=y",
        folders=["tests/device"],
        output="twister-device",
    )


def twister(
    *options: str, folders: Sequence[str] = ("tests", "samples"), output: str = "twister"
) -> Command:
    """Return a twister run over MicroTL's tests and samples."""
    zephyr_base = workspace.find()
    assert zephyr_base is not None
    command = [sys.executable, str(zephyr_base / "scripts" / "twister")]
    for folder in folders:
        command += ["-T", str(ROOT / folder)]
    if not workspace.is_project(zephyr_base):
        command += [f"-x=EXTRA_ZEPHYR_MODULES={ROOT}"]
    return [
        *command,
        "--outdir",
        str(BUILD / output),
        "--clobber-output",
        "--overflow-as-errors",
        "--inline-logs",
        # A test that hangs is to be found out; one on a busy machine is not to fail.
        "--timeout-multiplier=5",
        *options,
    ]


def oracle() -> str:
    """Say what int8 results were compared with."""
    try:
        return f"oracle: TensorFlow Lite Micro {importlib.metadata.version('tflite-micro')}"
    except importlib.metadata.PackageNotFoundError:
        return "oracle: golden vectors, for tflite-micro has no wheel for this machine"


def without_emulator() -> str | None:
    """Name what the emulated tier lacks."""
    missing = [p for p in ("arm-none-eabi-gcc", "qemu-system-arm") if not shutil.which(p)]
    if not missing:
        return None
    return (
        f"{' and '.join(missing)} not found; enable it: sudo apt-get install "
        "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
    )


def without_zephyr() -> str | None:
    """Name what the zephyr tier lacks."""
    if workspace.find() is None:
        return "no Zephyr workspace found; enable it: make test ZEPHYR_BASE=<workspace>/zephyr"
    missing = [p for p in ("cmake", "ninja", "dtc") if not shutil.which(p)]
    if missing:
        return (
            f"{' and '.join(missing)} not found; enable it: "
            "sudo apt-get install cmake ninja-build device-tree-compiler"
        )
    return None


def without_device() -> str | None:
    """Say how to name a board; nobody wants a board found and flashed unasked."""
    if not os.environ.get("HARDWARE_MAP"):
        return "no board named; enable it: make test HARDWARE_MAP=<twister hardware map>.yml"
    return without_zephyr()


TIERS = (
    Tier("lint", "ruff, mypy, clang-format, REUSE, yamllint", lambda _: lint.commands()),
    Tier(
        "tools",
        "the Python tools, and the C core through its twin",
        lambda _: [shared_out("not emulated and not zephyr")],
        remark=oracle,
    ),
    Tier(
        "core",
        "the C core on this machine, plain and under sanitizers",
        lambda _: [
            ["make", "--silent", "--no-print-directory", "-C", "tests/core", goal]
            for goal in ("check", "check-sanitize")
        ],
    ),
    Tier(
        "emulated",
        "the C core on emulated Cortex-M",
        lambda _: [shared_out("emulated")],
        without_emulator,
    ),
    Tier(
        "zephyr",
        "tests and samples in Zephyr, by twister",
        lambda long: [*emulated_boards(long), pytest("-m", "zephyr", TOOL_TESTS)],
        without_zephyr,
    ),
    Tier(
        "device",
        "the same on a board",
        lambda _: [twister("--device-testing", "--hardware-map", os.environ["HARDWARE_MAP"])],
        without_device,
    ),
)


if __name__ == "__main__":
    sys.exit(main())

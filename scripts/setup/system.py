# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The system packages: what is missing is installed with apt-get, or named in one line."""

import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass


class MissingError(Exception):
    """A system package that nothing works without is missing and could not be installed."""


@dataclass(frozen=True)
class Need:
    """A tool of the system, how to see that it works, and Debian's packages that bring it."""

    name: str
    works: Callable[[], bool]
    packages: tuple[str, ...]
    required: bool = False


def has(*programs: str) -> Callable[[], bool]:
    """Return a check that every program is on the path."""
    return lambda: all(shutil.which(program) for program in programs)


def compiler_works() -> bool:
    """A C compiler without the C library's headers (gcc without libc6-dev) does not count."""
    return bool(shutil.which("cc")) and _compiles("cc", "stdio.h")


def arm_compiler_works() -> bool:
    """The Cortex-M compiler finds newlib's headers."""
    gcc = "arm-none-eabi-gcc"
    return bool(shutil.which(gcc)) and _compiles(gcc, "string.h")


def clang_works() -> bool:
    """Clang comes without the runtime of its sanitizers unless that is asked for."""
    command = ["clang", "-fsanitize=address,undefined", "-x", "c", "-", "-o", os.devnull]
    return bool(shutil.which("clang")) and _succeeds(command, "int main(void) { return 0; }\n")


def _compiles(compiler: str, header: str) -> bool:
    return _succeeds([compiler, "-x", "c", "-fsyntax-only", "-"], f"#include <{header}>\n")


def _succeeds(command: list[str], source: str) -> bool:
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=False)
    return done.returncode == 0


def venv_works() -> bool:
    """Debian's Python creates virtual environments only with python3-venv."""
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


DEMO = (
    Need("a C compiler", compiler_works, ("gcc", "libc6-dev"), required=True),
    Need("Python's venv", venv_works, ("python3-venv",), required=True),
)
TEST = (
    Need("make", has("make"), ("make",), required=True),
    Need("git", has("git"), ("git",)),
    Need("clang", clang_works, ("clang", "libclang-rt-dev")),
    Need(
        "the Cortex-M compiler",
        arm_compiler_works,
        ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi"),
    ),
    Need("QEMU for Arm", has("qemu-system-arm"), ("qemu-system-arm",)),
)
ZEPHYR = (
    Need(
        "Zephyr's build tools",
        has("cmake", "ninja", "dtc"),
        ("cmake", "ninja-build", "device-tree-compiler"),
    ),
)


def provide(target: str, zephyr: bool) -> None:
    """Install what ``target`` needs; MissingError if something required is missing afterwards."""
    needs = DEMO + TEST + (ZEPHYR if zephyr else ()) if target == "test" else DEMO
    missing = [need for need in needs if not need.works()]
    if not missing:
        return
    packages = sorted({package for need in missing for package in need.packages})
    names = ", ".join(need.name for need in missing)
    problem = _apt_install(names, packages)
    missing = [need for need in missing if not need.works()]
    if not missing:
        return
    packages = sorted({package for need in missing for package in need.packages})
    advice = (
        f"missing: {', '.join(need.name for need in missing)} ({problem}); "
        f"install: sudo apt-get install {' '.join(packages)}"
    )
    if any(need.required for need in missing):
        raise MissingError(advice)
    sys.stdout.write(f"setup: {advice}\n")


def _apt_install(names: str, packages: list[str]) -> str:
    """Try to install Debian packages; return why they may still be missing."""
    root = _root_command()
    if not shutil.which("apt-get"):
        return "this is not a Debian or Ubuntu system"
    if root is None:
        return "neither root nor sudo without a password"
    sys.stdout.write(f"setup: installing {names}: apt-get install {' '.join(packages)}\n")
    sys.stdout.flush()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(
            [*root, *command], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
            return f"{' '.join(command[:2])} failed: {lines[-1]}"
    return "installed, but it does not work"


def _root_command() -> list[str] | None:
    """What to put before a command to run it as root; None if that would ask for a password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        test = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if test.returncode == 0:
            return ["sudo", "-n"]
    return None

#!/usr/bin/env python3
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Set up what ``make demo`` and ``make test`` need: system packages, ``.venv``, locked versions.

Runs with the system's Python and its standard library alone. Each layer that is complete leaves a
stamp in ``.venv``, so a second run only compares stamps.
"""

import argparse
import hashlib
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import system
import workspace

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "setup.log"
DATA = VENV / "data"

# What a target needs, in the order of installation. An optional layer that cannot be had is said
# and left out; the tests then say what they used instead.
LAYERS = {
    "demo": ("demo", "data"),
    "figures": ("demo", "data", "figures"),
    "test": ("demo", "data", "test", "oracle"),
}
OPTIONAL = {"oracle": "golden vectors stand in for TensorFlow Lite Micro"}
CONTENT = {
    "demo": "the libraries of the tools",
    "data": "the smart-watch recordings",
    "figures": "scikit-learn, for its digits",
    "test": "TensorFlow, test tools and linters (about 500 MB)",
    "oracle": "TensorFlow Lite Micro, the reference",
    "zephyr": "what Zephyr's build and twister need",
}


class SetupError(Exception):
    """The set-up cannot go on; the message says what to do."""


def main() -> int:
    """Set up the target named on the command line; 1 if that failed, with one message."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(LAYERS))
    target = parser.parse_args().target
    try:
        layers = LAYERS[target]
        zephyr = target == "test" and workspace.find() is not None
        if zephyr:
            layers = (*layers, "zephyr")
        system.provide(target, zephyr)
        create_venv()
        for layer in layers:
            provide_layer(layer, target)
    except (SetupError, system.MissingError) as error:
        sys.stderr.write(f"setup: {error}\n")
        return 1
    return 0


def say(text: str) -> None:
    """Tell the user what happens now, before it happens."""
    sys.stdout.write(f"setup: {text}\n")
    sys.stdout.flush()


def create_venv() -> None:
    """Create ``.venv`` unless it is there and its interpreter runs."""
    if (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-c", "import pip"], check=False).returncode == 0
    ):
        return
    say(f"creating .venv with {sys.executable}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise SetupError(f"{VENV} cannot be created: {made.stdout.strip()} {made.stderr.strip()}")


def provide_layer(layer: str, target: str) -> None:
    """Install one lock file, unless the stamp says that this very file is installed already."""
    stamp = VENV / f"{layer}.stamp"
    wanted = fingerprint(layer)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    say(f"installing {CONTENT[layer]} (requirements/{layer}.txt)")
    try:
        if layer == "data":
            pip(layer, target, "download", "--no-deps", "--only-binary=:all:", "--dest", str(DATA))
        else:
            pip(layer, target, "install", *(["--no-deps"] if layer in OPTIONAL else []))
        if layer == "oracle":
            check_oracle()
        if layer == "demo":
            install_microtl()
    except SetupError as error:
        if layer not in OPTIONAL:
            raise
        say(f"{error}\nsetup: {OPTIONAL[layer]}")
        return
    stamp.write_text(wanted, encoding="utf-8")


def fingerprint(layer: str) -> str:
    """Name everything that decides what a layer installs."""
    digest = hashlib.sha256((ROOT / "requirements" / f"{layer}.txt").read_bytes())
    if layer == "demo":
        digest.update((ROOT / "pyproject.toml").read_bytes())
    return f"{digest.hexdigest()} {sys.version.split()[0]}\n"


def pip(layer: str, target: str, verb: str, *options: str) -> None:
    """Run pip on a lock file, checking hashes; SetupError names the package that failed."""
    lock = ROOT / "requirements" / f"{layer}.txt"
    output = run_logged(
        [PYTHON, "-m", "pip", verb, "--require-hashes", "--progress-bar=off", *options, "-r", lock]
    )
    if output is None:
        return
    cause = next((line for line in output.splitlines() if line.startswith("ERROR:")), "")
    raise SetupError(
        f"{failed_package(output)} (requirements/{layer}.txt) could not be installed. {cause}\n"
        f"  Check the network (behind a proxy: HTTPS_PROXY, a mirror: PIP_INDEX_URL), then run "
        f"`make {target}` again:\n  it goes on with what is missing. Everything pip said: {LOG}"
    )


def failed_package(output: str) -> str:
    """Return the package pip was busy with when it gave up."""
    named = re.findall(r"No matching distribution found for (\S+)", output)
    named += re.findall(r"^\s+(\S+==\S+) from \S+:$", output, re.MULTILINE)
    busy = re.findall(r"^\s*(?:Collecting|Downloading) (\S+)", output, re.MULTILINE)
    return Path((named or busy or ["a package"])[-1]).name


def install_microtl() -> None:
    """Put ``microtl`` itself into the environment, running from the checkout."""
    options = ("--no-deps", "--no-build-isolation", "--editable", ROOT)
    if run_logged([PYTHON, "-m", "pip", "install", *options]) is not None:
        raise SetupError(f"MicroTL could not be installed into {VENV}: see {LOG}")


def check_oracle() -> None:
    """See that the oracle is there: on other machines pip installs nothing and is happy."""
    test = "import importlib.util as u; u.find_spec('tflite_micro') or exit(1)"
    if subprocess.run([PYTHON, "-c", test], check=False).returncode != 0:
        raise SetupError("TensorFlow Lite Micro is published for x86-64 Linux only")


def run_logged(command: Sequence[str | Path]) -> str | None:
    """Run a command into the log; return its output if it failed, else None."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(map(str, command))}\n{done.stdout}\n")
    return done.stdout if done.returncode != 0 else None


if __name__ == "__main__":
    sys.exit(main())

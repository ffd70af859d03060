# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What the tests that configure and build images share."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

BUILD_SECONDS_MAX = 1800

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run() -> Run:
    """Return a function that runs a program; what it says goes to stdout, errors too."""

    def run_program(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=BUILD_SECONDS_MAX,
            check=False,
        )

    return run_program


@pytest.fixture
def failed_build(run: Run, tmp_path: Path) -> Callable[..., str]:
    """Return a function that configures an application, builds a target, which has to fail, and
    returns what was said."""

    def build(application: Path, *options: str, target: str = "all") -> str:
        configured = run("cmake", "-GNinja", "-B", tmp_path, *options, application)
        assert configured.returncode == 0, configured.stdout
        built = run("ninja", "-C", tmp_path, target)
        assert built.returncode != 0
        return built.stdout

    return build

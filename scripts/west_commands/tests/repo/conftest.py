# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A copy of the checkout that the tests may clone, build and install from."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
PARTS = (
    "LICENSE",
    "README.md",
    "VERSION",
    "pyproject.toml",
    "west.yml",
    "modules",
    "scripts",
    "zephyr",
)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a git repository with the files as they are now, committed or not."""
    copy = tmp_path_factory.mktemp("checkout") / "microtl"
    copy.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / part)
    commit_all(copy)
    return copy


def commit_all(folder: Path) -> None:
    """Make a folder a git repository with one commit on the branch main."""
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all")


def git(folder: Path, *args: str) -> None:
    """Run git in a folder, as nobody in particular."""
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    subprocess.run(["git", *identity, *args], cwd=folder, check=True, timeout=60)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``west microtl flash`` and exit codes, through west itself.

The workspace has ``build`` and ``flash`` commands of its own, which record how they were called.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import FIXTURES, elf

SCRIPTS = Path(__file__).resolve().parents[2]

COMMANDS = """\
west-commands:
  - file: scripts/microtl.py
    commands: [{name: microtl, class: MicroTL}]
  - file: scripts/recorder.py
    commands:
      - {name: build, class: Build}
      - {name: flash, class: Flash}
"""

RECORDER = """\
import json
import os
import shutil
import sys

from west.commands import WestCommand


class Recorder(WestCommand):
    def __init__(self):
        super().__init__(self.NAME, "", "", accepts_unknown_args=True)

    def do_add_parser(self, adder):
        return adder.add_parser(self.name)

    def do_run(self, args, unknown):
        with open(os.environ["CALLS"], "a", encoding="utf-8") as file:
            file.write(json.dumps([self.name, *unknown]) + "\\n")
        self.act()


class Build(Recorder):
    NAME = "build"

    def act(self):
        if os.environ.get("BUILD_FAILS"):
            sys.exit(1)
        if os.environ.get("REBUILT"):
            for suffix in (".elf", ".map"):
                shutil.copy(os.environ["REBUILT"] + suffix, "build/zephyr/zephyr" + suffix)


class Flash(Recorder):
    NAME = "flash"

    def act(self):
        sys.exit(int(os.environ.get("FLASH_CODE", "0")))
"""


class Workspace:
    """A west workspace with a build in it."""

    def __init__(self, top: Path, build: Path) -> None:
        self.top = top
        self.calls_file = top / "calls"
        scripts = top / "manifest" / "scripts"
        scripts.mkdir(parents=True)
        (top / "manifest" / "west.yml").write_text(
            "manifest: {self: {west-commands: scripts/commands.yml}}\n", encoding="utf-8"
        )
        (scripts / "commands.yml").write_text(COMMANDS, encoding="utf-8")
        (scripts / "recorder.py").write_text(RECORDER, encoding="utf-8")
        shutil.copy(SCRIPTS / "microtl.py", scripts)
        (scripts / "microtl_tools").symlink_to(SCRIPTS / "microtl_tools")
        (top / ".west").mkdir()
        (top / ".west" / "config").write_text(
            "[manifest]\npath = manifest\nfile = west.yml\n", encoding="utf-8"
        )
        build.rename(top / "build")

    def west(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run ``west microtl`` with arguments."""
        environment = {
            k: v for k, v in os.environ.items() if k not in ("ZEPHYR_BASE", "PYTHONPATH")
        }
        return subprocess.run(
            [sys.executable, "-m", "west", "microtl", *arguments],
            cwd=self.top,
            env={
                **environment,
                "CALLS": str(self.calls_file),
                "WEST_CONFIG_GLOBAL": str(self.top / "global"),
                "WEST_CONFIG_SYSTEM": str(self.top / "system"),
                **variables,
            },
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    @property
    def calls(self) -> list[list[str]]:
        """How build and flash were called, in order."""
        if not self.calls_file.exists():
            return []
        return [json.loads(line) for line in self.calls_file.read_text("utf-8").splitlines()]


@pytest.fixture
def workspace(make_build: Callable[..., Path], tmp_path: Path) -> Workspace:
    top = tmp_path / "workspace"
    top.mkdir()
    return Workspace(top, make_build())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["budget"], 0),
        (["budget", "missing.elf"], 1),
        (["budget", "--max-ram", "much"], 2),
        (["budget", "--flush"], 2),
        (["budget", "--max-ram", "1K"], 3),
    ],
)
def test_exit_codes_through_west(workspace: Workspace, arguments: list[str], code: int) -> None:
    done = workspace.west(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_within_its_budget_it_is_rebuilt_and_flashed(workspace: Workspace) -> None:
    done = workspace.west("flash", "--max-ram", "2K", "--runner", "jlink", "--dev-id", "68", "-x")
    assert done.returncode == 0, done.stdout + done.stderr
    assert workspace.calls == [
        ["build", "-d", "build"],
        ["flash", "--skip-rebuild", "-d", "build", "--runner", "jlink", "--dev-id", "68", "-x"],
    ]


def test_a_file_that_was_not_checked_is_named(workspace: Workspace) -> None:
    done = workspace.west("flash", "--hex-file", "other.hex")
    assert "--hex-file: this file is flashed; what was checked is the image in" in done.stderr
    assert workspace.calls[-1][-2:] == ["--hex-file", "other.hex"]


def test_over_its_budget_nothing_is_flashed(workspace: Workspace) -> None:
    done = workspace.west("flash", "--max-ram", "1K")
    assert done.returncode == 3
    assert "all ram: 1,120 bytes, limit 1,024" in done.stderr
    assert "nothing was flashed" in done.stderr
    assert workspace.calls == [["build", "-d", "build"]]


def test_the_rebuilt_image_is_checked_and_not_the_old_one(workspace: Workspace) -> None:
    """The image at hand fits; only what the rebuild makes of it does not."""
    old = workspace.west("budget", "--max-flash", "541")
    assert old.returncode == 0
    done = workspace.west("flash", "--max-flash", "541", REBUILT=str(FIXTURES / "mcuboot"))
    assert done.returncode == 3
    assert workspace.calls == [["build", "-d", "build"]]


def test_a_rebuilt_image_that_fits_again_is_flashed(workspace: Workspace) -> None:
    shutil.copy(elf("mcuboot"), workspace.top / "build" / "zephyr" / "zephyr.elf")
    done = workspace.west("flash", "--max-flash", "541", REBUILT=str(FIXTURES / "xip"))
    assert done.returncode == 0, done.stderr
    assert [call[0] for call in workspace.calls] == ["build", "flash"]


def test_without_a_rebuild_what_is_there_is_checked(workspace: Workspace) -> None:
    assert workspace.west("flash", "--skip-rebuild", "--max-ram", "1K").returncode == 3
    assert workspace.calls == []
    assert workspace.west("flash", "--skip-rebuild").returncode == 0
    assert workspace.calls == [["flash", "--skip-rebuild", "-d", "build"]]


def test_a_failed_build_is_not_flashed(workspace: Workspace) -> None:
    done = workspace.west("flash", BUILD_FAILS="1")
    assert done.returncode == 1
    assert "west build failed with exit code 1" in done.stderr
    assert [call[0] for call in workspace.calls] == ["build"]


def test_a_failed_flash_is_a_failure(workspace: Workspace) -> None:
    assert workspace.west("flash", FLASH_CODE="7").returncode == 1


def test_warnings_are_shown_before_it_is_flashed(workspace: Workspace) -> None:
    (workspace.top / "build" / "zephyr" / "zephyr.map").write_text("no map", encoding="utf-8")
    assert "is no map of GNU ld" in workspace.west("flash").stderr


def test_every_image_of_a_sysbuild_is_checked(
    workspace: Workspace, make_build: Callable[..., Path]
) -> None:
    loader = make_build("ram", name="mcuboot", extra="CONFIG_SRAM_SIZE=1\n")
    top = workspace.top / "all"
    top.mkdir()
    (top / "domains.yaml").write_text(
        f"default: main\ndomains:\n- {{name: main, build_dir: {workspace.top}/build}}\n"
        f"- {{name: mcuboot, build_dir: {loader}}}\n",
        encoding="utf-8",
    )
    done = workspace.west("flash", "-d", "all")
    assert done.returncode == 3
    assert "mcuboot: memory RAM" in done.stderr
    assert [call[0] for call in workspace.calls] == ["build"]

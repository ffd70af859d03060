# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``west microtl`` in throw-away workspaces, built from local git repositories alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT, commit_all, git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

MODEL = ROOT / "tests" / "fixtures" / "models" / "fully_connected_plain.tflite"
IMAGE = ROOT / "scripts" / "west_commands" / "tests" / "budget" / "fixtures" / "xip.elf"
UPSTREAM = "https://github.com/zephyrproject-rtos/"


class Workspace:
    """A west workspace whose network is a folder of git repositories."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.upstream = folder / "upstream"
        self.top = folder / "workspace"
        self.config = folder / "gitconfig"
        self.before_update: subprocess.CompletedProcess[str] | None = None
        self.top.mkdir()
        self.upstream.mkdir()
        self.config.write_text(
            f'[url "file://{self.upstream}/"]\n\tinsteadOf = {UPSTREAM}\n'
            '[safe]\n\tdirectory = *\n[protocol "file"]\n\tallow = always\n',
            encoding="utf-8",
        )

    def west(self, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run west in the workspace, on its own configuration and not on the user's."""
        environment = {
            k: v for k, v in os.environ.items() if k not in ("ZEPHYR_BASE", "PYTHONPATH")
        }
        environment |= {
            "GIT_CONFIG_GLOBAL": str(self.config),
            "WEST_CONFIG_GLOBAL": str(self.folder / "west-global"),
            "WEST_CONFIG_SYSTEM": str(self.folder / "west-system"),
            **variables,
        }
        return subprocess.run(
            [sys.executable, "-m", "west", *args],
            cwd=self.top,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    def good(self, *args: str) -> str:
        """Run west, expect success, return what it printed."""
        done = self.west(*args)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def as_manifest(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """MicroTL is the manifest repository; its Zephyr is a stand-in that lists no projects."""
    workspace = Workspace(tmp_path_factory.mktemp("manifest"))
    zephyr = workspace.upstream / "zephyr"
    zephyr.mkdir()
    (zephyr / "west.yml").write_text("manifest:\n  projects: []\n", encoding="utf-8")
    commit_all(zephyr)
    git(zephyr, "tag", "v3.7.1")
    shutil.copytree(checkout, workspace.top / "microtl")
    workspace.good("init", "-l", "microtl")
    workspace.before_update = workspace.west("microtl", "--version")
    workspace.good("update")
    return workspace


@pytest.fixture(scope="module")
def as_project(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """MicroTL is one project of somebody else's manifest; that manifest's Zephyr is not cloned."""
    workspace = Workspace(tmp_path_factory.mktemp("project"))
    product = workspace.upstream / "product"
    product.mkdir()
    (product / "west.yml").write_text(
        f"""\
manifest:
  projects:
    - name: zephyr
      url: {UPSTREAM}zephyr
      revision: v3.7.1
    - name: microtl
      url: file://{checkout}
      revision: main
      path: modules/lib/microtl
      west-commands: scripts/west-commands.yml
""",
        encoding="utf-8",
    )
    commit_all(product)
    workspace.good("init", "-m", f"file://{product}", "--mr", "main", ".")
    workspace.good("update", "microtl")
    return workspace


@pytest.fixture(params=["as_manifest", "as_project"])
def workspace(request: pytest.FixtureRequest) -> Workspace:
    """Either of the two workspaces, ready for use."""
    chosen: Workspace = request.getfixturevalue(request.param)
    return chosen


def test_before_west_update_the_plain_command_is_what_works(as_manifest: Workspace) -> None:
    """README promises this: until Zephyr is cloned, west cannot read the manifest's import."""
    assert as_manifest.before_update is not None
    assert as_manifest.before_update.returncode != 0
    assert "unknown command" in as_manifest.before_update.stderr
    tools = as_manifest.top / "microtl" / "scripts" / "west_commands"
    plain = subprocess.run(
        [sys.executable, "-m", "microtl_tools", "--version"],
        env={**os.environ, "PYTHONPATH": str(tools)},
        timeout=60,
    )
    assert plain.returncode == 0


def test_west_lists_the_command(workspace: Workspace) -> None:
    assert "transfer learning on the device" in workspace.good("--help")


def test_help_needs_no_library(workspace: Workspace, tmp_path: Path) -> None:
    for name in ("tensorflow", "numpy", "ai_edge_litert", "matplotlib", "jinja2", "elftools"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('blocked')\n", encoding="utf-8")
    done = workspace.west("microtl", "-h", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "exit codes:" in done.stdout
    assert "west microtl <subcommand> --help" in " ".join(done.stdout.split()).replace('"', "")


def test_wrong_usage_is_2(workspace: Workspace) -> None:
    assert workspace.west("microtl").returncode == 2
    assert workspace.west("microtl", "no-such-command").returncode == 2


def test_convert_is_0_and_writes_both_files(workspace: Workspace, tmp_path: Path) -> None:
    workspace.good("microtl", "convert", str(MODEL), "-o", str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {f"{MODEL.stem}.c", f"{MODEL.stem}.h"}


def test_bad_model_is_1_and_writes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    damaged, out = tmp_path / "damaged.tflite", tmp_path / "out"
    damaged.write_bytes(MODEL.read_bytes()[:200])
    done = workspace.west("microtl", "convert", str(damaged), "-o", str(out))
    assert done.returncode == 1
    assert "damaged.tflite" in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_missing_argument_is_2(workspace: Workspace) -> None:
    done = workspace.west("microtl", "convert")
    assert done.returncode == 2
    assert "usage: west microtl convert" in done.stderr


def test_over_budget_is_3(workspace: Workspace) -> None:
    workspace.good("microtl", "budget", str(IMAGE), "--max-flash", "64K")
    done = workspace.west("microtl", "budget", str(IMAGE), "--max-flash", "1")
    assert done.returncode == 3
    assert "limit 1 " in done.stderr

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The scripts behind ``make``: what they install, which tiers they run, what they say."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from .conftest import ROOT


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """Import the scripts of ``scripts/setup`` by their names."""
    monkeypatch.syspath_prepend(ROOT / "scripts" / "setup")
    names = ("environment", "system", "tiers", "workspace")
    return {name: importlib.import_module(name) for name in names}


def command(code: int) -> list[str]:
    """Return a command that ends with an exit code."""
    return [sys.executable, "-c", f"raise SystemExit({code})"]


def test_a_tier_left_out_is_not_passed(
    setup: dict[str, ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tiers = setup["tiers"]
    good = tiers.Tier("good", "passes", lambda _: [command(0)])
    absent = tiers.Tier(
        "absent", "lacks a tool", lambda _: [command(0)], lambda: "enable it: do this"
    )
    monkeypatch.setattr(tiers, "TIERS", (good, absent))
    monkeypatch.setattr(sys, "argv", ["tiers.py"])
    assert tiers.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "1 passed, 0 failed, 1 skipped"
    assert "absent    left out  enable it: do this" in lines


def test_one_failed_command_fails_the_tier_and_the_run(
    setup: dict[str, ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tiers = setup["tiers"]
    bad = tiers.Tier("bad", "fails", lambda _: [command(3), command(0)])
    monkeypatch.setattr(tiers, "TIERS", (bad,))
    monkeypatch.setattr(sys, "argv", ["tiers.py", "bad"])
    assert tiers.main() == 1
    output = capsys.readouterr().out
    assert output.endswith("0 passed, 1 failed\n")
    assert "FAILED (exit code 3)" in output
    assert "make test TIERS=bad" in output


def test_long_counts_reach_the_tests(setup: dict[str, ModuleType]) -> None:
    assert setup["tiers"].environment(long=True)["MICROTL_LONG"] == "1"
    assert "MICROTL_LONG" not in setup["tiers"].environment(long=False)


def test_the_workspace_brings_cmsis_nn(
    setup: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = setup["workspace"]
    monkeypatch.delenv("MICROTL_CMSIS_NN", raising=False)
    assert workspace.cmsis_nn(tmp_path / "zephyr") == {}
    library = tmp_path / "modules" / "lib" / "cmsis-nn"
    (library / "Include").mkdir(parents=True)
    assert workspace.cmsis_nn(tmp_path / "zephyr") == {"MICROTL_CMSIS_NN": str(library)}
    monkeypatch.setenv("MICROTL_CMSIS_NN", "elsewhere")
    assert workspace.cmsis_nn(tmp_path / "zephyr") == {}


@pytest.mark.parametrize(
    ("said", "package"),
    [
        (
            "Collecting a==1\nERROR: No matching distribution found for numpy==2.2.6\n",
            "numpy==2.2.6",
        ),
        (
            "Collecting six==1.17.0\n  Downloading six-1.17.0-py2.py3-none-any.whl (11 kB)\n"
            "ERROR: Could not install packages due to an OSError: timed out\n",
            "six-1.17.0-py2.py3-none-any.whl",
        ),
        ("nothing that makes sense\n", "a package"),
    ],
)
def test_a_failed_download_names_the_package(
    setup: dict[str, ModuleType], said: str, package: str
) -> None:
    assert setup["environment"].failed_package(said) == package


def test_a_layer_is_installed_once(
    setup: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = setup["environment"]
    runs: list[str] = []
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "LOG", tmp_path / "setup.log")
    monkeypatch.setattr(environment, "run_logged", lambda command: runs.append(command[3]))
    environment.provide_layer("test", "test")
    environment.provide_layer("test", "test")
    assert runs == ["install"]


def test_a_failed_layer_leaves_no_stamp(
    setup: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = setup["environment"]
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "run_logged", lambda command: "ERROR: no network\n")
    with pytest.raises(environment.SetupError, match="run `make demo` again"):
        environment.provide_layer("demo", "demo")
    assert not list(tmp_path.iterdir())


def test_a_missing_compiler_is_named_in_one_line(
    setup: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    system = setup["system"]
    need = system.Need("a C compiler", lambda: False, ("gcc", "libc6-dev"), required=True)
    monkeypatch.setattr(system, "DEMO", (need,))
    monkeypatch.setattr(system, "_apt_install", lambda names, packages: "not root")
    with pytest.raises(system.MissingError) as caught:
        system.provide("demo", zephyr=False)
    assert str(caught.value) == (
        "missing: a C compiler (not root); install: sudo apt-get install gcc libc6-dev"
    )


def test_zephyr_is_found_in_the_registry_of_cmake(
    setup: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = setup["workspace"]
    zephyr = tmp_path / "work" / "zephyr"
    (zephyr / "scripts").mkdir(parents=True)
    (zephyr / "scripts" / "twister").touch()
    registry = tmp_path / "home" / ".cmake" / "packages" / "Zephyr"
    registry.mkdir(parents=True)
    (registry / "gone").write_text("/nowhere/zephyr/share/zephyr-package/cmake\n")
    (registry / "here").write_text(f"{zephyr}/share/zephyr-package/cmake\n")
    monkeypatch.delenv("ZEPHYR_BASE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(workspace, "ROOT", tmp_path / "elsewhere")
    assert workspace.find() == zephyr
    monkeypatch.setenv("ZEPHYR_BASE", "/nowhere")
    assert workspace.find() == zephyr

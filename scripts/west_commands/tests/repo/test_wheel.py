# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""An installed wheel works where there is no checkout."""

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .conftest import ROOT

MODEL = ROOT / "tests" / "fixtures" / "models" / "network_residual.tflite"


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(checkout))
    (built,) = folder.glob("*.whl")
    return built


class Installed:
    """A virtual environment that holds the wheel, and the libraries of the one that runs us."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir()
        venv = folder / "venv"
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=60
        )
        self.bin = venv / "bin"
        (site,) = venv.glob("lib/python3*/site-packages")
        libraries = [entry for entry in sys.path if entry.endswith("site-packages")]
        # Plain paths: the .pth files in them, an editable MicroTL among them, are not followed.
        (site / "libraries.pth").write_text("\n".join(libraries), encoding="utf-8")
        pip("--python", str(self.bin / "python"), "install", "--no-deps", "--no-index", str(wheel))

    def microtl(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run the installed command, outside the checkout and with a home and cache of its own."""
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
        environment = {**kept, "XDG_CACHE_HOME": str(self.folder / "cache")}
        return subprocess.run(
            [self.bin / "microtl", *args],
            cwd=self.work,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel once for all tests."""
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


def pip(*args: str) -> None:
    """Run pip, and show what it said if it failed."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *args]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_wheel_carries_the_whole_c_core(wheel: Path, checkout: Path) -> None:
    core = checkout / "modules" / "microtl"
    expected = {
        f"microtl_tools/_core/{path.relative_to(core)}"
        for folder in ("include", "src/core")
        for path in (core / folder).rglob("*.[chS]")
    }
    assert expected
    assert expected <= set(zipfile.ZipFile(wheel).namelist())


def test_wheel_carries_the_figures_of_boards_and_links(wheel: Path, checkout: Path) -> None:
    package = checkout / "scripts" / "west_commands" / "microtl_tools"
    expected = {
        f"microtl_tools/{path.relative_to(package)}" for path in package.glob("energy/*/*.yml")
    }
    assert expected
    assert expected <= set(zipfile.ZipFile(wheel).namelist())


def test_wheel_carries_no_tests_and_no_module_of_west(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert not [
        name for name in names if "tests/" in name or name.endswith("west_commands/microtl.py")
    ]
    assert "microtl_tools/py.typed" in names


def test_installed_command_knows_its_version(installed: Installed) -> None:
    done = installed.microtl("--version")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"MicroTL {(ROOT / 'VERSION').read_text(encoding='utf-8').strip()}\n"


def test_installed_package_is_the_wheel(installed: Installed) -> None:
    done = subprocess.run(
        [installed.bin / "python", "-c", "import microtl_tools; print(microtl_tools.__file__)"],
        cwd=installed.work,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.stdout.startswith(str(installed.folder)), done.stdout + done.stderr


def test_dependencies_that_the_wheel_asks_for_are_the_locked_ones(installed: Installed) -> None:
    pip("--python", str(installed.bin / "python"), "check")


def good(done: subprocess.CompletedProcess[str]) -> str:
    """Expect success and return what was printed."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_installed_convert_and_run_work(installed: Installed) -> None:
    """From a model file to the C core's results, with nothing of the checkout but the model."""
    numpy = pytest.importorskip("numpy")
    frozen = ("--head", "none")
    report = json.loads(
        good(installed.microtl("convert", str(MODEL), *frozen, "--json", "-o", "o"))
    )
    assert (installed.work / "o" / "network_residual.c").is_file()

    samples = numpy.zeros((3, *report["input"]["shape"][1:]), numpy.int8)
    numpy.save(installed.work / "x.npy", samples)
    good(installed.microtl("run", str(MODEL), *frozen, "--input", "x.npy", "--output", "y.npy"))
    assert numpy.load(installed.work / "y.npy").shape == (3, *report["output"]["shape"][1:])


def test_installed_verify_works(installed: Installed) -> None:
    if importlib.util.find_spec("tflite_micro") is None:
        pytest.skip("TensorFlow Lite Micro is not published for this machine")
    good(installed.microtl("verify", str(MODEL), "--head", "none", "--count", "4"))


def test_installed_simulate_works(installed: Installed) -> None:
    numpy = pytest.importorskip("numpy")
    shape = (4, 12, 10, 3)  # two recordings of two windows, for each of two users and six classes
    labels = [f"class_{i}" for i in range(6)]
    samples = [
        (
            numpy.full(shape, i - 3.0, numpy.float32),
            [name] * 4,
            [user] * 4,
            [f"{user}{name}{k}" for k in (0, 0, 1, 1)],
        )
        for user in ("ann", "bob")
        for i, name in enumerate(labels)
    ]
    x, y, group, recording = (numpy.concatenate(column) for column in zip(*samples, strict=True))
    numpy.savez(installed.work / "data.npz", x=x, y=y, group=group, recording=recording)
    (installed.work / "labels.txt").write_text("\n".join(labels), encoding="utf-8")
    scenario = ("--scenario", "new-user", "--labels", "labels.txt", "--labels-per-class", "1")
    output = installed.microtl(
        "simulate", str(MODEL), "--data", "data.npz", *scenario, "--seeds", "1", "--json"
    )
    assert json.loads(good(output))["schema"] == 1

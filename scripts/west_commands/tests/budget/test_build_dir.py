# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The build folder where none is given: west's build.dir-fmt, or the current folder."""

from pathlib import Path

import pytest
from microtl_tools.budget.build_dir import build_dir
from microtl_tools.errors import MicroTLError


@pytest.fixture(autouse=True)
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the current folder a west workspace without options."""
    (tmp_path / ".west").mkdir()
    monkeypatch.setenv("WEST_CONFIG_GLOBAL", str(tmp_path / "global"))
    monkeypatch.setenv("WEST_CONFIG_SYSTEM", str(tmp_path / "system"))
    monkeypatch.delenv("WEST_CONFIG_LOCAL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(top: Path, form: str) -> None:
    (top / ".west" / "config").write_text(f"[build]\ndir-fmt = {form}\n", encoding="utf-8")


def make(*folders: str) -> None:
    for folder in folders:
        Path(folder).mkdir(parents=True)
        Path(folder, "CMakeCache.txt").touch()


def test_without_an_option_it_is_build(top: Path) -> None:
    assert build_dir(None) == Path("build")
    assert build_dir(Path("other")) == Path("other")


def test_the_folder_of_the_option(top: Path) -> None:
    configure(top, "out/zephyr")
    assert build_dir(None) == Path("out/zephyr")
    configure(top, "/out")
    assert build_dir(None) == Path("/out")


def test_what_west_filled_in_is_found(top: Path) -> None:
    configure(top, "out/{board}/{source_dir}")
    make("out/nrf52840dk/app")
    Path("out/nrf52840dk/app/zephyr").mkdir()
    assert build_dir(None) == Path("out/nrf52840dk/app")


@pytest.mark.parametrize("folders", [[], ["out/nrf52840dk", "out/qemu_cortex_m3"]])
def test_an_open_question_is_asked(folders: list[str], top: Path) -> None:
    configure(top, "out/{board}")
    make(*folders)
    with pytest.raises(MicroTLError, match="which build is meant is open.*out/{board}"):
        build_dir(None)


def test_the_current_folder_comes_second(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make("one", "one/build")
    monkeypatch.chdir(top / "one")
    assert build_dir(None) == Path("build")
    configure(top, "{board}")
    make("two")
    assert build_dir(None) == Path()
    configure(top, "elsewhere")
    assert build_dir(None) == Path()


def test_a_damaged_configuration_is_named(top: Path) -> None:
    (top / ".west" / "config").write_text("build.dir-fmt=x\n", encoding="utf-8")
    with pytest.raises(MicroTLError, match="west's configuration cannot be read"):
        build_dir(None)

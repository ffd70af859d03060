# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Building the twin: which compiler, where the result is kept, what makes it build anew."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from microtl_tools import paths
from microtl_tools.errors import MicroTLError
from microtl_tools.twin import build, cache
from microtl_tools.twin.toolchain import find_toolchain


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CC", raising=False)
    return tmp_path / "cache" / "microtl"


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_no_compiler_is_one_clear_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MicroTLError) as caught:
        find_toolchain()
    assert caught.value.message == "no C compiler was found (looked for cc, gcc, clang)"
    assert "apt-get install gcc" in str(caught.value.hint)


def test_cc_comes_first_and_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = script(tmp_path / "mycc", 'echo "mycc 1.0"')
    monkeypatch.setenv("CC", f"{fake} -m64")
    toolchain = find_toolchain()
    assert toolchain.command == (str(fake), "-m64")
    assert "mycc 1.0" in toolchain.identity
    monkeypatch.setenv("CC", "no-such-cc")
    with pytest.raises(MicroTLError, match="the C compiler 'no-such-cc' is not there"):
        find_toolchain()


def test_compiler_errors_are_shown(tmp_path: Path) -> None:
    source = tmp_path / "bad.c"
    source.write_text("int f(void) { return undeclared; }\n", encoding="utf-8")
    with pytest.raises(MicroTLError, match="undeclared") as caught:
        find_toolchain().run(["-c", source, "-o", tmp_path / "bad.o"])
    assert str(source) in str(caught.value.hint)


def test_obtain_builds_once(own_cache: Path) -> None:
    calls = []

    def make(path: Path) -> None:
        calls.append(path)
        path.write_text("built", encoding="utf-8")

    for _ in range(3):
        assert cache.obtain("thing-1.so", make, keep=2).read_text(encoding="utf-8") == "built"
    assert len(calls) == 1
    assert [path.name for path in own_cache.iterdir()] == ["thing-1.so"]


def test_a_build_that_fails_leaves_nothing(own_cache: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        raise MicroTLError("no")

    with pytest.raises(MicroTLError):
        cache.obtain("thing-1.so", fail, keep=2)
    assert list(own_cache.iterdir()) == []


def test_old_files_of_the_same_kind_go(own_cache: Path) -> None:
    own_cache.mkdir(parents=True)
    for index, name in enumerate(["a-1", "a-2", "a-3", "b-1"]):
        path = own_cache / name
        path.touch()
        old = path.stat().st_mtime - 10 * 24 * 3600 - index
        os.utime(path, (old, old))
    (own_cache / "a-young").touch()
    cache.obtain("a-new", Path.touch, keep=1)
    # The young one stays whatever the count: another process may be about to load it.
    assert sorted(path.name for path in own_cache.iterdir()) == ["a-new", "a-young", "b-1"]


def test_a_file_in_use_counts_as_young(own_cache: Path) -> None:
    path = cache.obtain("a-1", Path.touch, keep=1)
    os.utime(path, (0, 0))
    cache.obtain("a-1", Path.touch, keep=1)
    cache.obtain("a-2", Path.touch, keep=1)
    assert path.exists()


def test_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    folder = cache.folder()
    assert folder.is_dir()
    assert blocked not in folder.parents
    assert cache.folder() == folder
    code = "from microtl_tools.twin import cache; f = cache.folder(); assert f.is_dir(); print(f)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not Path(done.stdout.strip()).exists(), "the temporary folder outlives its process"


def test_relative_cache_variable_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.folder() == tmp_path / ".cache" / "microtl"


def _slow_build(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(200):
            file.write(b"x" * 1000)
            file.flush()


def _obtain_in_process(_: int) -> int:
    return cache.obtain("big-1", _slow_build, keep=2).stat().st_size


def test_processes_at_once_see_whole_files_only() -> None:
    with ProcessPoolExecutor(4) as pool:
        assert set(pool.map(_obtain_in_process, range(16))) == {200_000}


def test_key_depends_on_every_part() -> None:
    keys = {cache.key(parts) for parts in (["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""])}
    assert len(keys) == 4


def core_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the core that the test may change; the twin is built from it."""
    root = tmp_path / "core"
    shutil.copytree(paths.core_root() / "include", root / "include")
    shutil.copytree(paths.core_root() / "src" / "core", root / "src" / "core")
    monkeypatch.setattr(paths, "core_root", lambda: root)
    return root


def test_core_is_built_anew_when_anything_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = core_copy(tmp_path, monkeypatch)
    toolchain = find_toolchain()

    def name(arithmetic: str = "float") -> str:
        build._core_identity.cache_clear()
        return build._core_identity(toolchain, arithmetic)

    first = name()
    assert name() == first
    header = root / "include" / "microtl" / "model.h"
    header.write_text(header.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    second = name()
    (root / "src" / "core" / "more.c").write_text("int more;\n", encoding="utf-8")
    third = name()
    toolchain = find_toolchain(flags=["-O0"])
    fourth = name()
    toolchain = replace(toolchain, identity="a newer compiler")
    assert len({first, second, third, fourth, name(), name("fixed")}) == 6
    build._core_identity.cache_clear()


def test_missing_core_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "core_root", lambda: tmp_path)
    with pytest.raises(MicroTLError, match="the sources of the C core are missing"):
        build.core_sources()

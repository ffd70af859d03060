# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Which folder is meant where none was given: where west build put the build."""

import configparser
import importlib.util
from pathlib import Path

from microtl_tools.errors import MicroTLError

_USUAL = "build"
_CMAKE_CACHE = "CMakeCache.txt"
"""In every build folder, a sysbuild's too."""


def build_dir(given: Path | None) -> Path:
    """Return the build folder: the one given, else the first of these two that is one.

    That of west's option ``build.dir-fmt`` (default: build), and the current folder. Where neither
    is, it is the former. Raises MicroTLError where ``build.dir-fmt`` leaves it open which is meant.
    """
    if given is not None:
        return given
    form = _west_option("build.dir-fmt") or _USUAL
    usual = _filled_in(form)
    if (usual is None or not _is_build(usual)) and _is_build(Path()):
        return Path()
    if usual is None:
        raise MicroTLError(
            f"which build is meant is open: west's build.dir-fmt is {form}",
            "give the build folder with -d/--build-dir",
        )
    return usual


def _filled_in(form: str) -> Path | None:
    """Return the folder of a ``build.dir-fmt``, None where it is open.

    What west build put in for {board}, {source_dir} and {app} is known where it is the only folder
    of its level.
    """
    folder = Path()
    for part in Path(form).parts:
        if "{" in part:
            return _only_build(folder)
        folder /= part
    return folder


def _only_build(folder: Path) -> Path | None:
    while folder.is_dir():
        inner = [entry for entry in folder.iterdir() if entry.is_dir()]
        if len(inner) != 1:
            break
        folder = inner[0]
        if _is_build(folder):
            return folder
    return None


def _is_build(folder: Path) -> bool:
    return (folder / _CMAKE_CACHE).is_file()


def _west_option(name: str) -> str | None:
    """Return an option of west's configuration, None without west."""
    if importlib.util.find_spec("west") is None:
        return None
    from west.configuration import Configuration
    from west.util import WestNotFound, west_topdir

    try:
        top = west_topdir()
    except WestNotFound:
        top = None
    try:
        value = Configuration(topdir=top).get(name)
    except configparser.Error as error:
        raise MicroTLError(f"west's configuration cannot be read: {error}") from error
    return None if value is None else str(value)

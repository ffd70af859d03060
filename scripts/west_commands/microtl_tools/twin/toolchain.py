# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The C compiler of this computer: find it, name it, run it."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from microtl_tools.errors import MicroTLError

_CANDIDATES = ("cc", "gcc", "clang")
_TIMEOUT_S = 300
_ERROR_LINES = 8

_INSTALL = "install one (Debian, Ubuntu: apt-get install gcc libc6-dev), or name it in CC"


@dataclass(frozen=True)
class Toolchain:
    """A C compiler for this computer, with the flags that come on top of the twin's own.

    ``command`` is the compiler and its leading arguments, ``identity`` what it says of itself,
    ``flags`` come last on the command line and so win (``-O0``, ``-fsanitize=address``).
    """

    command: tuple[str, ...]
    identity: str
    flags: tuple[str, ...] = ()

    def run(self, arguments: Sequence[str | Path]) -> None:
        """Run the compiler; MicroTLError with its first messages when it fails."""
        command = [*self.command, *map(str, arguments), *self.flags]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MicroTLError(f"{self.command[0]} could not be run: {error}", _INSTALL) from error
        if done.returncode == 0:
            return
        said = "\n".join(done.stderr.strip().splitlines()[:_ERROR_LINES])
        raise MicroTLError(
            f"the C compiler {self.command[0]} failed (exit code {done.returncode}):\n{said}",
            f"the command was: {shlex.join(command)}",
        )


def find_toolchain(flags: Sequence[str] = (), command: str | None = None) -> Toolchain:
    """Find the compiler: ``command``, else the variable CC, else cc, gcc, clang on the path.

    Raises MicroTLError where there is none, or where the one that was named does not run.
    """
    if sys.platform == "win32":
        raise MicroTLError(
            "the twin is built for Linux and macOS only", "on Windows, use it inside WSL"
        )
    named = command or os.environ.get("CC", "").strip()
    candidates = [tuple(shlex.split(named))] if named else [(name,) for name in _CANDIDATES]
    for candidate in candidates:
        path = shutil.which(candidate[0])
        if path is not None:
            whole = (path, *candidate[1:])
            return Toolchain(whole, _identity(whole), tuple(flags))
    if named:
        raise MicroTLError(f"the C compiler {named!r} is not there", _INSTALL)
    raise MicroTLError("no C compiler was found (looked for cc, gcc, clang)", _INSTALL)


def _identity(command: tuple[str, ...]) -> str:
    """What ``--version`` says: part of the cache key, so that a new compiler builds anew."""
    try:
        done = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, errors="replace", timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MicroTLError(f"{command[0]} could not be run: {error}", _INSTALL) from error
    return f"{shlex.join(command)}\n{done.stdout}"

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Files built once and kept: a folder of the user's, keyed by content.

A file is built under a temporary name and then renamed, so another process sees it whole or not
at all; two processes that build the same one write the same bytes, and the later rename wins.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

_MIN_AGE_S = 24 * 3600.0
"""Nothing younger is pruned: another process may be about to load it."""


def folder() -> Path:
    """Return the folder for built files, ``$XDG_CACHE_HOME/microtl`` (default ``~/.cache``).

    Where that cannot be written, a temporary folder that is removed when the process ends.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the XDG specification: a relative path is to be ignored
        base = os.path.expanduser("~/.cache")
    return _usable(base)


@lru_cache
def _usable(base: str) -> Path:
    wanted = Path(base) / "microtl"
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError:
        temporary = tempfile.mkdtemp(prefix="microtl-")
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        return Path(temporary)


def key(parts: Iterable[str | bytes]) -> str:
    """Return a name for content: 24 hex digits over all ``parts``, their borders included."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()[:24]


def obtain(name: str, build: Callable[[Path], None], *, keep: int) -> Path:
    """Return the file ``name`` of the cache, built by ``build(path)`` where it is missing.

    Of the files with the same first part of the name (up to the first "-"), the ``keep`` used last
    stay; older ones go when a new one is built.
    """
    target = folder() / name
    if target.exists():
        with suppress(OSError):  # a cache of somebody else's: usable, but not ours to touch
            os.utime(target)
        return target
    with tempfile.TemporaryDirectory(prefix=".build-", dir=target.parent) as scratch:
        temporary = Path(scratch) / name
        build(temporary)
        os.replace(temporary, target)
    _prune(target, keep)
    return target


def _prune(newest: Path, keep: int) -> None:
    family = newest.name.partition("-")[0] + "-*"
    now = time.time()
    aged = []
    for path in newest.parent.glob(family):
        with suppress(OSError):
            aged.append((now - path.stat().st_mtime, path))
    for age, path in sorted(aged)[keep:]:
        if age > _MIN_AGE_S:
            with suppress(OSError):
                path.unlink()

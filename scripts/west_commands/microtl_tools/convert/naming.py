# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Names: of the model in C, and of the classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from microtl_tools.convert.headers import limit
from microtl_tools.errors import MicroTLError, UsageError

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_IDENTIFIER_MAX = 40
_RESERVED = ("microtl",)
"""Its header guard would be that of <microtl/model.h>."""
_LABELS = "give one name a line, in the order of the model's outputs"


def model_name(wanted: str | None, path: Path) -> str:
    """Return the name that file names, symbols and macros start with."""
    if wanted is not None:
        if not _IDENTIFIER.fullmatch(wanted) or len(wanted) > _IDENTIFIER_MAX:
            raise UsageError(
                f"--name {wanted}: a name has small letters, digits and '_', starts with a letter "
                f"and has at most {_IDENTIFIER_MAX} characters"
            )
        if wanted in _RESERVED:
            raise UsageError(f"--name {wanted}: MicroTL's own headers have this name")
        return wanted
    stem = path.name
    for suffix in (".tflite", ".keras", ".h5", ".hdf5"):
        stem = stem.removesuffix(suffix)
    name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_").removesuffix("_model")
    if not name or name[0].isdigit() or name in _RESERVED:
        name = f"model_{name}".rstrip("_")
    return name[:_IDENTIFIER_MAX].rstrip("_")


def class_names(path: Path | None, count: int) -> tuple[str, ...]:
    """Return the classes' names: a line of the file each, or class0, class1 ..."""
    if path is None:
        return tuple(f"class{i}" for i in range(count))
    names = tuple(read_labels(path))
    if len(names) != count:
        raise MicroTLError(
            f"{path}: {len(names)} names, the model's head knows {count} classes",
            _LABELS,
        )
    return names


def read_labels(path: Path) -> list[str]:
    """Read class names, one a line; empty lines at the end are ignored."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MicroTLError(f"{path}: cannot be read: {error.strerror}", _LABELS) from error
    except UnicodeDecodeError as error:
        raise MicroTLError(f"{path}: not UTF-8 text", "save it as UTF-8") from error
    if not text.strip():
        raise MicroTLError(f"{path}: holds no names", _LABELS)
    names = [line.strip() for line in text.rstrip().split("\n")]
    check_names(str(path), names)
    return names


def is_too_long(name: str) -> bool:
    """Whether a class name has more bytes than the device keeps."""
    return len(name.encode()) > limit("CLASS_NAME_MAX")


def check_names(source: str, names: Sequence[str]) -> None:
    """Raise MicroTLError where a class name is empty, too long, or stands there twice."""
    longest = limit("CLASS_NAME_MAX")
    for number, name in enumerate(names, 1):
        if not name or not name.isprintable():
            raise MicroTLError(
                f"{source}: class {number}, '{name}', has no name that the device can keep",
                f"1 to {longest} bytes of printable text are possible",
            )
        if is_too_long(name):
            raise MicroTLError(
                f"{source}: class {number}, '{name}', has a name of {len(name.encode())} bytes, "
                f"the device keeps at most {longest}",
                "shorten it there and wherever the data names the class: in 'labels' or 'y' of an "
                ".npz, or the folder LABEL",
            )
        if name in names[: number - 1]:
            raise MicroTLError(
                f"{source}: class {number}, '{name}', is there already",
                "give each a name of its own",
            )

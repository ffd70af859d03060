# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``channels.yaml``: which columns of the recordings are channels, in which order and unit."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microtl_tools.data.csv_file import TIME_COLUMN
from microtl_tools.data.dataset import Channel
from microtl_tools.errors import MicroTLError
from microtl_tools.imports import require

FILE_NAME = "channels.yaml"
_KEYS = {"rate_hz", "channels"}
_CHANNEL_KEYS = {"unit", "offset", "scale"}
_EXAMPLE = (
    "it looks like:  rate_hz: 50   channels: {ax: {unit: g, offset: 0, scale: 1}, ay: {unit: g}}"
)


@dataclass(frozen=True)
class Description:
    """Channels in the model's order, frames a second (None: unknown), and if time is a column."""

    channels: list[Channel]
    rate_hz: float | None
    timed: bool


def read(path: Path) -> list[Channel]:
    """Return the channels that a file such as ``channels.yaml`` describes."""
    given = _read(path).get("channels")
    if given is None:
        raise MicroTLError(f"{path}: has no 'channels'", _EXAMPLE)
    return _channels(path, given)


def describe(folder: Path, columns: list[str]) -> Description:
    """Describe recordings with these ``columns``, by ``channels.yaml`` where there is one.

    Without it every column but the time is a channel, in the file's order.
    """
    timed = TIME_COLUMN in columns
    path = folder / FILE_NAME
    content = _read(path) if path.is_file() else {}
    given = content.get("channels")
    if given is None:
        names = [name for name in columns if name != TIME_COLUMN]
        channels = [Channel(name) for name in names]
    else:
        channels = _channels(path, given)
    if not channels:
        raise MicroTLError(f"{folder}: the recordings have no channel besides the time")
    rate = content.get("rate_hz")
    if rate is not None and _number(path, "rate_hz", rate) <= 0:
        raise MicroTLError(f"{path}: rate_hz is {rate}; expected frames a second, above 0")
    return Description(channels, None if rate is None else float(rate), timed)


def check_order(described: Iterable[tuple[str, Sequence[Channel] | None]]) -> None:
    """Raise MicroTLError where two sources name the same channels in another order.

    A model takes one order: features of the other would be those of permuted inputs.
    """
    first: tuple[str, list[str]] | None = None
    for source, channels in described:
        names = [channel.name for channel in channels or ()]
        if first is None:
            first = (source, names) if names else None
        elif names != first[1] and sorted(names) == sorted(first[1]):
            raise MicroTLError(
                f"{source}: its channels are in the order {', '.join(names)}, those of {first[0]} "
                f"in the order {', '.join(first[1])}",
                f"give both in the model's order; {FILE_NAME} says it for a folder of recordings",
            )


def _read(path: Path) -> dict[str, Any]:
    yaml = require("yaml", f"read {FILE_NAME}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MicroTLError(
            f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}", _EXAMPLE
        ) from error
    content = {} if content is None else content
    _check_keys(path, "", content, _KEYS)
    return dict(content)


def _channels(path: Path, given: Any) -> list[Channel]:
    """Read ``channels``: a list of names, or a mapping of names to properties."""
    if isinstance(given, list):
        given = {str(name): None for name in given}
    if not isinstance(given, dict):
        raise MicroTLError(f"{path}: 'channels' is neither a list nor a mapping", _EXAMPLE)
    channels = []
    for name, properties in given.items():
        if name == TIME_COLUMN:
            raise MicroTLError(
                f"{path}: channels: {TIME_COLUMN!r} is the time, which no model sees",
                "leave it out: the time is read wherever there is such a column",
            )
        where = f"channels: {name}: "
        properties = {} if properties is None else properties
        _check_keys(path, where, properties, _CHANNEL_KEYS)
        scale = _number(path, f"{where}scale", properties.get("scale", 1.0))
        if scale == 0:
            raise MicroTLError(f"{path}: {where}scale is 0, which would erase the channel")
        offset = _number(path, f"{where}offset", properties.get("offset", 0.0))
        channels.append(Channel(str(name), str(properties.get("unit", "")), offset, scale))
    return channels


def _check_keys(path: Path, where: str, content: Any, known: set[str]) -> None:
    if not isinstance(content, dict):
        raise MicroTLError(f"{path}: {where}{content!r} is not a mapping", _EXAMPLE)
    strange = sorted(str(key) for key in content if key not in known)
    if strange:
        raise MicroTLError(
            f"{path}: {where}unknown key {strange[0]!r}; known are {', '.join(sorted(known))}",
            _EXAMPLE,
        )


def _number(path: Path, where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise MicroTLError(
            f"{path}: {where} is {value!r}; expected a number",
            "a power of ten needs a point and a sign: 1.0e-3, 1.0e+3",
        )
    return float(value)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What converted models, snapshots and flash slots say of themselves, asked of the C core."""

import ctypes
import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from microtl_tools.twin.abi import check, load_core, load_model, pointer
from microtl_tools.twin.build import build_core, build_model
from microtl_tools.twin.toolchain import find_toolchain

_TEXT_SIZE = 1 << 20

SNAPSHOT_MAGIC = b"MTLH"
SLOT_MAGIC = b"MTLS"
_SLOT_STEP = 128
"""Slots begin at an erase page; none is smaller."""

Lines = list[tuple[str, str]]
"""Keys and values, see ``abi/abi.h``."""


@dataclass(frozen=True)
class Stored:
    """A slot of the store or a snapshot on its own, as found in a file."""

    offset: int
    """Of the slot, or of the snapshot where there is no slot around it."""
    state: str
    """"whole", or what is wrong with it."""
    slot: Lines
    """What its header says; empty where there is no slot, or its header is damaged."""
    snapshot: Lines
    """Empty where there is none, or it is damaged."""


def model(sources: Mapping[str, str], symbol: str) -> Lines:
    """Build a generated model and return what its data says."""
    toolchain = find_toolchain()
    fixed = any("#if !MICROTL_ARITHMETIC_FIXED" in text for text in sources.values())
    arithmetic = "fixed" if fixed else "float"
    core = load_core(build_core(toolchain, arithmetic))
    library, address = load_model(build_model(dict(sources), toolchain, arithmetic), symbol)
    result, lines = _tell(lambda text: core.describe_model(address, *text))
    del library  # not before: the address lies in it
    check(result, "describe the model")
    return lines


def stored(data: bytes) -> list[Stored]:
    """Return the slots in a copy of flash, or the snapshot that ``data`` is."""
    if data.startswith(SNAPSHOT_MAGIC):
        state, lines = _snapshot(data)
        return [Stored(0, state, [], lines)]
    offsets = [at for at in range(0, len(data), _SLOT_STEP) if data[at : at + 4] == SLOT_MAGIC]
    return [_slot(data[at:end], at) for at, end in pairwise([*offsets, len(data)])]


def _slot(data: bytes, offset: int) -> Stored:
    core = load_core(build_core(find_toolchain()))
    payload = (ctypes.c_size_t * 2)()
    array = np.frombuffer(data, np.uint8)
    result, lines = _tell(
        lambda text: core.describe_slot(pointer(array), len(array), payload, *text)
    )
    if result != 0:
        return Stored(offset, _state(result), [], [])
    at, size = (int(value) for value in payload)
    if size == 0:
        return Stored(offset, "whole: the head was reset to the factory's", lines, [])
    state, snapshot = _snapshot(data[at : at + size])
    return Stored(offset, state, lines, snapshot)


def _snapshot(data: bytes) -> tuple[str, Lines]:
    core = load_core(build_core(find_toolchain()))
    array = np.frombuffer(data, np.uint8)
    result, lines = _tell(lambda text: core.describe_snapshot(pointer(array), len(array), *text))
    return _state(result), lines if result == 0 else []


def _state(result: int) -> str:
    states = {
        0: "whole",
        errno.ENOENT: "empty",
        errno.EBADMSG: "damaged: its CRC is wrong, or bytes are missing",
        errno.ENOTSUP: "written by a newer version of MicroTL",
    }
    if -result not in states:
        check(result, "describe a stored head")
    return states[-result]


def _tell(ask: Callable[[tuple[Any, int]], int]) -> tuple[int, Lines]:
    text = ctypes.create_string_buffer(_TEXT_SIZE)
    result = ask((text, _TEXT_SIZE))
    pairs = (line.partition(" ") for line in text.value.decode(errors="replace").splitlines())
    return result, [(key, value) for key, _, value in pairs]

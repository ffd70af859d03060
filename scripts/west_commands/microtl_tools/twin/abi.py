# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The functions of ``abi/abi.h`` for ctypes, and the core's error numbers as errors."""

import ctypes
import errno
import os
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_size_t, c_void_p
from ctypes import c_int8 as i8
from ctypes import c_int32 as i32
from ctypes import c_uint8 as u8
from ctypes import c_uint16 as u16
from ctypes import c_uint32 as u32
from ctypes import c_uint64 as u64
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError

_PREFIX = "microtl_twin_"

_Handle = c_void_p
_Text = c_char_p
"""A buffer that the core writes text into."""

_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "new": (_Handle, [c_void_p]),
    "free": (None, [_Handle]),
    "input_size": (c_size_t, [_Handle]),
    "output_size": (c_size_t, [_Handle]),
    "arena_size": (c_size_t, [_Handle]),
    "op_count": (c_size_t, [_Handle]),
    "run": (None, [_Handle, POINTER(i8), c_size_t, POINTER(i8)]),
    "trace": (
        c_int,
        [_Handle, POINTER(i8), c_size_t, POINTER(i32), POINTER(u32), POINTER(u32), POINTER(i8)],
    ),
    "head_rows": (c_size_t, [c_void_p]),
    "head_run": (c_int, [c_void_p, c_size_t, POINTER(i8), c_int, POINTER(c_float)]),
    "describe_model": (c_int, [c_void_p, _Text, c_size_t]),
    "describe_snapshot": (c_int, [POINTER(u8), c_size_t, _Text, c_size_t]),
    "describe_slot": (c_int, [POINTER(u8), c_size_t, POINTER(c_size_t), _Text, c_size_t]),
    "learner_new": (c_int, [c_void_p, u16, POINTER(_Handle)]),
    "learner_free": (None, [_Handle]),
    "learner_feature_count": (c_size_t, [_Handle]),
    "learner_param_count": (c_size_t, [_Handle]),
    "learner_class_rows": (c_size_t, [_Handle]),
    "setting_name": (c_char_p, [c_size_t]),
    "learner_get": (c_int, [_Handle, c_char_p, POINTER(c_double)]),
    "learner_set": (c_int, [_Handle, c_char_p, c_double]),
    "learner_class_add": (c_int, [_Handle, c_char_p, POINTER(u8)]),
    "learner_class_remove": (c_int, [_Handle, u8]),
    "learner_class_name": (c_char_p, [_Handle, u8]),
    "learner_reset": (c_int, [_Handle]),
    "learner_forget": (c_int, [_Handle]),
    "learner_label": (c_int, [_Handle, c_size_t, POINTER(i8), POINTER(u8), POINTER(u16)]),
    "learner_replay_count": (c_size_t, [_Handle]),
    "learner_replay": (None, [_Handle, POINTER(i8), POINTER(u8), POINTER(u16), POINTER(u8)]),
    "learner_start": (c_int, [_Handle, u64]),
    "learner_step": (c_int, [_Handle, u64]),
    "learner_run": (c_int, [_Handle, POINTER(c_float), c_size_t, POINTER(c_size_t)]),
    "learner_cancel": (None, [_Handle]),
    "learner_publish": (c_int, [_Handle]),
    "learner_result": (c_int, [_Handle, c_char_p, POINTER(c_double)]),
    "learner_reason": (c_char_p, [_Handle]),
    "learner_scores": (c_int, [_Handle, c_int, c_size_t, POINTER(i8), c_int, POINTER(c_float)]),
    "learner_classes": (c_int, [_Handle, c_int, POINTER(u8)]),
    "learner_params": (c_int, [_Handle, c_int, POINTER(c_float)]),
    "learner_snapshot_size": (c_size_t, [_Handle]),
    "learner_save": (c_int, [_Handle, POINTER(u8)]),
    "learner_load": (c_int, [_Handle, POINTER(u8), c_size_t, POINTER(c_char_p)]),
}

_MEANINGS = {
    errno.EINVAL: "an argument, a shape or a setting is out of range",
    errno.ENOMEM: "there is no room left",
    errno.ENODATA: "there are no labelled samples",
    errno.EBUSY: "a training job runs",
    errno.EALREADY: "a training job runs already, or none was started",
    errno.ENOENT: "there is nothing of this name",
    errno.EEXIST: "the name is taken",
    errno.EBADMSG: "the data is damaged",
    errno.ENOTSUP: "not supported (data of a newer version, or a head without classes)",
    errno.EXDEV: "the data belongs to another model",
    errno.ECANCELED: "the job was cancelled",
    errno.EPERM: "the gate did not accept the head",
    errno.ERANGE: "loss or weights became infinite: lower the learning rate",
}


class CoreError(MicroTLError):
    """The C core refused a call; ``errno`` says why (a positive number)."""

    def __init__(self, what: str, number: int) -> None:
        meaning = _MEANINGS.get(number, os.strerror(number))
        super().__init__(f"could not {what}: {meaning} ({errno.errorcode.get(number, number)})")
        self.errno = number


def check(result: int, what: str) -> int:
    """Return a result of the core, or raise CoreError where it is negative."""
    if result < 0:
        raise CoreError(what, -result)
    return result


class Abi:
    """The functions of one built core, without their common prefix: ``abi.run(...)``."""

    def __init__(self, library: ctypes.CDLL) -> None:
        for name, (result, arguments) in _SIGNATURES.items():
            function = library[_PREFIX + name]
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:
        """Tell type checkers that there are more attributes."""
        raise AttributeError(name)


@lru_cache
def load_core(path: Path) -> Abi:
    """Load a library of the core."""
    return Abi(ctypes.CDLL(str(path)))


def load_model(path: Path, symbol: str) -> tuple[ctypes.CDLL, int]:
    """Load a library of a model; return it and the address of its ``struct microtl_model``."""
    library = ctypes.CDLL(str(path))
    try:
        model = ctypes.c_char.in_dll(library, symbol)
    except ValueError as error:
        raise MicroTLError(
            f"the generated model does not define {symbol}: the end of its .c is missing",
            "convert the model again",
        ) from error
    return library, ctypes.addressof(model)


def pointer(array: NDArray[Any]) -> Any:
    """Return a C pointer to a contiguous array of a type that the ABI knows."""
    assert array.flags.c_contiguous
    kind = np.ctypeslib.as_ctypes_type(array.dtype)
    return array.ctypes.data_as(POINTER(kind))

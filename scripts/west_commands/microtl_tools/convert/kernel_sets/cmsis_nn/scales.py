# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Biases and scales as CMSIS-NN takes them."""

from __future__ import annotations

from typing import Any

from microtl_tools.convert.kernel_sets.fields import array
from microtl_tools.convert.lower.context import constant
from microtl_tools.convert.program import Constant, KernelCall
from microtl_tools.imports import require

_SHIFTS = range(-30, 31)
"""Powers of two that its C can shift by: by 31 its rounding mask overflows."""


def exact_shift(*shifts: int) -> bool:
    """Whether CMSIS-NN scales by these powers of two as the portable kernels do."""
    return all(int(shift) in _SHIFTS for shift in shifts)


def exact_scales(call: KernelCall) -> bool:
    """Whether that holds for every channel of a call."""
    return exact_shift(*array(call, "shift").values)


def bias(call: KernelCall, channels: int) -> Constant:
    """Return the biases, zeros where there are none: Helium code moves the pointer unasked."""
    np = require("numpy", "convert models")
    given = call.fields["bias"]
    if isinstance(given, Constant):
        return given
    return constant("bias", np.zeros(channels), "int32_t")


def shifts(call: KernelCall) -> Constant:
    """Return a call's powers of two as 32-bit numbers."""
    return constant("shift", array(call, "shift").values, "int32_t")


def sums(rows: Any) -> Constant:
    """Return the sum of each row of ``rows``, [channels][depth]."""
    np = require("numpy", "convert models")
    return constant("weight_sums", rows.astype(np.int64).sum(axis=1), "int32_t")

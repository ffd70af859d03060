# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Softmax: ``arm_softmax_s8()``, with the portable kernel's parameters."""

from __future__ import annotations

from microtl_tools.convert.kernel_sets.cmsis_nn.scales import exact_shift
from microtl_tools.convert.kernel_sets.fields import number, struct
from microtl_tools.convert.program import KernelCall

_DEPTH_MAX = 255
"""A longer row could sum up to 2^27, and the shift that undoes it would reach 31."""


def prepare_softmax(call: KernelCall) -> None:
    """Replace a portable softmax of short rows."""
    if number(call, "depth") <= _DEPTH_MAX and exact_shift(struct(call, "input")["shift"]):
        call.kernel = "microtl_kernel_cmsis_nn_softmax"
        call.in_place = ()

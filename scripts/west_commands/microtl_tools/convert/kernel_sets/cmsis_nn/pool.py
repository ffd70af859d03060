# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Pools: ``arm_avgpool_s8()`` and ``arm_max_pool_s8()``, with the portable kernels' parameters."""

from __future__ import annotations

from microtl_tools.convert.kernel_sets.fields import struct
from microtl_tools.convert.program import KernelCall


def prepare_average_pool(call: KernelCall) -> None:
    """Replace a portable average pool; only the DSP build needs the scratch, a sum a channel."""
    call.kernel = "microtl_kernel_cmsis_nn_average_pool"
    call.in_place = ()
    call.scratch_size = 4 * struct(call, "at")["in_c"]


def prepare_max_pool(call: KernelCall) -> None:
    """Replace a portable maximum pool."""
    call.kernel = "microtl_kernel_cmsis_nn_max_pool"
    call.in_place = ()

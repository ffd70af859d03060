# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Kernels that call CMSIS-NN 6.0.0 (``include/microtl/kernels_cmsis_nn.h``), for every Cortex-M.

CMSIS-NN has plain C, code for the DSP extension and code for Helium, and chooses when it is
compiled. A call of a portable kernel becomes one of CMSIS-NN's where all three give the same bits;
what does not fit stays as it is. Scratch is the most that any of the three needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from microtl_tools.convert.kernel_sets.cmsis_nn.convolution import prepare_conv
from microtl_tools.convert.kernel_sets.cmsis_nn.dense import prepare_dense
from microtl_tools.convert.kernel_sets.cmsis_nn.depthwise import prepare_depthwise
from microtl_tools.convert.kernel_sets.cmsis_nn.elementwise import prepare_add, prepare_mul
from microtl_tools.convert.kernel_sets.cmsis_nn.pool import prepare_average_pool, prepare_max_pool
from microtl_tools.convert.kernel_sets.cmsis_nn.softmax import prepare_softmax
from microtl_tools.convert.program import KernelCall

_FAMILIES: Mapping[str, Callable[[KernelCall], None]] = {
    "microtl_kernel_add": prepare_add,
    "microtl_kernel_average_pool": prepare_average_pool,
    "microtl_kernel_conv2d": prepare_conv,
    "microtl_kernel_depthwise_conv2d": prepare_depthwise,
    "microtl_kernel_fully_connected": prepare_dense,
    "microtl_kernel_max_pool": prepare_max_pool,
    "microtl_kernel_mul": prepare_mul,
    "microtl_kernel_softmax": prepare_softmax,
}


def prepare(call: KernelCall) -> None:
    """Turn a portable call into one of CMSIS-NN, if there is an exact one."""
    family = _FAMILIES.get(call.kernel)
    if family is not None:
        family(call)


__all__ = ["prepare"]

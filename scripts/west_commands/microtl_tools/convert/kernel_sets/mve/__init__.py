# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Kernels for Helium's integer vectors: Cortex-M52, M55, M85 (``include/microtl/kernels_mve.h``).

A call of a portable kernel becomes a call of a Helium kernel where that one is exact; what does not
fit stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from microtl_tools.convert.kernel_sets.mve.depthwise import prepare_depthwise
from microtl_tools.convert.kernel_sets.mve.products import prepare_conv, prepare_dense
from microtl_tools.convert.program import KernelCall

_FAMILIES: Mapping[str, Callable[[KernelCall], None]] = {
    "microtl_kernel_conv2d": prepare_conv,
    "microtl_kernel_depthwise_conv2d": prepare_depthwise,
    "microtl_kernel_fully_connected": prepare_dense,
}


def prepare(call: KernelCall) -> None:
    """Turn a portable call into one for Helium, if there is an exact one."""
    family = _FAMILIES.get(call.kernel)
    if family is not None:
        family(call)


__all__ = ["prepare"]

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Kernels for the Armv7E-M DSP extension: Cortex-M4, M7, M33 (``include/microtl/kernels_dsp.h``).

A call of a portable kernel becomes a call of a DSP kernel where that one is exact; what does not
fit stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from microtl_tools.convert.kernel_sets.dsp.convolution import prepare_conv
from microtl_tools.convert.kernel_sets.dsp.dense import prepare_dense
from microtl_tools.convert.kernel_sets.dsp.depthwise import prepare_depthwise
from microtl_tools.convert.program import KernelCall

_FAMILIES: Mapping[str, Callable[[KernelCall, bool], None]] = {
    "microtl_kernel_conv2d": prepare_conv,
    "microtl_kernel_depthwise_conv2d": prepare_depthwise,
    "microtl_kernel_fully_connected": prepare_dense,
}


def prepare(call: KernelCall) -> None:
    """Turn a portable call into one for the DSP extension, if there is an exact one.

    Weights become int16.
    """
    _prepare(call, small=False)


def prepare_small(call: KernelCall) -> None:
    """Do the same with weights that stay int8 and are widened as they are used."""
    _prepare(call, small=True)


def _prepare(call: KernelCall, *, small: bool) -> None:
    family = _FAMILIES.get(call.kernel)
    if family is not None:
        family(call, small)


__all__ = ["prepare", "prepare_small"]

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Kernel sets: which C kernels a model is converted for.

Every operation is lowered for the portable kernels first. A set may then replace calls by calls of
its own kernels, with weights laid out for a CPU and with scratch in the arena. To add a set, write
a package with its ``prepare`` and enter it here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from microtl_tools.convert.kernel_sets import cmsis_nn, dsp, mve
from microtl_tools.convert.program import KernelCall

OPTIMIZE = ("speed", "size")
"""What a layout of weights can be made for."""


@dataclass(frozen=True)
class KernelSet:
    """A named set of kernels."""

    name: str
    summary: str
    prepare: Callable[[KernelCall], None]
    """Replaces a portable call where the set has a kernel for it."""
    prepare_small: Callable[[KernelCall], None] | None = None
    """The same with a layout that takes less flash and more time, where the set has one."""
    on_host: bool = True
    """Whether the kernels also exist as C for the host: then the twin can run them."""

    def preparation(self, optimize: str) -> Callable[[KernelCall], None]:
        """Return what prepares a call, by an entry of ``OPTIMIZE``."""
        if optimize == "size" and self.prepare_small is not None:
            return self.prepare_small
        return self.prepare


def _as_it_is(call: KernelCall) -> None:
    """The portable kernels need no preparation."""


KERNEL_SETS: Mapping[str, KernelSet] = {
    kernel_set.name: kernel_set
    for kernel_set in (
        KernelSet("portable", "C for every CPU, no scratch", _as_it_is),
        KernelSet(
            "dsp", "Cortex-M with DSP extension: M4, M7, M33", dsp.prepare, dsp.prepare_small
        ),
        KernelSet("mve", "Cortex-M with Helium: M52, M55, M85", mve.prepare),
        KernelSet("cmsis-nn", "any Cortex-M, by Arm's CMSIS-NN", cmsis_nn.prepare, on_host=False),
    )
}

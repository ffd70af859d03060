# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Kernel sets: which C kernels a model is converted for.

Every operation is lowered for the portable kernels first. A set may then replace calls by calls of
its own kernels, with weights laid out for a CPU and with scratch in the arena. To add a set, write
a package with its ``prepare`` and enter it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microtl_tools.convert.kernel_sets import cmsis_nn, dsp, mve
from microtl_tools.convert.kernel_sets.choose import Prepare, prepare
from microtl_tools.convert.program import KernelCall, Program

OPTIMIZE: Mapping[str, float] = {"speed": 2.0, "size": 1.1}
"""What weights can be laid out for, and how much flash all arrays of a model may take then: times
what they take for the portable kernels."""


@dataclass(frozen=True)
class KernelSet:
    """A named set of kernels."""

    name: str
    summary: str
    ways: tuple[Prepare, ...]
    """What prepares a call for each of the set's layouts of weights, the fastest first, the
    smallest last."""
    on_host: bool = True
    """Whether the kernels also exist as C for the host: then the twin can run them."""
    own_layouts: bool = True
    """Whether weights may be laid out anew, so that flash has to be kept in bounds."""

    def prepare(self, program: Program, optimize: str, int8_size: int) -> None:
        """Prepare all calls of a lowered program.

        ``optimize`` is a key of ``OPTIMIZE``, ``int8_size`` what all arrays take for the portable
        kernels. Calls stay portable where the set has no exact kernel, or its layout is too large.
        """
        ways = self.ways[-1:] if optimize == "size" else self.ways
        if self.own_layouts:
            ways = (*ways, _as_it_is)
        prepare(program, ways, int(OPTIMIZE[optimize] * int8_size))


def _as_it_is(call: KernelCall) -> None:
    """The portable kernels need no preparation."""


KERNEL_SETS: Mapping[str, KernelSet] = {
    kernel_set.name: kernel_set
    for kernel_set in (
        KernelSet("portable", "C for every CPU, no scratch", (_as_it_is,), own_layouts=False),
        KernelSet(
            "dsp", "Cortex-M with DSP extension: M4, M7, M33", (dsp.prepare, dsp.prepare_small)
        ),
        KernelSet("mve", "Cortex-M with Helium: M52, M55, M85", (mve.prepare,)),
        KernelSet(
            "cmsis-nn",
            "any Cortex-M, by Arm's CMSIS-NN",
            (cmsis_nn.prepare,),
            on_host=False,
            own_layouts=False,
        ),
    )
}

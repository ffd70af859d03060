# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Kernel sets: which C kernels a model is converted for.

A set lowers operations in its own way: it may call other kernels, lay weights out for a CPU, and
ask for scratch in the arena. What it does not lower itself, the portable kernels do. To add a set,
write a module with its lowerings (see ``lower/``) and enter it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from microtl_tools.convert.lower import PORTABLE, Lowering


@dataclass(frozen=True)
class KernelSet:
    """A named set of lowerings, a key for each kind of operation."""

    name: str
    summary: str
    lowerings: Mapping[str, Lowering]


def _extend(name: str, summary: str, lowerings: Mapping[str, Lowering]) -> KernelSet:
    return KernelSet(name, summary, {**PORTABLE, **lowerings})


KERNEL_SETS: Mapping[str, KernelSet] = {
    kernel_set.name: kernel_set
    for kernel_set in (_extend("portable", "C for every CPU, no scratch", {}),)
}

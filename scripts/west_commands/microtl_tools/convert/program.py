# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The lowered model: kernel calls over buffers of the arena, as the generated C states them.

Parameters are kept by the names that the C structs have, so the C compiler checks every one of
them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from microtl_tools.convert.graph import Op, Tensor


@dataclass(eq=False)
class Buffer:
    """A piece of the arena that holds one activation. ``offset`` is set by the memory plan."""

    size: int
    name: str
    offset: int = -1


@dataclass(frozen=True, eq=False)
class Constant:
    """A const array of the generated file. ``name`` says what it is: "weights", "bias" ..."""

    name: str
    ctype: str
    values: npt.NDArray[np.generic]
    note: str = ""


Value = int | bool | str | list[int] | dict[str, Any] | Constant | None
"""What a parameter can be: a number, a C expression, numbers of an array, a struct, a const
array."""


@dataclass(eq=False)
class KernelCall:
    """One entry of the generated op table."""

    kernel: str
    struct: str
    fields: dict[str, Value]
    inputs: list[Buffer | None]
    output: Buffer
    source: Op
    scratch_size: int = 0
    in_place: tuple[int, ...] = ()
    """Inputs whose bytes the output may overwrite: the kernel reads each before it writes there."""
    overlap: int | None = None
    """Bytes that the first input has to lie behind the output for the kernel to have read what it
    overwrites; None: they must not share bytes."""
    macs: int = 0
    completes: list[Tensor] = field(default_factory=list)
    """Tensors of the file that lie in ``output`` when this call is done."""
    scratch: Buffer | None = None

    def arena_inputs(self) -> list[Buffer]:
        """Inputs that lie in the arena."""
        return [buffer for buffer in self.inputs if buffer is not None]


@dataclass
class Program:
    """Kernel calls in running order, and where the model's input and output lie."""

    calls: list[KernelCall]
    input: Buffer
    output: Buffer
    arena_size: int = 0

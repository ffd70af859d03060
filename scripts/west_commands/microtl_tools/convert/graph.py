# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The model as the converter sees it: operations and tensors, independent of the file format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from microtl_tools.errors import MicroTLError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Shape = tuple[int, ...]

ELEMENTS_MAX_FOLDED = 1 << 20
"""Largest constant that is computed at conversion; real chains make a handful of numbers."""

ITEM_SIZE = {
    "FLOAT32": 4,
    "FLOAT16": 2,
    "FLOAT64": 8,
    "INT32": 4,
    "UINT32": 4,
    "UINT8": 1,
    "INT64": 8,
    "UINT64": 8,
    "BOOL": 1,
    "INT16": 2,
    "UINT16": 2,
    "INT8": 1,
}
"""Bytes of one element, for every type whose size is a whole number of bytes."""


INCONSISTENT = "the file is damaged or not consistent: export the model again"

_OPEN_BATCH = (
    "a dilated convolution becomes this where the batch is open: export the model with a batch of "
    "one, keras.Input(shape, batch_size=1)"
)
_INSTEAD = {
    "SPACE_TO_BATCH_ND": _OPEN_BATCH,
    "BATCH_TO_SPACE_ND": _OPEN_BATCH,
    "TILE": "UpSampling becomes this: resize instead, keras.layers.Resizing(height, width, "
    "interpolation='nearest')",
    "PACK": "TimeDistributed becomes this: a Dense, Conv1D or Conv2D layer needs none",
}
"""What helps against operations that exporters make of common layers."""


class ModelError(MicroTLError):
    """The model cannot be converted. ``api.convert`` puts the file's name in front."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)


def instead(kind: str, supported: Iterable[str]) -> str:
    """Return what to build a model from where an operation is not supported."""
    return _INSTEAD.get(kind, f"build the layer from these: {', '.join(sorted(supported))}")


@dataclass(frozen=True)
class Quantization:
    """real = scale * (q - zero_point): one pair a tensor, or one for each index along ``axis``."""

    scale: npt.NDArray[np.float32]
    zero_point: npt.NDArray[np.int64]
    axis: int

    @property
    def per_channel(self) -> bool:
        """Whether there is more than one scale."""
        return len(self.scale) > 1


@dataclass(eq=False)
class Tensor:
    """An array of the model. ``data`` is set for constants only."""

    index: int
    name: str
    dtype: str
    shape: Shape
    quantization: Quantization | None = None
    data: npt.NDArray[Any] | None = None

    def __str__(self) -> str:
        return f"tensor {self.index} '{self.name}'"

    @property
    def elements(self) -> int:
        """Number of elements."""
        count = 1
        for dim in self.shape:
            count *= dim
        return count

    @property
    def scale(self) -> float:
        """Scale of a tensor that is quantised as a whole (a float32 value)."""
        assert self.quantization is not None
        return float(self.quantization.scale[0])

    @property
    def zero_point(self) -> int:
        """Zero point of a tensor that is quantised as a whole."""
        assert self.quantization is not None
        return int(self.quantization.zero_point[0])

    def same_quantization(self, other: Tensor) -> bool:
        """Whether both tensors stand for the same reals with the same bytes."""
        return self.scale == other.scale and self.zero_point == other.zero_point


@dataclass(eq=False)
class Op:
    """One operation of the file. ``inputs`` holds None where an optional one is left out."""

    number: int
    kind: str
    inputs: list[Tensor | None]
    outputs: list[Tensor]
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        name = f" '{self.outputs[0].name}'" if self.outputs else ""
        return f"op {self.number} {self.kind}{name}"

    @property
    def output(self) -> Tensor:
        """The only output: the operations that we know have one."""
        return self.outputs[0]

    def input(self, position: int) -> Tensor:
        """Return an input that must be there."""
        tensor = self.inputs[position] if position < len(self.inputs) else None
        if tensor is None:
            raise self.error(f"input {position} is missing")
        return tensor

    def optional(self, position: int) -> Tensor | None:
        """Return an input that may be left out."""
        return self.inputs[position] if position < len(self.inputs) else None

    def error(self, what: str, hint: str = INCONSISTENT) -> ModelError:
        """Return the error that says why this operation cannot be converted, and what helps."""
        return ModelError(f"{self}: {what}", hint)


@dataclass
class Graph:
    """A model with one input and one output; ``ops`` are in an order in which they can run."""

    ops: list[Op]
    input: Tensor
    output: Tensor

    def producers(self) -> dict[Tensor, Op]:
        """Return the operation that writes each tensor."""
        return {tensor: op for op in self.ops for tensor in op.outputs}

    def consumers(self) -> dict[Tensor, list[Op]]:
        """Return the operations that read each tensor, in order; each at most once."""
        readers: dict[Tensor, list[Op]] = {}
        for op in self.ops:
            for tensor in unique(op.inputs):
                readers.setdefault(tensor, []).append(op)
        return readers

    def replace(self, old: Tensor, new: Tensor) -> None:
        """Let everything that reads ``old`` read ``new``."""
        for op in self.ops:
            op.inputs = [new if tensor is old else tensor for tensor in op.inputs]
        if self.output is old:
            self.output = new


def unique(tensors: list[Tensor | None]) -> Iterator[Tensor]:
    """Yield each tensor once, the missing ones left out."""
    seen: set[Tensor] = set()
    for tensor in tensors:
        if tensor is not None and tensor not in seen:
            seen.add(tensor)
            yield tensor


def shape_text(shape: Shape) -> str:
    """Return a shape as people write it: ``1x49x10x1``."""
    return "x".join(str(dim) for dim in shape) if shape else "scalar"

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Compare every tensor that the twin computes with what it must be."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.twin import border
from microtl_tools.twin.api import Piece, Twin

if TYPE_CHECKING:
    from microtl_tools.convert.converted import ConvertedModel, KernelOp, TensorPlace

Values = NDArray[Any]
Reference = Callable[[slice], dict[int, Values]]
"""Gives, for some of the inputs, what each tensor (by its number in the file) must be."""

_CHUNK_BYTES = 64 << 20


@dataclass(frozen=True)
class Difference:
    """One value that is not what it must be."""

    op: "KernelOp"
    tensor: "TensorPlace"
    sample: int
    index: tuple[int, ...]
    ours: int
    expected: int

    def __str__(self) -> str:
        return (
            f"op {self.op.number} {self.op.kind}, tensor {self.tensor.index} "
            f"{self.tensor.name!r}, input {self.sample}, index {list(self.index)}: "
            f"the twin has {self.ours}, expected {self.expected}"
        )


@dataclass
class TensorReport:
    """One tensor over all inputs; ``saturated`` counts values of -128 and 127."""

    op: "KernelOp"
    tensor: "TensorPlace"
    values: int = 0
    differences: int = 0
    saturated: int = 0


@dataclass
class Comparison:
    """What a comparison found. ``first`` is the first difference in the order of the operations."""

    inputs: int
    tensors: list[TensorReport] = field(default_factory=list)
    first: Difference | None = None
    output_problem: str | None = None
    output_values: int = 0
    output_saturated: int = 0

    @property
    def differences(self) -> int:
        """Values that differ, over all tensors and inputs."""
        return sum(tensor.differences for tensor in self.tensors)

    @property
    def saturation(self) -> float:
        """Share of the model's output values that lie at the end of the int8 range."""
        return self.output_saturated / max(self.output_values, 1)


def places(converted: "ConvertedModel") -> list[tuple["KernelOp", "TensorPlace"]]:
    """Return the tensors of the file that can be found in the arena, in order of computation."""
    return [(op, tensor) for op in converted.ops for tensor in op.tensors]


def compare(
    twin: Twin,
    converted: "ConvertedModel",
    x: Values,
    reference: Reference,
    output_index: int | None = None,
) -> Comparison:
    """Run the twin on ``x`` (arena values, [n, ...]) and compare all that it computes.

    ``output_index`` is the file's output tensor where the whole model was converted: it is compared
    in the file's own type, after the step to uint8 or float.
    """
    found = places(converted)
    reports = {tensor.index: TensorReport(op, tensor) for op, tensor in found}
    pieces = [Piece(op.index, op.offset, op.size) for op, _ in found]
    result = Comparison(inputs=len(x), tensors=list(reports.values()))
    firsts: dict[int, Difference] = {}
    for part in _chunks(len(x), sum(piece.size for piece in pieces)):
        expected = reference(part)
        for (op, tensor), ours in zip(found, twin.trace(x[part], pieces), strict=True):
            difference = _count(reports[tensor.index], ours, expected[tensor.index], part.start)
            if difference is not None:
                firsts.setdefault(op.index, difference)
        output = twin.run(x[part])
        result.output_values += output.size
        result.output_saturated += _saturated(output)
        if output_index is not None and result.output_problem is None:
            result.output_problem = _output_problem(converted, output, expected[output_index], part)
    if firsts:
        result.first = firsts[min(firsts)]
    return result


def _output_problem(
    converted: "ConvertedModel", output: Values, expected: Values, part: slice
) -> str | None:
    """Say where the output differs in the file's dtype, None where it does not."""
    ours = border.from_arena(output, converted.output)
    expected = expected.reshape(ours.shape)
    wrong = np.argwhere(ours != expected)
    if len(wrong) == 0:
        return None
    at = tuple(wrong[0].tolist())
    return (
        f"output {converted.output.name!r} as {ours.dtype}, input {part.start + at[0]}, "
        f"index {list(at[1:])}: the twin has {ours[at]}, expected {expected[at]}"
    )


def _chunks(count: int, bytes_each: int) -> Iterator[slice]:
    size = max(1, _CHUNK_BYTES // max(bytes_each, 1))
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def _count(
    report: TensorReport, ours: Values, expected: Values, first_sample: int
) -> Difference | None:
    """Add a chunk to a tensor's report and return its first difference."""
    expected = expected.reshape(ours.shape)
    if expected.dtype == np.uint8:  # at the model's borders: the arena holds it less 128
        expected = expected.astype(np.int16) - 128
    report.values += ours.size
    report.saturated += _saturated(ours)
    wrong = np.argwhere(ours != expected)
    report.differences += len(wrong)
    if len(wrong) == 0:
        return None
    sample, flat = (int(i) for i in wrong[0])
    index = np.unravel_index(flat, report.tensor.shape) if report.tensor.shape else ()
    return Difference(
        report.op,
        report.tensor,
        first_sample + sample,
        tuple(int(i) for i in index),
        int(ours[sample, flat]),
        int(expected[sample, flat]),
    )


def _saturated(values: Values) -> int:
    return int(np.count_nonzero((values == -128) | (values == 127)))

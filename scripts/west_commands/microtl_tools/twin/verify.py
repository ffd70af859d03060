# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Is the twin exact? Its tensors against TensorFlow Lite Micro's, or against golden vectors."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError
from microtl_tools.twin import border, inputs, oracle
from microtl_tools.twin import golden as goldens
from microtl_tools.twin.api import Piece, Twin
from microtl_tools.twin.compare import Comparison, Reference, compare, places

if TYPE_CHECKING:
    from microtl_tools.convert.converted import ConvertedModel, End

SATURATION_MAX = 0.9
"""Above this share of saturated outputs a comparison proves too little to pass."""

_OVERSAMPLING = 4
_SCORE_KINDS = ("FULLY_CONNECTED", "CONV_2D")


@dataclass(frozen=True)
class Expectation:
    """Inputs, and what the tensors of the model must be for them.

    ``x`` is in the file's dtype, ``by`` names the source: the oracle or a golden file.
    """

    x: NDArray[Any]
    reference: Reference
    by: str


@dataclass
class Verification:
    """What one conversion (with a head, or frozen as a whole) came to."""

    converted: "ConvertedModel"
    comparison: Comparison
    hidden: list[str] = field(default_factory=list)

    def hint(self) -> str | None:
        """Return what to do where nothing differs, but too little was proved."""
        if self.comparison.differences or self.comparison.output_problem is not None:
            return None
        return "other inputs may saturate less: give --data, another --seed, or more with --count"

    def problem(self) -> str | None:
        """Return why this fails, None where it passes."""
        if self.comparison.first is not None:
            return f"first difference: {self.comparison.first}"
        if self.comparison.output_problem is not None:
            return f"first difference: {self.comparison.output_problem}"
        if self.comparison.saturation > SATURATION_MAX:
            return (
                f"{self.comparison.saturation:.1%} of the outputs are saturated (-128 or 127), "
                f"more than {SATURATION_MAX:.0%}: equal outputs prove nothing"
            )
        return None


def pick_inputs(
    twin: Twin, end: "End", count: int, given: NDArray[Any] | None, seed: int
) -> NDArray[Any]:
    """Return ``count`` inputs in the file's dtype: half random, half given or structured.

    Where all outputs lie at the end of their range, a wrong value would look like a right one. So
    one part of either half is taken as it comes, extremes included; for the other part those of
    several times as many candidates stay that saturate the output least.
    """
    shape = border.sample_shape(end)
    arena = given
    if given is not None and given.dtype != np.int8:
        arena = border.quantize(given, end)
    candidates = inputs.make(count * _OVERSAMPLING, shape, end.zero_point, arena, seed)
    output = twin.run(candidates)
    saturated = ((output == -128) | (output == 127)).mean(axis=1)
    as_it_comes = count // 4
    saturated[:as_it_comes] = saturated[len(saturated) - as_it_comes :] = -1.0
    middle = len(candidates) // 2
    halves = (np.arange(middle), np.arange(middle, len(candidates)))
    wanted = (count // 2, count - count // 2)
    kept = [
        half[np.argsort(saturated[half], kind="stable")[:number]]
        for half, number in zip(halves, wanted, strict=True)
    ]
    chosen = candidates[np.sort(np.concatenate(kept))]
    values = border.from_arena(chosen, end)
    if values.dtype.kind == "f":
        # Between the quantisation steps, so that rounding is tried as well.
        jitter = np.random.default_rng(seed).uniform(-0.5, 0.5, values.shape)
        values = (values + jitter * end.scale).astype(np.float32)
    return values


def from_oracle(path: Path, model: bytes, x: NDArray[Any], wanted: list[int]) -> Expectation:
    """Let TensorFlow Lite Micro say what the wanted tensors must be."""

    def reference(part: slice) -> dict[int, NDArray[Any]]:
        return oracle.tensors(model, x[part], wanted, path=str(path))

    return Expectation(x, reference, oracle.name())


def from_golden(path: Path, golden: goldens.Golden) -> Expectation:
    """Take golden vectors for what the tensors must be."""

    def reference(part: slice) -> dict[int, NDArray[Any]]:
        return {index: values[part] for index, values in golden.tensors.items()}

    return Expectation(golden.x, reference, f"golden vectors {path}, by {golden.made_by}")


def make_golden(model: bytes, expectation: Expectation, wanted: list[int]) -> goldens.Golden:
    """Return everything that is expected, to be written to a file."""
    whole = slice(0, len(expectation.x))
    tensors = expectation.reference(whole)
    return goldens.Golden(
        model=hashlib.sha256(model).hexdigest(),
        made_by=expectation.by,
        x=expectation.x,
        tensors={index: tensors[index] for index in wanted},
    )


def wanted_tensors(converted: "ConvertedModel") -> list[int]:
    """Return the numbers of the tensors to compare, the file's output included."""
    return sorted({tensor.index for _, tensor in places(converted)} | {converted.file_output})


def verify(converted: "ConvertedModel", expectation: Expectation) -> Verification:
    """Compare one conversion of the model with what is expected.

    Where the whole model was converted, its output is compared in the file's own type as well.
    """
    twin = Twin.from_converted(converted)
    arena = border.to_arena(expectation.x, converted.input)
    try:
        output = converted.file_output if converted.head is None else None
        comparison = compare(twin, converted, arena, expectation.reference, output)
    except KeyError as error:
        raise MicroTLError(
            f"tensor {error.args[0]} is not in the {expectation.by}",
            "write them anew with --write-golden where tflite-micro is installed",
        ) from error
    return Verification(converted, comparison, list(converted.unplaced))


@dataclass(frozen=True)
class Agreement:
    """How near the float head comes to the model's own int8 layers.

    ``same_class`` is the share of inputs for which both score the same class highest; ``steps`` the
    largest difference of a score, in quantisation steps, where the int8 score is not saturated.
    """

    same_class: float
    steps: float


def agreement(
    converted: "ConvertedModel", whole: "ConvertedModel", x: NDArray[Any]
) -> Agreement | None:
    """Compare the scores of head and whole model; None where the file computes no scores."""
    found = [(op, tensor) for op, tensor in places(whole) if op.kind in _SCORE_KINDS]
    if not found:
        return None
    op, scores = found[-1]
    twin, frozen = Twin.from_converted(converted), Twin.from_converted(whole)
    arena = border.to_arena(x, converted.input)
    head = twin.head(twin.run(arena), activate=False)
    [q] = frozen.trace(arena, [Piece(op.index, op.offset, op.size)])
    if q.shape != head.shape:
        return None
    steps = np.abs(head / scores.scale + scores.zero_point - q)
    free = (q > -128) & (q < 127)
    return Agreement(
        same_class=float((head.argmax(axis=1) == q.argmax(axis=1)).mean()),
        steps=float(steps[free].max(initial=0.0)),
    )

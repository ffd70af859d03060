# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A converted model on this computer: run it, look into it, let it learn.

    converted = convert("model.tflite", Options())
    twin = Twin.from_converted(converted)
    features = twin.run(quantize(x, converted.input))
    learner = twin.learner(capacity=200)

The C is that of the device, so the results are, to the bit.
"""

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError
from microtl_tools.twin.abi import check, load_core, load_model, pointer
from microtl_tools.twin.build import build_core, build_model
from microtl_tools.twin.learner import Learner
from microtl_tools.twin.toolchain import Toolchain, find_toolchain

if TYPE_CHECKING:
    from microtl_tools.convert.converted import ConvertedModel

Int8 = NDArray[np.int8]


@dataclass(frozen=True)
class Piece:
    """A tensor in the arena: there after operation ``op`` (-1: the input), at ``offset``."""

    op: int
    offset: int
    size: int


class Twin:
    """A converted model in a library of its own. Not thread-safe."""

    def __init__(
        self,
        sources: Mapping[str, str],
        symbol: str,
        toolchain: Toolchain | None = None,
        arithmetic: str = "float",
    ) -> None:
        """Build (or find) the library of ``sources``, which define ``symbol``.

        ``arithmetic`` is what the model was converted with.
        """
        toolchain = toolchain or find_toolchain()
        self._abi = load_core(build_core(toolchain, arithmetic))
        library = build_model(dict(sources), toolchain, arithmetic)
        self._library, self._model = load_model(library, symbol)
        handle = self._abi.new(self._model)
        if not handle:
            raise MicroTLError("the twin has no memory for this model's arena")
        self._handle = handle
        self._free = weakref.finalize(self, self._abi.free, handle)
        self.input_size = int(self._abi.input_size(handle))
        self.output_size = int(self._abi.output_size(handle))
        self.arena_size = int(self._abi.arena_size(handle))
        self.op_count = int(self._abi.op_count(handle))

    @classmethod
    def from_converted(
        cls, converted: "ConvertedModel", toolchain: Toolchain | None = None
    ) -> "Twin":
        """Build the twin of a model, converted for kernels that have a C form for the host."""
        from microtl_tools.convert.kernel_sets import KERNEL_SETS

        if not KERNEL_SETS[converted.kernels].on_host:
            raise MicroTLError(
                f"{converted.name}: converted for the kernels {converted.kernels!r}, which do not "
                "run on this computer",
                "convert it with --kernels portable: the results are the same to the bit",
            )
        sources = {
            f"{converted.name}.c": converted.c_source,
            f"{converted.name}.h": converted.h_source,
        }
        arithmetic = "float" if converted.head is None else converted.head.arithmetic
        return cls(sources, converted.symbol, toolchain, arithmetic)

    def run(self, x: Int8) -> Int8:
        """Run the model on ``x`` [n, ...] and return its int8 output, [n, output size].

        That is the features, or the whole model's output where it was converted without a head.
        """
        x = self._inputs(x)
        out = np.empty((len(x), self.output_size), np.int8)
        self._abi.run(self._handle, pointer(x), len(x), pointer(out))
        return out

    features = run

    def trace(self, x: Int8, pieces: Sequence[Piece]) -> list[Int8]:
        """Run the model on ``x`` [n, ...] and return pieces of the arena, each [n, size].

        ``pieces`` are in the order of their operations.
        """
        x = self._inputs(x)
        ops = np.array([piece.op for piece in pieces], np.int32)
        offsets = np.array([piece.offset for piece in pieces], np.uint32)
        sizes = np.array([piece.size for piece in pieces], np.uint32)
        out = np.empty((len(x), sum(piece.size for piece in pieces)), np.int8)
        for sample, row in zip(x, out, strict=True):
            arrays = [pointer(array) for array in (ops, offsets, sizes, row)]
            result = self._abi.trace(self._handle, pointer(sample), len(pieces), *arrays)
            check(result, "trace the model")
        ends = np.cumsum(sizes, dtype=np.int64)
        return [out[:, end - size : end] for end, size in zip(ends, sizes, strict=True)]

    def head(self, features: Int8, *, activate: bool) -> NDArray[np.float32]:
        """Return what the factory head says about ``features`` [n, width], [n, class rows].

        Scores, or with ``activate`` what the model's loss makes of them: probabilities, or for
        "mse" the scores themselves. MicroTLError where the model was converted without a head.
        """
        rows = int(self._abi.head_rows(self._model))
        if rows == 0:
            raise MicroTLError("this model was converted without a head")
        features = np.ascontiguousarray(features).reshape(-1, self.output_size)
        scores = np.empty((len(features), rows), np.float32)
        result = self._abi.head_run(
            self._model, len(features), pointer(features), int(activate), pointer(scores)
        )
        check(result, "run the head")
        return scores

    def learner(self, capacity: int, settings: Mapping[str, float] | None = None) -> Learner:
        """Return a learner with the factory head and room for ``capacity`` labelled samples."""
        return Learner(self._abi, self._model, capacity, settings or {}, keep=self._library)

    def _inputs(self, x: NDArray[Any]) -> Int8:
        if x.dtype != np.int8:
            raise MicroTLError(f"the twin takes int8 inputs, not {x.dtype}: see border.quantize()")
        if len(x) == 0 or x[0].size != self.input_size:
            raise MicroTLError(
                f"inputs of shape {x.shape} were given, "
                f"the model takes [n, ...] with {self.input_size} values each"
            )
        return np.ascontiguousarray(x).reshape(len(x), -1)

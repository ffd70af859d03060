# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What a lowering works with: the buffer of each tensor, and the list of calls so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from microtl_tools.convert.graph import Graph, Op, Tensor
from microtl_tools.convert.lower.require import need_activation
from microtl_tools.convert.program import Buffer, Constant, KernelCall, Program, Value
from microtl_tools.imports import require


class Context:
    """Collects the kernel calls of one graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._calls: list[KernelCall] = []
        self._buffers: dict[Tensor, Buffer] = {}
        self._input = self._new_buffer(graph.input)
        self._began = 0

    def begin(self, op: Op) -> None:
        """Check what holds for every operation: one int8 output, int8 activations."""
        self._began = len(self._calls)
        if len(op.outputs) != 1:
            raise op.error(f"it has {len(op.outputs)} outputs, one is supported")
        need_activation(op.output, str(op))
        for position, tensor in enumerate(op.inputs):
            if tensor is not None and (position == 0 or tensor in self._buffers):
                need_activation(tensor, str(op))

    def end(self, op: Op) -> None:
        """Note at which call the operation's output is complete."""
        if len(self._calls) > self._began:
            self._calls[-1].completes.append(op.output)

    def buffer(self, op: Op, tensor: Tensor) -> Buffer:
        """Return the buffer of an activation that was computed before."""
        if tensor not in self._buffers:
            raise op.error(
                f"{tensor} is a constant, this operation needs an activation there",
                "fold constants before the export",
            )
        return self._buffers[tensor]

    def output(self, op: Op) -> Buffer:
        """Return the buffer of the operation's output, a new one at the first call."""
        if op.output not in self._buffers:
            self._new_buffer(op.output)
        return self._buffers[op.output]

    def alias(self, op: Op, tensor: Tensor) -> None:
        """Let the output be the same bytes as an input: no kernel runs."""
        buffer = self.buffer(op, tensor)
        self._buffers[op.output] = buffer
        for call in reversed(self._calls):
            if call.output is buffer:
                call.completes.append(op.output)
                break

    def call(
        self,
        op: Op,
        kernel: str,
        fields: dict[str, Value],
        inputs: Sequence[Tensor | None],
        *,
        struct: str | None = None,
        in_place: tuple[int, ...] = (),
        overlap: int | None = None,
        macs: int = 0,
        scratch_size: int = 0,
    ) -> None:
        """Append a call of ``microtl_kernel_<kernel>`` with ``struct microtl_<struct>``.

        An input is None where the kernel takes it as a constant.
        """
        self._calls.append(
            KernelCall(
                kernel=f"microtl_kernel_{kernel}",
                struct=f"microtl_{struct or kernel}",
                fields=fields,
                inputs=[None if tensor is None else self.buffer(op, tensor) for tensor in inputs],
                output=self.output(op),
                source=op,
                scratch_size=scratch_size,
                in_place=in_place,
                overlap=overlap,
                macs=macs,
            )
        )

    def is_activation(self, tensor: Tensor) -> bool:
        """Whether a tensor lies in the arena."""
        return tensor in self._buffers

    def program(self) -> Program:
        """Return what was collected."""
        output = self._buffers[self._graph.output]
        return Program(self._calls, self._input, output)

    def _new_buffer(self, tensor: Tensor) -> Buffer:
        buffer = Buffer(tensor.elements, tensor.name)
        self._buffers[tensor] = buffer
        return buffer


def constant(name: str, values: Any, ctype: str = "int8_t", note: str = "") -> Constant:
    """Return a const array of the C type ``ctype``: int8_t, uint16_t or int32_t."""
    np = require("numpy", "convert models")
    dtype = {"int8_t": np.int8, "int32_t": np.int32, "uint16_t": np.uint16}[ctype]
    return Constant(name, ctype, np.ascontiguousarray(values, dtype=dtype).reshape(-1), note)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Reads a ``.tflite`` file into a graph, without trusting a byte of it.

A damaged file may point anywhere, claim any length and repeat any part. So every vector is counted
against a limit that follows from the file's size before it is walked, every index and enumeration
is checked, and whatever the schema's reader still trips over becomes one message.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from microtl_tools.convert.graph import (
    ITEM_SIZE,
    Graph,
    ModelError,
    Op,
    Quantization,
    Tensor,
    instead,
    shape_text,
)
from microtl_tools.convert.tflite_options import enum_names, read_options
from microtl_tools.imports import require

SCHEMA_VERSION = 3
RANK_MAX = 8
NAME_MAX = 512
OPS_MAX = 2048
ELEMENTS_MAX = 1 << 28

_DAMAGED = "the file is truncated or damaged: fetch or export it again"


def read(data: bytes, supported: Collection[str] | None = None) -> Graph:
    """Read the bytes of a ``.tflite`` file.

    Raises ModelError for whatever is not a sound model, and for operations whose kind is not in
    ``supported``, where that is given.
    """
    if data[4:8] != b"TFL3":
        raise ModelError(
            "this is not a TensorFlow Lite model: the mark 'TFL3' is missing",
            "give a .tflite, .keras or .h5 file or a SavedModel folder",
        )
    schema = require("ai_edge_litert.schema_py_generated", "read TensorFlow Lite models")
    reader = _Reader(schema, data, supported)
    with reader.at("the file's header"):
        return reader.graph()


class _Reader:
    """Walks the tables of one file. ``place`` says where, for the message of a damaged file."""

    def __init__(self, schema: Any, data: bytes, supported: Collection[str] | None) -> None:
        self.schema = schema
        self.data = data
        self.supported = supported
        self.place = ""
        # No sound file has more vector elements than bytes; a damaged one may share a vector.
        self.budget = len(data)
        self.types = enum_names(schema, "TensorType")
        self.kinds = enum_names(schema, "BuiltinOperator")
        self.tensors: dict[int, Tensor] = {}

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Name the place that is read, and turn what goes wrong in the bytes into one message."""
        outer, self.place = self.place, place
        try:
            yield
        except (struct.error, ValueError, IndexError, TypeError, OverflowError) as error:
            raise ModelError(f"{self.place} cannot be read", _DAMAGED) from error
        self.place = outer

    def length(self, table: Any, vector: str, limit: int | None = None) -> int:
        """Return the length of a vector after checking that it can be true."""
        count = int(getattr(table, f"{vector}Length")())
        self.budget -= count
        if self.budget < 0 or (limit is not None and count > limit):
            raise ModelError(f"{self.place}: {vector} cannot have {count} elements", _DAMAGED)
        return count

    def ints(self, table: Any, vector: str) -> tuple[int, ...]:
        """Return a vector of integers."""
        count = self.length(table, vector)
        element = getattr(table, vector)
        return tuple(int(element(i)) for i in range(count))

    def graph(self) -> Graph:
        model = self.schema.Model.GetRootAs(self.data, 0)
        if model.Version() != SCHEMA_VERSION:
            raise ModelError(
                f"schema version {model.Version()} is not supported, only {SCHEMA_VERSION} is",
                "export the model with a current TensorFlow",
            )
        count = self.length(model, "Subgraphs")
        if count != 1:
            raise ModelError(
                f"the model has {count} subgraphs, only one is supported",
                "models with control flow or variables (IF, WHILE, CALL_ONCE) cannot be converted: "
                "export an inference graph without them",
            )
        subgraph = model.Subgraphs(0)
        ops = self._ops(model, subgraph)
        graph_input = self._single(model, subgraph, "Inputs")
        graph_output = self._single(model, subgraph, "Outputs")
        graph = Graph(ops, graph_input, graph_output)
        _check_order(graph)
        return graph

    def _single(self, model: Any, subgraph: Any, vector: str) -> Tensor:
        what = vector.lower()
        indices = self.ints(subgraph, vector)
        if len(indices) != 1:
            raise ModelError(
                f"the model has {len(indices)} {what}, exactly one is supported",
                f"export a model with one of the {what} alone",
            )
        return self._tensor(model, subgraph, indices[0], f"the model's {what[:-1]}")

    def _ops(self, model: Any, subgraph: Any) -> list[Op]:
        count = self.length(subgraph, "Operators", OPS_MAX)
        self.length(model, "OperatorCodes")
        return [self._op(model, subgraph, number) for number in range(count)]

    def _op(self, model: Any, subgraph: Any, number: int) -> Op:
        with self.at(f"op {number}"):
            operator = subgraph.Operators(number)
            kind = self._kind(model, operator, number)
            place = f"op {number} {kind}"
            self.place = place
            op = Op(number, kind, [], [])
            if self.supported is not None and kind not in self.supported:
                self._name(op, model, subgraph, operator)
                raise op.error("this operation is not supported", instead(kind, self.supported))
            inputs = [
                None if index == -1 else self._tensor(model, subgraph, index, f"{place}, input {i}")
                for i, index in enumerate(self.ints(operator, "Inputs"))
            ]
            outputs = [
                self._tensor(model, subgraph, index, f"{place}, output {i}")
                for i, index in enumerate(self.ints(operator, "Outputs"))
            ]
            if not outputs:
                raise ModelError(f"{place}: it has no output", _DAMAGED)
            op = Op(number, kind, inputs, outputs)
            try:
                op.options = read_options(self.schema, kind, operator, self.ints)
            except ModelError as error:
                raise op.error(error.message, str(error.hint)) from None
            return op

    def _name(self, op: Op, model: Any, subgraph: Any, operator: Any) -> None:
        """Give an operation that is to be refused its output, by whose name it is found."""
        with suppress(ModelError):
            index = self.ints(operator, "Outputs")[0]
            op.outputs = [self._tensor(model, subgraph, index, str(op))]

    def _kind(self, model: Any, operator: Any, number: int) -> str:
        index = operator.OpcodeIndex()
        if index >= model.OperatorCodesLength():
            raise ModelError(f"op {number}: operator code {index} is not in the file", _DAMAGED)
        code = model.OperatorCodes(index)
        # Files older than TensorFlow 2.4 have the number in an 8-bit field, newer ones in both.
        value = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        if value not in self.kinds:
            raise ModelError(f"op {number}: no operation has the number {value}", _DAMAGED)
        kind = self.kinds[value]
        if kind == "CUSTOM":
            name = _text(code.CustomCode()) or "without a name"
            hint = "export the model without custom operations"
            if name == "ethos-u":
                hint = "give the file as it was before Vela compiled it for Ethos-U"
            raise ModelError(f"op {number}: custom operation '{name}' is not supported", hint)
        return kind

    def _tensor(self, model: Any, subgraph: Any, index: int, where: str) -> Tensor:
        if index in self.tensors:
            return self.tensors[index]
        if not 0 <= index < subgraph.TensorsLength():
            raise ModelError(f"{where}: tensor {index} is not in the file", _DAMAGED)
        try:
            self.tensors[index] = self._new_tensor(model, subgraph, index)
        except ModelError as error:
            raise ModelError(f"{where}: {error.message}", str(error.hint)) from error
        return self.tensors[index]

    def _new_tensor(self, model: Any, subgraph: Any, index: int) -> Tensor:
        with self.at(f"tensor {index}"):
            table = subgraph.Tensors(index)
            tensor = Tensor(index, _text(table.Name()), self._dtype(table, index), ())
            self.place = str(tensor)
            tensor.shape = self._shape(table, tensor)
            tensor.quantization = self._quantization(table, tensor)
            _refuse_state(table, tensor)
            tensor.data = self._data(model, table, tensor)
            return tensor

    def _dtype(self, table: Any, index: int) -> str:
        number = table.Type()
        if number not in self.types:
            raise ModelError(f"tensor {index}: no type has the number {number}", _DAMAGED)
        return self.types[number]

    def _shape(self, table: Any, tensor: Tensor) -> tuple[int, ...]:
        self.length(table, "Shape", RANK_MAX)
        shape = self.ints(table, "Shape")
        self.length(table, "ShapeSignature", RANK_MAX)
        signature = self.ints(table, "ShapeSignature")
        if any(dim < 0 for dim in shape):
            raise ModelError(f"{tensor}: shape {list(shape)} has a negative dimension", _DAMAGED)
        elements = 1
        for dim in shape:
            elements *= dim
        if elements > ELEMENTS_MAX:
            raise ModelError(
                f"{tensor}: shape {shape_text(shape)} has {elements} elements, at most "
                f"{ELEMENTS_MAX} are supported",
                "the model is far too large for a microcontroller, or the file is damaged",
            )
        # An open batch is 1 here; the converters write it as -1 in the signature alone.
        if any(dim < 0 for dim in signature[1:]):
            raise ModelError(
                f"{tensor}: dynamic shape {list(signature)} is not supported",
                "export the model with a fixed input shape and a batch of one: keras.Input(shape, "
                "batch_size=1)",
            )
        return shape

    def _quantization(self, table: Any, tensor: Tensor) -> Quantization | None:
        quantization = table.Quantization()
        if quantization is None:
            return None
        count = self.length(quantization, "Scale")
        if quantization.DetailsType() != self.schema.QuantizationDetails.NONE:
            names = enum_names(self.schema, "QuantizationDetails")
            details = names.get(quantization.DetailsType(), str(quantization.DetailsType()))
            raise ModelError(
                f"{tensor}: quantisation scheme {details} is not supported",
                "export with int8 quantisation, per tensor or per channel",
            )
        if count == 0:
            return None
        np = require("numpy", "convert models")
        zero_points = self.length(quantization, "ZeroPoint")
        if zero_points not in (0, count):
            raise ModelError(f"{tensor}: {count} scales and {zero_points} zero points", _DAMAGED)
        scale = np.array(quantization.ScaleAsNumpy(), dtype=np.float32)
        zero_point = np.zeros(count, dtype=np.int64)
        if zero_points:
            zero_point = np.array(quantization.ZeroPointAsNumpy(), dtype=np.int64)
        return Quantization(scale, zero_point, int(quantization.QuantizedDimension()))

    def _data(self, model: Any, table: Any, tensor: Tensor) -> Any:
        index = table.Buffer()
        if not 0 <= index < model.BuffersLength():
            raise ModelError(f"{tensor}: buffer {index} is not in the file", _DAMAGED)
        buffer = model.Buffers(index)
        if buffer.Offset() > 1:
            raise ModelError(
                f"{tensor}: its data lies outside the model's table (a file over 2 GB, or damaged)",
                "the model is far too large for a microcontroller",
            )
        if buffer.DataIsNone() or buffer.DataLength() == 0:
            return None
        if tensor.dtype not in ITEM_SIZE:
            raise ModelError(
                f"{tensor}: constants of type {tensor.dtype} are not supported",
                "export with int8 weights",
            )
        np = require("numpy", "convert models")
        raw = np.asarray(buffer.DataAsNumpy(), dtype=np.uint8)
        expected = tensor.elements * ITEM_SIZE[tensor.dtype]
        if raw.size != expected:
            raise ModelError(
                f"{tensor}: its data has {raw.size} bytes, {shape_text(tensor.shape)} "
                f"{tensor.dtype} takes {expected}",
                _DAMAGED,
            )
        # A view: tensors may share a buffer, and copies of it would have no bound.
        dtype = np.dtype(tensor.dtype.lower()).newbyteorder("<")
        return np.ascontiguousarray(raw).view(dtype).reshape(tensor.shape)


def _refuse_state(table: Any, tensor: Tensor) -> None:
    if table.IsVariable() or tensor.dtype in ("RESOURCE", "VARIANT"):
        raise ModelError(
            f"{tensor}: variables that live from one inference to the next are not supported",
            "export a stateless model: the whole window as input",
        )
    if table.Sparsity() is not None:
        raise ModelError(f"{tensor}: sparse weights are not supported", "export them dense")


def _check_order(graph: Graph) -> None:
    """Every operation must read only what is there by then, and no tensor is written twice."""
    ready: set[Tensor] = {graph.input}
    if graph.input.data is not None:
        raise ModelError(f"the model's input, {graph.input}, is a constant", _DAMAGED)
    for op in graph.ops:
        for tensor in op.inputs:
            if tensor is not None and tensor.data is None and tensor not in ready:
                raise op.error(f"it reads {tensor}, which nothing has written by then", _DAMAGED)
        for tensor in op.outputs:
            if tensor in ready or tensor.data is not None:
                raise op.error(f"it writes {tensor}, which has a value already", _DAMAGED)
            ready.add(tensor)
    if graph.output not in ready and graph.output.data is None:
        raise ModelError(f"the model's output, {graph.output}, is never written", _DAMAGED)


def _text(raw: bytes | None) -> str:
    """Return a name of the file as text that can stand in a message or a C comment."""
    if raw is None:
        return ""
    text = raw[:NAME_MAX].decode("utf-8", errors="replace")
    return "".join(char if char.isprintable() else "?" for char in text)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Models for the converter's tests, and a way to change what a file says."""

from collections.abc import Callable
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from microtl_tools.convert import tflite
from microtl_tools.convert.graph import Graph
from microtl_tools.convert.passes.borders import take_borders
from model_builder import ModelBuilder, Tensor

Edit = Callable[[Any], None]


def classifier() -> bytes:
    """Convolution, pool, reshape, dense with ReLU, dense, softmax: 6x6x2 pixels, 5 classes."""
    m = ModelBuilder("classifier")
    x = m.conv2d(m.input((1, 6, 6, 2)), 4, activation="RELU", zero_point=-128)
    x = m.pool(x, "MAX_POOL_2D")
    x = m.op("RESHAPE", [x, m.constant([1, 36])], m.like(x, (1, 36)))
    x = m.fully_connected(x, 8, activation="RELU", zero_point=-128)
    x = m.fully_connected(x, 5)
    return m.build(m.op("SOFTMAX", [x], m.tensor((1, 5), 1 / 256, -128), beta=1.0))


def built(make: Callable[[ModelBuilder], Tensor], name: str = "model") -> bytes:
    """Return the model that ``make`` builds."""
    builder = ModelBuilder(name)
    return builder.build(make(builder))


def graph_of(data: bytes) -> Graph:
    """Return the graph as it is before the passes."""
    graph = tflite.read(data)
    take_borders(graph)
    return graph


def edited(data: bytes, edit: Edit) -> bytes:
    """Return the file with its tables changed by ``edit``, which gets the schema's ModelT."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data))
    edit(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def kinds(graph: Graph) -> list[str]:
    """Return the kinds of the operations, in order."""
    return [op.kind for op in graph.ops]


def constant_data(model: Any, tensor: int) -> np.ndarray[Any, Any]:
    """Return the bytes of a constant of a ModelT."""
    table = model.subgraphs[0].tensors[tensor]
    return np.array(model.buffers[table.buffer].data, np.uint8)

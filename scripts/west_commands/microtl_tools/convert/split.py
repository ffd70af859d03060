# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The cut: which layers stay frozen in int8, and which become the head that learns.

A head is a chain of dense layers that ends the model: FULLY_CONNECTED, or a 1x1 convolution on a
1x1 map. SOFTMAX or LOGISTIC behind it becomes the loss that it is trained with.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from microtl_tools.convert.graph import Graph, ModelError, Op, Tensor, shape_text
from microtl_tools.convert.headers import limit
from microtl_tools.convert.lower.window import EXPLICIT_PADDING
from microtl_tools.convert.passes.dead_code import remove_dead_code
from microtl_tools.errors import UsageError

RESHAPES = ("RESHAPE", "EXPAND_DIMS", "SQUEEZE")
_ACTIVATIONS = {"SOFTMAX": "softmax", "LOGISTIC": "sigmoid"}
_BORDERS = ("QUANTIZE", "DEQUANTIZE")
FEATURES_MAX = (1 << 16) - 1
_INSPECT = "`microtl inspect MODEL` lists where this model can be cut"


@dataclass
class Tail:
    """The end of a model that a head can take over, from the last layer backwards."""

    dense: list[Op] = field(default_factory=list)
    """Dense layers, the last one first."""
    loss: str | None = None
    """What the activation at the end says: softmax, sigmoid, or None where there is none."""
    stop: str = "the model has no operation"
    """Why the chain does not go further back."""


@dataclass
class Cut:
    """Where a model is split."""

    feature: Tensor
    """What the backbone gives and the head takes, flattened."""
    layers: list[Op]
    """Dense layers that become the head, first to last; empty for a new head."""
    loss: str | None
    dropped: list[Op]
    """Operations behind the cut that a new head replaces."""


def find_tail(graph: Graph) -> Tail:
    """Walk back from the model's output as long as the layers are dense."""
    producers, consumers = graph.producers(), graph.consumers()
    tail = Tail()
    tensor = graph.output
    while True:
        op = producers.get(tensor)
        if op is None:
            tail.stop = f"{tensor} is the model's input"
            return tail
        if tensor is not graph.output and len(consumers[tensor]) != 1:
            tail.stop = f"{op} feeds {len(consumers[tensor])} operations"
            return tail
        at_end = not tail.dense
        if at_end and op.kind in _ACTIVATIONS and tail.loss is None:
            tail.loss = _ACTIVATIONS[op.kind]
        elif is_dense(op):
            reason = _not_in_head(op, last=at_end)
            if reason is not None:
                tail.stop = f"{op} {reason}"
                return tail
            tail.dense.append(op)
        elif op.kind not in RESHAPES and not (at_end and op.kind in _BORDERS):
            tail.stop = f"{op} is no dense layer"
            return tail
        tensor = op.input(0)


def is_dense(op: Op) -> bool:
    """Whether an operation is one vector times constant weights."""
    if len(op.inputs) < 2 or len(op.outputs) != 1:
        return False
    source, weights = op.inputs[0], op.inputs[1]
    if source is None or weights is None or weights.data is None or source.data is not None:
        return False
    if op.kind == "FULLY_CONNECTED":
        return len(weights.shape) == 2 and source.elements == weights.shape[1]
    return (
        op.kind == "CONV_2D"
        and EXPLICIT_PADDING not in op.options
        and len(source.shape) == len(weights.shape) == len(op.output.shape) == 4
        and source.shape[:3] == weights.shape[1:3] + (1,) == op.output.shape[:3] == (1, 1, 1)
        and source.shape[3] == weights.shape[3]
    )


def _not_in_head(op: Op, *, last: bool) -> str | None:
    """Return why a dense layer cannot be part of the head, None where it can."""
    activation = op.options["fused_activation_function"]
    wanted = "NONE" if last else "RELU"
    if activation != wanted:
        place = "the last layer" if last else "a hidden layer"
        return f"has activation {activation}, {place} of a head has {wanted}"
    return None


def cut_layers(graph: Graph, count: int) -> Cut:
    """Cut in front of the last ``count`` dense layers."""
    most = limit("HEAD_LAYERS_MAX")
    if count > most:
        raise UsageError(f"--head-layers {count}: a head has 1 to {most} layers", _INSPECT)
    tail = find_tail(graph)
    if len(tail.dense) < count:
        raise ModelError(
            f"the last {count} layers cannot become the head: {tail.stop}"
            if count > 1
            else f"no dense layer at the end can become the head: {tail.stop}",
            f"{_layers_hint(len(tail.dense))}; --head none freezes the whole model; {_INSPECT}",
        )
    layers = tail.dense[count - 1 :: -1]
    return _cut(graph, layers[0].input(0), layers, tail.loss)


def _layers_hint(possible: int) -> str:
    if possible == 0:
        return "--cut TENSOR --classes N puts a new head at a place of your choice"
    return f"--head-layers {min(possible, limit('HEAD_LAYERS_MAX'))} is possible"


def cut_at(graph: Graph, wanted: str) -> Cut:
    """Cut at a tensor, given by name or number."""
    feature = find_tensor(graph, wanted)
    tail = find_tail(graph)
    for position, op in enumerate(tail.dense[: limit("HEAD_LAYERS_MAX")]):
        if _same_bytes(graph, op.input(0), feature):
            layers = tail.dense[position::-1]
            return _cut(graph, op.input(0), layers, tail.loss)
    if feature is graph.output:
        raise ModelError(
            f"{feature} is the model's output: nothing lies behind it that could be the head",
            f"choose an earlier tensor, or --head none; {_INSPECT}",
        )
    return _cut(graph, feature, [], None)


def find_tensor(graph: Graph, wanted: str) -> Tensor:
    """Return the activation with this name or number."""
    activations = [graph.input] + [op.output for op in graph.ops]
    for tensor in activations:
        if wanted == tensor.name or wanted == str(tensor.index):
            return tensor
    raise ModelError(
        f"--cut {wanted}: the model computes no tensor of that name or number", _INSPECT
    )


def _same_bytes(graph: Graph, tensor: Tensor, other: Tensor) -> bool:
    producers = graph.producers()
    while tensor is not other:
        op = producers.get(tensor)
        if op is None or op.kind not in RESHAPES:
            return False
        tensor = op.input(0)
    return True


def _cut(graph: Graph, feature: Tensor, layers: list[Op], loss: str | None) -> Cut:
    if not 1 <= feature.elements <= FEATURES_MAX:
        raise ModelError(
            f"the cut, {feature}, has shape {shape_text(feature.shape)}: {feature.elements} "
            f"features, at most {FEATURES_MAX} are supported",
            _INSPECT,
        )
    before = graph.ops
    graph.output = feature
    remove_dead_code(graph)
    dropped = [] if layers else [op for op in before if op not in graph.ops]
    return Cut(feature, layers, loss, dropped)

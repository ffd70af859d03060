# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The model's hash: what must match for a stored head to fit, part by part.

Taken from the simplified graph and not from the generated code, so that the same model has the same
hash with every kernel set.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from microtl_tools.convert.converted import HeadSpec
from microtl_tools.convert.graph import Graph, Tensor
from microtl_tools.convert.headers import limit
from microtl_tools.convert.split import RESHAPES

if TYPE_CHECKING:
    from microtl_tools.data.dataset import Channel

_NO_EFFECT = ("quantized_bias_type", "weights_format", "keep_num_dims")
"""Options that are checked, or follow from the shapes, and that exporters fill in differently."""


def content_hash(graph: Graph) -> str:
    """Return the SHA-256 of what a model computes: operations, weights and quantisation.

    Names, numbers and the container play no part: a model has one hash, whichever way it was
    exported.
    """
    return hashlib.sha256(_canonical(_describe(graph))).hexdigest()


def model_id(
    graph: Graph, head: HeadSpec | None, channels: Sequence[Channel], preprocess: str
) -> dict[str, int]:
    """Return struct microtl_model_id. ``graph`` is the backbone."""
    output = graph.output
    feature: list[Any] = [output.elements, output.scale, output.zero_point]
    shape: list[Any] = []
    if head is not None:
        feature += [head.feature_scale.tobytes().hex(), head.feature_offset.tobytes().hex()]
        shape = [list(head.widths), head.loss]
    fixed = head is not None and head.arithmetic == "fixed"
    described = [[c.name, c.unit, float(c.offset), float(c.scale)] for c in channels]
    return {
        "backbone": _hash(_describe(graph)),
        "preprocess": _hash([list(graph.input.shape), described, preprocess]),
        "feature": _hash(feature),
        "head": _hash(shape) ^ (limit("MODEL_ID_FIXED") if fixed else 0),
    }


def _describe(graph: Graph) -> list[Any]:
    """Describe a simplified graph; tensors are numbered in the order in which they turn up."""
    numbers: dict[Tensor, int] = {}

    def describe(tensor: Tensor | None) -> Any:
        if tensor is None:
            return None
        if tensor in numbers:
            return numbers[tensor]
        numbers[tensor] = len(numbers)
        return [tensor.dtype, list(tensor.shape), _quantization(tensor), _content(tensor)]

    described: list[Any] = [describe(graph.input)]
    for op in graph.ops:
        if op.kind in RESHAPES:
            # Exporters say the same in several ways, and the output's shape says it all.
            described.append(["RESHAPE", describe(op.input(0)), describe(op.output)])
            continue
        tensors = [describe(tensor) for tensor in (*op.inputs, *op.outputs)]
        options = sorted(item for item in op.options.items() if item[0] not in _NO_EFFECT)
        described.append([op.kind, options, tensors])
    described.append(describe(graph.output))
    return described


def _quantization(tensor: Tensor) -> Any:
    # The scale of a bias is never used, and exporters do not agree on it.
    if tensor.quantization is None or tensor.dtype != "INT8":
        return None
    quantization = tensor.quantization
    return [quantization.scale.tolist(), quantization.zero_point.tolist()]


def _content(tensor: Tensor) -> str | None:
    if tensor.data is None:
        return None
    return hashlib.sha256(tensor.data.tobytes()).hexdigest()


def _hash(content: Any) -> int:
    """Return the first 32 bits of the SHA-256."""
    return int.from_bytes(hashlib.sha256(_canonical(content)).digest()[:4], "big")


def _canonical(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=True).encode()

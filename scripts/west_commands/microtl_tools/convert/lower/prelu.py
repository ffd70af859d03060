# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""PRELU: a slope of its own for each channel, or each value, below zero."""

from __future__ import annotations

from microtl_tools.convert import fixed_point
from microtl_tools.convert.graph import Op
from microtl_tools.convert.lower.context import Context, constant
from microtl_tools.convert.lower.require import need_activation, need_shape, output_fields
from microtl_tools.convert.lower.strides import broadcast_fields
from microtl_tools.convert.lower.weights import need_weights, struct_requant
from microtl_tools.convert.program import Value


def lower_prelu(context: Context, op: Op) -> None:
    """Alpha is constant and broadcast to the input."""
    source, alpha = op.input(0), op.input(1)
    values = need_weights(op, alpha)
    need_activation(alpha, str(op))
    need_shape(op, op.output, source.shape)
    at = broadcast_fields(op, source.shape, alpha.shape)
    at["constant_b"] = constant("alpha", values)
    positive, negative = fixed_point.prelu_requants(source.scale, alpha.scale, op.output.scale)
    fields: dict[str, Value] = {
        "at": at,
        "zero_point_a": source.zero_point,
        "zero_point_b": alpha.zero_point,
        "out": output_fields(op),
        "positive": struct_requant(positive),
        "negative": struct_requant(negative),
    }
    context.call(op, "prelu", fields, [source], in_place=(0,))

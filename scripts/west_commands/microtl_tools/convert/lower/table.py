# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Every function of one int8 value becomes a table of 256 values."""

from __future__ import annotations

from microtl_tools.convert import tables
from microtl_tools.convert.graph import Op
from microtl_tools.convert.lower.context import Context, constant
from microtl_tools.convert.lower.require import (
    need_fixed_output,
    need_same_quantization,
    need_shape,
)
from microtl_tools.convert.program import Value


def lower_quantize(context: Context, op: Op) -> None:
    """From one int8 quantisation to another."""
    source, out = op.input(0), op.output
    values = tables.requantize(source.scale, source.zero_point, out.scale, out.zero_point)
    _call(context, op, values)


def lower_relu(context: Context, op: Op) -> None:
    """RELU, which may requantise."""
    source, out = op.input(0), op.output
    values = tables.relu(source.scale, source.zero_point, out.scale, out.zero_point)
    _call(context, op, values)


def lower_relu6(context: Context, op: Op) -> None:
    """RELU6, which in the reference only clamps."""
    source = op.input(0)
    need_same_quantization(op, source, op.output)
    _call(context, op, tables.relu6(source.scale, source.zero_point))


def lower_leaky_relu(context: Context, op: Op) -> None:
    """LEAKY_RELU with its option alpha."""
    source, out = op.input(0), op.output
    alpha = float(op.options["alpha"])
    values = tables.leaky_relu(source.scale, source.zero_point, out.scale, out.zero_point, alpha)
    _call(context, op, values)


def lower_hard_swish(context: Context, op: Op) -> None:
    """HARD_SWISH."""
    source, out = op.input(0), op.output
    values = tables.hard_swish(source.scale, source.zero_point, out.scale, out.zero_point)
    _call(context, op, values)


def lower_logistic(context: Context, op: Op) -> None:
    """LOGISTIC: the output is always in 1/256 from -128."""
    source = op.input(0)
    need_fixed_output(op, 1 / 256, -128)
    _call(context, op, tables.logistic(source.scale, source.zero_point))


def lower_tanh(context: Context, op: Op) -> None:
    """TANH: the output is always in 1/128 around 0."""
    source = op.input(0)
    need_fixed_output(op, 1 / 128, 0)
    _call(context, op, tables.tanh(source.scale, source.zero_point))


def _call(context: Context, op: Op, values: list[int]) -> None:
    source = op.input(0)
    need_shape(op, op.output, source.shape)
    fields: dict[str, Value] = {"count": source.elements, "table": constant("table", values)}
    context.call(op, "lut", fields, [source], in_place=(0,))

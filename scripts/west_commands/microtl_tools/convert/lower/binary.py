# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""ADD, SUB, MUL, MAXIMUM and MINIMUM of two operands, one of which may be constant."""

from __future__ import annotations

from microtl_tools.convert import fixed_point
from microtl_tools.convert.graph import Op, Shape, Tensor
from microtl_tools.convert.lower.context import Context, constant
from microtl_tools.convert.lower.require import (
    need_activation,
    need_same_quantization,
    need_shape,
    output_fields,
)
from microtl_tools.convert.lower.strides import broadcast, broadcast_fields
from microtl_tools.convert.lower.weights import struct_requant
from microtl_tools.convert.program import Value


def lower_add(context: Context, op: Op) -> None:
    """a + b."""
    _lower_sum(context, op, subtract=False)


def lower_sub(context: Context, op: Op) -> None:
    """a - b."""
    _lower_sum(context, op, subtract=True)


def _lower_sum(context: Context, op: Op, *, subtract: bool) -> None:
    a, b = _operands(op)
    params = fixed_point.add_params(a.scale, b.scale, op.output.scale)
    fields: dict[str, Value] = {
        "at": _walk(context, op),
        "zero_point_a": a.zero_point,
        "zero_point_b": b.zero_point,
        "out": output_fields(op),
        "left_shift": params.left_shift,
        "a": struct_requant(params.a),
        "b": struct_requant(params.b),
        "result": struct_requant(params.result),
        "subtract": subtract,
    }
    _call(context, op, "add", fields)


def lower_mul(context: Context, op: Op) -> None:
    """a * b."""
    a, b = _operands(op)
    fields: dict[str, Value] = {
        "at": _walk(context, op),
        "zero_point_a": a.zero_point,
        "zero_point_b": b.zero_point,
        "out": output_fields(op),
        "requant": struct_requant(fixed_point.mul_requant(a.scale, b.scale, op.output.scale)),
    }
    _call(context, op, "mul", fields)


def lower_maximum(context: Context, op: Op) -> None:
    """The larger of a and b."""
    _lower_choice(context, op, "maximum")


def lower_minimum(context: Context, op: Op) -> None:
    """The smaller of a and b."""
    _lower_choice(context, op, "minimum")


def _lower_choice(context: Context, op: Op, kernel: str) -> None:
    for tensor in _operands(op):
        need_same_quantization(op, tensor, op.output)
    _call(context, op, kernel, _walk(context, op), struct="broadcast")


def _operands(op: Op) -> tuple[Tensor, Tensor]:
    a, b = op.input(0), op.input(1)
    for tensor in (a, b):
        need_activation(tensor, str(op))
    need_shape(op, op.output, _broadcast_shape(op, a.shape, b.shape))
    return a, b


def _broadcast_shape(op: Op, a: Shape, b: Shape) -> Shape:
    rank = max(len(a), len(b))
    padded = [(1,) * (rank - len(shape)) + shape for shape in (a, b)]
    out = tuple(y if x == 1 else x for x, y in zip(*padded, strict=True))
    for shape in (a, b):
        broadcast(op, shape, out)
    return out


def _walk(context: Context, op: Op) -> dict[str, Value]:
    """Return struct microtl_broadcast."""
    a, b = op.input(0), op.input(1)
    fields = broadcast_fields(op, a.shape, b.shape)
    for name, tensor in (("constant_a", a), ("constant_b", b)):
        if not context.is_activation(tensor):
            fields[name] = constant("operand", tensor.data)
    return fields


def _call(
    context: Context, op: Op, kernel: str, fields: dict[str, Value], struct: str | None = None
) -> None:
    operands = [context.is_activation(op.input(i)) for i in (0, 1)]
    # An operand that is not broadcast is read just before its place is written.
    in_place = tuple(
        i
        for i, there in enumerate(operands)
        if there and op.input(i).elements == op.output.elements
    )
    inputs = [op.input(i) if there else None for i, there in enumerate(operands)]
    context.call(op, kernel, fields, inputs, struct=struct, in_place=in_place)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Operations that only move bytes: RESHAPE, TRANSPOSE, CONCATENATION, STRIDED_SLICE and PAD."""

from __future__ import annotations

from microtl_tools.convert.graph import Op, Shape, Tensor
from microtl_tools.convert.lower.context import Context, constant
from microtl_tools.convert.lower.require import (
    constant_ints,
    need_activation,
    need_same_quantization,
    need_shape,
    output_clamp,
    resolve_axes,
)
from microtl_tools.convert.lower.strides import fitted, merge, row_major
from microtl_tools.convert.program import Value
from microtl_tools.convert.slicing import slices_of


def lower_reshape(context: Context, op: Op) -> None:
    """RESHAPE, EXPAND_DIMS and SQUEEZE are other names of the same bytes."""
    source, out = op.input(0), op.output
    need_same_quantization(op, source, out)
    if source.elements != out.elements:
        raise op.error(f"{source} has {source.elements} elements, {out} has {out.elements}")
    context.alias(op, source)


def lower_transpose(context: Context, op: Op) -> None:
    """Any permutation."""
    source = op.input(0)
    shape = source.shape
    order = constant_ints(op, op.input(1))
    if sorted(axis % len(shape) for axis in order) != list(range(len(shape))):
        raise op.error(f"the order {order} is no permutation of {len(shape)} dimensions")
    order = [axis % len(shape) for axis in order]
    out = tuple(shape[axis] for axis in order)
    need_shape(op, op.output, out)
    need_same_quantization(op, source, op.output)
    strides = row_major(shape)
    _copy(context, op, source, out, [strides[axis] for axis in order], row_major(out))


def lower_strided_slice(context: Context, op: Op) -> None:
    """A range of each dimension, with any step."""
    source = op.input(0)
    begin, end, stride = (constant_ints(op, op.input(i)) for i in (1, 2, 3))
    index = slices_of(op, source.shape, begin, end, stride)
    steps = row_major(source.shape)
    start = 0
    dims: list[int] = []
    in_stride: list[int] = []
    for part, dim, step in zip(index, source.shape, steps, strict=True):
        if isinstance(part, int):
            start += part * step
            continue
        taken = range(*part.indices(dim))
        start += taken.start * step if len(taken) else 0
        dims.append(len(taken))
        in_stride.append(taken.step * step)
    out = tuple(dims)
    need_shape(op, op.output, out)
    need_same_quantization(op, source, op.output)
    _copy(context, op, source, out, in_stride, row_major(out), in_offset=start)


def lower_concatenation(context: Context, op: Op) -> None:
    """One copy an input, side by side along the axis."""
    out = op.output
    axis = resolve_axes(op, [op.options["axis"]], len(out.shape))[0]
    output_clamp(op)
    if op.options["fused_activation_function"] != "NONE":
        raise op.error(
            f"fused activation {op.options['fused_activation_function']} is not supported here",
            "export the activation as an operation of its own",
        )
    strides = row_major(out.shape)
    position = 0
    for i in range(len(op.inputs)):
        tensor = op.input(i)
        need_activation(tensor, str(op))
        need_same_quantization(op, tensor, out)
        dims = tensor.shape
        if len(dims) != len(out.shape):
            need_shape(op, tensor, out.shape)
        need_shape(op, tensor, (*out.shape[:axis], dims[axis], *out.shape[axis + 1 :]))
        if position + dims[axis] <= out.shape[axis]:
            offset = position * strides[axis]
            _copy(context, op, tensor, dims, row_major(dims), strides, out_offset=offset)
        position += dims[axis]
    need_shape(op, out, (*out.shape[:axis], position, *out.shape[axis + 1 :]))


def lower_pad(context: Context, op: Op) -> None:
    """PAD that no convolution could take over: the border's value everywhere, then the inner
    part."""
    source, out = op.input(0), op.output
    before, after = pad_widths(op)
    sizes = zip(source.shape, before, after, strict=True)
    need_shape(op, out, tuple(dim + front + back for dim, front, back in sizes))
    need_same_quantization(op, source, out)
    context.call(op, "fill", {"count": out.elements, "value": pad_value(op)}, [], struct="fill")
    strides = row_major(out.shape)
    start = sum(front * step for front, step in zip(before, strides, strict=True))
    _copy(context, op, source, source.shape, row_major(source.shape), strides, out_offset=start)


def pad_widths(op: Op) -> tuple[list[int], list[int]]:
    """Return how many rows PAD puts before and after each dimension."""
    rank = len(op.input(0).shape)
    widths = constant_ints(op, op.input(1))
    if len(widths) != 2 * rank or min(widths, default=0) < 0:
        raise op.error(
            f"paddings {widths} do not fit {rank} dimensions",
            "two numbers of 0 or more are needed for each dimension",
        )
    return widths[::2], widths[1::2]


def pad_value(op: Op) -> int:
    """Return the byte that PAD fills in: the real 0, or what PADV2 names."""
    value = op.optional(2) if op.kind == "PADV2" else None
    if value is None:
        return op.output.zero_point
    if value.data is None or value.elements != 1 or value.dtype != "INT8":
        raise op.error(f"the padding value, {value}, is no constant int8 number", "export it again")
    if value.quantization is not None:
        need_same_quantization(op, value, op.output)
    return int(value.data.reshape(-1)[0])


def _copy(
    context: Context,
    op: Op,
    source: Tensor,
    dims: Shape,
    in_stride: list[int],
    out_stride: list[int],
    *,
    in_offset: int = 0,
    out_offset: int = 0,
) -> None:
    counts, (steps_in, steps_out) = fitted(op, merge(dims, in_stride, out_stride), 2)
    fields: dict[str, Value] = {
        "dims": counts,
        "in_stride": steps_in,
        "out_stride": steps_out,
        "in_offset": in_offset,
        "out_offset": out_offset,
    }
    inputs = [source]
    if not context.is_activation(source):
        inputs = []
        fields["constant"] = constant("operand", source.data)
    context.call(op, "copy", fields, inputs)

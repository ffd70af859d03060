# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Dimensions and strides for the kernels that walk tensors of free shape."""

from __future__ import annotations

from collections.abc import Sequence

from microtl_tools.convert.graph import Op, Shape, shape_text
from microtl_tools.convert.headers import limit
from microtl_tools.convert.program import Value

Walk = list[tuple[int, tuple[int, ...]]]
"""A loop nest, outermost first: how often, and the step of each operand."""

Fitted = tuple[list[int], list[list[int]]]


def row_major(shape: Shape) -> list[int]:
    """Return the step of each dimension of an array without gaps."""
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    return strides


def broadcast(op: Op, shape: Shape, out: Shape) -> list[int]:
    """Return the steps of an operand of ``shape`` when walked as ``out``: 0 where it repeats."""
    if len(shape) > len(out):
        raise _not_broadcast(op, shape, out)
    padded = (1,) * (len(out) - len(shape)) + shape
    strides = row_major(padded)
    for axis, (own, walked) in enumerate(zip(padded, out, strict=True)):
        if own == 1:
            strides[axis] = 0
        elif own != walked:
            raise _not_broadcast(op, shape, out)
    return strides


def _not_broadcast(op: Op, shape: Shape, out: Shape) -> Exception:
    return op.error(f"shape {shape_text(shape)} cannot be broadcast to {shape_text(out)}")


def merge(dims: Sequence[int], *strides: Sequence[int]) -> Walk:
    """Return the shortest loop nest that visits the same elements in the same order."""
    walk: Walk = []
    for count, *steps in zip(dims, *strides, strict=True):
        if count == 1:
            continue
        if walk and all(
            outer == step * count for outer, step in zip(walk[-1][1], steps, strict=True)
        ):
            walk[-1] = (walk[-1][0] * count, tuple(steps))
        else:
            walk.append((count, tuple(steps)))
    return walk


def fitted(op: Op, walk: Walk, operands: int, limit_name: str = "DIMS") -> Fitted:
    """Return counts and each operand's steps, filled up to the kernels' number of dimensions."""
    room = limit(limit_name)
    if len(walk) > room:
        raise op.error(
            f"it walks {len(walk)} dimensions that cannot be merged, at most {room} are supported",
            "reshape the tensors to fewer dimensions",
        )
    filler: Walk = [(1, (0,) * operands)] * (room - len(walk))
    whole = filler + walk
    counts = [count for count, _ in whole]
    return counts, [[steps[i] for _, steps in whole] for i in range(operands)]


def broadcast_fields(op: Op, a: Shape, b: Shape) -> dict[str, Value]:
    """Return the walk of struct microtl_broadcast over the operation's output."""
    out = op.output.shape
    walk = merge(out, broadcast(op, a, out), broadcast(op, b, out))
    dims, (stride_a, stride_b) = fitted(op, walk, 2)
    return {"dims": dims, "stride_a": stride_a, "stride_b": stride_b}

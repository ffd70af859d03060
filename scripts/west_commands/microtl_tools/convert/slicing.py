# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What STRIDED_SLICE takes, by TensorFlow's rules; used for constants and for activations."""

from __future__ import annotations

from microtl_tools.convert.graph import Op, Shape

_MASKS = ("ellipsis_mask", "new_axis_mask")


def slices_of(
    op: Op, shape: Shape, begin: list[int], end: list[int], stride: list[int]
) -> list[slice | int]:
    """Return the index of each dimension: a range, or a number where the dimension vanishes."""
    for mask in _MASKS:
        if op.options[mask]:
            raise op.error(f"option {mask} is not supported", "write the slice without it")
    if not len(begin) == len(end) == len(stride) or len(begin) > len(shape):
        raise op.error(
            f"begin, end and strides have {len(begin)}, {len(end)} and {len(stride)} numbers for "
            f"{len(shape)} dimensions"
        )
    if op.options["offset"]:
        end = [first + count for first, count in zip(begin, end, strict=True)]
    index: list[slice | int] = []
    for axis, dim in enumerate(shape):
        if axis >= len(begin):
            index.append(slice(0, dim, 1))
        else:
            index.append(_axis(op, axis, dim, begin[axis], end[axis], stride[axis]))
    return index


def _axis(op: Op, axis: int, dim: int, begin: int, end: int, stride: int) -> slice | int:
    bit = 1 << axis
    if stride == 0:
        raise op.error(f"stride 0 along dimension {axis}", "it must not be 0")
    if op.options["shrink_axis_mask"] & bit:
        if not -dim <= begin < dim:
            raise op.error(f"index {begin} is outside of dimension {axis}, which has {dim}")
        return begin % dim
    first = None if op.options["begin_mask"] & bit else begin
    last = None if op.options["end_mask"] & bit else end
    start, stop, step = slice(first, last, stride).indices(dim)
    # A stop of -1 means "before the first", which Python would read as the last element.
    return slice(start, None if stop < 0 else stop, step)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""SOFTMAX over the last dimension."""

from __future__ import annotations

from microtl_tools.convert import fixed_point
from microtl_tools.convert.graph import Op
from microtl_tools.convert.lower.context import Context
from microtl_tools.convert.lower.require import need_fixed_output, need_shape
from microtl_tools.convert.lower.weights import struct_requant
from microtl_tools.convert.program import Value

_DEPTH_LIMIT = 8192
"""struct microtl_softmax: the sum of so many exponentials fits."""


def lower_softmax(context: Context, op: Op) -> None:
    """The output is always in 1/256 from -128."""
    source = op.input(0)
    need_shape(op, op.output, source.shape)
    need_fixed_output(op, 1 / 256, -128)
    depth = source.shape[-1]
    if depth >= _DEPTH_LIMIT:
        raise op.error(f"softmax over {depth} values", f"fewer than {_DEPTH_LIMIT} are supported")
    params = fixed_point.softmax_params(float(op.options["beta"]), source.scale)
    fields: dict[str, Value] = {
        "rows": source.elements // depth,
        "depth": depth,
        "input": struct_requant(params.input),
        "diff_min": params.diff_min,
    }
    context.call(op, "softmax", fields, [source], in_place=(0,))

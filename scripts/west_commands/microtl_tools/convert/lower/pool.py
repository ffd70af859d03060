# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""AVERAGE_POOL_2D and MAX_POOL_2D."""

from __future__ import annotations

from microtl_tools.convert.graph import Op
from microtl_tools.convert.lower.context import Context
from microtl_tools.convert.lower.require import need_image, need_same_quantization, output_clamp
from microtl_tools.convert.lower.window import overlap, sliding_fields
from microtl_tools.convert.program import Value


def lower_average(context: Context, op: Op) -> None:
    """Average over what the window covers of the image."""
    _lower(context, op, "average_pool")


def lower_max(context: Context, op: Op) -> None:
    """Maximum over what the window covers of the image."""
    _lower(context, op, "max_pool")


def _lower(context: Context, op: Op, kernel: str) -> None:
    source = op.input(0)
    channels = need_image(op, source)[2]
    need_same_quantization(op, source, op.output)
    window = op.options["filter_height"], op.options["filter_width"]
    low, high = output_clamp(op)
    at = sliding_fields(op, window, channels)
    fields: dict[str, Value] = {
        "at": at,
        "min": low,
        "max": high,
    }
    apart = overlap(at, by_channel=True)
    context.call(op, kernel, fields, [source], struct="pool", overlap=apart)

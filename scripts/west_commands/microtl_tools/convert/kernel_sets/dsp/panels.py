# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Panels: bias, weights and scaling of a few channels in the order in which a block reads them.

The layouts, and why biases and weights are doubled, are described in ``kernels/dsp/blocks.h``.
"""

from __future__ import annotations

from typing import Any

from microtl_tools.convert.kernel_sets.filters import Filters
from microtl_tools.convert.lower.context import constant
from microtl_tools.convert.program import Constant
from microtl_tools.imports import require

QUAD = 4
_SUM_LIMIT = 1 << 30
_SHIFTS = range(2, 32)


def exact(filters: Filters) -> bool:
    """Whether doubled sums fit 32 bits for every input, and every shift can be a factor."""
    return filters.exact(_SUM_LIMIT, _SHIFTS)


def kernel_name(name: str, small: bool) -> str:
    """Return the C function of a kernel; ``small``: the one that reads int8."""
    return f"microtl_kernel_dsp_{name}{'_int8' if small else ''}"


def pair_panels(filters: Filters, *, interleaved: bool, small: bool) -> Constant:
    """Panels of two channels, for ``microtl_priv_dsp_pairs()``; the depth is whole quads.

    Words are of (w0, w2) and (w1, w3) where the values are interleaved, else in order. ``small``:
    for ``microtl_priv_dsp_pairs_int8()``.
    """
    np = require("numpy", "convert models")
    padded = filters.padded(2)
    count = len(padded.bias) // 2
    if small:
        order = [0, 1, 2, 3] if interleaved else [0, 2, 1, 3]
        # [panel][channel][quad] -> [panel][quad][channel]
        quads = _quads(padded.weights, order).reshape(count, 2, -1)
        return _panels(padded, 2, quads.transpose(0, 2, 1), filters, padded.bias)
    words = _words(padded.weights) if interleaved else _ordered_words(padded.weights)
    # [panel][channel][quad][word] -> [panel][quad][word][channel]
    words = np.moveaxis(words.reshape(count, 2, -1, 2), 1, 3)
    return _panels(padded, 2, words, filters, np.repeat(2 * padded.bias, 2))


def row_panels(filters: Filters, *, small: bool) -> Constant:
    """Panels of four channels, for ``microtl_priv_dsp_row()``; the depth is whole pairs of quads.

    ``small``: for ``microtl_priv_dsp_row_int8()``; the depth is whole quads.
    """
    np = require("numpy", "convert models")
    padded = filters.padded(4)
    count = len(padded.bias) // 4
    if small:
        quads = _quads(padded.weights, [0, 1, 2, 3]).reshape(count, 4, -1)
        return _panels(padded, 4, quads.transpose(0, 2, 1), filters, padded.bias)
    # [panel][channel][two quads][word] -> [panel][two quads][channel][word]
    words = np.moveaxis(_words(padded.weights).reshape(count, 4, -1, 4), 1, 2)
    return _panels(padded, 4, words, filters, 2 * padded.bias)


def tap_panels(filters: Filters) -> Constant:
    """Panels of four channels, for ``microtl_priv_dsp_taps()``: a word of weights a tap."""
    count = len(filters.bias) // QUAD
    # [panel][channel][tap] -> [panel][tap][channel]
    words = _bytes(filters.weights.reshape(count, QUAD, -1).transpose(0, 2, 1))
    return _panels(filters, QUAD, words, filters, filters.bias)


def _panels(padded: Filters, group: int, words: Any, filters: Filters, biases: Any) -> Constant:
    np = require("numpy", "convert models")
    count = len(padded.bias) // group
    parts = (
        biases,
        words.reshape(count, -1),
        padded.multiplier,
        1 << (32 - padded.shift),
    )
    panels = np.concatenate([part.reshape(count, -1) for part in parts], axis=1)
    channels, depth = filters.weights.shape
    note = f"[{channels}][{depth}] in panels of {group} channels"
    return constant("panels", panels.astype(np.int32), "int32_t", note)


def _quads(weights: Any, order: list[int]) -> Any:
    """Pack four int8 into a word: [channels][depth] -> [channels][quads]."""
    quads = weights.reshape(len(weights), -1, QUAD)[:, :, order]
    return _bytes(quads).reshape(len(weights), -1)


def _bytes(values: Any) -> Any:
    """Make a word of the four int8 of the last dimension."""
    return values.astype("<i1", order="C").view("<i4")


def _words(weights: Any) -> Any:
    """Pack doubled weights: [channels][depth] -> [channels][quads * 2] of two int16 each."""
    quads = (2 * weights).reshape(len(weights), -1, 2, 2)
    return pack(quads[:, :, 0, :], quads[:, :, 1, :]).reshape(len(weights), -1)


def _ordered_words(weights: Any) -> Any:
    """As ``_words``, two neighbours in a word."""
    doubled = 2 * weights
    return pack(doubled[:, 0::2], doubled[:, 1::2])


def pack(low: Any, high: Any) -> Any:
    """Pack two int16 into a word."""
    np = require("numpy", "convert models")
    return ((low & 0xFFFF) | (high & 0xFFFF) << 16).astype(np.uint32).view(np.int32)


def rounding(output: dict[str, int]) -> str:
    """Return the enum microtl_dsp_rounding for a struct microtl_output: as little as is exact."""
    low, high = output["min"], output["max"]
    if (low, high) != (-128, 127):
        return "MICROTL_DSP_CLAMPED"
    return "MICROTL_DSP_RECTIFIED" if output["zero_point"] == low else "MICROTL_DSP_LINEAR"

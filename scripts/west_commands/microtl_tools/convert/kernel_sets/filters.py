# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The filters of a layer as kernel sets want them, and whether a kernel is exact on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from microtl_tools.convert.kernel_sets.fields import number
from microtl_tools.convert.program import Constant, KernelCall, Value
from microtl_tools.imports import require

_PADDED_SHIFT = 2


@dataclass
class Filters:
    """The filters of a layer, with the input's zero point folded into the bias."""

    weights: Any
    """int64 [channels][depth]"""
    bias: Any
    """int64 [channels]"""
    multiplier: Any
    """int64 [channels]"""
    shift: Any
    """int64 [channels], bits to the right"""

    @classmethod
    def of(cls, call: KernelCall, weights: Any) -> Filters:
        """Take them from a portable call; ``weights`` is [channels][depth]."""
        np = require("numpy", "convert models")
        channels = len(weights)
        weights = weights.astype(np.int64)
        fields = call.fields
        bias = _values(fields["bias"], channels)
        zero_point = number(call, "input_zero_point")
        return cls(
            weights=weights,
            bias=bias - zero_point * weights.sum(axis=1),
            multiplier=_values(fields["multiplier"], channels),
            shift=-_values(fields["shift"], channels),
        )

    def exact(self, limit: int, shifts: range) -> bool:
        """Whether sums stay below ``limit`` for every input, and all shifts are in ``shifts``."""
        np = require("numpy", "convert models")
        low = self.bias + np.minimum(self.weights * -128, self.weights * 127).sum(axis=1)
        high = self.bias + np.maximum(self.weights * -128, self.weights * 127).sum(axis=1)
        bound = max(abs(int(low.min())), abs(int(high.max())), int(abs(self.bias).max()))
        return bound < limit and all(int(s) in shifts for s in self.shift)

    def padded(self, group: int) -> Filters:
        """Fill up with channels of zeros to a multiple of ``group``."""
        np = require("numpy", "convert models")
        more = -len(self.bias) % group
        return Filters(
            np.pad(self.weights, ((0, more), (0, 0))),
            np.pad(self.bias, (0, more)),
            np.pad(self.multiplier, (0, more)),
            np.pad(self.shift, (0, more), constant_values=_PADDED_SHIFT),
        )


def pad_depth(weights: Any, multiple: int) -> Any:
    """Fill up the last dimension with zeros to a multiple."""
    np = require("numpy", "convert models")
    more = -weights.shape[-1] % multiple
    return np.pad(weights, [(0, 0)] * (weights.ndim - 1) + [(0, more)])


def reads(call: KernelCall, size: int) -> None:
    """Let the call read ``size`` bytes of its input: what follows it has to lie in the arena."""
    source = call.inputs[0]
    assert source is not None
    source.size = max(source.size, size)


def _values(value: Value, channels: int) -> Any:
    """Return an array parameter as int64, one value for all channels repeated."""
    np = require("numpy", "convert models")
    if value is None:
        return np.zeros(channels, np.int64)
    assert isinstance(value, Constant)
    return np.broadcast_to(value.values.astype(np.int64), channels)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A number that is not known exactly: low, middle, high, carried through sums and products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Union

Number = Union[float, "Range"]


@dataclass(frozen=True)
class Range:
    """Low <= middle <= high, none of them negative.

    Sums, products and quotients of independent figures. Where a figure stands in an expression
    twice, the result is wider than it need be, never narrower.
    """

    low: float
    middle: float
    high: float

    def __post_init__(self) -> None:
        """Refuse what would make the arithmetic wrong."""
        if not 0 <= self.low <= self.middle <= self.high:
            raise ValueError(f"not low <= middle <= high: {self.low}, {self.middle}, {self.high}")

    @staticmethod
    def of(value: Number) -> Range:
        """Return a range; of a plain number, the range that is only that number."""
        return value if isinstance(value, Range) else Range(value, value, value)

    def __add__(self, other: Number) -> Range:
        b = Range.of(other)
        return Range(self.low + b.low, self.middle + b.middle, self.high + b.high)

    def __mul__(self, other: Number) -> Range:
        b = Range.of(other)
        return Range(self.low * b.low, self.middle * b.middle, self.high * b.high)

    def __truediv__(self, other: Number) -> Range:
        b = Range.of(other)
        return Range(self.low / b.high, self.middle / b.middle, self.high / b.low)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rtruediv__(self, other: float) -> Range:
        return Range.of(other) / self

    def excess(self, other: Number) -> Range:
        """Return by how much this is more than ``other``, 0 where it is less."""
        b = Range.of(other)
        return Range(
            max(self.low - b.high, 0.0), max(self.middle - b.middle, 0.0), max(self.high - b.low, 0)
        )

    def at_least(self, other: Number) -> Range:
        """Return the larger of the two."""
        b = Range.of(other)
        return Range(max(self.low, b.low), max(self.middle, b.middle), max(self.high, b.high))

    def each(self, function: Callable[[float], float]) -> Range:
        """Return a rising function of this."""
        return Range(function(self.low), function(self.middle), function(self.high))

    def values(self) -> tuple[float, float, float]:
        """Return low, middle, high."""
        return self.low, self.middle, self.high


ZERO = Range(0.0, 0.0, 0.0)


def total(parts: list[Range]) -> Range:
    """Return the sum."""
    result = ZERO
    for part in parts:
        result = result + part
    return result

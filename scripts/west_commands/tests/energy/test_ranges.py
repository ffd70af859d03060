# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Low, middle and high go through sums, products and quotients, and stay in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from microtl_tools.energy.ranges import Range

numbers = st.floats(1e-6, 1e6)
ranges = st.lists(numbers, min_size=3, max_size=3).map(lambda v: Range(*sorted(v)))


def test_by_hand() -> None:
    a, b = Range(1, 2, 4), Range(2, 5, 10)
    assert a + b == Range(3, 7, 14)
    assert a * b == Range(2, 10, 40)
    assert b / a == Range(0.5, 2.5, 10)
    assert 2 * a == Range(2, 4, 8)
    assert 8 / a == Range(2, 4, 8)
    assert b.excess(a) == Range(0, 3, 9)
    assert b.at_least(6) == Range(6, 6, 10)


@given(ranges, ranges, st.floats(0, 1), st.floats(0, 1))
def test_any_pair_of_values_lies_within(a: Range, b: Range, s: float, t: float) -> None:
    x, y = a.low + s * (a.high - a.low), b.low + t * (b.high - b.low)
    slack = 1e-9
    for result, value in ((a + b, x + y), (a * b, x * y), (a / b, x / y)):
        assert result.low * (1 - slack) <= value <= result.high * (1 + slack)
        assert result.low <= result.middle <= result.high


@pytest.mark.parametrize("values", [(2, 1, 3), (-1, 0, 1), (1, 3, 2)])
def test_what_is_not_in_order_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="not low <= middle <= high"):
        Range(*values)

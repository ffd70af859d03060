# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Intervals against published quantiles, and the verdicts that follow from them."""

import math

import numpy as np
import pytest
from microtl_tools.simulate.statistics import Verdict, interval, judge, t_quantile


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (10, 2.228), (30, 2.042)],
)
def test_quantile_equals_the_printed_table(freedom: int, expected: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(expected, abs=5e-4)


def test_interval_of_three() -> None:
    three = interval([1.0, 2.0, 3.0])
    half = 4.303 / math.sqrt(3)
    assert (three.mean, three.sigma, three.count) == (2.0, 1.0, 3)
    assert (three.low, three.high) == pytest.approx((2 - half, 2 + half), abs=1e-3)


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    draws = rng.normal(3.0, 2.0, (2000, 5))
    inside = [i.low <= 3.0 <= i.high for i in map(interval, draws)]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_one_user_says_nothing_about_another() -> None:
    one = interval([0.3])
    assert (one.low, one.high) == (-math.inf, math.inf)
    assert judge(one, None, 0.03) is Verdict.NO_EVIDENCE


def test_verdicts() -> None:
    up, unclear = interval([0.1, 0.12, 0.11]), interval([0.1, -0.1])
    assert judge(up, None, 0.03) is Verdict.HELPS
    assert judge(up, interval([-0.01, -0.012, -0.011]), 0.03) is Verdict.HELPS
    assert judge(unclear, None, 0.03) is Verdict.NO_EVIDENCE
    assert judge(interval([-0.1, -0.11, -0.12]), None, 0.03) is Verdict.HARMS
    # A gain over all classes does not excuse that the old ones are forgotten.
    forgets = interval([-0.2, -0.22, -0.21])
    assert judge(up, forgets, 0.03) is Verdict.HARMS
    assert judge(up, interval([-0.2, 0.1, 0.0]), 0.03) is Verdict.NO_EVIDENCE

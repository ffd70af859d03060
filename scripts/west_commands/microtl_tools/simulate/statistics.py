# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Is it a gain? Means over users with their interval, and the verdict that follows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

CONFIDENCE = 0.95


class Verdict(Enum):
    """What a simulation comes to."""

    HELPS = "helps"
    NO_EVIDENCE = "no evidence"
    HARMS = "harms"


@dataclass(frozen=True)
class Interval:
    """A mean over users and its two-sided 95 % interval, by Student's t."""

    mean: float
    low: float
    high: float
    sigma: float
    count: int


def interval(values: Sequence[float]) -> Interval:
    """Return mean and interval of one value a user; the users are the independent units.

    Infinite bounds where there is one user only: it says nothing about another.
    """
    data = np.asarray(values, np.float64)
    count = len(data)
    mean = float(data.mean())
    if count < 2:
        return Interval(mean, -math.inf, math.inf, math.nan, count)
    sigma = float(data.std(ddof=1))
    half = t_quantile(0.5 + CONFIDENCE / 2, count - 1) * sigma / math.sqrt(count)
    return Interval(mean, mean - half, mean + half, sigma, count)


def t_quantile(probability: float, freedom: int) -> float:
    """Quantile (0.5 to 1) of Student's t with a whole number of degrees of freedom."""
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        if _t_cumulative(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _t_cumulative(t: float, freedom: int) -> float:
    """Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4."""
    theta = math.atan(t / math.sqrt(freedom))
    odd = freedom % 2 == 1
    term = math.cos(theta) if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(3 if odd else 2, freedom, 2):
        term *= math.cos(theta) ** 2 * (k - 1) / k
        total += term
    inside = math.sin(theta) * total
    if odd:
        inside = 2 / math.pi * (theta + inside)
    return 0.5 + inside / 2


def judge(gain: Interval, old: Interval | None, margin: float) -> Verdict:
    """Judge the change over all classes, and that of the old ones apart.

    ``gain`` and ``old`` are changes of accuracy (after minus before). It helps where the gain is
    above zero and the old classes lose no more than ``margin``, both with confidence. It harms
    where one is, with confidence, the other way.
    """
    if gain.high < 0 or (old is not None and old.high < -margin):
        return Verdict.HARMS
    if gain.low > 0 and (old is None or old.low > -margin):
        return Verdict.HELPS
    return Verdict.NO_EVIDENCE

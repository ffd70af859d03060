# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Mean and sigma of each feature, so that one learning rate fits all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from microtl_tools.convert.graph import Tensor
from microtl_tools.imports import require

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

QUANTISATION_RANGE = "quantisation range"
"""Where the figures come from if no data was given."""

SIGMA_FLOOR = 0.1
"""Least sigma of a feature, in units of the root mean square of all sigmas: a feature that hardly
moves in the data must not drown the others once it does."""

RANGE_SIGMAS = 8.0
"""Without data: how many sigmas of a feature the quantisation range spans. A guess in the middle of
what models have: 5, 6 and 29 in a streaming wake word, a digits and a gesture model."""


@dataclass(frozen=True)
class Standardisation:
    """u = (x - mean) / sigma for the real feature x; both [features]."""

    mean: Floats
    sigma: Floats
    source: str
    """Where the figures come from: "data" or "quantisation range"."""

    feature_scale: float
    feature_zero_point: int
    """Quantisation of the int8 features."""

    @property
    def scale_and_offset(self) -> tuple[Floats, Floats]:
        """Return what turns the int8 feature q into u: u = q * scale + offset."""
        scale = self.feature_scale / self.sigma
        offset = (-self.feature_scale * self.feature_zero_point - self.mean) / self.sigma
        return scale, offset

    def tables(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return scale and offset as the device has them."""
        scale, offset = self.scale_and_offset
        return scale.astype("float32"), offset.astype("float32")


def from_data(features: npt.NDArray[np.int8], feature: Tensor) -> Standardisation:
    """Measure on features [samples][features] of the training set.

    Sums of int8 values are exact in int64, so the result does not depend on the computer.
    """
    np = require("numpy", "convert models")
    count = len(features)
    q = features.astype(np.int64)
    total, squares = q.sum(axis=0), (q * q).sum(axis=0)
    sigma = np.sqrt((count * squares - total * total).astype(np.float64)) / count * feature.scale
    power = math.fsum(value * value for value in sigma.tolist()) / len(sigma)
    floor = max(SIGMA_FLOOR * math.sqrt(power), feature.scale)
    mean = (total / count - feature.zero_point) * feature.scale
    return Standardisation(mean, np.maximum(sigma, floor), "data", *_quantization(feature))


def from_range(feature: Tensor) -> Standardisation:
    """Guess from the range that the int8 values can stand for, the same for every feature."""
    np = require("numpy", "convert models")
    count = feature.elements
    sigma = feature.scale * 255 / RANGE_SIGMAS
    # Behind a ReLU the range starts at 0 and the mean is about a sigma (0.7 to 1.0 in the models
    # above); else it is taken to be centred.
    low = feature.scale * (-128 - feature.zero_point)
    mean = sigma if low == 0 else low + feature.scale * 127.5
    return Standardisation(
        np.full(count, mean), np.full(count, sigma), QUANTISATION_RANGE, *_quantization(feature)
    )


def _quantization(feature: Tensor) -> tuple[float, int]:
    return feature.scale, feature.zero_point

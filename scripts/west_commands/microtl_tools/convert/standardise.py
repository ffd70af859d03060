# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Mean and sigma of each feature, so that one learning rate fits all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from microtl_tools.convert.graph import Tensor
from microtl_tools.imports import require

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SIGMA_FLOOR = 0.1
"""Least sigma of a feature, in units of the root mean square of all sigmas: a feature that hardly
moves in the data must not drown the others once it does."""

RANGE_SIGMAS = 8.0
"""Without data: how many sigmas the quantisation range spans. The range is the least and greatest
value over a calibration set and all features; of thousands of normal values it covers about 4
sigmas either way."""


@dataclass(frozen=True)
class Standardisation:
    """u = (x - mean) / sigma for the real feature x; both [features]."""

    mean: npt.NDArray[np.float64]
    sigma: npt.NDArray[np.float64]
    source: str
    """Where the figures come from: "data" or "quantisation range"."""

    def tables(self, feature: Tensor) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return scale and offset: u = q * scale + offset for the int8 feature q."""
        np = require("numpy", "convert models")
        scale = feature.scale / self.sigma
        offset = (-feature.scale * feature.zero_point - self.mean) / self.sigma
        return scale.astype(np.float32), offset.astype(np.float32)


def from_data(features: npt.NDArray[np.int8], feature: Tensor) -> Standardisation:
    """Measure on features [samples][features] of the training set."""
    np = require("numpy", "convert models")
    real = feature.scale * (features.astype(np.float64) - feature.zero_point)
    sigma = real.std(axis=0)
    floor = max(SIGMA_FLOOR * float(np.sqrt((sigma**2).mean())), feature.scale)
    return Standardisation(real.mean(axis=0), np.maximum(sigma, floor), "data")


def from_range(feature: Tensor) -> Standardisation:
    """Guess from the range that the int8 values can stand for, the same for every feature."""
    np = require("numpy", "convert models")
    count = feature.elements
    sigma = feature.scale * 255 / RANGE_SIGMAS
    # Behind a ReLU the range starts at 0 and most values lie near it; else it is centred.
    low = feature.scale * (-128 - feature.zero_point)
    mean = 0.0 if low == 0 else low + feature.scale * 127.5
    return Standardisation(np.full(count, mean), np.full(count, sigma), "quantisation range")

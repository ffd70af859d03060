# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Handwritten digits of 8x8 pixels, as they are, turned or moved: the second set of the figures.

scikit-learn's copy of E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI
repository, doi 10.24432/C50P49, CC BY 4.0. The images come writer by writer.
"""

import numpy as np
from microtl_tools.imports import require
from numpy.typing import NDArray
from protocol import DIGIT_TRAINING_PART

Images = NDArray[np.float32]
Labels = NDArray[np.int64]


def load() -> tuple[Images, Labels]:
    """Return all images [n, 8, 8, 1], 0 to 1, and their digits, in the order of the set."""
    data = require("sklearn.datasets", "read the digits").load_digits()
    return (data.images[..., None] / 16).astype(np.float32), data.target.astype(np.int64)


def training_count(images: Images) -> int:
    """Return how many of the first images train the backbones."""
    return int(len(images) * DIGIT_TRAINING_PART)


def shifted(images: Images, pixels: int) -> Images:
    """Return the images moved to the right, black behind them."""
    moved = np.zeros_like(images)
    moved[:, :, pixels:] = images[:, :, :-pixels]
    return moved


def rotated(images: Images, degrees: float) -> Images:
    """Return the images turned about their middle, by bilinear interpolation; black outside."""
    size = images.shape[1]
    middle = (size - 1) / 2
    row, column = np.mgrid[:size, :size] - middle
    angle = np.deg2rad(degrees)
    from_row = np.cos(angle) * row + np.sin(angle) * column + middle
    from_column = -np.sin(angle) * row + np.cos(angle) * column + middle
    framed = np.pad(images, ((0, 0), (1, 2), (1, 2), (0, 0)))
    turned = np.zeros(images.shape, np.float64)
    row0 = np.clip(np.floor(from_row), -1, size).astype(int)
    column0 = np.clip(np.floor(from_column), -1, size).astype(int)
    for row_step in (0, 1):
        for column_step in (0, 1):
            row_at, column_at = row0 + row_step, column0 + column_step
            part = np.clip(1 - np.abs(from_row - row_at), 0, 1)
            part = part * np.clip(1 - np.abs(from_column - column_at), 0, 1)
            turned += framed[:, row_at + 1, column_at + 1] * part[None, :, :, None]
    return turned.astype(np.float32)

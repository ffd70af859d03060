# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Squarified treemaps: rectangles whose areas are sizes, as near to squares as can be.

Algorithm: M. Bruls, K. Huizing, J. J. van Wijk, "Squarified Treemaps", Data Visualization 2000.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    def inset(self, left: float, top: float, right: float, bottom: float) -> "Box":
        """Return the box without a border; never smaller than nothing."""
        return Box(
            self.x + left,
            self.y + top,
            max(0.0, self.width - left - right),
            max(0.0, self.height - top - bottom),
        )


def squarify(sizes: Sequence[float], box: Box) -> list[Box]:
    """Return a rectangle for each size, in their order; sizes must be positive and descending."""
    if not sizes or box.width <= 0 or box.height <= 0:
        return [Box(box.x, box.y, 0, 0) for _ in sizes]
    scale = box.width * box.height / sum(sizes)
    areas = [size * scale for size in sizes]
    boxes: list[Box] = []
    while areas:
        side = min(box.width, box.height)
        count = 1
        while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(
            areas[:count], side
        ):
            count += 1
        row, areas = areas[:count], areas[count:]
        placed, box = _place(row, box)
        boxes.extend(placed)
    return boxes


def _worst(row: Sequence[float], side: float) -> float:
    """The largest ratio of sides in a row that is laid along ``side``."""
    if side <= 0:
        return float("inf")
    total = sum(row)
    return max(side * side * max(row) / total**2, total**2 / (side * side * min(row)))


def _place(row: Sequence[float], box: Box) -> tuple[list[Box], Box]:
    """Lay a row along the shorter side; return its boxes and what is left."""
    total = sum(row)
    boxes = []
    if box.width >= box.height:
        width = total / box.height if box.height else 0.0
        y = box.y
        for area in row:
            height = area / width if width else 0.0
            boxes.append(Box(box.x, y, width, height))
            y += height
        return boxes, Box(box.x + width, box.y, max(0.0, box.width - width), box.height)
    height = total / box.width
    x = box.x
    for area in row:
        width = area / height if height else 0.0
        boxes.append(Box(x, box.y, width, height))
        x += width
    return boxes, Box(box.x, box.y + height, box.width, max(0.0, box.height - height))

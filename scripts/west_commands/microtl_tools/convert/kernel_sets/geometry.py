# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Questions that kernel sets ask about the geometry of a layer: struct microtl_sliding."""

from __future__ import annotations


def covers_all(at: dict[str, int]) -> bool:
    """Whether the only window is the whole image."""
    return (at["kernel_h"], at["kernel_w"]) == (at["in_h"], at["in_w"]) and (
        at["pad_top"] == 0 and at["pad_left"] == 0
    )


def is_dilated(at: dict[str, int]) -> bool:
    """Whether there are gaps in the window."""
    return at["dilation_h"] != 1 or at["dilation_w"] != 1


def is_3x3(at: dict[str, int]) -> bool:
    """Whether the window is 3x3 and moves by one pixel."""
    return (at["kernel_h"], at["kernel_w"], at["stride_h"], at["stride_w"]) == (3, 3, 1, 1)


def same_size(at: dict[str, int]) -> bool:
    """Whether output and input are images of one size."""
    return (at["in_h"], at["in_w"]) == (at["out_h"], at["out_w"])

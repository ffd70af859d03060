# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A head in fixed point, for CPUs without FPU: tables and parameters as integers.

``microtl/real.h`` says what the integers mean, ``src/core/fixed`` computes with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from microtl_tools.convert.converted import HeadSpec
from microtl_tools.convert.graph import ModelError
from microtl_tools.convert.headers import limit
from microtl_tools.errors import UsageError
from microtl_tools.imports import require

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Int32 = npt.NDArray[np.int32]

ARITHMETICS = ("float", "fixed")

_SCALE_BITS = 16
"""Fraction bits of scales and offsets of features."""
_PARAM_MAX = 64
_TABLE_MAX = 1 << 13
"""Scales and offsets keep their sum, with any int8 feature, inside 32 bits."""


def check(head: HeadSpec) -> None:
    """Refuse a head that cannot be trained in fixed point."""
    if len(head.widths) > 2:
        raise UsageError(
            f"--arithmetic fixed: the head has {len(head.widths) - 1} dense layers, one is "
            "supported",
            "take one with --head-layers 1 and no --hidden, or choose --arithmetic float",
        )
    if head.loss != "softmax":
        raise UsageError(
            f"--arithmetic fixed: the head's loss is {head.loss}, only softmax is supported",
            "choose --loss softmax where classes exclude each other, or --arithmetic float",
        )
    _integers(head.params, limit("PARAM_BITS"), _PARAM_MAX, "weight")
    tables(head)


def tables(head: HeadSpec) -> tuple[Int32, Int32]:
    """Return scale and offset of each feature."""
    return (
        _integers(head.feature_scale, _SCALE_BITS, _TABLE_MAX >> 7, "feature scale"),
        _integers(head.feature_offset, _SCALE_BITS, _TABLE_MAX, "feature offset"),
    )


def params(head: HeadSpec) -> Int32:
    """Return weights and biases."""
    return _integers(head.params, limit("PARAM_BITS"), _PARAM_MAX, "weight")


def _integers(values: npt.NDArray[np.float32], bits: int, most: int, what: str) -> Int32:
    np = require("numpy", "convert models")
    largest = float(np.abs(values).max())
    if largest > most:
        raise ModelError(
            f"--arithmetic fixed: a {what} of the head is {largest:.3g}, at most {most} fits",
            "give --representative-data, by which features are standardised, or choose "
            "--arithmetic float",
        )
    result: npt.NDArray[Any] = np.rint(values.astype(np.float64) * (1 << bits)).astype(np.int32)
    return result

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The options of TensorFlow Lite operations that the converter reads, and how each is read.

Operations that are not listed have no options that change their result.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from microtl_tools.convert.graph import ModelError


@dataclass(frozen=True)
class OptionTable:
    """One options table of the schema: its name and the fields of it that we read."""

    name: str
    fields: tuple[str, ...]
    required: bool = True
    """False where a file may leave the whole table out and mean the defaults."""


_CONV = ("Padding", "StrideW", "StrideH", "DilationWFactor", "DilationHFactor")
_POOL = ("Padding", "StrideW", "StrideH", "FilterWidth", "FilterHeight")
_ACTIVATION = "FusedActivationFunction"
_POOL_TABLE = OptionTable("Pool2DOptions", (*_POOL, _ACTIVATION))
_REDUCER_TABLE = OptionTable("ReducerOptions", ("KeepDims",), required=False)

OPTION_TABLES = {
    "ADD": OptionTable("AddOptions", (_ACTIVATION,), required=False),
    "AVERAGE_POOL_2D": _POOL_TABLE,
    "CONCATENATION": OptionTable("ConcatenationOptions", ("Axis", _ACTIVATION)),
    "CONV_2D": OptionTable("Conv2DOptions", (*_CONV, _ACTIVATION, "QuantizedBiasType")),
    "DEPTHWISE_CONV_2D": OptionTable(
        "DepthwiseConv2DOptions", (*_CONV, "DepthMultiplier", _ACTIVATION)
    ),
    "FULLY_CONNECTED": OptionTable(
        "FullyConnectedOptions", ("WeightsFormat", "KeepNumDims", _ACTIVATION, "QuantizedBiasType")
    ),
    "LEAKY_RELU": OptionTable("LeakyReluOptions", ("Alpha",)),
    "MAX_POOL_2D": _POOL_TABLE,
    "MEAN": _REDUCER_TABLE,
    "MUL": OptionTable("MulOptions", (_ACTIVATION,), required=False),
    "PACK": OptionTable("PackOptions", ("Axis", "ValuesCount")),
    "REDUCE_MAX": _REDUCER_TABLE,
    "RESIZE_BILINEAR": OptionTable("ResizeBilinearOptions", ("AlignCorners", "HalfPixelCenters")),
    "RESIZE_NEAREST_NEIGHBOR": OptionTable(
        "ResizeNearestNeighborOptions", ("AlignCorners", "HalfPixelCenters")
    ),
    "SOFTMAX": OptionTable("SoftmaxOptions", ("Beta",)),
    "SQUEEZE": OptionTable("SqueezeOptions", ("SqueezeDims",), required=False),
    "STRIDED_SLICE": OptionTable(
        "StridedSliceOptions",
        ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask", "Offset"),
    ),
    "SUB": OptionTable("SubOptions", (_ACTIVATION,), required=False),
}

_ENUMS = {
    "Padding": "Padding",
    _ACTIVATION: "ActivationFunctionType",
    "WeightsFormat": "FullyConnectedOptionsWeightsFormat",
    "QuantizedBiasType": "TensorType",
}
_VECTORS = ("SqueezeDims",)


def enum_names(schema: Any, enum: str) -> dict[int, str]:
    """Return the names of one of the schema's enumerations."""
    return {
        value: name
        for name, value in vars(getattr(schema, enum)).items()
        if isinstance(value, int) and not name.startswith("_")
    }


def option_name(field: str) -> str:
    """Return our name of a field: ``StrideW`` becomes ``stride_w``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", field).lower()


def read_options(
    schema: Any, kind: str, operator: Any, ints: Callable[[Any, str], tuple[int, ...]]
) -> dict[str, Any]:
    """Read the options of an operator of the file.

    ``ints`` reads a vector of integers within the reader's limits. Raises ModelError where the
    table is missing, is another operation's, or holds a number that names nothing.
    """
    table = OPTION_TABLES.get(kind)
    if table is None:
        return {}
    options = _open_table(schema, table, operator)
    values: dict[str, Any] = {}
    for field in table.fields:
        name = option_name(field)
        if field in _VECTORS:
            values[name] = ints(options, field)
        elif field in _ENUMS:
            values[name] = _enum_value(schema, field, options)
        else:
            values[name] = getattr(options, field)()
    return values


def _open_table(schema: Any, table: OptionTable, operator: Any) -> Any:
    expected = getattr(schema.BuiltinOptions, table.name)
    found = operator.BuiltinOptionsType()
    content = operator.BuiltinOptions()
    options = getattr(schema, table.name)()
    if found == expected and content is not None:
        options.Init(content.Bytes, content.Pos)
        return options
    if found == schema.BuiltinOptions.NONE and not table.required:
        return _Defaults(table)
    names = enum_names(schema, "BuiltinOptions")
    there = names.get(found, f"number {found}")
    raise ModelError(
        f"its options are {there}, {table.name} belong to it", "export the model again"
    )


class _Defaults:
    """Stands for an options table that a file left out: every field has the schema's default, 0."""

    def __init__(self, table: OptionTable) -> None:
        for field in table.fields:
            setattr(self, field, lambda: 0)
            setattr(self, f"{field}Length", lambda: 0)


def _enum_value(schema: Any, field: str, options: Any) -> str:
    number = getattr(options, field)()
    names = enum_names(schema, _ENUMS[field])
    if number not in names:
        raise ModelError(
            f"option {option_name(field)} is {number}, which stands for nothing",
            "the file is damaged: export the model again",
        )
    return names[number]

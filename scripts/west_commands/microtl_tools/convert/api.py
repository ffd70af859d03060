# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Convert a model: what the command does, for Python.

from microtl_tools.convert.api import Options, convert
converted = convert(Path("kws.tflite"), Options(classes=14))
converted.write(Path("build"))
"""

from collections.abc import Sequence
from pathlib import Path

from microtl_tools.convert.converted import (
    MARKER,
    BaseSet,
    ConvertedModel,
    End,
    HeadSpec,
    KernelOp,
    Options,
    TensorPlace,
)

__all__ = [
    "MARKER",
    "BaseSet",
    "ConvertedModel",
    "End",
    "HeadSpec",
    "KernelOp",
    "Options",
    "TensorPlace",
    "convert",
    "convert_bytes",
    "kernel_sets",
]


def convert(model_path: Path | str, options: Options = Options()) -> ConvertedModel:  # noqa: B008
    """Convert a model file (.tflite, .keras, .h5 or a SavedModel folder).

    Raises MicroTLError, with the file's name in front, for whatever cannot be converted; UsageError
    where the options do not go together. Nothing is written.
    """
    from microtl_tools.convert.pipeline import run

    return run(Path(model_path), options)


def convert_bytes(data: bytes, options: Options, *, source: str = "model.tflite") -> ConvertedModel:
    """Convert the bytes of an int8 .tflite. ``source`` is its name in messages."""
    from microtl_tools.convert.pipeline import run_bytes

    return run_bytes(data, options, source)


def kernel_sets() -> Sequence[str]:
    """Return the names that ``Options.kernels`` takes."""
    from microtl_tools.convert.kernel_sets import KERNEL_SETS

    return tuple(KERNEL_SETS)

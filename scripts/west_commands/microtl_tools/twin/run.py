# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Run a converted model on files: samples in, what the model says out."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError
from microtl_tools.twin import border
from microtl_tools.twin.api import Twin

if TYPE_CHECKING:
    from microtl_tools.convert.converted import ConvertedModel, End

_NPY_MAGIC = b"\x93NUMPY"


def with_float_ends(whole: "ConvertedModel") -> "ConvertedModel":
    """Return a model that takes and gives real values, as the Keras model it comes from does."""
    return replace(
        whole,
        input=replace(whole.input, dtype="FLOAT32"),
        output=replace(whole.output, dtype="FLOAT32"),
    )


def read_samples(path: Path, end: "End") -> NDArray[np.int8]:
    """Return the samples of a file as the arena holds them.

    ``.npy``: an array [n, ...] in dtype and shape of the model file. Else labelled or unlabelled
    data as in docs/data.md.
    """
    if path.suffix.lower() == ".npy":
        x = _read_npy(path)
        border.check_samples(x, end, str(path))
        return border.to_arena(x, end)
    from microtl_tools.data.api import load

    data = load(path, shape=border.sample_shape(end), labelled=False).x
    return data if data.dtype == np.int8 else border.quantize(data, end)


def _read_npy(path: Path) -> NDArray[Any]:
    hint = "save it with numpy.save(file, x)"
    try:
        with path.open("rb") as file:
            start = file.read(len(_NPY_MAGIC))
            file.seek(0)
            if start.startswith(b"PK"):
                raise MicroTLError(f"{path}: is an .npz archive", "give it the ending .npz")
            if start != _NPY_MAGIC:
                raise MicroTLError(f"{path}: is no .npy file", hint)
            return np.lib.format.read_array(file, allow_pickle=False)
    except OSError as error:
        raise MicroTLError(f"{path}: cannot be read: {error.strerror}", hint) from error
    except MemoryError as error:
        raise MicroTLError(f"{path}: says that it holds more than memory does", hint) from error
    except (EOFError, ValueError) as error:
        raise MicroTLError(f"{path}: cannot be read as an .npy file: {error}", hint) from error


def run_whole(whole: "ConvertedModel", x: NDArray[np.int8]) -> NDArray[Any]:
    """Run the whole model in int8; the output has dtype and shape of the model file."""
    return border.from_arena(Twin.from_converted(whole).run(x), whole.output)


def run_with_head(
    converted: "ConvertedModel", whole: "ConvertedModel", x: NDArray[np.int8]
) -> NDArray[Any]:
    """Run backbone and float head as the device does before it has learned anything.

    The output has dtype and shape of the model file. It holds probabilities where the file ends in
    softmax or logistic, else the scores before them, as the file does.
    """
    twin = Twin.from_converted(converted)
    activated = whole.ops[-1].kind in ("SOFTMAX", "LOGISTIC")
    values = twin.head(twin.run(x), activate=activated)
    if whole.output.dtype == "FLOAT32":
        return values.reshape(-1, *border.sample_shape(whole.output))
    return border.from_arena(border.quantize(values, whole.output), whole.output)

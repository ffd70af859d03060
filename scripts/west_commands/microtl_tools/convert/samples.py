# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Data for a conversion: read, quantised, and run through the backbone by the twin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from microtl_tools.errors import MicroTLError
from microtl_tools.imports import require

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from microtl_tools.convert.converted import ConvertedModel
    from microtl_tools.data.dataset import Dataset


def read_samples(path: Path, backbone: ConvertedModel, *, labelled: bool) -> Dataset:
    """Read data in the shape of the model's input."""
    require("numpy", "read data")
    from microtl_tools.data.api import load

    data = load(path, shape=backbone.input.shape[1:], labelled=labelled)
    if len(data) == 0:
        raise MicroTLError(f"{path}: holds no sample", "give data of at least one")
    return data


def features_of(data: Dataset, backbone: ConvertedModel) -> npt.NDArray[np.int8]:
    """Return the int8 features [sample][feature] that the device would compute."""
    from microtl_tools.twin.api import Twin
    from microtl_tools.twin.border import quantize

    x = data.x if data.x.dtype.name == "int8" else quantize(data.x, backbone.input)
    features: npt.NDArray[np.int8] = Twin.from_converted(backbone).features(x)
    return features

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The same model with feature statistics, to show what it costs that none were given."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from microtl_tools.convert.api import ConvertedModel, Options, convert_bytes
from microtl_tools.convert.standardise import QUANTISATION_RANGE
from microtl_tools.data.api import Dataset
from microtl_tools.simulate.splits import UserSplit
from microtl_tools.twin import border
from microtl_tools.twin.api import Twin


def lacks_statistics(converted: ConvertedModel) -> bool:
    """Say whether nothing told mean and sigma of the model's features."""
    return converted.head is not None and converted.head.standardised_by == QUANTISATION_RANGE


def with_statistics(
    converted: ConvertedModel, options: Options, data: Dataset, splits: Sequence[UserSplit]
) -> Twin:
    """Return the model standardised by the samples that users may label; no test sample counts.

    Those are not the model's training, whose statistics a device would have, but the nearest thing
    at hand. The backbone stays, so the features of ``converted`` are those of this model too.
    """
    given = np.concatenate([s.samples for split in splits for s in split.stretches])
    x = data.x[given]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "labelled.npz"
        np.savez(file, x=x if x.dtype == np.int8 else border.quantize(x, converted.input))
        model = convert_bytes(converted.tflite, replace(options, representative=file))
    return Twin.from_converted(model)

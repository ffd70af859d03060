# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The one way to read labelled data: ``load``. docs/data.md describes the two formats."""

from collections.abc import Sequence
from pathlib import Path

from microtl_tools.data import folder, npz
from microtl_tools.data.dataset import UNLABELLED, Channel, Dataset
from microtl_tools.errors import MicroTLError

__all__ = ["UNLABELLED", "Channel", "Dataset", "load"]


def load(
    path: str | Path,
    *,
    shape: Sequence[int] | None = None,
    hop: int | None = None,
    labelled: bool = True,
) -> Dataset:
    """Read an ``.npz`` file, or a folder of recordings LABEL/RECORDING.csv.

    ``shape`` is the model's input without the batch. Recordings are cut into windows of it, which
    begin every ``hop`` frames (half a window by default); samples of an ``.npz`` file, windows
    already, have to fit it. ``labelled=False`` accepts samples without a class.
    Raises MicroTLError naming the file, and the row and column where there is one.
    """
    path = Path(path)
    if hop is not None and hop < 1:
        raise MicroTLError(f"{path}: a hop of {hop} frames", "give 1 or more")
    if path.is_dir():
        if shape is None:
            raise MicroTLError(
                f"{path}: recordings are cut into windows of a model's input: its shape is needed",
                "give an .npz file of samples here",
            )
        return folder.load(path, shape, hop)
    if not path.exists():
        raise MicroTLError(
            f"{path}: no such file or folder",
            "give an .npz file, or a folder of recordings LABEL/RECORDING.csv",
        )
    if hop is not None:
        raise MicroTLError(
            f"{path}: holds samples, so there is nothing to cut every {hop} frames",
            "leave the hop out, or give the folder of recordings",
        )
    return npz.load(path, shape, labelled)

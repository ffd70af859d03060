# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The description of the input's channels that goes into the model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from microtl_tools.convert.graph import Tensor

if TYPE_CHECKING:
    from microtl_tools.data.dataset import Channel, Dataset


def choose(path: Path | None, data: list[Dataset], model_input: Tensor) -> tuple[Channel, ...]:
    """Return the channels: from the file, else from the first data that describes them, else
    none."""
    from microtl_tools.data.channels import check_order, read

    described = [(str(path), read(path))] if path is not None else []
    described += [(dataset.source, dataset.channels) for dataset in data if dataset.channels]
    check_order(described)
    if not described:
        return ()
    source, channels = described[0]
    return _checked(source, tuple(channels), model_input)


def _checked(
    source: str, channels: tuple[Channel, ...], model_input: Tensor
) -> tuple[Channel, ...]:
    from microtl_tools.data.shape import window_frames

    window_frames(source, model_input.shape[1:], [channel.name for channel in channels])
    return channels

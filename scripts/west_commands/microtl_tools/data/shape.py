# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""How frames of channels become the input of a model, and how far windows overlap."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError

_PAIRS_LOOKED_AT = 256


def window_frames(source: str, shape: Sequence[int], channels: Sequence[str]) -> int:
    """Return how many frames of ``channels`` make one input of ``shape`` (without the batch).

    A frame is the innermost part of the input: (128, 6), (128, 1, 6), (128, 6, 1) and (768,) all
    hold 128 frames of 6 channels. Raises MicroTLError where it does not come out even.
    """
    count = len(channels)
    sizes = [size for size in shape if size != 1] or [1]
    frames, rest = divmod(prod(shape), count)
    even = rest == 0 and (len(sizes) == 1 or count == 1 or sizes[-1] == count)
    if not even:
        raise MicroTLError(
            f"{source}: has {count} channels ({', '.join(channels)}), which do not fill an input "
            f"of shape {text(shape)}: its last dimension has to be the channels",
            "name the channels that the model takes, in its order, in channels.yaml",
        )
    return frames


def fit(source: str, x: NDArray[Any], shape: Sequence[int] | None) -> NDArray[Any]:
    """Return ``x`` [N, ...] as [N, *shape]; only dimensions of 1 may come and go."""
    if shape is None:
        return x
    mine = [size for size in x.shape[1:] if size != 1]
    if mine != [size for size in shape if size != 1]:
        raise MicroTLError(
            f"{source}: its samples have the shape {text(x.shape[1:])}, "
            f"the model takes {text(shape)}",
            "give windows of the model's length, with its channels in the last dimension",
        )
    return x.reshape(len(x), *shape)


def text(shape: Sequence[int]) -> str:
    """Return a shape as people write it: 128x6."""
    return "x".join(str(size) for size in shape) or "scalar"


def find_span(
    x: NDArray[Any], t: NDArray[np.float64], recording_keys: NDArray[np.int64]
) -> float | None:
    """Return how long a window is in the unit of ``t``, from the raw data that windows share.

    Neighbours in a recording that overlap hold the same frames, shifted along axis 1: the shift in
    frames against the distance in ``t`` gives the length. Where none overlap it is the smallest
    distance; None where no recording has two samples.
    """
    order = np.lexsort((t, recording_keys))
    first, second = order[:-1], order[1:]
    neighbours = (recording_keys[first] == recording_keys[second]) & (t[second] > t[first])
    first, second = first[neighbours], second[neighbours]
    if len(first) == 0:
        return None
    distances = t[second] - t[first]
    frames = x.shape[1]
    spans = []
    for k in np.linspace(0, len(first) - 1, min(len(first), _PAIRS_LOOKED_AT)).astype(int):
        shift = _shift(x[first[k]], x[second[k]])
        if shift is not None:
            spans.append(float(distances[k]) * frames / shift)
    return max(spans) if spans else float(distances.min())


def _shift(earlier: NDArray[Any], later: NDArray[Any]) -> int | None:
    """Frames by which ``later`` starts after ``earlier``; None where they share nothing.

    Shared frames that do not move (silence, a sensor at rest) prove nothing.
    """
    if len(earlier) < 2:
        return None
    starts = np.flatnonzero((earlier[1:] == later[0]).reshape(len(earlier) - 1, -1).all(axis=1))
    for shift in starts + 1:
        shared = earlier[shift:]
        moves = len(shared) > 1 and bool((shared[1:] != shared[:-1]).any())
        if moves and np.array_equal(shared, later[: len(shared)]):
            return int(shift)
    return None

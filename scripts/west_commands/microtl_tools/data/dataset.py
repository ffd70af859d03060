# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What every command gets when it asks for data: samples, their classes, where they are from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError

UNLABELLED = -1
"""Class of a sample without a label, in data that needs none (``--representative-data``)."""


@dataclass(frozen=True)
class Channel:
    """One channel of the input: model value = (raw - offset) * scale.

    ``unit`` is that of the raw value, "" where unknown.
    """

    name: str
    unit: str = ""
    offset: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True)
class Dataset:
    """Samples as the model takes them; every array has one entry a sample, N in all.

    ``source`` is the file or folder, for messages. ``x`` [N, ...] holds model values: offset and
    scale of the channels are applied; or, with dtype int8, values in the model's input
    quantisation. ``y`` [N] is an index into ``labels``, or ``UNLABELLED``. ``group`` is who (or
    which device) it comes from, ``recording`` what was recorded in one go (unique within a group),
    ``t`` where in its recording the sample starts, and ``span`` how long it is, in the unit of
    ``t``: two samples of one recording closer than ``span`` share raw data. None where unknown.
    """

    source: str
    x: NDArray[Any]
    y: NDArray[np.int64]
    labels: list[str]
    group: NDArray[np.str_] | None = None
    recording: NDArray[np.str_] | None = None
    t: NDArray[np.float64] | None = None
    span: float | None = None
    channels: list[Channel] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def select(self, samples: NDArray[Any]) -> "Dataset":
        """Return the samples that an index array or a mask picks, in its order."""
        return replace(
            self,
            x=self.x[samples],
            y=self.y[samples],
            group=None if self.group is None else self.group[samples],
            recording=None if self.recording is None else self.recording[samples],
            t=None if self.t is None else self.t[samples],
        )

    def with_labels(self, first: Sequence[str]) -> "Dataset":
        """Return the data with classes numbered as in ``first``, further ones behind them.

        So that classes have the numbers that a model gives them. Raises MicroTLError where the
        data shares no class with ``first``.
        """
        unknown = [label for label in self.labels if label not in first]
        if first and len(unknown) == len(self.labels):
            raise MicroTLError(
                f"{self.source}: none of its classes ({', '.join(self.labels)}) is one of the "
                f"model's ({', '.join(first)})",
                "rename the classes in the data, or give the model's class names with --labels",
            )
        labels = [*first, *unknown]
        number = np.array([labels.index(label) for label in self.labels], np.int64)
        y = np.where(self.y == UNLABELLED, UNLABELLED, number[self.y]) if self.labels else self.y
        return replace(self, y=y, labels=labels)


def to_float32(source: str, values: NDArray[Any]) -> NDArray[np.float32]:
    """Return numbers as float32; MicroTLError says where one is too large for that."""
    with np.errstate(over="ignore"):
        result: NDArray[np.float32] = values.astype(np.float32, copy=False)
    beyond = np.argwhere(~np.isfinite(result))
    if len(beyond):
        raise MicroTLError(
            f"{source}: the value at {beyond[0].tolist()} is beyond what float32 holds (3.4e38)",
            "clean the data first, or give it in another unit",
        )
    return result


def apply_channels(frames: NDArray[Any], channels: Sequence[Channel]) -> NDArray[np.float32]:
    """Return model values of raw ``frames`` [..., channel]: (raw - offset) * scale.

    Infinite where float32 cannot hold them.
    """
    offset = np.array([channel.offset for channel in channels], np.float64)
    scale = np.array([channel.scale for channel in channels], np.float64)
    with np.errstate(over="ignore"):
        values: NDArray[np.float32] = ((frames - offset) * scale).astype(np.float32)
    return values

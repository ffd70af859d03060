# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The base set: features of the known classes that ship with the model, so that none is
forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from microtl_tools.convert.converted import BaseSet
from microtl_tools.errors import MicroTLError
from microtl_tools.imports import require

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from microtl_tools.data.dataset import Dataset

    Indices = npt.NDArray[np.int64]

GATE_PERIOD = 4
"""One recording in so many of a class is held out for the gate."""

KINDS = ("samples", "mean")
_COUNT_MAX = (1 << 16) - 1


def choose(
    data: Dataset,
    features: npt.NDArray[np.int8],
    names: Sequence[str],
    *,
    kind: str,
    count: int | None,
) -> tuple[BaseSet, list[str]]:
    """Pick what ships: [training part, gate part], and notes on what was left out.

    ``count`` bounds the entries a class, both parts together. With ``kind`` mean, the training part
    is one mean a class; the gate is always given whole samples.
    """
    np = require("numpy", "convert models")
    train: list[Indices] = []
    gate: list[Indices] = []
    for label, name in enumerate(names):
        if name not in data.labels:
            continue
        own = np.flatnonzero(data.y == data.labels.index(name))
        held_out = _held_out(data, own)
        kept, judged = own[~held_out], own[held_out]
        if count is not None:
            judged = _spread(judged, count // GATE_PERIOD)
            kept = _spread(kept, count - len(judged))
        train.append(np.stack([np.full(len(kept), label), kept]))
        gate.append(np.stack([np.full(len(judged), label), judged]))
    if not train:
        raise MicroTLError(
            f"{data.source}: none of its classes ({', '.join(data.labels)}) is one of the head's "
            f"({', '.join(names)})",
            "give the names of the model's classes with --labels, in the order of its outputs",
        )
    labels, rows = _training_part(train, features, kind)
    gate_labels, gate_samples = np.concatenate(gate, axis=1)
    base = BaseSet(
        np.concatenate([rows, features[gate_samples]]),
        np.concatenate([labels, gate_labels]).astype(np.uint8),
        len(gate_labels),
    )
    if len(base.labels) > _COUNT_MAX:
        raise MicroTLError(
            f"{data.source}: {len(base.labels)} samples, at most {_COUNT_MAX} fit",
            "bound them with --base-set-count, or ship --base-set-kind mean",
        )
    return base, _notes(data, names, base)


def _notes(data: Dataset, names: Sequence[str], base: BaseSet) -> list[str]:
    notes = []
    unknown = [label for label in data.labels if label not in names]
    missing = [name for label, name in enumerate(names) if label not in base.labels]
    if missing:
        notes.append(
            f"{data.source}: the base set has no sample of {', '.join(missing)}: nothing keeps a "
            "device from forgetting these classes but what its user records of them"
        )
    if unknown:
        notes.append(
            f"{data.source}: samples of {', '.join(unknown)} are left out: the head does not know "
            "these classes"
        )
    if base.gate_count == 0:
        notes.append(
            f"{data.source}: no class has {GATE_PERIOD} recordings, so the base set has no part "
            "for the gate"
        )
    return notes


def _held_out(data: Dataset, own: Indices) -> npt.NDArray[np.bool_]:
    """Mark the samples of every fourth recording of a class; neighbouring windows are alike."""
    np = require("numpy", "convert models")
    order: dict[tuple[str, str], int] = {}
    marks = []
    for sample in own.tolist():
        group = "" if data.group is None else str(data.group[sample])
        # Without recordings nothing says which samples are alike: each group is one.
        recording = "" if data.recording is None else str(data.recording[sample])
        number = order.setdefault((group, recording), len(order))
        marks.append(number % GATE_PERIOD == GATE_PERIOD - 1)
    mask: npt.NDArray[Any] = np.array(marks, dtype=bool)
    return mask


def _spread(samples: Indices, count: int) -> Indices:
    """Return at most ``count`` of the samples, evenly spread over their order."""
    if len(samples) <= count:
        return samples
    return samples[[i * len(samples) // count for i in range(count)]]


def _training_part(
    train: list[Indices], features: npt.NDArray[np.int8], kind: str
) -> tuple[Indices, npt.NDArray[np.int8]]:
    np = require("numpy", "convert models")
    if kind == "samples":
        labels, samples = np.concatenate(train, axis=1)
        return labels, features[samples]
    filled = [part for part in train if part.shape[1]]
    labels = np.array([part[0, 0] for part in filled])
    means = [np.rint(features[part[1]].astype(np.int64).mean(axis=0)) for part in filled]
    return labels, np.array(means).astype(np.int8)

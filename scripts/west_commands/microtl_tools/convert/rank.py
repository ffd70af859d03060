# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Which cut is best for the user's data: features of the twin, and a simple head on each.

The head is a linear classifier by ridge regression on standardised features: one solution, no
settings, and close to what training on the device reaches. Beside it the nearest class mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microtl_tools.convert import standardise
from microtl_tools.convert.api import convert_bytes
from microtl_tools.convert.converted import ConvertedModel, Options
from microtl_tools.convert.graph import Tensor
from microtl_tools.convert.inspection import CutPlace, cut_places
from microtl_tools.convert.pipeline import read_graph
from microtl_tools.convert.report import ram_rows, total
from microtl_tools.convert.samples import read_samples
from microtl_tools.errors import MicroTLError
from microtl_tools.imports import require
from microtl_tools.output import table

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from microtl_tools.data.dataset import Dataset

    Indices = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

SAMPLES_MAX = 2000
"""Samples that are looked at, evenly spread: the solution takes their number cubed."""

RIDGE = 0.1
"""Weight of the penalty where a sample's features have a mean square of one."""

TEST_PART = 0.5
"""Share of each recording, its later part, that is tested on where they are not shared out."""


@dataclass(frozen=True)
class Ranked:
    """A cut with what it reaches and what it costs."""

    place: CutPlace
    accuracy: float
    nearest_mean: float
    ram: int
    """Arena and what learning always or by default takes, bytes."""
    macs: int
    """Of the backbone and a new head of one layer."""
    best: bool = False
    """No other cut is as good in all three and better in one."""


def rank(data: bytes, path: Path, source: str) -> list[Ranked]:
    """Return the cuts of a model, best accuracy first. ``path`` is labelled data."""
    whole = convert_bytes(data, Options(head_layers=0), source=source)
    samples = read_samples(path, whole, labelled=True)
    if len(set(samples.y.tolist())) < 2:
        raise MicroTLError(f"{path}: has one class only", "two or more are needed to tell apart")
    samples = _thinned(samples)
    train, test = _split(samples)
    graph = read_graph(data)
    tensors = {op.output.index: op.output for op in graph.ops}
    places = [place for place in cut_places(graph) if place.tensor in _traceable(whole)]
    classes = len(samples.labels)
    ranked = []
    features = _features(whole, samples, places)
    for place in places:
        options = Options(cut=str(place.tensor), classes=classes)
        cost = _cost(data, source, replace(options, classes=None if place.head_layers else classes))
        units = _standardised(features[place.tensor], tensors[place.tensor], train)
        ranked.append(
            Ranked(
                place,
                _ridge_accuracy(units, samples.y, train, test, classes),
                _nearest_mean_accuracy(units, samples.y, train, test, classes),
                *cost,
            )
        )
    return _marked(sorted(ranked, key=lambda r: (-r.accuracy, r.ram, r.macs)))


def _thinned(samples: Dataset) -> Dataset:
    np = require("numpy", "rank cuts")
    if len(samples) <= SAMPLES_MAX:
        return samples
    return samples.select(np.linspace(0, len(samples) - 1, SAMPLES_MAX).astype(np.int64))


def _split(samples: Dataset) -> tuple[Indices, Indices]:
    """Return samples to train on and samples to test on that share no recording, or no raw data."""
    np = require("numpy", "rank cuts")
    if samples.group is None:
        samples = replace(samples, group=np.full(len(samples), "all"))
    held_out = _every_other_recording(samples)
    if held_out is not None:
        return np.flatnonzero(~held_out), np.flatnonzero(held_out)
    from microtl_tools.simulate.scenario import timeline_of
    from microtl_tools.simulate.splits import split_user

    timeline = timeline_of(samples)
    try:
        splits = [split_user(timeline, user, TEST_PART) for user in timeline.users()]
    except MicroTLError as error:
        raise MicroTLError(
            f"{samples.source}: the recordings are too short, or too few, to train on some samples "
            "and, clear of them, to test on others",
            "give longer recordings, or two or more of each class",
        ) from error
    train = np.concatenate([stretch.samples for s in splits for stretch in s.stretches])
    test = np.concatenate([split.test for split in splits])
    return np.sort(train), np.sort(test)


def _every_other_recording(samples: Dataset) -> npt.NDArray[np.bool_] | None:
    """Mark every other recording of each class, where all classes have two or more of their own."""
    np = require("numpy", "rank cuts")
    if samples.recording is None or samples.group is None:
        return None
    keys = [f"{g}\0{r}" for g, r in zip(samples.group, samples.recording, strict=True)]
    recordings: dict[int, list[str]] = {}
    for key, label in zip(keys, samples.y.tolist(), strict=True):
        own = recordings.setdefault(label, [])
        if key not in own:
            own.append(key)
    everything = [key for own in recordings.values() for key in own]
    if len(set(everything)) != len(everything) or min(map(len, recordings.values())) < 2:
        return None
    test = {key for own in recordings.values() for key in own[1::2]}
    marks: npt.NDArray[Any] = np.array([key in test for key in keys])
    return marks


def _traceable(whole: ConvertedModel) -> set[int]:
    return {tensor.index for op in whole.ops for tensor in op.tensors}


def _features(
    whole: ConvertedModel, samples: Dataset, places: list[CutPlace]
) -> dict[int, npt.NDArray[np.int8]]:
    """Run the model once and keep every tensor at which it can be cut."""
    from microtl_tools.twin.api import Piece, Twin
    from microtl_tools.twin.border import quantize

    wanted = {place.tensor for place in places}
    pieces: dict[int, Any] = {}
    for op in whole.ops:
        for tensor in op.tensors:
            if tensor.index in wanted:
                pieces[tensor.index] = Piece(op.index, op.offset, op.size)
    x = samples.x if samples.x.dtype.name == "int8" else quantize(samples.x, whole.input)
    arrays = Twin.from_converted(whole).trace(x, list(pieces.values()))
    return dict(zip(pieces, arrays, strict=True))


def _cost(data: bytes, source: str, options: Options) -> tuple[int, int]:
    converted = convert_bytes(data, options, source=source)
    assert converted.head is not None
    widths = converted.head.widths
    weights = sum(a * b for a, b in zip(widths, widths[1:], strict=False))
    ram = total(ram_rows(converted), "always", "default")
    return ram, converted.macs + weights


def _standardised(features: npt.NDArray[np.int8], tensor: Tensor, train: Indices) -> Floats:
    statistics = standardise.from_data(features[train], tensor)
    scale, offset = statistics.scale_and_offset
    units: Floats = features * scale + offset
    return units


def _ridge_accuracy(
    units: Floats, y: Indices, train: Indices, test: Indices, classes: int
) -> float:
    """Accuracy of a linear classifier, in the dual form: samples are fewer than features."""
    np = require("numpy", "rank cuts")
    u = units / np.sqrt(units.shape[1])
    targets = np.eye(classes)[y[train]] - 1 / classes
    kernel = u[train] @ u[train].T + RIDGE * np.eye(len(train))
    scores = u[test] @ (u[train].T @ np.linalg.solve(kernel, targets))
    return float((scores.argmax(axis=1) == y[test]).mean())


def _nearest_mean_accuracy(
    units: Floats, y: Indices, train: Indices, test: Indices, classes: int
) -> float:
    np = require("numpy", "rank cuts")
    known = [label for label in range(classes) if (y[train] == label).any()]
    means = np.array([units[train][y[train] == label].mean(axis=0) for label in known])
    scores = units[test] @ means.T - (means**2).sum(axis=1) / 2
    return float((np.array(known)[scores.argmax(axis=1)] == y[test]).mean())


def _marked(ranked: list[Ranked]) -> list[Ranked]:
    def beaten(one: Ranked) -> bool:
        mine = (-one.accuracy, one.ram, one.macs)
        others = [(-other.accuracy, other.ram, other.macs) for other in ranked]
        return any(
            other != mine and all(a <= b for a, b in zip(other, mine, strict=True))
            for other in others
        )

    return [replace(one, best=not beaten(one)) for one in ranked]


def ranking_json(ranked: list[Ranked]) -> list[dict[str, Any]]:
    """Return the ranking as JSON-able data."""
    return [
        {
            "tensor": one.place.tensor,
            "name": one.place.name,
            "behind": one.place.behind,
            "features": one.place.features,
            "head_layers": one.place.head_layers,
            "accuracy": one.accuracy,
            "nearest_mean": one.nearest_mean,
            "ram": one.ram,
            "macs": one.macs,
            "best": one.best,
        }
        for one in ranked
    ]


def ranking_text(ranked: list[Ranked]) -> str:
    """Return the ranking for people."""
    if not ranked:
        raise MicroTLError("the model has no place where it can be cut")
    rows = [
        (
            "*" if one.best else "",
            f"--cut {one.place.tensor}",
            one.place.behind,
            one.place.features,
            f"{one.accuracy:.1%}",
            f"{one.nearest_mean:.1%}",
            one.ram,
            one.macs,
        )
        for one in ranked
    ]
    headers = ("", "cut", "behind", "features", "linear head", "nearest mean", "RAM", "MACs")
    note = "* no other cut is better in accuracy, RAM or MACs without being worse in another"
    return table(rows, headers) + "\n" + note

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Puts the factory head together: from the layers that were cut off, or from data, or empty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microtl_tools.convert import base_set, fixed_head, naming, standardise
from microtl_tools.convert import head as heads
from microtl_tools.convert.converted import BaseSet, ConvertedModel, HeadSpec, Options
from microtl_tools.convert.samples import features_of, read_samples
from microtl_tools.convert.split import Cut
from microtl_tools.errors import UsageError
from microtl_tools.imports import require

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from microtl_tools.data.dataset import Dataset

Backbone = Callable[[], ConvertedModel]

HIDDEN_SEED = 0

_NO_DATA = (
    "no data was given, so the features are standardised by their quantisation range: give "
    "--representative-data or --base-set; `microtl simulate` shows what it costs"
)


@dataclass
class Samples:
    """Data of the user and the features that the backbone makes of it."""

    data: Dataset
    features: npt.NDArray[np.int8]


@dataclass
class Built:
    """A head with what belongs to it."""

    head: HeadSpec
    base: BaseSet | None = None
    data: list[Dataset] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def build_head(cut: Cut, options: Options, backbone: Backbone, inputs: int) -> Built:
    """Return the head as it leaves the factory.

    ``backbone`` returns the frozen part alone, which the twin runs where there is data. ``inputs``
    is the number of input values.
    """
    samples = _samples(options.representative, backbone, labelled=False)
    base = _samples(options.base_set, backbone, labelled=True)
    measured = samples or base
    notes = [] if measured else [_NO_DATA]
    if measured:
        statistics = standardise.from_data(measured.features, cut.feature)
    else:
        statistics = standardise.from_range(cut.feature)
    layers, names, loss = _known(cut, options, base, statistics, inputs)
    known = len(layers[-1].bias)
    shipped = None
    if base is not None and loss == "mse":
        raise UsageError(
            f"--base-set {options.base_set}: a head that is trained against values has no classes",
            "leave --base-set out",
        )
    if base is not None:
        shipped, more = base_set.choose(
            base.data,
            base.features,
            names,
            kind=options.base_set_kind,
            count=options.base_set_count,
        )
        notes += more
    if options.hidden is not None:
        layers = heads.with_hidden(layers, options.hidden, HIDDEN_SEED)
    layers = heads.with_rows(layers, heads.check_rows(loss, known, options.classes))
    scale, offset = statistics.tables()
    head = HeadSpec(
        widths=tuple(heads.widths(layers)),
        loss=loss,
        class_names=names,
        feature_scale=scale,
        feature_offset=offset,
        class_count=known,
        params=heads.params(layers),
        standardised_by=statistics.source,
        arithmetic=options.arithmetic,
    )
    if head.arithmetic == "fixed":
        fixed_head.check(head)
    data = [item.data for item in (samples, base) if item is not None]
    return Built(head, shipped, data, notes)


def _samples(path: Path | None, backbone: Backbone, *, labelled: bool) -> Samples | None:
    if path is None:
        return None
    data = read_samples(path, backbone(), labelled=labelled)
    return Samples(data, features_of(data, backbone()))


def _known(
    cut: Cut,
    options: Options,
    base: Samples | None,
    statistics: standardise.Standardisation,
    inputs: int,
) -> tuple[list[heads.Layer], tuple[str, ...], str]:
    """Return layers, class names and loss of what the head knows when it leaves the factory."""
    if cut.layers:
        dequantised = [heads.dequantise(op) for op in cut.layers]
        layers = heads.standardised(dequantised, statistics)
        count = len(layers[-1].bias)
        loss = heads.choose_loss(options.loss, cut.loss, count, inputs)
        heads.check_rows(loss, count, options.classes)
        names = () if loss == "mse" else naming.class_names(options.labels, count)
        return layers, names, loss
    loss = options.loss or "softmax"
    if base is None:
        if options.classes is None or options.labels is not None:
            raise UsageError(
                f"--cut {options.cut}: what lies behind it is no head, so a new one starts there",
                "give --classes N for its rows (their names come on the device), or --base-set "
                "with labelled data of the classes it is to know",
            )
        return heads.new_layers(cut.feature.elements), (), loss
    names = tuple(base.data.labels)
    naming.check_names(base.data.source, names)
    if options.labels is not None:
        raise UsageError(
            f"--labels {options.labels}: the new head takes its classes from --base-set",
            "leave --labels out",
        )
    return heads.nearest_mean_layers(_means(base, len(names), statistics)), names, loss


def _means(
    base: Samples, classes: int, statistics: standardise.Standardisation
) -> npt.NDArray[np.float64]:
    """Return the standardised mean feature of each class."""
    np = require("numpy", "convert models")
    rows = [base.features[base.data.y == label].astype(np.int64) for label in range(classes)]
    means = np.array([row.sum(axis=0) / max(len(row), 1) for row in rows])
    scale, offset = statistics.scale_and_offset
    standardised: npt.NDArray[Any] = means * scale + offset
    return standardised

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Get ready to play: read the data, convert the model, see that nothing leaks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from microtl_tools.convert.api import ConvertedModel, Options, convert, convert_bytes
from microtl_tools.convert.headers import limit
from microtl_tools.convert.naming import is_too_long
from microtl_tools.data.api import Dataset, load
from microtl_tools.data.channels import check_order
from microtl_tools.errors import MicroTLError
from microtl_tools.output import progress
from microtl_tools.simulate.measured import lacks_statistics, with_statistics
from microtl_tools.simulate.play import Samples, split_users
from microtl_tools.simulate.scenario import (
    Kind,
    Scenario,
    check_users,
    make_scenario,
    timeline_of,
)
from microtl_tools.simulate.splits import UserSplit
from microtl_tools.twin import border
from microtl_tools.twin.api import Twin

_CHUNK = 256
"""Samples between two movements of the progress bar."""


@dataclass(frozen=True)
class Stage:
    """Everything that ``play`` needs, and warnings about it.

    ``measured`` is the model with feature statistics, None where it has them already.
    """

    twin: Twin
    measured: Twin | None
    scenario: Scenario
    samples: Samples
    reference: Samples | None
    splits: list[UserSplit]
    warnings: list[str]


@dataclass(frozen=True)
class Wish:
    """What the user wants to see played."""

    model: Path
    options: Options
    data: Path
    kind: Kind
    hop: int | None = None
    reference: Path | None = None
    users: Sequence[str] | None = None
    only_new: bool = False
    test_part: float = 0.5


def prepare(wish: Wish) -> Stage:
    """Read, convert, split. MicroTLError where data, model and scenario do not go together."""
    plain = convert(wish.model, wish.options)
    if plain.head is None or plain.head.loss == "mse":
        raise MicroTLError(
            f"{wish.model}: its head gives values, not classes, so there is nothing to simulate",
            "simulate plays classifiers; --head-layers chooses what learns",
        )
    names = plain.head.class_names
    data = _read(wish.data, plain, hop=wish.hop).with_labels(names)
    scenario = make_scenario(
        wish.kind, data, len(names), only_new=wish.only_new, test_part=wish.test_part
    )
    timeline = timeline_of(data)
    users = check_users(timeline, data.source, wish.users)
    for path in (wish.options.base_set, wish.options.representative):
        if path is not None:
            other = _read(path, plain, labelled=False)
            check_order([(other.source, other.channels), (data.source, data.channels)])
            _check_strangers(other, users)
    data = data.select(np.isin(timeline.group, users))
    splits = split_users(timeline_of(data), scenario, users)
    options = replace(wish.options, classes=len(scenario.labels))
    converted = convert_bytes(plain.tflite, options, source=str(wish.model))
    twin = Twin.from_converted(converted)
    reference = None
    if wish.reference is not None:
        before = _read(wish.reference, plain, hop=wish.hop).with_labels(data.labels)
        check_order([(before.source, before.channels), (data.source, data.channels)])
        reference = _features(twin, converted, before)
    samples = _features(twin, converted, data)
    measured = None
    if lacks_statistics(converted):
        measured = with_statistics(converted, options, data, splits)
    warnings = [*_too_long(scenario), *_repeated(data, splits)]
    return Stage(twin, measured, scenario, samples, reference, splits, warnings)


def _read(
    path: Path, model: ConvertedModel, *, hop: int | None = None, labelled: bool = True
) -> Dataset:
    """Read data, and leave out names of classes that have no sample."""
    data = load(path, shape=border.sample_shape(model.input), hop=hop, labelled=labelled)
    if not labelled:
        return data
    used, y = np.unique(data.y, return_inverse=True)
    return replace(data, y=y.astype(np.int64), labels=[data.labels[label] for label in used])


def _features(twin: Twin, converted: ConvertedModel, data: Dataset) -> Samples:
    x = data.x if data.x.dtype == np.int8 else border.quantize(data.x, converted.input)
    chunks = np.array_split(x, -(-len(x) // _CHUNK))
    features = [twin.run(chunk) for chunk in progress(chunks, what="features", unit="chunk")]
    return Samples(np.concatenate(features), timeline_of(data))


def _check_strangers(other: Dataset, users: Sequence[str]) -> None:
    """Raise MicroTLError where the data that the model starts from holds a user who is played."""
    if other.group is None:
        return
    both = sorted(set(other.group.tolist()) & set(users))
    if both:
        raise MicroTLError(
            f"{other.source}: holds samples of {', '.join(both)}, who are played as users the "
            "model has never seen",
            "leave them out of that file, or out of the simulation with --users",
        )


def _too_long(scenario: Scenario) -> list[str]:
    """Warn of new classes that a device cannot name as the data does."""
    names = [scenario.labels[label] for label in scenario.new]
    return [
        f"class {name!r}: a device keeps at most {limit('CLASS_NAME_MAX')} bytes of a name; give "
        "microtl_learner_class_add() a shorter one"
        for name in names
        if is_too_long(name)
    ]


def _repeated(data: Dataset, splits: Sequence[UserSplit]) -> list[str]:
    """Warn of samples that stand in the data twice, to be labelled and to be tested."""
    warnings = []
    for split in splits:
        given = {data.x[i].tobytes() for s in split.stretches for i in s.samples}
        twice = sum(data.x[i].tobytes() in given for i in split.test)
        if twice:
            warnings.append(
                f"user {split.user}: {twice} of {len(split.test)} test samples are equal, value by "
                "value, to one that may be labelled; is every recording in the data only once?"
            )
    return warnings

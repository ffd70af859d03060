# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""RAM of a learner, object by object, for a configuration of Kconfig.

Sizes are those of a 32-bit Arm CPU; those of the kernel's objects in them are those of Zephyr's
default configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microtl_tools.convert.converted import ConvertedModel, HeadSpec
from microtl_tools.convert.headers import layout, macro

LEARNER = "LEARNER"
"""Stands in names for the learner's name, which the application chooses."""
SHARED = "microtl_"
"""Names begin so where all learners share the object, which lies in MicroTL's library."""

OPTIMIZERS = ("SGD", "momentum", "Adam")
"""By the states that they keep of a parameter."""
ADAM = OPTIMIZERS.index("Adam")

_WORD = 4
"""Bytes of a parameter, score, state: float, or int32 in fixed point."""


@dataclass(frozen=True)
class LearnerConfig:
    """MicroTL's Kconfig options that decide about RAM, with Kconfig's defaults."""

    trainer: bool = True
    samples: int = 140
    """In the replay memory."""
    batch: int = 1
    tokens: int = 1
    optimizer: int = 1
    """States a parameter: 0 SGD, 1 momentum, 2 Adam."""
    best_weights: bool = False
    active_in_ram: bool = True
    ncm: bool = False
    store: bool = False
    store_replay: bool = False
    fixed: bool = False
    """Heads in fixed point, as the model is converted for then."""


@dataclass(frozen=True)
class LearnerObject:
    """An object in RAM: its C name, what it is, whose part of MicroTL it is, bytes."""

    symbol: str
    what: str
    part: str
    bytes: int


def learner_objects(converted: ConvertedModel, config: LearnerConfig) -> Iterator[LearnerObject]:
    """Return what MICROTL_LEARNER_DEFINE() defines; of a model without a head the arena only.

    A head with mean squared error has no learner: there it is what the core wants of a caller that
    trains it step by step.
    """
    head = converted.head
    yield _own("arena", "arena", "arena", converted.arena_size)
    if head is None:
        return
    scratch = _WORD * macro("HEAD_SCRATCH_COUNT", hidden=_hidden(head))
    yield _own("scratch", "inference scratch", "workspace", scratch)
    features = config.tokens * head.features
    yield _own("features", "features of the last inference", "heads", features)
    yield _own("scores", "scores", "heads", _WORD * head.class_capacity)
    if head.loss == "mse":
        scratch = macro("STEP_SCRATCH_COUNT", hidden=_hidden(head), rows=head.class_capacity)
        yield _own("workspace", "training scratch", "workspace", _WORD * scratch)
    else:
        yield from _classifier(converted, head, config)
    yield from _parameters(head, config)


def _own(name: str, what: str, part: str, size: int) -> LearnerObject:
    return LearnerObject(f"{LEARNER}_{name}", what, part, size)


def _hidden(head: HeadSpec) -> int:
    return sum(head.widths[1:-1])


def _classifier(
    converted: ConvertedModel, head: HeadSpec, config: LearnerConfig
) -> Iterator[LearnerObject]:
    """What a learner has because its head knows classes."""
    rows, features = head.class_capacity, head.features
    what = "learner" + (" with a store" if config.store else "")
    size = layout("microtl_learner", _options(config)).size
    yield LearnerObject(LEARNER, what, "variables", size)
    yield _own("names", "class names", "heads", rows * layout("microtl_class_name").size)
    if config.trainer:
        queue = layout("k_queue").size
        yield LearnerObject(f"{SHARED}train_queue", "queue of the trainer", "variables", queue)
        what = f"replay memory, {config.samples} samples"
        size = macro("REPLAY_FEATURES_SIZE", capacity=config.samples, features=features)
        yield _own("replay_features", what, "replay", size)
        size = config.samples * layout("microtl_replay_entry").size
        yield _own("replay_entries", what, "replay", size)
        samples = config.samples + (0 if converted.base is None else len(converted.base.labels))
        size = macro("FIT_WORKSPACE_SIZE", hidden=_hidden(head), rows=rows, samples=samples)
        yield _own("workspace", "training workspace", "workspace", size)
    if config.ncm:
        size = _WORD * macro("NCM_MEAN_COUNT", features=features, rows=rows)
        yield _own("ncm_means", "nearest class means", "heads", size)
        yield _own("ncm_counts", "nearest class means", "heads", 2 * rows)
    if config.store_replay:
        block = macro("FLASH_WRITE_BLOCK_MAX")
        record = macro("REPLAY_LOG_RECORD_SIZE", features=features)
        yield _own("record", "record of the replay log", "store", -(-record // block) * block)


def _options(config: LearnerConfig) -> frozenset[str]:
    """Return the options on which members of the learner depend, written CONFIG_X."""
    found = {
        "CONFIG_MICROTL_STORE": config.store,
        "CONFIG_MICROTL_STORE_REPLAY": config.store_replay,
        "CONFIG_MICROTL_ARITHMETIC_FIXED": config.fixed,
    }
    return frozenset(name for name, on in found.items() if on)


def _parameters(head: HeadSpec, config: LearnerConfig) -> Iterator[LearnerObject]:
    """What has the size of the head's parameters, or a multiple."""
    params = int(head.params.size)
    size = _WORD * params
    if config.trainer:
        yield _own("shadow", "shadow head", "heads", size)
        if config.optimizer:
            what = f"optimiser state, {OPTIMIZERS[config.optimizer]}"
            count = macro("OPTIMIZER_STATE_COUNT", kind=config.optimizer, params=params)
            yield _own("state", what, "optimizer", _WORD * count)
        if config.batch > 1:
            yield _own("gradient", "gradient, batch > 1", "heads", size)
        if config.best_weights:
            yield _own("best", "best weights", "heads", size)
    if config.active_in_ram:
        yield _own("active", "active head in RAM", "heads", size)

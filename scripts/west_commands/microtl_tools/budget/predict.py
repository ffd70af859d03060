# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What a model and its learner will take, object by object, before anything is built.

Sizes are those of a 32-bit Arm CPU; those of the kernel's objects in them are those of Zephyr's
default configuration. Left out are code and the trainer's thread: its stack and control block.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from microtl_tools.budget.learner_config import LearnerConfig
from microtl_tools.budget.regions import FLASH, RAM
from microtl_tools.convert.api import ConvertedModel
from microtl_tools.convert.headers import layout, macro
from microtl_tools.convert.report import names_size

LEARNER = "LEARNER"
"""Stands in names for the learner's name, which the application chooses."""
SHARED = "microtl_"
"""Names begin so where all learners share the object, which lies in MicroTL's library."""
_FLOAT, _POINTER = 4, 4


@dataclass(frozen=True)
class Predicted:
    """An object: its C name (with a * for all that begin so), its owner, bytes of one memory."""

    symbol: str
    owner: str
    kind: str
    bytes: int


@dataclass(frozen=True)
class Prediction:
    """All objects of one model and its learner; ``model`` is the C symbol of the model."""

    model: str
    rows: tuple[Predicted, ...]

    def total(self, kind: str) -> int:
        """Bytes of one kind of memory."""
        return sum(row.bytes for row in self.rows if row.kind == kind)

    def to_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {"model": self.model, "objects": [asdict(row) for row in self.rows]}


def predict(converted: ConvertedModel, config: LearnerConfig) -> Prediction:
    """Return the objects that a build with this configuration will have."""
    rows = [*_model(converted)]
    if converted.head is None:
        rows.append(Predicted(f"{LEARNER}_arena", "microtl/arena", RAM, converted.arena_size))
    else:
        rows += _learner(converted, config)
    return Prediction(converted.symbol, tuple(row for row in rows if row.bytes))


def _model(converted: ConvertedModel) -> Iterator[Predicted]:
    def row(symbol: str, part: str, size: int) -> Predicted:
        return Predicted(symbol, f"microtl/{part}", FLASH, size)

    for op in converted.ops:
        yield row(f"op{op.index}_*", "weights", op.data_bytes)
        yield row(f"op{op.index}", "weights", op.params_bytes)
    yield row("ops", "weights", len(converted.ops) * layout("microtl_op").size)
    yield row(converted.symbol, "weights", layout("microtl_model").size)
    yield row("text*", "constants", names_size(converted))
    if converted.channels:
        size = len(converted.channels) * layout("microtl_channel").size
        yield row("channels", "weights", size)
    head = converted.head
    if head is not None:
        yield row("head_params", "heads", _FLOAT * int(head.params.size))
        yield row("feature_scale", "heads", _FLOAT * head.features)
        yield row("feature_offset", "heads", _FLOAT * head.features)
        yield row("class_names", "heads", _POINTER * len(head.class_names))
        yield row("head", "heads", layout("microtl_head_spec").size)
    base = converted.base
    if base is not None:
        yield row("base_features", "base set", base.features.nbytes)
        yield row("base_labels", "base set", base.labels.nbytes)
        yield row("base_set", "base set", layout("microtl_base_set").size)


def _learner(converted: ConvertedModel, config: LearnerConfig) -> Iterator[Predicted]:
    """What MICROTL_LEARNER_DEFINE() defines, in its order."""
    head = converted.head
    assert head is not None
    hidden, rows, params = sum(head.widths[1:-1]), head.class_capacity, int(head.params.size)

    def row(name: str, part: str, size: int) -> Predicted:
        return Predicted(f"{LEARNER}_{name}", f"microtl/{part}", RAM, size)

    size = layout("microtl_learner", config.options()).size
    yield Predicted(LEARNER, "microtl/variables", RAM, size)
    yield row("arena", "arena", converted.arena_size)
    yield row("features", "heads", config.tokens * head.features)
    yield row("scores", "heads", _FLOAT * rows)
    yield row("scratch", "workspace", _FLOAT * macro("HEAD_SCRATCH_COUNT", hidden=hidden))
    yield row("names", "heads", rows * layout("microtl_class_name").size)
    if config.trainer:
        queue = layout("k_queue").size
        yield Predicted(f"{SHARED}train_queue", "microtl/variables", RAM, queue)
        samples, base = config.samples, 0 if converted.base is None else len(converted.base.labels)
        size = macro("REPLAY_FEATURES_SIZE", capacity=samples, features=head.features)
        yield row("replay_features", "replay", size)
        yield row("replay_entries", "replay", samples * layout("microtl_replay_entry").size)
        yield row("shadow", "heads", _FLOAT * params)
        size = macro("FIT_WORKSPACE_SIZE", hidden=hidden, rows=rows, samples=samples + base)
        yield row("workspace", "workspace", size)
        count = macro("OPTIMIZER_STATE_COUNT", kind=config.optimizer, params=params)
        yield row("state", "optimizer", _FLOAT * count if config.optimizer else 0)
        yield row("gradient", "heads", _FLOAT * params if config.batch > 1 else 0)
        yield row("best", "heads", _FLOAT * params if config.best_weights else 0)
    if config.active_in_ram:
        yield row("active", "heads", _FLOAT * params)
    if config.ncm:
        size = macro("NCM_MEAN_COUNT", features=head.features, rows=rows)
        yield row("ncm_means", "heads", _FLOAT * size)
        yield row("ncm_counts", "heads", 2 * rows)
    if config.store_replay:
        block = macro("FLASH_WRITE_BLOCK_MAX")
        record = macro("REPLAY_LOG_RECORD_SIZE", features=head.features)
        yield row("record", "store", -(-record // block) * block)

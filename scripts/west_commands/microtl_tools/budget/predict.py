# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What a model and its learner will take, object by object, before anything is built.

Sizes are those of a 32-bit Arm CPU. Left out are code and the trainer's thread: its stack and
control block.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from microtl_tools.budget.regions import FLASH, RAM
from microtl_tools.convert.api import ConvertedModel
from microtl_tools.convert.headers import layout
from microtl_tools.convert.learner_memory import LearnerConfig, learner_objects
from microtl_tools.convert.report import names_size

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
    for part in learner_objects(converted, config):
        rows.append(Predicted(part.symbol, f"microtl/{part.part}", RAM, part.bytes))
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

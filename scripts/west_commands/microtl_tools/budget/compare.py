# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Hold a prediction against the image that came of it, object by object."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from microtl_tools.budget.microtl_names import learner_of
from microtl_tools.budget.owners import MICROTL, STACKS, belongs
from microtl_tools.budget.predict import Predicted, Prediction
from microtl_tools.budget.regions import RAM
from microtl_tools.budget.report import ImageReport
from microtl_tools.budget.saved_json import read_saved
from microtl_tools.convert.learner_memory import LEARNER, SHARED
from microtl_tools.errors import MicroTLError


@dataclass(frozen=True)
class Difference:
    """One object: bytes predicted, and bytes in the image (None: it is not there)."""

    symbol: str
    owner: str
    kind: str
    predicted: int
    actual: int | None

    @property
    def excess(self) -> int:
        """Bytes more than predicted."""
        return (self.actual or 0) - self.predicted


def read_prediction(path: Path) -> Prediction:
    """Read what ``budget MODEL --json`` printed."""
    try:
        content = read_saved(path)["prediction"]
        rows = tuple(
            Predicted(str(o["symbol"]), str(o["owner"]), str(o["kind"]), int(o["bytes"]))
            for o in content["objects"]
        )
        return Prediction(str(content["model"]), rows)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise MicroTLError(
            f"{path}: is no prediction",
            "make one with: west microtl budget MODEL --json > prediction.json",
        ) from error


def compare(prediction: Prediction, report: ImageReport) -> list[Difference]:
    """Return every object of the prediction with its size in the image.

    Where RAM was predicted at all, then every other object of MicroTL's in RAM but threads, as
    predicted with 0 bytes. Raises MicroTLError where the image has no such model, or cannot tell.
    """
    image = report.image
    if not image.has_symtab:
        raise MicroTLError(f"{image.path}: has no symbol table to compare a prediction with")
    if not any(s.name == prediction.model for s in image.symbols):
        raise MicroTLError(
            f"{image.path}: has no model {prediction.model}",
            "the linker drops models that nothing uses; is this the image for that prediction?",
        )
    # Each model has objects of these names, so only those from this model's file count.
    origin = next((s.origin for s in report.symbols if s.name == prediction.model), "")
    model = [(s.name, max(s.bytes.values())) for s in report.symbols if s.origin == origin]
    everything = [(s.name, s.size) for s in image.symbols]
    learner = learner_of(image, prediction.model)
    predicted = [
        Difference(
            name := row.symbol.replace(LEARNER, learner or LEARNER),
            row.owner,
            row.kind,
            row.bytes,
            _size(name, everything if row.symbol.startswith((LEARNER, SHARED)) else model),
        )
        for row in prediction.rows
    ]
    if any(d.kind == RAM for d in predicted):
        predicted += _not_predicted(report, {d.symbol for d in predicted})
    return predicted


def _not_predicted(report: ImageReport, names: set[str]) -> list[Difference]:
    return [
        Difference(s.name, s.owner, RAM, 0, s.bytes[RAM])
        for s in report.symbols
        if s.bytes.get(RAM)
        and belongs(s.owner, MICROTL)
        and s.owner != f"{MICROTL}/{STACKS}"
        and s.name not in names
    ]


def _size(name: str, objects: Iterable[tuple[str, int]]) -> int | None:
    """Return the bytes of an object, or of all whose names begin as one that ends with "*"."""
    if name.endswith("*"):
        sizes = [size for found, size in objects if found.startswith(name[:-1])]
    else:
        sizes = [size for found, size in objects if found == name]
    return sum(sizes) if sizes else None

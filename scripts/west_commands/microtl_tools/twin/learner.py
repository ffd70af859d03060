# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A device's learner on this computer: the same C, the same bytes."""

import ctypes
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError
from microtl_tools.twin.abi import Abi, CoreError, check, pointer

Features = NDArray[np.int8]

_NAME = "utf-8"


class Head(IntEnum):
    """Which head: the live one, the one just trained, or the nearest class mean."""

    ACTIVE = 0
    CANDIDATE = 1
    NEAREST_MEAN = 2


class GateVerdict(Enum):
    """The gate's word on a trained head; the values are the core's ``enum microtl_verdict``."""

    UNDECIDED = 0
    ACCEPTED = 1
    REJECTED = 2


@dataclass(frozen=True)
class FitResult:
    """What a training job came to.

    ``old_before`` and ``old_after`` are balanced accuracies over the classes known before,
    ``new_recall`` is the mean recall of new ones, all 0 to 1 as the gate saw them and None where it
    saw nothing. ``losses`` holds the mean training loss of each epoch of the last training.
    """

    verdict: GateVerdict
    reason: str
    old_before: float | None
    old_after: float | None
    new_recall: float | None
    old_count: int
    new_count: int
    steps: int
    losses: tuple[float, ...]


@dataclass(frozen=True)
class Replay:
    """What the replay memory holds: one row a sample."""

    features: Features
    labels: NDArray[np.uint8]
    recordings: NDArray[np.uint16]
    held_out: NDArray[np.bool_]


class Learner:
    """Head, replay memory, nearest class means and training of one device.

    Made by ``Twin.learner()``. Settings go by the names of ``struct microtl_fit_config``:
    ``settings={"epochs": 20, "optimizer.learning_rate": 0.003}``; the defaults are the core's.
    Not thread-safe. Where the core refuses, CoreError carries its errno.
    """

    def __init__(
        self, abi: Abi, model: int, capacity: int, settings: Mapping[str, float], keep: object
    ) -> None:
        if not 0 <= capacity <= 0xFFFF:
            raise MicroTLError(f"a replay memory holds 0 to 65535 samples, not {capacity}")
        handle = ctypes.c_void_p()
        check(abi.learner_new(model, capacity, ctypes.byref(handle)), "make a learner")
        self._abi = abi
        self._keep = keep  # the library that the model lies in
        self._handle = handle
        self._free = weakref.finalize(self, abi.learner_free, handle)
        self.feature_count = int(abi.learner_feature_count(handle))
        self.class_rows = int(abi.learner_class_rows(handle))
        for name, value in settings.items():
            self.set(name, value)

    # Settings

    def setting_names(self) -> list[str]:
        """Return the names of all settings."""
        names: list[str] = []
        while (name := self._abi.setting_name(len(names))) is not None:
            names.append(name.decode())
        return names

    def get(self, name: str) -> float:
        """Return a setting."""
        value = ctypes.c_double()
        self._setting(self._abi.learner_get(self._handle, name.encode(), value), name)
        return value.value

    def set(self, name: str, value: float) -> None:
        """Change a setting; not while a job runs."""
        self._setting(
            self._abi.learner_set(self._handle, name.encode(), float(value)), f"{name} to {value:g}"
        )

    def _setting(self, result: int, what: str) -> None:
        try:
            check(result, f"set {what}")
        except CoreError as error:
            error.hint = f"the settings are: {', '.join(self.setting_names())}"
            raise

    # Classes

    def add_class(self, name: str) -> int:
        """Name a free row and return its label; an existing name is CoreError EEXIST."""
        label = ctypes.c_uint8()
        result = self._abi.learner_class_add(self._handle, name.encode(_NAME), label)
        check(result, f"add the class {name!r}")
        return label.value

    def remove_class(self, label: int) -> None:
        """Forget a class: its name, samples and place in the head."""
        check(self._abi.learner_class_remove(self._handle, label), f"remove class {label}")

    def class_names(self) -> list[str | None]:
        """Return the name of each class row, None where the row is free."""
        names = [
            self._abi.learner_class_name(self._handle, label) for label in range(self.class_rows)
        ]
        return [None if name is None else name.decode(_NAME, "replace") for name in names]

    def classes(self, which: Head = Head.ACTIVE) -> NDArray[np.bool_]:
        """Return which classes a head knows, [class rows]."""
        mask = np.empty(self.class_rows, np.uint8)
        check(self._abi.learner_classes(self._handle, which, pointer(mask)), "read the classes")
        return mask.astype(bool)

    # Samples

    def label(
        self, features: Features, labels: Iterable[int], recordings: Iterable[int] | int
    ) -> None:
        """Label samples in order: ``features`` [n, feature count], a class and a recording each."""
        features = self._features(features)
        classes = np.fromiter(labels, np.uint8, count=len(features))
        if isinstance(recordings, int):
            sessions = np.full(len(features), recordings, np.uint16)
        else:
            sessions = np.fromiter(recordings, np.uint16, count=len(features))
        result = self._abi.learner_label(
            self._handle, len(features), pointer(features), pointer(classes), pointer(sessions)
        )
        check(result, "label the samples")

    def replay(self) -> Replay:
        """Return a copy of the replay memory."""
        count = int(self._abi.learner_replay_count(self._handle))
        features = np.empty((count, self.feature_count), np.int8)
        labels, held_out = np.empty(count, np.uint8), np.empty(count, np.uint8)
        recordings = np.empty(count, np.uint16)
        self._abi.learner_replay(
            self._handle, pointer(features), pointer(labels), pointer(recordings), pointer(held_out)
        )
        return Replay(features, labels, recordings, held_out.astype(bool))

    def forget(self) -> None:
        """Forget all samples; the head stays."""
        check(self._abi.learner_forget(self._handle), "forget the samples")

    def reset(self) -> None:
        """Go back to the factory head; samples stay."""
        check(self._abi.learner_reset(self._handle), "reset the head")

    # Training

    def train(self, seed: int) -> FitResult:
        """Run a whole job and let the head go live if the gate accepts it.

        The trained head can be read as ``Head.CANDIDATE`` only where it was not accepted; use
        ``start``, ``finish`` and ``publish`` to look at it before it goes live.
        """
        self.start(seed)
        result = self.finish()
        if result.verdict is GateVerdict.ACCEPTED:
            self.publish()
        return result

    def start(self, seed: int) -> None:
        """Start a job on what is stored; the same seed gives the same bytes."""
        check(self._abi.learner_start(self._handle, seed), "start training")

    def step(self, steps: int = 1) -> bool:
        """Do at most so many steps; whether there is more to do."""
        return check(self._abi.learner_step(self._handle, steps), "train") == 1

    def finish(self) -> FitResult:
        """Do the rest of a job that was started, and return what it came to."""
        losses = np.empty(int(self.get("epochs")), np.float32)
        epochs = ctypes.c_size_t()
        result = self._abi.learner_run(self._handle, pointer(losses), len(losses), epochs)
        check(result, "train")
        return self._result(losses[: epochs.value].tolist())

    def cancel(self) -> None:
        """End a running job without a verdict."""
        self._abi.learner_cancel(self._handle)

    def publish(self) -> None:
        """Let the trained head go live; CoreError EPERM unless the gate accepted it."""
        check(self._abi.learner_publish(self._handle), "publish the head")

    def progress(self, name: str) -> float:
        """Return a field of ``struct microtl_fit_progress``."""
        return self._number(f"progress.{name}")

    def _result(self, losses: Iterable[float]) -> FitResult:
        return FitResult(
            verdict=GateVerdict(int(self._number("verdict"))),
            reason=self._abi.learner_reason(self._handle).decode(),
            old_before=self._share("old_before"),
            old_after=self._share("old_after"),
            new_recall=self._share("new_recall"),
            old_count=int(self._number("old_count")),
            new_count=int(self._number("new_count")),
            steps=int(self.progress("steps")),
            losses=tuple(losses),
        )

    def _number(self, name: str) -> float:
        value = ctypes.c_double()
        check(self._abi.learner_result(self._handle, name.encode(), value), f"read {name}")
        return value.value

    def _share(self, name: str) -> float | None:
        """A share between 0 and 1; the core writes -1 where it measured nothing."""
        value = self._number(name)
        return None if value < 0 else value

    # What the heads say

    def scores(self, features: Features, which: Head = Head.ACTIVE) -> NDArray[np.float32]:
        """Return scores before softmax, [n, class rows]; unknown classes are lowest (-FLT_MAX)."""
        return self._run(features, which, activate=False)

    def probabilities(self, features: Features, which: Head = Head.ACTIVE) -> NDArray[np.float32]:
        """Return probabilities (or what the model's loss makes of scores), [n, class rows]."""
        return self._run(features, which, activate=True)

    def _run(self, features: Features, which: Head, *, activate: bool) -> NDArray[np.float32]:
        features = self._features(features)
        scores = np.empty((len(features), self.class_rows), np.float32)
        result = self._abi.learner_scores(
            self._handle, which, len(features), pointer(features), int(activate), pointer(scores)
        )
        check(result, "run the head")
        return scores

    def predict(self, features: Features, which: Head = Head.ACTIVE) -> NDArray[np.int64]:
        """Return the best class of each sample, [n]; among equals the lowest label."""
        best: NDArray[np.int64] = self.scores(features, which).argmax(axis=1)
        return best

    def params(self, which: Head = Head.ACTIVE) -> NDArray[np.float32]:
        """Return a copy of a head's parameters: per layer weights [out][in], then bias [out].

        Of a head in fixed point the nearest float32.
        """
        params = np.empty(int(self._abi.learner_param_count(self._handle)), np.float32)
        check(self._abi.learner_params(self._handle, which, pointer(params)), "read the head")
        return params

    # Snapshots

    def save(self) -> bytes:
        """Return the active head as a snapshot."""
        snapshot = np.empty(int(self._abi.learner_snapshot_size(self._handle)), np.uint8)
        check(self._abi.learner_save(self._handle, pointer(snapshot)), "save the head")
        return snapshot.tobytes()

    def load(self, snapshot: bytes) -> None:
        """Put a snapshot live; CoreError where it is damaged, newer, or another model's."""
        data = np.frombuffer(snapshot, np.uint8)
        difference = ctypes.c_char_p()
        result = self._abi.learner_load(self._handle, pointer(data), len(data), difference)
        try:
            check(result, "load the snapshot")
        except CoreError as error:
            if difference.value:
                error.hint = f"the {difference.value.decode()} differs"
            raise

    def _features(self, features: Features) -> Features:
        if features.ndim != 2 or features.shape[1] != self.feature_count:
            raise MicroTLError(
                f"features of shape {features.shape} were given, "
                f"the head takes [n, {self.feature_count}]"
            )
        if features.dtype != np.int8:
            raise MicroTLError(f"features are int8, not {features.dtype}")
        return np.ascontiguousarray(features)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The core's training in NumPy float64: written from the formulas, not from the C code."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SOFTMAX, SIGMOID, MSE = 0, 1, 2
SGD, MOMENTUM, ADAM = 0, 1, 2
DECAY_INTERVAL = 64
CONSTANT, LINEAR, COSINE = 0, 1, 2


@dataclass
class Head:
    """A head: weights and biases layer after layer, standardised features in, scores out."""

    widths: tuple[int, ...]
    loss: int
    scale: Array
    offset: Array
    weights: list[Array]
    biases: list[Array]
    classes: NDArray[np.bool_]

    @classmethod
    def random(
        cls,
        rng: np.random.Generator,
        widths: tuple[int, ...],
        loss: int,
        classes: NDArray[np.bool_] | None = None,
    ) -> "Head":
        layers = list(zip(widths[1:], widths[:-1], strict=True))
        return cls(
            widths=widths,
            loss=loss,
            scale=np.float32(rng.uniform(0.01, 0.04, widths[0])).astype(np.float64),
            offset=np.float32(rng.normal(0, 0.3, widths[0])).astype(np.float64),
            weights=[
                np.float32(rng.normal(0, (2 / i) ** 0.5, (o, i))).astype(float) for o, i in layers
            ],
            biases=[np.float32(rng.normal(0, 0.1, o)).astype(float) for o, _ in layers],
            classes=np.ones(widths[-1], bool) if classes is None else classes,
        )

    def flat(self) -> Array:
        """The parameters as the core lays them out."""
        pairs = zip(self.weights, self.biases, strict=True)
        return np.concatenate([part.ravel() for pair in pairs for part in pair])

    def set_flat(self, flat: Array) -> None:
        at = 0
        for part in [p for pair in zip(self.weights, self.biases, strict=True) for p in pair]:
            part.ravel()[:] = flat[at : at + part.size]
            at += part.size

    def activations(self, features: NDArray[np.int8]) -> list[Array]:
        """Input of each layer, then the scores."""
        outputs = [features.astype(np.float64) * self.scale + self.offset]
        for index, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = w @ outputs[-1] + b
            outputs.append(np.maximum(z, 0.0) if index + 1 < len(self.weights) else z)
        return outputs

    def target(self, label: int, vector: Array | None) -> Array:
        return np.eye(self.widths[-1] + 1)[label][:-1] if vector is None else vector

    def loss_of(self, features: NDArray[np.int8], label: int, vector: Array | None = None) -> float:
        z = self.activations(features)[-1]
        t = self.target(label, vector)
        on = self.classes
        if self.loss == SOFTMAX:
            top = z[on].max()
            return float(top + np.log(np.exp(z[on] - top).sum()) - (t[on] * z[on]).sum())
        if self.loss == SIGMOID:
            return float((np.logaddexp(0.0, z[on]) - t[on] * z[on]).sum())
        return float(((z - t) ** 2).mean())

    def gradient(
        self,
        features: NDArray[np.int8],
        label: int,
        vector: Array | None = None,
        least: float = 0.0,
    ) -> tuple[list[Array], list[Array]]:
        """Backpropagation: gradients of weights and of biases; errors below ``least`` are none."""
        outputs = self.activations(features)
        z = outputs[-1]
        t = self.target(label, vector)
        if self.loss == SOFTMAX:
            e = np.where(self.classes, np.exp(z - z[self.classes].max()), 0.0)
            delta = np.where(self.classes, e / e.sum() - t, 0.0)
        elif self.loss == SIGMOID:
            delta = np.where(self.classes, 1.0 / (1.0 + np.exp(-z)) - t, 0.0)
        else:
            delta = 2.0 * (z - t) / len(z)
        dw: list[Array] = []
        db: list[Array] = []
        for index in reversed(range(len(self.weights))):
            inputs = (self.weights[index].T @ delta) * (outputs[index] > 0)
            if index + 1 == len(self.weights):
                delta = np.where(np.abs(delta) < least, 0.0, delta)
            dw.insert(0, np.outer(delta, outputs[index]))
            db.insert(0, delta)
            delta = inputs
        return dw, db


@dataclass
class Optimizer:
    """SGD, momentum and Adam as microtl/optimizer.h defines them."""

    kind: int
    rate: float
    momentum: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.0
    schedule: int = CONSTANT
    final: float = 0.1
    error_min: float = 0.0
    updates_total: int = 1
    updates: int = 0
    decay_due: float = 0.0
    state: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("rate", "momentum", "beta2", "epsilon", "decay", "final", "error_min"):
            setattr(self, name, float(np.float32(getattr(self, name))))

    def values(self) -> NDArray[np.float32]:
        names = ("rate", "momentum", "beta2", "epsilon", "decay", "final", "error_min")
        return np.array([getattr(self, name) for name in names], np.float32)

    def scheduled_rate(self) -> float:
        done = min(1.0, self.updates / max(1, self.updates_total - 1))
        left = {CONSTANT: 1.0, LINEAR: 1.0 - done, COSINE: 0.5 * (1 + np.cos(np.pi * done))}
        if self.schedule == CONSTANT:
            return self.rate
        return float(self.rate * (self.final + (1 - self.final) * left[self.schedule]))

    def update(
        self, head: Head, grads: tuple[list[Array], list[Array]], resting: bool = False
    ) -> None:
        """Update a head; with ``resting`` rows without an error stay as they are."""
        rate = self.scheduled_rate()
        self.updates += 1
        self.decay_due += rate * self.decay / (1 - (self.momentum if self.kind == MOMENTUM else 0))
        keep = 1.0
        if self.updates % DECAY_INTERVAL == 0:
            keep, self.decay_due = 1 - self.decay_due, 0.0
        for index in range(len(head.weights)):
            last = index + 1 == len(head.weights)
            on = (
                head.classes
                if last and head.loss != MSE
                else np.ones(len(head.biases[index]), bool)
            )
            head.weights[index][on] *= keep
            if resting:
                on = on & (grads[1][index] != 0)
            for name, params, gradients in (
                ("w", head.weights, grads[0]),
                ("b", head.biases, grads[1]),
            ):
                change = self._change(f"{name}{index}", gradients[index], rate, on)
                params[index][on] += change[on]

    def _change(self, key: str, g: Array, rate: float, on: NDArray[np.bool_]) -> Array:
        """What an update adds; only rows that are ``on`` change their state."""
        if self.kind == SGD:
            return -rate * g
        state = self.state.setdefault(key, np.zeros((2, *g.shape)))
        if self.kind == MOMENTUM:
            state[0][on] = (self.momentum * state[0] - rate * g)[on]
            return np.asarray(state[0])
        state[0][on] = (self.momentum * state[0] + (1 - self.momentum) * g)[on]
        state[1][on] = (self.beta2 * state[1] + (1 - self.beta2) * g * g)[on]
        m_hat = state[0] / (1 - self.momentum**self.updates)
        s_hat = state[1] / (1 - self.beta2**self.updates)
        return np.asarray(-rate * m_hat / (np.sqrt(s_hat) + self.epsilon))


def learn(
    head: Head,
    optimizer: Optimizer,
    features: NDArray[np.int8],
    labels: NDArray[np.uint8],
    vectors: Array | None,
    batch: int,
) -> Array:
    """Learn the samples in the order given; the loss of each before its update."""
    losses = []
    for begin in range(0, len(features), batch):
        sums: tuple[list[Array], list[Array]] | None = None
        stop = min(begin + batch, len(features))
        for i in range(begin, stop):
            vector = None if vectors is None else vectors[i]
            losses.append(head.loss_of(features[i], int(labels[i]), vector))
            least = optimizer.error_min if batch == 1 and vector is None else 0.0
            grads = head.gradient(features[i], int(labels[i]), vector, least)
            if sums is None:
                sums = grads
            else:
                sums = tuple(  # type: ignore[assignment]
                    [a + b for a, b in zip(old, new, strict=True)]
                    for old, new in zip(sums, grads, strict=True)
                )
        assert sums is not None
        mean = tuple([part / (stop - begin) for part in parts] for parts in sums)
        optimizer.update(head, mean, resting=batch == 1)  # type: ignore[arg-type]
    return np.array(losses)

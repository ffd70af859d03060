# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Training of the C core against float64 NumPy, over 50 epochs, sample by sample."""

import ctypes

import numpy as np
import pytest
from training_core import CoreHead
from training_reference import (
    ADAM,
    CONSTANT,
    COSINE,
    LINEAR,
    MOMENTUM,
    MSE,
    SGD,
    SIGMOID,
    SOFTMAX,
    Head,
    Optimizer,
    learn,
)

EPOCHS = 50
SAMPLES = 24
TOLERANCE = 1e-4
ERROR_MIN = 4e-3
TOLERANCE_RESTING = 1e-3
"""Where small errors count as none: float32 and float64 do not part them in the same place."""

CASES = [
    # widths, loss, kind, rate, decay, schedule, batch
    ((20, 5), SOFTMAX, SGD, 0.01, 0.0, CONSTANT, 1),
    ((20, 5), SOFTMAX, SGD, 0.01, 1e-2, LINEAR, 4),
    ((64, 7), SOFTMAX, MOMENTUM, 0.003, 1e-3, CONSTANT, 1),
    ((64, 7), SOFTMAX, MOMENTUM, 0.03, 1e-3, CONSTANT, 8),
    ((65, 7), SOFTMAX, MOMENTUM, 0.003, 1e-3, COSINE, 1),
    ((130, 3), SOFTMAX, ADAM, 0.002, 0.0, CONSTANT, 1),
    ((20, 5), SOFTMAX, ADAM, 0.005, 1e-2, COSINE, 5),
    ((30, 12, 5), SOFTMAX, SGD, 0.01, 1e-3, CONSTANT, 1),
    # Faster, and a hidden unit near its kink ends on different sides of it in float32 and float64.
    ((30, 12, 5), SOFTMAX, MOMENTUM, 0.001, 1e-3, CONSTANT, 1),
    ((70, 16, 9, 4), SOFTMAX, MOMENTUM, 0.005, 1e-3, LINEAR, 6),
    ((30, 12, 5), SOFTMAX, ADAM, 0.001, 1e-2, CONSTANT, 4),
    ((20, 4), SIGMOID, MOMENTUM, 0.003, 1e-3, CONSTANT, 1),
    ((20, 8, 4), SIGMOID, ADAM, 0.002, 0.0, LINEAR, 3),
    ((40, 8, 40), MSE, MOMENTUM, 0.01, 0.0, CONSTANT, 1),
    ((12, 300), MSE, SGD, 0.05, 1e-3, CONSTANT, 1),
]


def relative(got: np.ndarray, want: np.ndarray) -> float:
    """Largest difference over the largest value."""
    return float(np.abs(got - want).max() / np.abs(want).max())


def make(rng: np.random.Generator, widths: tuple[int, ...], loss: int):
    rows = widths[-1]
    classes = np.ones(rows, bool)
    if loss != MSE and rows > 4:
        classes[1] = False  # a row that takes no part stays as it is
    head = Head.random(rng, widths, loss, classes)
    features = rng.integers(-128, 128, (SAMPLES, widths[0])).astype(np.int8)
    labels = rng.choice(np.flatnonzero(classes[:255]), SAMPLES).astype(np.uint8)
    vectors = rng.normal(0, 1, (SAMPLES, rows)).astype(np.float32) if loss == MSE else None
    return head, features, labels, vectors


def core_head(core: ctypes.CDLL, head: Head) -> CoreHead:
    return CoreHead(
        core,
        head.widths,
        head.loss,
        head.scale.astype(np.float32),
        head.offset.astype(np.float32),
        head.flat().astype(np.float32),
        head.classes.astype(np.uint8),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
def test_follows_float64(core: ctypes.CDLL, case) -> None:
    follow(core, case, 0.0, TOLERANCE)


@pytest.mark.parametrize("case", [c for c in CASES if c[-1] == 1 and c[1] != MSE], ids=str)
def test_small_errors_rest_as_in_float64(core: ctypes.CDLL, case) -> None:
    follow(core, case, ERROR_MIN, TOLERANCE_RESTING)


def follow(core: ctypes.CDLL, case, error_min: float, tolerance: float) -> None:
    """Train the core's head and the float64 one side by side, and compare."""
    widths, loss, kind, rate, decay, schedule, batch = case
    rng = np.random.default_rng(2026)
    head, features, labels, vectors = make(rng, widths, loss)
    updates = EPOCHS * -(-SAMPLES // batch)
    optimizer = Optimizer(
        kind, rate, decay=decay, schedule=schedule, updates_total=updates, error_min=error_min
    )
    trained = core_head(core, head)
    assert trained.start(kind, schedule, optimizer.values(), batch, updates) == 0

    start = head.flat()
    first = np.inf
    for epoch in range(EPOCHS):
        order = rng.permutation(SAMPLES)
        picked = None if vectors is None else vectors[order]
        want = learn(
            head,
            optimizer,
            features[order],
            labels[order],
            None if picked is None else picked.astype(np.float64),
            batch,
        )
        result, got = trained.learn(features[order], labels[order], picked, batch)
        assert result == 0
        assert relative(got, want) < tolerance
        if epoch == 0:
            first = want.mean()
    assert relative(trained.params, head.flat()) < tolerance
    # It learned: later losses are lower than the first epoch's.
    assert relative(trained.params, start) > 100 * TOLERANCE
    assert want.mean() < 0.9 * first


def test_resumes_in_the_middle(core: ctypes.CDLL) -> None:
    """State that is kept over a pause gives the same bytes as a run in one go."""
    rng = np.random.default_rng(7)
    head, features, labels, _ = make(rng, (33, 9, 6), SOFTMAX)
    for kind in (SGD, MOMENTUM, ADAM):
        optimizer = Optimizer(kind, 0.004, decay=1e-3, schedule=COSINE, updates_total=SAMPLES)
        whole, parts = core_head(core, head), core_head(core, head)
        for trained in (whole, parts):
            trained.start(kind, COSINE, optimizer.values(), 1, SAMPLES)
        _, losses = whole.learn(features, labels)
        pieces = [parts.learn(features[i : i + 5], labels[i : i + 5])[1] for i in range(0, 24, 5)]
        assert np.concatenate(pieces).tobytes() == losses.tobytes()
        assert parts.params.tobytes() == whole.params.tobytes()


def test_row_without_class_stays(core: ctypes.CDLL) -> None:
    rng = np.random.default_rng(3)
    head, features, labels, _ = make(rng, (20, 6), SOFTMAX)
    for kind in (SGD, MOMENTUM, ADAM):
        for batch in (1, 5):
            trained = core_head(core, head)
            trained.start(kind, CONSTANT, Optimizer(kind, 0.01, decay=0.1).values(), batch, 10)
            trained.learn(features, labels, batch=batch)
            rows = trained.params[:-6].reshape(6, 20)
            assert rows[1].tobytes() == head.weights[0][1].astype(np.float32).tobytes()
            assert trained.params[-6 + 1] == np.float32(head.biases[0][1])
            assert (rows[0] != head.weights[0][0].astype(np.float32)).all()


def test_scores_follow_float64(core: ctypes.CDLL) -> None:
    rng = np.random.default_rng(5)
    for widths in ((1, 2), (64, 10), (200, 3), (90, 20, 5), (10, 30, 20, 5)):
        for loss in (SOFTMAX, SIGMOID, MSE):
            head, features, _, _ = make(rng, widths, loss)
            trained = core_head(core, head)
            want = np.array([head.activations(f)[-1] for f in features])
            on = head.classes
            assert relative(trained.scores(features)[:, on], want[:, on]) < 1e-5
            probabilities = trained.scores(features, activate=True)
            if loss == SOFTMAX:
                e = np.exp(want[:, on] - want[:, on].max(axis=1, keepdims=True))
                want_p = e / e.sum(axis=1, keepdims=True)
            elif loss == SIGMOID:
                want_p = 1 / (1 + np.exp(-want[:, on]))
            else:
                want_p = want[:, on]
            assert np.abs(probabilities[:, on] - want_p).max() < 1e-5 * max(1, abs(want_p).max())
            assert (probabilities[:, ~on] == 0).all()

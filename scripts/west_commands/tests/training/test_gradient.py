# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Gradients of the C core against finite differences of the loss in float64."""

import ctypes
from itertools import product

import numpy as np
import pytest
from training_core import CoreHead, pointer
from training_reference import MSE, SIGMOID, SOFTMAX, Head, Optimizer

STEP = 1e-6


def finite_differences(head: Head, features, label: int, vector) -> np.ndarray:
    flat = head.flat()
    gradient = np.zeros_like(flat)
    for i in range(flat.size):
        losses = []
        for sign in (1, -1):
            moved = flat.copy()
            moved[i] += sign * STEP
            head.set_flat(moved)
            losses.append(head.loss_of(features, label, vector))
        gradient[i] = (losses[0] - losses[1]) / (2 * STEP)
    head.set_flat(flat)
    return gradient


@pytest.mark.parametrize(
    ("widths", "loss"),
    list(product(((9, 4), (70, 3), (9, 6, 4), (8, 7, 6, 5)), (SOFTMAX, SIGMOID, MSE))),
)
def test_gradient_is_the_slope(core: ctypes.CDLL, widths, loss: int) -> None:
    rng = np.random.default_rng(11)
    for label in range(3):
        classes = np.ones(widths[-1], bool)
        if loss != MSE and widths[-1] > 3:
            classes[3] = False
        head = Head.random(rng, widths, loss, classes)
        features = rng.integers(-128, 128, widths[0]).astype(np.int8)
        vector = None
        if label == 2 and loss != SIGMOID:
            vector = np.float32(rng.dirichlet(np.ones(classes.sum())))
            whole = np.zeros(widths[-1], np.float32)
            whole[classes] = vector
            vector = whole
        trained = CoreHead(
            core,
            widths,
            loss,
            head.scale.astype(np.float32),
            head.offset.astype(np.float32),
            head.flat().astype(np.float32),
            classes.astype(np.uint8),
        )
        before = trained.params.copy()
        assert trained.start(0, 0, Optimizer(0, 0.1).values(), 2, 1) == 0
        got_loss = np.zeros(1, np.float32)
        result = core.shim_accumulate(
            trained.handle, pointer(features), label, pointer(vector), pointer(got_loss)
        )
        assert result == 0
        assert trained.params.tobytes() == before.tobytes()

        double = None if vector is None else vector.astype(np.float64)
        want = finite_differences(head, features, label, double)
        assert trained.gradient is not None
        scale = np.abs(want).max()
        assert scale > 1e-3
        assert np.abs(trained.gradient - want).max() < 2e-5 * scale + 1e-8
        assert abs(got_loss[0] - head.loss_of(features, label, double)) < 1e-5

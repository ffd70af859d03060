#!/usr/bin/env python3
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Train the int8 backbones of demo and figures; models/README.md says with what they were made.

Needs TensorFlow. About half a minute a backbone on one core; the same machine and versions give the
same bytes.
"""

import argparse
import contextlib
import hashlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import protocol
import watch
from microtl_tools.data.dataset import Channel, apply_channels
from microtl_tools.errors import MicroTLError
from microtl_tools.imports import require
from microtl_tools.output import emit, write_atomic
from numpy.typing import NDArray
from protocol import WINDOW, Backbone

SEED = 1
EPOCHS = 20
WINDOWS_AN_EPOCH = 32
"""Windows drawn from each recording in an epoch, each from a random place in it."""
BATCH = 64
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-4
DROPOUT = 0.2
FILTERS = ((16, 5), (24, 5), (64, 3))
"""Filters and kernel of each convolution; a max-pool of 2 stands between them."""

TEMPO_SIGMA = 0.1
"""Augmentation: recordings are played faster or slower, log-normal."""
ROTATION_SIGMA_DEG = 10.0
"""Augmentation: the watch sits turned about a random axis."""
GAIN_SIGMA = 0.1
"""Augmentation: movements are larger or smaller, log-normal."""

CALIBRATION_HOP = 256
CALIBRATION_COUNT = 300


def main() -> int:
    """Train what was asked for, and write the files with their SHA-256."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="the 45 models of `make figures` too")
    parser.add_argument("--wheel", type=Path, help="seglearn's wheel (default: .venv/data)")
    parser.add_argument("-o", "--output", type=Path, default=protocol.MODELS, help="folder")
    args = parser.parse_args()
    wanted = [*protocol.NEW_EXERCISE, *protocol.NEW_USER] if args.all else [protocol.DEMO]
    try:
        recordings = watch.load(args.wheel)
        for backbone in wanted:
            model = train(backbone, recordings)
            write_atomic(args.output / backbone.file.name, model, force=True)
            emit(f"{hashlib.sha256(model).hexdigest()}  {backbone.file.name}")
    except MicroTLError as error:
        sys.stderr.write(f"train_watch: {error}\n")
        return error.exit_code
    return 0


def train(backbone: Backbone, recordings: Sequence[watch.Recording]) -> bytes:
    """Return the int8 ``.tflite`` file of one backbone."""
    tf = tensorflow()
    seen = watch.select(recordings, backbone.people, backbone.exercises)
    channels = watch.channels(seen)
    keras = tf.keras
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    model = network(keras, len(backbone.exercises))
    steps = EPOCHS * (len(seen) * WINDOWS_AN_EPOCH // BATCH)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps),
            weight_decay=WEIGHT_DECAY,
        ),
        keras.losses.SparseCategoricalCrossentropy(),
    )
    y = np.repeat([backbone.exercises.index(r.exercise) for r in seen], WINDOWS_AN_EPOCH)
    rng = np.random.default_rng(SEED)
    for _ in range(EPOCHS):
        x = apply_channels(augmented(rng, seen), channels)
        order = rng.permutation(len(x))
        model.fit(x[order], y[order], batch_size=BATCH, epochs=1, shuffle=False, verbose=0)
    return quantised(tf, model, calibration(seen, channels))


def tensorflow() -> Any:
    """Import TensorFlow so that it gives the same result every time."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    tf = require("tensorflow", "train the backbones")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    return tf


def network(keras: Any, classes: int) -> Any:
    """Build the small convolutional network: 128x6 values in, 64 features, class probabilities."""
    layers = keras.layers
    stack = [keras.Input((WINDOW, len(watch.CHANNEL_NAMES)))]
    for filters, kernel in FILTERS:
        if len(stack) > 1:
            stack.append(layers.MaxPooling1D(2))
        stack += [
            layers.Conv1D(filters, kernel, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
        ]
    stack += [
        layers.GlobalAveragePooling1D(),
        layers.Dropout(DROPOUT),
        layers.Dense(classes, activation="softmax"),
    ]
    return keras.Sequential(stack)


def augmented(
    rng: np.random.Generator, recordings: Sequence[watch.Recording]
) -> NDArray[np.float64]:
    """Draw the windows of one epoch, each a little faster, larger and turned."""
    drawn = []
    for recording in recordings:
        for _ in range(WINDOWS_AN_EPOCH):
            tempo = float(np.exp(rng.normal(0.0, TEMPO_SIGMA)))
            last = max(1, len(recording.frames) - int(WINDOW * tempo) - 1)
            drawn.append(_played(recording.frames, float(rng.integers(0, last)), tempo))
    x = np.stack(drawn)
    turned = _rotations(rng, len(x))
    x = np.concatenate([x[..., :3] @ turned, x[..., 3:] @ turned], axis=-1)
    gain: NDArray[np.float64] = np.exp(rng.normal(0.0, GAIN_SIGMA, (len(x), 1, 1)))
    return x * gain


def _played(frames: NDArray[np.float64], start: float, tempo: float) -> NDArray[np.float64]:
    """Return a window from ``start``, ``tempo`` times as fast, by linear interpolation."""
    position = np.clip(start + np.arange(WINDOW) * tempo, 0, len(frames) - 1.001)
    before = position.astype(int)
    part = (position - before)[:, None]
    window: NDArray[np.float64] = frames[before] * (1 - part) + frames[before + 1] * part
    return window


def _rotations(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Draw rotation matrices [count, 3, 3] about random axes (Rodrigues' formula)."""
    axis = rng.normal(size=(count, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    angle = rng.normal(0.0, np.deg2rad(ROTATION_SIGMA_DEG), count)[:, None, None]
    cross = np.zeros((count, 3, 3))
    for row, column, of_axis, sign in (
        (0, 1, 2, -1), (0, 2, 1, 1), (1, 0, 2, 1), (1, 2, 0, -1), (2, 0, 1, -1), (2, 1, 0, 1),
    ):  # fmt: skip
        cross[:, row, column] = sign * axis[:, of_axis]
    matrices: NDArray[np.float64] = (
        np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    )
    return matrices


def calibration(
    recordings: Sequence[watch.Recording], channels: Sequence[Channel]
) -> NDArray[np.float32]:
    """Return windows, not augmented, by which the ranges of the activations are set."""
    starts = watch.starts(recordings, WINDOW, CALIBRATION_HOP)
    x = apply_channels(watch.cut(recordings, starts, WINDOW), channels)
    return x[:: max(1, len(x) // CALIBRATION_COUNT)]


def quantised(tf: Any, model: Any, samples: NDArray[np.float32]) -> bytes:
    """Return the model as int8 ``.tflite``, input and output int8 too, batch 1."""
    fixed = tf.keras.Input(samples.shape[1:], batch_size=1)
    converter = tf.lite.TFLiteConverter.from_keras_model(tf.keras.Model(fixed, model(fixed)))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for sample in samples:
            yield [sample[None]]

    converter.representative_dataset = representative
    with contextlib.redirect_stdout(io.StringIO()):
        converted: bytes = converter.convert()
    return converted


if __name__ == "__main__":
    sys.exit(main())

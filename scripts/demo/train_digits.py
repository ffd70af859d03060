#!/usr/bin/env python3
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Train the int8 backbones of the figures' second set: digits, two of them never seen.

Needs TensorFlow and scikit-learn; half a minute each on one core.
"""

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Any

import digit_images
import numpy as np
import protocol
from microtl_tools.errors import MicroTLError
from microtl_tools.output import emit, write_atomic
from train_watch import quantised, tensorflow

SEED = 1
EPOCHS = 25
BATCH = 32
LEARNING_RATE = 2e-3
DROPOUT = 0.2
CALIBRATION_COUNT = 300


def main() -> int:
    """Train all of them, and write the files with their SHA-256."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=protocol.MODELS, help="folder")
    args = parser.parse_args()
    try:
        for unseen in (*protocol.DIGIT_PAIRS, ()):
            model = train(unseen)
            file = args.output / protocol.digits_file(unseen).name
            write_atomic(file, model, force=True)
            emit(f"{hashlib.sha256(model).hexdigest()}  {file.name}")
    except MicroTLError as error:
        sys.stderr.write(f"train_digits: {error}\n")
        return error.exit_code
    return 0


def train(unseen: tuple[int, ...]) -> bytes:
    """Return the int8 ``.tflite`` of a backbone that never saw some digits."""
    tf = tensorflow()
    x, y = digit_images.load()
    count = digit_images.training_count(x)
    known = [digit for digit in range(10) if digit not in unseen]
    seen = np.flatnonzero(np.isin(y[:count], known))
    labels = np.array([known.index(digit) for digit in y[seen]])
    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(SEED)
    model = network(tf.keras, len(known))
    model.compile(
        tf.keras.optimizers.Adam(LEARNING_RATE), tf.keras.losses.SparseCategoricalCrossentropy()
    )
    model.fit(x[seen], labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return quantised(tf, model, x[seen][:CALIBRATION_COUNT])


def network(keras: Any, classes: int) -> Any:
    """Build a small convolutional network: 8x8 pixels in, 64 features, class probabilities."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(DROPOUT),
            layers.Dense(classes, activation="softmax"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Train a small model on scikit-learn's digits and save it in every form that convert reads.

    python train_digits.py FOLDER

leaves digits.keras, digits.h5, saved_model/, digits.tflite (int8) and digits.npz, the data that
calibrates. The .tflite is made as TensorFlow's guide says, not by our code.
"""

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

TRAINED = 600
CALIBRATED = 200
EPOCHS = 8


def train(x: Any, y: Any) -> Any:
    """Return a network of a convolution and two dense layers."""
    tf.keras.utils.set_random_seed(1)
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=EPOCHS, batch_size=16, verbose=0)
    return model


def quantised(model: Any, x: Any) -> bytes:
    """Return the model as an int8 .tflite."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in x)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def main(folder: Path) -> None:
    """Train and save."""
    digits = load_digits()
    x = (digits.images / 16).astype(np.float32)[..., None]
    y = digits.target
    model = train(x[:TRAINED], y[:TRAINED])
    model.save(folder / "digits.keras")
    model.save(folder / "digits.h5")
    model.export(folder / "saved_model", verbose=False)
    (folder / "digits.tflite").write_bytes(quantised(model, x[:CALIBRATED]))
    labels = np.array([str(label) for label in range(10)])
    np.savez(folder / "digits.npz", x=x[:CALIBRATED], y=y[:CALIBRATED], labels=labels)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

#!/usr/bin/env python3
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Make the model and the data of the samples hello_transfer and persist.

Handwritten digits of 8x8 pixels (scikit-learn's copy of E. Alpaydin, C. Kaynak, "Optical
Recognition of Handwritten Digits", UCI repository, doi 10.24432/C50P49, CC BY 4.0). The network
is trained on the digits 0 to 8 and has never seen a 9: that is what the device learns. Needs
scikit-learn, and TensorFlow where digits.tflite is not there; the results are checked in, so that
no build needs either.

    python scripts/models/digits.py

writes samples/hello_transfer/src/model/: digits.tflite; digits.npz and labels.txt, from which
`microtl convert` makes digits.c and digits.h; samples.c, samples.h (images that the sample shows to
the model). The split is by position in
the data set, whose images come writer by writer: taught, trained on, tested with.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "west_commands"))

from microtl_tools.cli import main as microtl  # noqa: E402
from microtl_tools.convert.api import Options, convert  # noqa: E402

FOLDER = ROOT / "samples" / "hello_transfer" / "src" / "model"
NEW_CLASS = 9
CAPACITY = 10
SEED = 1
TAUGHT = slice(0, 320)
TRAINED = slice(320, 1500)
TESTED = slice(1500, 1797)
RECORDINGS = 8
RECORDING_LENGTH = 4
TESTS_PER_CLASS = 4
TESTS_OF_NEW_CLASS = 20

Images = NDArray[np.float32]
Labels = NDArray[np.int64]


def network() -> Any:
    """Return the float network: 64 features, then one dense layer over nine classes."""
    from tensorflow import keras

    return keras.Sequential(
        [
            keras.layers.Input((8, 8, 1), batch_size=1),
            keras.layers.Conv2D(8, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(16, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(NEW_CLASS),
            keras.layers.Softmax(),
        ]
    )


def train(x: Images, y: Labels) -> bytes:
    """Return the int8 network as a .tflite file."""
    import tensorflow as tf

    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    model = network()
    # The converter wants a batch of one, training a larger one: the same layers in two models.
    batched = tf.keras.Sequential([tf.keras.layers.Input((8, 8, 1)), *model.layers])
    batched.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    batched.fit(x, y, batch_size=32, epochs=40, verbose=0)

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    converter.representative_dataset = lambda: ([image[None]] for image in x[:200])
    return bytes(converter.convert())


def quantize(x: Images, model: Path) -> NDArray[np.int8]:
    """Return images as the model's input holds them."""
    end = convert(model, Options()).input
    scale, zero_point = np.float32(end.scale), end.zero_point
    # Ties away from zero, as TensorFlow Lite Micro's QUANTIZE; the pixels are not negative.
    q = np.floor((x / scale).astype(np.float64) + 0.5) + zero_point
    quantized: NDArray[np.int8] = np.clip(q, -128, 127).astype(np.int8)
    return quantized


def array(name: str, values: NDArray[Any], kind: str) -> str:
    """Return a C definition."""
    flat = [str(int(value)) for value in values.reshape(-1)]
    lines = [", ".join(flat[i : i + 16]) for i in range(0, len(flat), 16)]
    shape = "".join(f"[{size}]" for size in values.shape[:1] + values.shape[1:2])
    body = ",\n\t".join(lines)
    if values.ndim > 1:
        rows = [f"{{{', '.join(str(int(v)) for v in row)}}}" for row in values]
        body = ",\n\t".join(rows)
    return f"const {kind} {name}{shape} = {{\n\t{body},\n}};\n"


def write_samples(quantized: NDArray[np.int8], y: Labels) -> None:
    """Write the images that are taught and those that test, quantised for the model's input."""
    every = np.arange(len(y))
    taught = every[TAUGHT][y[TAUGHT] == NEW_CLASS][: RECORDINGS * RECORDING_LENGTH]
    tests: list[int] = []
    for label in range(CAPACITY):
        count = TESTS_OF_NEW_CLASS if label == NEW_CLASS else TESTS_PER_CLASS
        tests += every[TESTED][y[TESTED] == label][:count].tolist()
    head = (
        "/* Written by scripts/models/digits.py: do not edit. */\n"
        # REUSE-IgnoreStart
        "/*\n * SPDX-FileCopyrightText: The MicroTL authors\n"
        " * SPDX-License-Identifier: Apache-2.0\n */\n\n"
        # REUSE-IgnoreEnd
    )
    header = (
        "#ifndef SAMPLES_H_\n#define SAMPLES_H_\n\n#include <stdint.h>\n\n"
        f"#define SAMPLES_PIXELS 64\n#define SAMPLES_TAUGHT {len(taught)}\n"
        f"#define SAMPLES_RECORDING_LENGTH {RECORDING_LENGTH}\n"
        f"#define SAMPLES_TEST {len(tests)}\n"
        f"#define SAMPLES_TEST_OLD {TESTS_PER_CLASS * NEW_CLASS}\n\n"
        "/** Images of a 9 to teach, quantised for the model's input; a recording is\n"
        " * SAMPLES_RECORDING_LENGTH of them.\n */\n"
        "extern const int8_t samples_taught[SAMPLES_TAUGHT][SAMPLES_PIXELS];\n\n"
        "/** Images to test with, and which digit each is. */\n"
        "extern const int8_t samples_test[SAMPLES_TEST][SAMPLES_PIXELS];\n"
        "extern const uint8_t samples_test_labels[SAMPLES_TEST];\n\n#endif /* SAMPLES_H_ */\n"
    )
    source = (
        '#include "samples.h"\n\n'
        + array("samples_taught", quantized[taught], "int8_t")
        + "\n"
        + array("samples_test", quantized[tests], "int8_t")
        + "\n"
        + array("samples_test_labels", y[tests], "uint8_t")
    )
    (FOLDER / "samples.h").write_text(head + header, encoding="utf-8")
    (FOLDER / "samples.c").write_text(head + source, encoding="utf-8")


def main() -> int:
    """Make everything."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = (digits.images / 16.0).astype(np.float32)[..., None]
    y = digits.target.astype(np.int64)
    known = np.arange(len(y))[TRAINED][y[TRAINED] != NEW_CLASS]

    FOLDER.mkdir(parents=True, exist_ok=True)
    model = FOLDER / "digits.tflite"
    if not model.exists():
        model.write_bytes(train(x[known], y[known]))
    data = FOLDER / "digits.npz"
    labels = FOLDER / "labels.txt"
    labels.write_text("".join(f"{label}\n" for label in range(NEW_CLASS)), encoding="utf-8")
    names = np.array([str(label) for label in range(NEW_CLASS)])
    recording = np.array([f"r{i // 40}" for i in known])
    np.savez_compressed(data, x=x[known], y=y[known], labels=names, recording=recording)
    # The same as in model.cmake.
    arguments = ["convert", str(model), "-o", str(FOLDER), "--name", "digits", "--force"]
    arguments += ["--classes", str(CAPACITY), "--labels", str(labels)]
    arguments += ["--representative-data", str(data)]
    arguments += ["--base-set", str(data), "--base-set-count", "14"]
    code = microtl(arguments)
    if code != 0:
        return code
    write_samples(quantize(x, model).reshape(len(x), -1), y)
    return 0


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(main())

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The process in which TensorFlow runs: ``keras_child MODEL REPRESENTATIVE-DATA FOLDER``.

Leaves model.tflite in FOLDER, or error.json with what to tell the user. Started by ``keras.py``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from microtl_tools.convert.keras import ERROR_FILE, MODEL_FILE
from microtl_tools.errors import MicroTLError
from microtl_tools.imports import require

_SHAPE_HINT = "export the model with a fixed input shape; only the batch may be open"


def main(model: Path, representative: Path, folder: Path) -> int:
    """Quantise ``model``; returns the exit code."""
    try:
        tf = require("tensorflow", "convert Keras files and SavedModels")
        data = _quantised(tf, model, representative)
    except MicroTLError as error:
        said = {"message": error.message, "hint": error.hint}
        (folder / ERROR_FILE).write_text(json.dumps(said), encoding="utf-8")
        return 1
    (folder / MODEL_FILE).write_bytes(data)
    return 0


def _quantised(tf: Any, path: Path, representative: Path) -> bytes:
    if path.is_dir():
        shape = _saved_model_shape(tf, path)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(path))
    else:
        keras_model = _with_batch_of_one(tf, path)
        shape = _fixed(path, keras_model.inputs[0].shape)
        converter = tf.lite.TFLiteConverter.from_keras_model(keras_model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    converter.representative_dataset = _samples(representative, shape)
    try:
        return bytes(converter.convert())
    except Exception as error:  # TensorFlow raises whatever its layers below raise.
        raise MicroTLError(
            f"{path}: TensorFlow cannot quantise this model to int8: {_first_line(error)}",
            "each layer must have an int8 form: replace the one that is named",
        ) from error


def _with_batch_of_one(tf: Any, path: Path) -> Any:
    """Load a Keras file and give its input a batch of one."""
    try:
        loaded = tf.keras.models.load_model(str(path), compile=False)
    except Exception as error:  # Keras raises whatever its layers below raise.
        raise MicroTLError(
            f"{path}: Keras cannot load this file: {_first_line(error)}",
            "models with layers of your own cannot be loaded here: save them as a SavedModel, or "
            "convert them to an int8 .tflite yourself",
        ) from error
    if len(loaded.inputs) != 1 or len(loaded.outputs) != 1:
        raise MicroTLError(
            f"{path}: the model has {len(loaded.inputs)} inputs and {len(loaded.outputs)} outputs, "
            "exactly one of each is supported",
            "save a model with one input and one output",
        )
    shape = _fixed(path, loaded.inputs[0].shape)
    fixed = tf.keras.Input(shape[1:], batch_size=1, dtype=loaded.inputs[0].dtype)
    return tf.keras.Model(fixed, loaded(fixed, training=False))


def _saved_model_shape(tf: Any, path: Path) -> list[int]:
    try:
        signatures = tf.saved_model.load(str(path)).signatures
    except Exception as error:  # TensorFlow raises whatever its layers below raise.
        raise MicroTLError(
            f"{path}: TensorFlow cannot load this SavedModel: {_first_line(error)}",
            "export it again with model.export()",
        ) from error
    if "serving_default" not in signatures:
        raise MicroTLError(
            f"{path}: the SavedModel has no signature 'serving_default'",
            "export it with model.export()",
        )
    signature = signatures["serving_default"]
    inputs = list(signature.structured_input_signature[1].values())
    outputs = list(signature.structured_outputs)
    if len(inputs) != 1 or len(outputs) != 1:
        raise MicroTLError(
            f"{path}: the model has {len(inputs)} inputs and {len(outputs)} outputs, exactly one "
            "of each is supported",
            "export a signature with one input and one output",
        )
    return _fixed(path, inputs[0].shape)


def _fixed(path: Path, shape: Any) -> list[int]:
    """Return an input shape with a batch of one; everything else must be known."""
    sizes = None if shape is None or getattr(shape, "rank", 0) is None else list(shape)
    if not sizes or len(sizes) < 2 or None in sizes[1:] or sizes[0] not in (None, 1):
        raise MicroTLError(f"{path}: the input has the shape {shape}", _SHAPE_HINT)
    return [1, *sizes[1:]]


def _samples(path: Path, shape: list[int]) -> Callable[[], Iterator[list[Any]]]:
    """Return what TensorFlow calls for calibration: all samples, one at a time."""
    from microtl_tools.data.api import load

    x = load(path, shape=shape[1:], labelled=False).x
    if x.dtype.kind != "f":
        raise MicroTLError(
            f"{path}: holds {x.dtype}, values as the float model takes them are needed",
            "give the raw values, with channels that say offset and scale where they have one",
        )

    def each() -> Iterator[list[Any]]:
        for sample in x.astype("float32"):
            yield [sample[None]]

    return each


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


if __name__ == "__main__":
    sys.exit(main(*(Path(argument) for argument in sys.argv[1:])))

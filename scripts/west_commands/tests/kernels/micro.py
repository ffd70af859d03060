# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""TensorFlow Lite Micro in this process: for models that it is known to take."""

import importlib
import importlib.util
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

ARENA_SIZE = 16 << 20

available = importlib.util.find_spec("tflite_micro") is not None
NEEDED = "needs tflite-micro: pip install --pre tflite-micro"


def tensors(model: bytes, x: NDArray[Any], wanted: Iterable[int]) -> dict[int, NDArray[Any]]:
    """Run the model on each ``x[i]`` and return the wanted tensors, each [len(x), *shape]."""
    runtime = importlib.import_module("tflite_micro").runtime
    interpreter = runtime.Interpreter.from_bytes(
        model,
        arena_size=ARENA_SIZE,
        intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,
    )
    shape = tuple(interpreter.get_input_details(0)["shape"])
    found: dict[int, list[NDArray[Any]]] = {index: [] for index in wanted}
    for sample in x:
        interpreter.set_input(np.ascontiguousarray(sample.reshape(shape)), 0)
        interpreter.invoke()
        for index, values in found.items():
            values.append(np.array(interpreter.GetTensor(index, 0)["tensor_data"]))
    return {index: np.stack(values) for index, values in found.items()}

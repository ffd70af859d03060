# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Run TensorFlow Lite Micro on models: a program of its own, because some files make it crash.

Each line on stdin names two files, QUESTION and ANSWER, with a tab between them. QUESTION (.npz)
holds ``model`` (bytes), ``x`` (inputs, the first axis counts them) and ``tensors`` (numbers);
ANSWER gets one array ``tNUMBER`` for each, of shape [inputs, ...]. The answer on stdout is a line
``ok``, or ``refused`` after the reasons on stderr. Needs numpy and tflite-micro only.
"""

import importlib
import sys
import traceback
from typing import Any

import numpy as np

ARENA_SIZE = 64 << 20
"""Bytes; all tensors are kept, so far more than a device would need."""


def main() -> None:
    """Answer questions until stdin ends."""
    runtime = importlib.import_module("tflite_micro").runtime
    for line in sys.stdin:
        question, answer = line.rstrip("\n").split("\t")
        try:
            np.savez(answer, **tensors(runtime, np.load(question)))
            word = "ok"
        except Exception:  # whatever it is, the next question may have an answer
            traceback.print_exc()
            word = "refused"
        sys.stdout.write(word + "\n")
        sys.stdout.flush()


def tensors(runtime: Any, question: Any) -> dict[str, Any]:
    """Return the tensors that a question asks for."""
    interpreter = runtime.Interpreter.from_bytes(
        question["model"].tobytes(),
        arena_size=ARENA_SIZE,
        intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,
    )
    shape = tuple(interpreter.get_input_details(0)["shape"])
    numbers = question["tensors"].tolist()
    answers: dict[str, list[Any]] = {f"t{number}": [] for number in numbers}
    for x in question["x"]:
        interpreter.set_input(np.ascontiguousarray(x.reshape(shape)), 0)
        interpreter.invoke()
        for number in numbers:
            answers[f"t{number}"].append(np.array(interpreter.GetTensor(number, 0)["tensor_data"]))
    return {name: np.stack(values) for name, values in answers.items()}


if __name__ == "__main__":
    main()

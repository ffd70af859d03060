# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Run TensorFlow Lite Micro on a model: ``oracle_child.py QUESTION.npz ANSWER.npz``.

A program of its own, because the interpreter ends the whole process on some files. It needs numpy
and tflite-micro only. QUESTION holds ``model`` (bytes), ``x`` (inputs, the first axis counts them)
and ``tensors`` (indices); ANSWER gets one array ``tINDEX`` for each, of shape [inputs, ...].
"""

import importlib
import sys

import numpy as np

ARENA_SIZE = 64 << 20
"""Bytes; all tensors are kept, so far more than a device would need."""


def main(question_path: str, answer_path: str) -> None:
    """Answer one question."""
    runtime = importlib.import_module("tflite_micro").runtime
    question = np.load(question_path)
    interpreter = runtime.Interpreter.from_bytes(
        question["model"].tobytes(),
        arena_size=ARENA_SIZE,
        intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,
    )
    shape = tuple(interpreter.get_input_details(0)["shape"])
    tensors = question["tensors"].tolist()
    answers: dict[str, list[np.ndarray]] = {f"t{tensor}": [] for tensor in tensors}
    for x in question["x"]:
        interpreter.set_input(np.ascontiguousarray(x.reshape(shape)), 0)
        interpreter.invoke()
        for tensor in tensors:
            value = interpreter.GetTensor(tensor, 0)["tensor_data"]
            answers[f"t{tensor}"].append(np.array(value))
    arrays = {name: np.stack(values) for name, values in answers.items()}
    np.savez(answer_path, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

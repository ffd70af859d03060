# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A world small enough to know the answer: class k is a bump at value k, users are shifted.

The model passes its eight values on (ReLU) and its head looks for bumps at 0, 1 and 2.
"""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

FIXTURES = Path(__file__).resolve().parents[4] / "tests" / "fixtures"
WIDTH = 8
NAMES = ("zero", "one", "two", "three")
KNOWN = 3
SCALE = 1 / 32


def _builder_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "microtl_fixtures_model_builder", FIXTURES / "model_builder.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def model(folder: Path) -> tuple[Path, Path]:
    """Write the model and its class names; return both paths."""
    builder = _builder_module().ModelBuilder("toy")
    x = builder.input((1, WIDTH), SCALE, 0)
    passed = _dense(builder, x, np.eye(WIDTH) * 100, 0.01, (SCALE, -128), "RELU")
    prototypes = np.zeros((KNOWN, WIDTH))
    prototypes[np.arange(KNOWN), np.arange(KNOWN)] = 100
    scores = _dense(builder, passed, prototypes, 0.02, (0.1, 0), "NONE")
    output = builder.op("SOFTMAX", [scores], builder.tensor((1, KNOWN), 1 / 256, -128), beta=1.0)
    path, labels = folder / "toy.tflite", folder / "toy.txt"
    path.write_bytes(builder.build(output))
    labels.write_text("\n".join(NAMES[:KNOWN]) + "\n", encoding="utf-8")
    return path, labels


def _dense(
    builder: Any, x: Any, weights: Any, scale: float, out: tuple[float, int], activation: str
) -> Any:
    constant = builder.constant(weights, scale, dtype=np.int8)
    result = builder.tensor((1, len(weights)), *out)
    return builder.op("FULLY_CONNECTED", [x, constant], result, fusedActivationFunction=activation)


def data(
    path: Path,
    *,
    users: int = 4,
    classes: int = 4,
    shift: float = 0.0,
    count: int = 40,
    overlap: float = 2.0,
    flip: bool = False,
    first_user: int = 0,
    seed: int = 0,
) -> Path:
    """Write recordings: two of each class and user, ``count`` samples each.

    ``shift`` moves each user's bumps towards the next class; with ``flip`` what is labelled first
    is nothing like what comes later, so that learning must harm.
    """
    rng = np.random.default_rng(seed)
    columns: dict[str, list[Any]] = {key: [] for key in ("x", "y", "group", "recording", "t")}
    for user in range(first_user, first_user + users):
        for label in range(classes):
            for recording in range(2):
                means = np.zeros((count, WIDTH))
                means[:, label] = 2.0 * (1 - shift)
                means[:, (label + 1) % WIDTH] += 2.0 * shift
                if flip:
                    early = means[: count // 2]
                    early[:] = np.roll(early, 1 + label % 2, axis=1)
                columns["x"].append(means + rng.normal(0, 0.35, means.shape))
                columns["y"] += [NAMES[label]] * count
                columns["group"] += [f"user {user}"] * count
                columns["recording"] += [f"{label}-{recording}"] * count
                columns["t"] += list(range(count))
    x = np.concatenate(columns.pop("x")).astype(np.float32)
    arrays = {key: np.array(values) for key, values in columns.items()}
    np.savez(path, x=x, span=np.array(overlap), **arrays)
    return path


def folder(path: Path, npz: Path) -> Path:
    """Write the recordings of a file as USER/LABEL/RECORDING.csv."""
    with np.load(npz) as arrays:
        x, y, group, recording = (arrays[key] for key in ("x", "y", "group", "recording"))
    header = ",".join(f"c{i}" for i in range(WIDTH))
    for user, name, label in sorted(set(zip(group, recording, y, strict=True))):
        rows = x[(group == user) & (recording == name) & (y == label)]
        file = path / user / label / f"{name}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(file, rows, delimiter=",", header=header, comments="")
    return path

#!/usr/bin/env python3
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Ask the twin what a device learns that runs tests/twin: features, and the head to the bit.

python scripts/models/digits_golden.py

writes tests/twin/src/golden.c and golden.h. The model and the images are those of hello_transfer,
labels, recordings and settings those of the test.
"""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "west_commands"))

from microtl_tools.twin.api import Twin  # noqa: E402
from microtl_tools.twin.learner import GateVerdict, Learner  # noqa: E402

MODEL = ROOT / "samples" / "hello_transfer" / "src" / "model"
FOLDER = ROOT / "tests" / "twin" / "src"
CAPACITY = 40
SETTINGS = {"base_fill": 20.0, "epochs": 4.0}
SEED = 1
RECORDING_LENGTH = 4

HEADER = """\
/* Written by scripts/models/digits_golden.py: do not edit. */
/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

"""  # REUSE-IgnoreLine


def images() -> NDArray[np.int8]:
    """Return the images that are taught, from the sample's C file."""
    source = (MODEL / "samples.c").read_text(encoding="utf-8")
    body = re.search(r"samples_taught\[\d+\]\[\d+\] = \{(.*?)\n\};", source, re.DOTALL)
    if body is None:
        raise ValueError("samples.c: no samples_taught")
    rows = re.findall(r"\{([^{}]*)\}", body[1])
    return np.array([[int(v) for v in row.split(",") if v.strip()] for row in rows], np.int8)


def learn() -> tuple[NDArray[np.int8], Learner]:
    """Do on the twin what the test does on the device."""
    sources = {
        name: (MODEL / name).read_text(encoding="utf-8") for name in ("digits.c", "digits.h")
    }
    twin = Twin(sources, "digits_model")
    x = images()
    features = twin.features(x).reshape(len(x), -1)
    learner = twin.learner(CAPACITY, SETTINGS)
    label = learner.add_class("9")
    recordings = [i // RECORDING_LENGTH for i in range(len(x))]
    learner.label(features, [label] * len(x), recordings)
    verdict = learner.train(SEED).verdict
    if verdict is not GateVerdict.ACCEPTED:
        raise ValueError(f"the test wants a head that goes live, not one {verdict.name}")
    return features, learner


def rows(values: NDArray[Any], form: str) -> str:
    """Return numbers, 8 a line."""
    flat = [format(int(value), form) for value in values.reshape(-1)]
    return "\n".join("\t" + ", ".join(flat[i : i + 8]) + "," for i in range(0, len(flat), 8))


def golden() -> dict[str, str]:
    """Return the two files by their names."""
    features, learner = learn()
    params = learner.params().view(np.uint32)
    header = (
        "#ifndef GOLDEN_H_\n#define GOLDEN_H_\n\n#include <stdint.h>\n\n"
        f"#define GOLDEN_IMAGES {features.shape[0]}\n#define GOLDEN_FEATURES {features.shape[1]}\n"
        f"#define GOLDEN_PARAMS {len(params)}\n\n"
        "/** Features of the images that are taught. */\n"
        "extern const int8_t golden_features[GOLDEN_IMAGES * GOLDEN_FEATURES];\n\n"
        "/** The bits of the trained head's parameters. */\n"
        "extern const uint32_t golden_params[GOLDEN_PARAMS];\n\n#endif /* GOLDEN_H_ */\n"
    )
    source = (
        '#include "golden.h"\n\n'
        "const int8_t golden_features[GOLDEN_IMAGES * GOLDEN_FEATURES] = {\n"
        f"{rows(features, 'd')}\n}};\n\n"
        "const uint32_t golden_params[GOLDEN_PARAMS] = {\n"
        f"{rows(params, '#010x')}\n}};\n"
    )
    return {"golden.c": HEADER + source, "golden.h": HEADER + header}


if __name__ == "__main__":
    for name, text in golden().items():
        (FOLDER / name).write_text(text, encoding="utf-8")

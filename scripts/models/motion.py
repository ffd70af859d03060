#!/usr/bin/env python3
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Make the model and the recordings of the sample motion.

    python scripts/models/motion.py [seglearn wheel]

writes samples/motion/src/model/watch.c and watch.h (the demo's backbone, by `microtl convert`), and
samples/motion/src/recordings.bin and recordings.h: a minute of one person whom the network never
saw, with an exercise that it never saw. The results are checked in, so that no build needs this.
Prints what the twin makes of them. The recordings are those of `make demo`: scripts/demo/watch.py.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts" / "west_commands"), str(ROOT / "scripts" / "demo")]

import protocol  # noqa: E402
import stage  # noqa: E402
import watch  # noqa: E402
from microtl_tools.twin import border  # noqa: E402

FOLDER = ROOT / "samples" / "motion" / "src"
PERSON = 9
STANDARD_GRAVITY = 9.80665
HOP = 32
TEST_FRAMES = protocol.WINDOW + 6 * HOP
LESSON_FRAMES = protocol.WINDOW + 4 * HOP
LESSONS = 4
SETTINGS = {"base_fill": 20.0, "epochs": 4.0}

Frames = NDArray[np.int16]


def in_si_units(recordings: Sequence[watch.Recording]) -> list[watch.Recording]:
    """Return the recordings in the units of Zephyr's sensor drivers: m/s^2 instead of g."""
    factors = np.array([STANDARD_GRAVITY] * 3 + [1.0] * 3)
    return [replace(recording, frames=recording.frames * factors) for recording in recordings]


def excerpt(recording: watch.Recording, start: int, count: int) -> Frames:
    """Return frames as mm/s^2 and mrad/s."""
    milli = np.rint(recording.frames[start : start + count] * 1000.0)
    return milli.astype(np.int16)


def excerpts(recordings: Sequence[watch.Recording]) -> tuple[list[Frames], list[Frames]]:
    """Return a test a class, from the later half, and lessons of the new one, from the earlier."""
    own = {(r.exercise, r.arm): r for r in recordings if r.person == PERSON}
    classes = (*protocol.DEMO.exercises, str(protocol.DEMO.exercise_out))
    tests = []
    for i, exercise in enumerate(classes):
        recording = own[exercise, ("left", "right")[i % 2]]
        tests.append(excerpt(recording, len(recording.frames) // 2, TEST_FRAMES))
    lessons = [
        excerpt(own[classes[-1], ("left", "right")[i % 2]], i // 2 * LESSON_FRAMES, LESSON_FRAMES)
        for i in range(LESSONS)
    ]
    return tests, lessons


def header() -> str:
    """Return recordings.h."""
    classes = (*protocol.DEMO.exercises, str(protocol.DEMO.exercise_out))
    return (
        "/* Written by scripts/models/motion.py: do not edit. */\n"
        # REUSE-IgnoreStart
        "/*\n * SPDX-FileCopyrightText: The MicroTL authors\n"
        " * SPDX-License-Identifier: Apache-2.0\n */\n\n"
        # REUSE-IgnoreEnd
        "#ifndef RECORDINGS_H_\n#define RECORDINGS_H_\n\n"
        "/*\n * recordings.bin: frames of six int16, little endian: acceleration [mm/s^2] and\n"
        " * rate of turn [mrad/s]. First a test of each class, then lessons of the last class.\n"
        " */\n\n"
        f"#define RECORDINGS_CLASSES {len(classes)}\n"
        f"#define RECORDINGS_TEST_FRAMES {TEST_FRAMES}\n"
        f"#define RECORDINGS_LESSONS {LESSONS}\n"
        f"#define RECORDINGS_LESSON_FRAMES {LESSON_FRAMES}\n\n"
        "#endif /* RECORDINGS_H_ */\n"
    )


def rehearse(built: stage.Stage, tests: Sequence[Frames], lessons: Sequence[Frames]) -> None:
    """Print what the twin learns; a sensor rounds, so that a device may differ by a window."""
    channels = built.converted.channels
    offset = np.array([channel.offset for channel in channels])
    scale = np.array([channel.scale for channel in channels])

    def features(frames: Frames) -> NDArray[np.int8]:
        starts = range(0, len(frames) - protocol.WINDOW + 1, HOP)
        raw = np.stack([frames[at : at + protocol.WINDOW] for at in starts]) / 1000.0
        x = ((raw - offset) * scale).astype(np.float32)
        return built.twin.features(border.quantize(x, built.converted.input)).reshape(len(x), -1)

    learner = built.twin.learner(40, SETTINGS)
    shown = [features(frames) for frames in tests]

    def right() -> list[int]:
        best = [learner.scores(part).argmax(axis=1) for part in shown]
        return [int((b == label).sum()) for label, b in enumerate(best)]

    before = right()
    label = learner.add_class(str(protocol.DEMO.exercise_out))
    for number, lesson in enumerate(lessons):
        part = features(lesson)
        learner.label(part, [label] * len(part), number + 1)
    result = learner.train(1)
    sys.stdout.write(f"{before} of {len(shown[0])} -> {right()}, {result.reason}\n")


def main() -> int:
    """Make everything."""
    wheel = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    recordings = in_si_units(watch.load(wheel))
    backbone = protocol.DEMO
    with tempfile.TemporaryDirectory() as scratch:
        files = stage.prepare(backbone, recordings, Path(scratch))
        built = stage.build(backbone, stage.options(files, "watch"))
    (FOLDER / "model").mkdir(parents=True, exist_ok=True)
    built.converted.write(FOLDER / "model", force=True)
    tests, lessons = excerpts(recordings)
    frames = np.concatenate([*tests, *lessons]).astype("<i2")
    (FOLDER / "recordings.bin").write_bytes(frames.tobytes())
    (FOLDER / "recordings.h").write_text(header(), encoding="utf-8")
    rehearse(built, tests, lessons)
    return 0


if __name__ == "__main__":
    sys.exit(main())

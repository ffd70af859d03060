# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""From the recordings to files that every MicroTL command takes: for one backbone, its people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import watch
from microtl_tools.convert.api import ConvertedModel, Options, convert
from microtl_tools.data.api import load
from microtl_tools.data.dataset import Channel
from microtl_tools.errors import MicroTLError
from microtl_tools.simulate.play import Samples
from microtl_tools.simulate.scenario import timeline_of
from microtl_tools.twin import border
from microtl_tools.twin.api import Twin
from numpy.typing import NDArray
from protocol import BASE_PER_CLASS, HOP, WINDOW, Backbone


@dataclass(frozen=True)
class Files:
    """What is written for one backbone.

    ``training`` are windows of the people it was trained on, for the statistics of the features;
    ``base`` the few of them that ship with the model; ``users`` windows of the people it never saw,
    of all exercises; ``known`` the same of the exercises it knows; ``labels`` their names.
    """

    training: Path
    base: Path
    users: Path
    known: Path
    labels: Path


def prepare(backbone: Backbone, recordings: Sequence[watch.Recording], folder: Path) -> Files:
    """Write the files of a backbone into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("training.npz", "base.npz", "users.npz", "known.npz", "labels.txt")
    files = Files(*(folder / name for name in names))
    seen = watch.select(recordings, backbone.people, backbone.exercises)
    channels = watch.channels(seen)
    new = [name for name in watch.EXERCISES if name not in backbone.exercises]
    users = watch.select(recordings, backbone.people_out, [*backbone.exercises, *new])
    known = [recording for recording in users if recording.exercise in backbone.exercises]
    _save(files.training, seen, channels, WINDOW)
    _save_base(files.base, seen, channels)
    _save(files.users, users, channels, HOP)
    _save(files.known, known, channels, HOP)
    files.labels.write_text("\n".join(backbone.exercises) + "\n", encoding="utf-8")
    return files


def options(files: Files, name: str) -> Options:
    """Return how a backbone is converted: with a row to come for each exercise it does not know."""
    return Options(
        name=name,
        labels=files.labels,
        classes=len(watch.EXERCISES),
        representative=files.training,
        base_set=files.base,
    )


@dataclass(frozen=True)
class Stage:
    """A backbone on this computer: converted, and its twin."""

    converted: ConvertedModel
    twin: Twin

    def samples(self, path: Path) -> Samples:
        """Return the features of the windows in a file, with the model's class numbers."""
        data = load(path, shape=border.sample_shape(self.converted.input))
        head = self.converted.head
        data = data.with_labels(head.class_names if head is not None else ())
        features = self.twin.features(border.quantize(data.x, self.converted.input))
        return Samples(features, timeline_of(data))


def build(backbone: Backbone, wish: Options) -> Stage:
    """Convert a backbone and build its twin."""
    if not backbone.file.is_file():
        raise MicroTLError(
            f"{backbone.file}: is not there", "train it: python scripts/demo/train_watch.py --all"
        )
    converted = convert(backbone.file, wish)
    return Stage(converted, Twin.from_converted(converted))


def _save(
    path: Path, recordings: Sequence[watch.Recording], channels: Sequence[Channel], hop: int
) -> None:
    """Cut recordings into windows and write them."""
    _write(path, recordings, watch.starts(recordings, WINDOW, hop), channels)


def _save_base(
    path: Path, recordings: Sequence[watch.Recording], channels: Sequence[Channel]
) -> None:
    """Write ``BASE_PER_CLASS`` windows an exercise, each from the middle of another recording."""
    chosen: list[watch.Recording] = []
    for exercise in dict.fromkeys(recording.exercise for recording in recordings):
        own = [recording for recording in recordings if recording.exercise == exercise]
        chosen += [own[i * len(own) // BASE_PER_CLASS] for i in range(BASE_PER_CLASS)]
    middles = [np.array([(len(r.frames) - WINDOW) // 2]) for r in chosen]
    _write(path, chosen, middles, channels)


def _write(
    path: Path,
    recordings: Sequence[watch.Recording],
    starts: Sequence[NDArray[np.int64]],
    channels: Sequence[Channel],
) -> None:
    """Write windows as docs/data.md describes: raw values, and what makes them model values."""
    counts = [len(at) for at in starts]
    np.savez(
        path,
        x=watch.cut(recordings, starts, WINDOW).astype(np.float32),
        y=np.repeat([r.exercise for r in recordings], counts),
        group=np.repeat([f"person {r.person:02d}" for r in recordings], counts),
        recording=np.repeat([r.name for r in recordings], counts),
        t=np.concatenate(starts) / watch.RATE_HZ,
        span=WINDOW / watch.RATE_HZ,
        channels=[channel.name for channel in channels],
        channel_unit=[channel.unit for channel in channels],
        channel_offset=[channel.offset for channel in channels],
        channel_scale=[channel.scale for channel in channels],
    )

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Play the protocol on digits: two that the backbone never saw, and digits turned or moved.

The images do not say who wrote them, so what is labelled and what is the test are parted by their
order alone.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import digit_images
import numpy as np
import protocol
from digit_images import Images
from microtl_tools.convert.api import Options, convert
from microtl_tools.errors import MicroTLError
from microtl_tools.simulate.play import Samples, play
from microtl_tools.simulate.results import Outcome
from microtl_tools.simulate.scenario import Kind, Scenario
from microtl_tools.simulate.splits import Timeline, split_user
from microtl_tools.twin import border
from microtl_tools.twin.api import Twin
from scenarios import plan

_USER = "digits"


def new_digits(budget: int, *, only_new: bool) -> Iterator[Outcome]:
    """Teach each backbone the two digits it never saw; a pair counts as a user."""
    for pair in protocol.DIGIT_PAIRS:
        known = [digit for digit in range(10) if digit not in pair]
        labels = tuple(str(digit) for digit in (*known, *pair))
        recorded = tuple(range(len(known) if only_new else 0, len(labels)))
        scenario = Scenario(Kind.NEW_CLASS, labels, len(known), recorded, protocol.TEST_PART)
        twin, run = _backbone(pair)
        x, y = _later()
        samples = Samples(run(x), _timeline(np.array([labels.index(str(d)) for d in y])))
        split = split_user(samples.timeline, _USER, protocol.TEST_PART)
        for outcome in play(twin, samples, scenario, [split], plan(budget)):
            yield replace(outcome, user=f"{pair[0]} and {pair[1]}")


def drift(budget: int, change: Callable[[Images], Images]) -> Iterator[Outcome]:
    """Let the backbone get used to changed digits; what is old is the same test unchanged."""
    labels = tuple(str(digit) for digit in range(10))
    scenario = Scenario(Kind.DRIFT, labels, 10, tuple(range(10)), protocol.TEST_PART)
    twin, run = _backbone(())
    x, y = _later()
    samples = Samples(run(change(x)), _timeline(y))
    split = split_user(samples.timeline, _USER, protocol.TEST_PART)
    unchanged = Samples(run(x[split.test]), _timeline(y[split.test]))
    yield from play(twin, samples, scenario, [split], plan(budget), unchanged)


def _later() -> tuple[Images, digit_images.Labels]:
    """Return the digits that no backbone was trained on."""
    x, y = digit_images.load()
    count = digit_images.training_count(x)
    return x[count:], y[count:]


def _timeline(y: digit_images.Labels) -> Timeline:
    """All digits are one recording, in their order."""
    names = np.full(len(y), _USER)
    return Timeline(y, names, names, np.arange(len(y), dtype=np.float64), 1.0)


def _backbone(
    unseen: tuple[int, ...],
) -> tuple[Twin, Callable[[Images], np.ndarray[tuple[int, ...], np.dtype[np.int8]]]]:
    """Convert a backbone with a base set of its training digits; also return what runs it."""
    file = protocol.digits_file(unseen)
    if not file.is_file():
        raise MicroTLError(f"{file}: is not there", "train it: python scripts/demo/train_digits.py")
    known = [digit for digit in range(10) if digit not in unseen]
    x, y = digit_images.load()
    count = digit_images.training_count(x)
    seen = np.flatnonzero(np.isin(y[:count], known))
    own = [seen[y[seen] == digit] for digit in known]
    base = np.concatenate([_spread(samples, protocol.BASE_PER_CLASS) for samples in own])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, samples in (("training", seen), ("base", base)):
            recording = samples.astype(np.str_)  # each image on its own
            classes = y[samples].astype(np.str_)
            np.savez(folder / f"{part}.npz", x=x[samples], y=classes, recording=recording)
        labels = folder / "labels.txt"
        labels.write_text("".join(f"{digit}\n" for digit in known), encoding="utf-8")
        wish = Options(
            name="digits",
            labels=labels,
            classes=10,
            representative=folder / "training.npz",
            base_set=folder / "base.npz",
        )
        converted = convert(file, wish)
    twin = Twin.from_converted(converted)
    return twin, lambda images: twin.features(border.quantize(images, converted.input))


def _spread(samples: digit_images.Labels, count: int) -> digit_images.Labels:
    return samples[np.arange(count) * len(samples) // count]

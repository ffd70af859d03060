# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Inputs to try a model on: random, structured, and given ones."""

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

Int8 = NDArray[np.int8]


def make(
    count: int, shape: Sequence[int], zero_point: int, given: Int8 | None = None, seed: int = 0
) -> Int8:
    """Return ``count`` int8 inputs, [count, *shape]: half random, half given or structured.

    ``given`` are quantised real samples, spread evenly over the file they came from; where there
    are too few, structured inputs fill the half. The same arguments give the same inputs.
    """
    rng = np.random.default_rng(seed)
    half = count // 2
    real = np.empty((0, *shape), np.int8)
    if given is not None and len(given) > 0:
        picked = np.unique(np.linspace(0, len(given) - 1, min(half, len(given))).astype(int))
        real = given[picked].reshape(-1, *shape)
    made = [
        *islice(_structured(shape, zero_point, rng), half - len(real)),
        *islice(_random(shape, zero_point, rng), count - half),
    ]
    return np.concatenate([real, np.stack(made)]) if made else real


def _clip(values: NDArray[np.floating]) -> Int8:
    return np.clip(np.round(values), -128, 127).astype(np.int8)


def _random(shape: Sequence[int], zero_point: int, rng: np.random.Generator) -> Iterator[Int8]:
    """Noise over the whole range and, not to saturate every layer, narrow noise around zero."""
    for sigma in cycle((None, 8.0, 24.0, 64.0)):
        if sigma is None:
            yield rng.integers(-128, 128, shape).astype(np.int8)
        else:
            yield _clip(rng.normal(zero_point, sigma, shape))


def _structured(shape: Sequence[int], zero_point: int, rng: np.random.Generator) -> Iterator[Int8]:
    """Constants, edges, ramps, impulses, waves: what arithmetic at the borders trips over."""
    size = int(np.prod(shape))
    index = np.arange(size).reshape(shape)
    for value in (zero_point, -128, 127, 0, -1, 1):
        yield np.full(shape, value, np.int8)
    yield np.where(index % 2 == 0, -128, 127).astype(np.int8)
    yield _clip(index * (255.0 / max(size - 1, 1)) - 128)
    yield _clip(127 - index * (255.0 / max(size - 1, 1)))
    makers: tuple[Callable[[], Int8], ...] = (
        lambda: _impulse(shape, zero_point, rng),
        lambda: _wave(shape, zero_point, rng),
        lambda: _steps(shape, rng),
    )
    for maker in cycle(makers):
        yield maker()


def _impulse(shape: Sequence[int], zero_point: int, rng: np.random.Generator) -> Int8:
    values = np.full(shape, zero_point, np.int8)
    values.reshape(-1)[rng.integers(values.size)] = rng.choice([-128, 127])
    return values


def _wave(shape: Sequence[int], zero_point: int, rng: np.random.Generator) -> Int8:
    """Waves over the first axis, a phase for each channel, some noise: like a sensor's window."""
    time = np.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 1))
    period = rng.uniform(2.0, max(4.0, shape[0]))
    phase = rng.uniform(0, 2 * np.pi, (1, *shape[1:]))
    amplitude = rng.uniform(10.0, 120.0)
    wave = amplitude * np.sin(2 * np.pi * time / period + phase)
    return _clip(zero_point + wave + rng.normal(0.0, 3.0, shape))


def _steps(shape: Sequence[int], rng: np.random.Generator) -> Int8:
    """Long runs of equal values with sharp edges between them."""
    size = int(np.prod(shape))
    runs = rng.integers(-128, 128, max(2, size // 16))
    return runs[np.arange(size) * len(runs) // size].astype(np.int8).reshape(shape)

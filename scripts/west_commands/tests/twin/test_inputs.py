# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Inputs to try a model on: half of them mean something, and they are the same every time."""

import numpy as np
import pytest
from microtl_tools.twin import inputs


@pytest.mark.parametrize("shape", [(1,), (40,), (49, 10, 1), (8, 8, 3)])
@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_count_shape_and_repeatability(shape: tuple[int, ...], count: int) -> None:
    x = inputs.make(count, shape, zero_point=5, seed=3)
    assert x.shape == (count, *shape)
    assert x.dtype == np.int8
    assert np.array_equal(x, inputs.make(count, shape, zero_point=5, seed=3))
    if count >= 7:
        assert not np.array_equal(x, inputs.make(count, shape, zero_point=5, seed=4))


def test_given_samples_fill_the_first_half_from_all_over_the_file() -> None:
    given = np.arange(90, dtype=np.int8)[:, None] * np.ones((1, 4), np.int8)
    x = inputs.make(20, (4,), zero_point=0, given=given)
    assert x[:10, 0].tolist() == [0, 9, 19, 29, 39, 49, 59, 69, 79, 89]
    few = inputs.make(20, (4,), zero_point=0, given=given[:3])
    assert few[:3, 0].tolist() == [0, 1, 2]


def test_extremes_are_among_the_structured_ones() -> None:
    x = inputs.make(100, (5, 4), zero_point=-7)
    constants = {int(row[0]) for row in x[:50].reshape(50, -1) if len(set(row.tolist())) == 1}
    assert {-128, 127, -7, 0} <= constants

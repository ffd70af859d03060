# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Values of the model file to values of the arena, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from microtl_tools.convert.api import End
from microtl_tools.errors import MicroTLError
from microtl_tools.twin import border


def end(dtype: str, scale: float = 0.5, zero_point: int = -3) -> End:
    return End("x", dtype, (1, 2, 3), scale, zero_point, offset=0, size=6)


@given(
    st.floats(2**-20, 2**10, width=32),
    st.integers(-128, 127),
    st.sampled_from(["INT8", "UINT8", "FLOAT32"]),
)
def test_there_and_back_is_the_same(scale: float, zero_point: int, dtype: str) -> None:
    one = End("x", dtype, (1, 256), float(np.float32(scale)), zero_point, offset=0, size=256)
    q = np.arange(-128, 128, dtype=np.int8)[None]
    values = border.from_arena(q, one)
    assert values.dtype == border.dtype_of(one)
    assert np.array_equal(border.to_arena(values, one), q)


def test_quantize_rounds_ties_away_from_zero_and_clamps() -> None:
    x = np.array([[0.25, -0.25, 0.75, 0.24999999, 1e30, -1e30]], np.float32)
    assert border.quantize(x, end("FLOAT32", zero_point=0)).tolist() == [[1, -1, 2, 0, 127, -128]]


def test_uint8_is_shifted() -> None:
    x = np.array([[0, 127, 128, 255, 1, 254]], np.uint8)
    assert border.to_arena(x, end("UINT8")).tolist() == [[-128, -1, 0, 127, -127, 126]]


def test_batch_of_one_is_left_out() -> None:
    assert border.sample_shape(end("INT8")) == (2, 3)
    assert border.from_arena(np.zeros((5, 6), np.int8), end("INT8")).shape == (5, 2, 3)
    assert border.sample_shape(End("x", "INT8", (4,), 1.0, 0, 0, 4)) == (4,)


@pytest.mark.parametrize(
    ("x", "dtype", "message"),
    [
        (np.zeros((1, 2, 3), np.float32), "INT8", "holds float32, the model 'x' takes int8"),
        (np.zeros((1, 2, 3), np.int64), "FLOAT32", "holds int64, the model 'x' takes float32"),
        (np.zeros((2, 3), np.int8), "INT8", r"has shape \(2, 3\), the model takes \[n, 2, 3\]"),
        (np.zeros((0, 2, 3), np.int8), "INT8", r"has shape \(0, 2, 3\)"),
        (np.full((1, 2, 3), np.nan), "FLOAT32", r"the value at \[0, 0, 0\] is NaN or infinite"),
    ],
)
def test_samples_that_do_not_fit(x: np.ndarray, dtype: str, message: str) -> None:
    with pytest.raises(MicroTLError, match=f"^file.npy: .*{message}"):
        border.check_samples(x, end(dtype), "file.npy")


def test_uint8_error_names_the_zero_point_of_the_file() -> None:
    with pytest.raises(MicroTLError, match="zero point 125"):
        border.check_samples(np.zeros((1, 2, 3)), end("UINT8"), "file.npy")


def test_wide_floats_are_welcome() -> None:
    border.check_samples(np.zeros((1, 2, 3), np.float64), end("FLOAT32"), "file.npy")

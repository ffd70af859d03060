# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Random chains of operations with random shapes and options, for Hypothesis."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from model_builder import ModelBuilder, Tensor

Draw = Callable[[st.SearchStrategy[Any]], Any]
Layer = Callable[[ModelBuilder, Tensor, Draw], Tensor]

ELEMENTS_MAX = 3000
ZERO_POINTS = st.one_of(st.integers(-128, 127), st.sampled_from([-128, 0, 127]))
ACTIVATIONS = st.sampled_from(["NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
LOGISTIC_OUTPUT, TANH_OUTPUT = (1 / 256, -128), (1 / 128, 0)


@st.composite
def networks(draw: Draw) -> tuple[bytes, tuple[int, ...]]:
    """Draw a model of one to six operations on a random image: its file and its input's shape."""
    m = ModelBuilder(f"random {draw(st.integers(0, 1 << 20))}")
    shape = (1, draw(st.integers(1, 13)), draw(st.integers(1, 13)), draw(st.integers(1, 9)))
    scale = draw(st.floats(0.002, 0.5))
    x = m.input(shape, scale, draw(ZERO_POINTS))
    for _ in range(draw(st.integers(1, 6))):
        layer = draw(st.sampled_from(LAYERS if len(x.shape) == 4 else LAYERS_OF_ANY_RANK))
        x = layer(m, x, draw)
        if np.prod(x.shape) > ELEMENTS_MAX:
            break
    return m.build(x), shape


def _scale(x: Tensor) -> float:
    assert x.quantization is not None
    return x.quantization.scale


def _new(m: ModelBuilder, shape: tuple[int, ...], scale: float, draw: Draw) -> Tensor:
    """An output whose scale is near the given one, with any zero point."""
    return m.tensor(shape, scale * draw(st.floats(0.5, 2.0)), draw(ZERO_POINTS))


def _window(x: Tensor, draw: Draw, dilated: bool) -> dict[str, Any]:
    """Kernel, stride, dilation and padding that fit the image."""
    kernel = (draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    dilation = (draw(st.integers(1, 3)), draw(st.integers(1, 3))) if dilated else (1, 1)
    fits = all((kernel[axis] - 1) * dilation[axis] < x.shape[1 + axis] for axis in range(2))
    window: dict[str, Any] = {
        "kernel": kernel,
        "stride": (draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        "padding": draw(st.sampled_from(["SAME", "VALID"])) if fits else "SAME",
    }
    return {**window, "dilation": dilation} if dilated else window


def _weighted(draw: Draw) -> dict[str, Any]:
    return {
        "per_channel": draw(st.booleans()),
        "bias": draw(st.booleans()),
        "activation": draw(ACTIVATIONS),
        "zero_point": draw(ZERO_POINTS),
    }


def conv2d(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    groups = draw(st.sampled_from([n for n in (1, 1, 2, 3) if x.shape[3] % n == 0]))
    channels = groups * draw(st.integers(1, 9))
    return m.conv2d(x, channels, groups=groups, **_window(x, draw, True), **_weighted(draw))


def depthwise(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    multiplier = draw(st.integers(1, 5))
    return m.depthwise(x, multiplier, **_window(x, draw, True), **_weighted(draw))


def fully_connected(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    return m.fully_connected(
        x, draw(st.integers(1, 11)), keep_dims=draw(st.booleans()), **_weighted(draw)
    )


def pool(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    kind = draw(st.sampled_from(["AVERAGE_POOL_2D", "MAX_POOL_2D"]))
    return m.pool(x, kind, activation=draw(ACTIVATIONS), **_window(x, draw, False))


def unary(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    kind = draw(
        st.sampled_from(
            ["LOGISTIC", "TANH", "RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH", "QUANTIZE"]
        )
    )
    if kind == "LOGISTIC":
        return m.op(kind, [x], m.tensor(x.shape, *LOGISTIC_OUTPUT))
    if kind == "TANH":
        return m.op(kind, [x], m.tensor(x.shape, *TANH_OUTPUT))
    if kind == "RELU6":
        return m.op(kind, [x], m.like(x, x.shape))
    options = {"alpha": draw(st.floats(-1.5, 1.5))} if kind == "LEAKY_RELU" else {}
    return m.op(kind, [x], _new(m, x.shape, _scale(x), draw), **options)


def binary(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    """An operation with a constant of any shape that fits, with itself, or with a pooled self."""
    kind = draw(st.sampled_from(["ADD", "SUB", "MUL", "PRELU", "MAXIMUM", "MINIMUM"]))
    alike = kind in ("MAXIMUM", "MINIMUM")
    shape = tuple(draw(st.sampled_from([1, size])) for size in x.shape)
    shape = shape[draw(st.integers(0, len(shape))) :]
    scale = _scale(x) if alike else _scale(x) * draw(st.floats(0.2, 5.0))
    zero_point = x.quantization.zero_point if alike and x.quantization else draw(ZERO_POINTS)
    values = m.rng.integers(-128, 128, shape)
    y = m.constant(values, scale, zero_point, 0, np.int8)
    if kind == "PRELU":
        y = m.constant(values, 0.01, zero_point, 0, np.int8)
        return m.op(kind, [x, y], _new(m, x.shape, _scale(x), draw))
    operands: list[Tensor | None] = [x, y] if draw(st.booleans()) else [y, x]
    if draw(st.integers(0, 4)) == 0:
        operands = [x, x]
    if alike:
        return m.op(kind, operands, m.like(x, x.shape))
    scale = 90 * _scale(x) * scale if kind == "MUL" else max(_scale(x), scale)
    return m.op(
        kind, operands, _new(m, x.shape, scale, draw), fusedActivationFunction=draw(ACTIVATIONS)
    )


def reduction(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    kind = draw(st.sampled_from(["MEAN", "REDUCE_MAX"]))
    rank = len(x.shape)
    axes = draw(st.lists(st.integers(1, rank - 1), min_size=1, max_size=rank))
    keep = draw(st.booleans())
    shape = tuple(
        1 if axis in axes else size for axis, size in enumerate(x.shape) if keep or axis not in axes
    )
    signs = [axis - rank * draw(st.integers(0, 1)) for axis in axes]
    y = m.like(x, shape) if kind == "REDUCE_MAX" else _new(m, shape, _scale(x), draw)
    return m.op(kind, [x, m.constant(signs)], y, keepDims=keep)


def softmax(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    beta = draw(st.sampled_from([1.0, 0.5, 2.0]))
    return m.op("SOFTMAX", [x], m.tensor(x.shape, *LOGISTIC_OUTPUT), beta=beta)


def pad(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    sides = st.integers(0, 3)
    pads = [[0, 0], *([draw(sides), draw(sides)] for _ in x.shape[1:])]
    shape = tuple(size + sum(pad) for size, pad in zip(x.shape, pads, strict=True))
    return m.op("PAD", [x, m.constant(pads)], m.like(x, shape))


def transpose(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    permutation = [0, *draw(st.permutations(range(1, len(x.shape))))]
    shape = tuple(x.shape[axis] for axis in permutation)
    return m.op("TRANSPOSE", [x, m.constant(permutation)], m.like(x, shape))


def strided_slice(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    begin, end, strides, shape = [0], [1], [1], [1]
    for size in x.shape[1:]:
        first, last = sorted(draw(st.tuples(*[st.integers(0, size - 1)] * 2)))
        stride = draw(st.integers(1, 3))
        shape.append((last - first) // stride + 1)
        if draw(st.booleans()):
            begin, end, strides = [*begin, first], [*end, last + 1], [*strides, stride]
        else:
            # Backwards; an end before the first element has no number but the mask's.
            end_before = first - 1 if first > 0 else -size - 1
            begin, end, strides = [*begin, last], [*end, end_before], [*strides, -stride]
    bounds = [m.constant(begin), m.constant(end), m.constant(strides)]
    return m.op("STRIDED_SLICE", [x, *bounds], m.like(x, tuple(shape)))


def concatenation(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    axis = draw(st.integers(1, len(x.shape) - 1))
    parts: list[Tensor | None] = [x] * draw(st.integers(1, 3))
    shape = list(x.shape)
    shape[axis] = draw(st.integers(1, 4))
    values = m.rng.integers(-128, 128, shape)
    assert x.quantization is not None
    extra = m.constant(values, *x.quantization, 0, np.int8)
    parts.insert(draw(st.integers(0, len(parts))), extra)
    shape[axis] += (len(parts) - 1) * x.shape[axis]
    return m.op("CONCATENATION", parts, m.like(x, tuple(shape)), axis=axis)


def resize(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    kind = draw(st.sampled_from(["RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"]))
    align, half = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    to = (draw(st.integers(1, 17)), draw(st.integers(1, 17)))
    y = m.like(x, (1, *to, x.shape[3]))
    return m.op(kind, [x, m.constant(to)], y, alignCorners=align, halfPixelCenters=half)


def flatten(m: ModelBuilder, x: Tensor, draw: Draw) -> Tensor:
    shape = (1, x.shape[1], int(np.prod(x.shape[2:])))
    return m.op("RESHAPE", [x, m.constant(shape)], m.like(x, shape))


LAYERS_OF_ANY_RANK: list[Layer] = [
    fully_connected,
    unary,
    binary,
    softmax,
]
LAYERS: list[Layer] = [
    *LAYERS_OF_ANY_RANK,
    conv2d,
    depthwise,
    pool,
    reduction,
    pad,
    transpose,
    strided_slice,
    concatenation,
    resize,
    flatten,
]

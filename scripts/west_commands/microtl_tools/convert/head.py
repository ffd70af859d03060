# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The float head as it leaves the factory: dequantised, standardised, widened.

All arithmetic is float64 and rounded to float32 once, at the end.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microtl_tools.convert.graph import ModelError, Op
from microtl_tools.convert.headers import limit
from microtl_tools.convert.lower.weights import (
    bias_values,
    need_channel_scales,
    need_symmetric,
    need_weights,
)
from microtl_tools.errors import UsageError
from microtl_tools.imports import require

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from microtl_tools.convert.standardise import Standardisation

    Floats = npt.NDArray[np.float64]

LOSSES = ("softmax", "sigmoid", "mse")
"""enum microtl_loss: in upper case the ends of its names."""

_WIDTH_MAX = (1 << 16) - 1


@dataclass(frozen=True)
class Layer:
    """One dense layer: ``weights`` [out][in], ``bias`` [out]. ReLU lies between two layers."""

    weights: Floats
    bias: Floats


def widths(layers: list[Layer]) -> list[int]:
    """Return the inputs, then the width of each layer."""
    return [layers[0].weights.shape[1], *(len(layer.bias) for layer in layers)]


def params(layers: list[Layer]) -> npt.NDArray[np.float32]:
    """Return the parameters as struct microtl_head_spec keeps them."""
    np = require("numpy", "convert models")
    parts = [part.reshape(-1) for layer in layers for part in (layer.weights, layer.bias)]
    with np.errstate(over="ignore"):
        flat = np.concatenate(parts).astype(np.float32)
    if not np.isfinite(flat).all():
        raise ModelError(
            "the head's weights do not fit in float32",
            "the scales of its layers are damaged: export the model again",
        )
    result: npt.NDArray[Any] = flat
    return result


def dequantise(op: Op) -> Layer:
    """Return a dense layer of the model as real numbers."""
    np = require("numpy", "convert models")
    source, weights = op.input(0), op.input(1)
    values = need_weights(op, weights)
    need_channel_scales(op, weights, 0)
    quantization = weights.quantization
    assert quantization is not None
    if quantization.per_channel or op.kind == "CONV_2D":
        need_symmetric(op, weights)
    channels, depth = weights.shape[0], weights.shape[-1]
    scale = quantization.scale.astype(np.float64).reshape(-1, 1)
    zero_point = quantization.zero_point.reshape(-1, 1)
    real = (values.reshape(channels, depth).astype(np.float64) - zero_point) * scale
    bias = bias_values(op, op.optional(2), channels)
    if bias is None:
        bias = np.zeros(channels)
    return Layer(real, bias * (source.scale * scale.reshape(-1)))


def standardised(layers: list[Layer], statistics: Standardisation) -> list[Layer]:
    """Let the first layer take standardised features and give what it gave: W' u + b' = W x + b.

    x = mean + sigma * u, so W' = W * sigma and b' = b + W mean.
    """
    np = require("numpy", "convert models")
    first = layers[0]
    # math.fsum: the same bits on every computer, which a matrix product does not promise.
    products = (first.weights * statistics.mean).tolist()
    moved = np.array([math.fsum(row) for row in products])
    return [Layer(first.weights * statistics.sigma, first.bias + moved), *layers[1:]]


def with_hidden(layers: list[Layer], hidden: int, seed: int) -> list[Layer]:
    """Put a hidden layer of ReLUs in front of the last one without changing what the head gives.

    Each class's score s goes through two units, max(s, 0) and max(-s, 0), whose difference is s.
    The other units start at random (He et al., 2015: uniform up to sqrt(6 / inputs)) with nothing
    behind them, so that training can take them into use.
    """
    np = require("numpy", "convert models")
    last = layers[-1]
    classes, depth = last.weights.shape
    if len(layers) >= limit("HEAD_LAYERS_MAX"):
        raise UsageError(
            f"--hidden {hidden}: the head has {len(layers)} layers already, at most "
            f"{limit('HEAD_LAYERS_MAX')} are supported",
            "take fewer with --head-layers",
        )
    if not 2 * classes <= hidden <= _WIDTH_MAX:
        raise UsageError(
            f"--hidden {hidden}: {2 * classes} to {_WIDTH_MAX} units are possible with "
            f"{classes} classes",
            "two units a class carry the factory head's scores through the new layer",
        )
    spare = _random_units(hidden - 2 * classes, depth, seed)
    # 0 - w instead of -w: a zero must not become -0.
    first = Layer(
        np.concatenate([last.weights, 0.0 - last.weights, spare]),
        np.concatenate([last.bias, 0.0 - last.bias, np.zeros(len(spare))]),
    )
    eye = np.eye(classes)
    second = Layer(
        np.concatenate([eye, 0.0 - eye, np.zeros((classes, len(spare)))], axis=1),
        np.zeros(classes),
    )
    return [*layers[:-1], first, second]


def _random_units(count: int, depth: int, seed: int) -> Floats:
    """Return [count][depth] weights; Python promises the same numbers in every version."""
    np = require("numpy", "convert models")
    generator = random.Random(seed)
    bound = math.sqrt(6 / depth)
    values = [generator.uniform(-bound, bound) for _ in range(count * depth)]
    units: Floats = np.array(values, dtype=np.float64).reshape(count, depth)
    return units


def with_rows(layers: list[Layer], rows: int) -> list[Layer]:
    """Append zero rows for classes to come."""
    np = require("numpy", "convert models")
    last = layers[-1]
    more = rows - len(last.bias)
    weights = np.concatenate([last.weights, np.zeros((more, last.weights.shape[1]))])
    return [*layers[:-1], Layer(weights, np.concatenate([last.bias, np.zeros(more)]))]


def new_layers(features: int) -> list[Layer]:
    """Return a head that knows no class yet."""
    np = require("numpy", "convert models")
    return [Layer(np.zeros((0, features)), np.zeros(0))]


def nearest_mean_layers(means: Floats) -> list[Layer]:
    """Return the dense layer that picks the class with the nearest mean; ``means``
    [class][feature].

    -|u - m|^2 / 2 = m u - |m|^2 / 2 - |u|^2 / 2, and the last term is the same for all classes. All
    scores are divided by the mean of |m|^2, which changes no choice, so that they start no surer
    than a trained head.
    """
    np = require("numpy", "convert models")
    norms = [math.fsum(value * value for value in row) for row in means.tolist()]
    unit = max(math.fsum(norms) / len(norms), 1.0)
    return [Layer(means / unit, -np.array(norms) / (2 * unit))]


def choose_loss(wanted: str | None, from_model: str | None, outputs: int, inputs: int) -> str:
    """Return the loss: what the user says, what the model's last activation says, or a guess.

    Without an activation a model with one output, or as many outputs as inputs, computes values
    (regression, autoencoder); any other gives class scores.
    """
    if wanted is not None:
        return wanted
    if from_model is not None:
        return from_model
    return "mse" if outputs in (1, inputs) else "softmax"


def check_rows(loss: str, known: int, wanted: int | None) -> int:
    """Return how many rows the last layer has."""
    # Outputs that are values and no classes are not counted in a byte.
    most = _WIDTH_MAX if loss == "mse" else limit("CLASSES_MAX")
    if wanted is None and not 1 <= known <= most:
        raise ModelError(
            f"the head would have {known} outputs, 1 to {most} are supported",
            "--head none freezes the whole model, --cut TENSOR --classes N puts a new head in",
        )
    rows = known if wanted is None else wanted
    if not max(known, 1) <= rows <= most:
        raise UsageError(
            f"--classes {rows}: the head knows {known} classes and can have {most}",
            f"give {max(known, 1)} to {most}",
        )
    if loss == "mse" and rows != known:
        raise UsageError(
            f"--classes {rows}: a head that is trained against values has no classes to add",
            "leave --classes out, or choose --loss softmax",
        )
    return rows

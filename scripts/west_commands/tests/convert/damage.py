# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Random damage to model files: to their bytes, and to what their tables say."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
from small_models import edited

WORDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x01\0\0\0", b"\0\0\0\x80")
SCALES = (0.0, -1.0, float("nan"), float("inf"), 1e-38, 1e-30, 1e30)
NUMBERS = (0, 1, 2, 3, 5, -1, 7, 100)


def damaged_bytes(data: bytes, chance: random.Random) -> bytes:
    """Flip bytes, cut the end off, overwrite a word, or take out or put in a stretch."""
    changed = bytearray(data)
    position = chance.randrange(len(changed))
    how = chance.choice(("flip", "cut", "word", "remove", "insert"))
    if how == "flip":
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    elif how == "cut":
        del changed[position:]
    elif how == "word":
        aligned = position // 4 * 4
        changed[aligned : aligned + 4] = chance.choice((*WORDS, chance.randbytes(4)))
    elif how == "remove":
        del changed[position : position + chance.randrange(1, 64)]
    else:
        changed[position:position] = chance.randbytes(chance.randrange(1, 64))
    return bytes(changed)


def damaged_tables(data: bytes, chance: random.Random) -> bytes:
    """Change one or two things that the tables say: the file stays well formed."""

    def edit(model: Any) -> None:
        for _ in range(chance.choice((1, 1, 2))):
            chance.choice(_EDITS)(model, chance)

    return edited(data, edit)


def _tensors(model: Any) -> list[Any]:
    return list(model.subgraphs[0].tensors)


def _quantised(model: Any) -> list[Any]:
    tensors = (tensor for tensor in _tensors(model) if tensor.quantization is not None)
    return [tensor.quantization for tensor in tensors if tensor.quantization.scale is not None]


def _shape(model: Any, chance: random.Random) -> None:
    tensor = chance.choice([tensor for tensor in _tensors(model) if len(tensor.shape)])
    shape = [int(dim) for dim in tensor.shape]
    axis = chance.randrange(len(shape))
    shape[axis] = chance.choice((0, 1, 2, shape[axis] + 1, shape[axis] * 2, 65536, -1))
    tensor.shape = shape


def _scale(model: Any, chance: random.Random) -> None:
    quantization = chance.choice(_quantised(model))
    scales = [float(scale) for scale in quantization.scale]
    channel = chance.randrange(len(scales))
    own = (scales[channel] * 2, scales[channel] / 3, scales[channel] * 1000)
    scales[channel] = chance.choice((*SCALES, *own))
    quantization.scale = scales


def _zero_point(model: Any, chance: random.Random) -> None:
    quantization = chance.choice(_quantised(model))
    zero_points = [int(value) for value in quantization.zeroPoint]
    zero_points[chance.randrange(len(zero_points))] = chance.choice((0, -128, 127, 128, -129, 9999))
    quantization.zeroPoint = zero_points


def _type(model: Any, chance: random.Random) -> None:
    chance.choice(_tensors(model)).type = chance.randrange(24)


def _index(model: Any, chance: random.Random) -> None:
    operator = chance.choice(model.subgraphs[0].operators)
    name = chance.choice(("inputs", "outputs"))
    indices = [int(index) for index in getattr(operator, name)]
    count = len(_tensors(model))
    indices[chance.randrange(len(indices))] = chance.choice((-1, 0, 1, 2, count - 1, count, 10**6))
    setattr(operator, name, indices)


def _kind(model: Any, chance: random.Random) -> None:
    code = chance.choice(model.operatorCodes)
    code.builtinCode = chance.choice((0, 1, 3, 4, 9, 14, 18, 22, 25, 32, 39, 40, 41, 82, 114, 117))
    code.deprecatedBuiltinCode = code.builtinCode


def _option(model: Any, chance: random.Random) -> None:
    operator = chance.choice(model.subgraphs[0].operators)
    options = operator.builtinOptions
    names = [n for n, value in vars(options or object).items() if isinstance(value, int | float)]
    if not names or isinstance(options, type):
        return
    name = chance.choice(names)
    value = getattr(options, name)
    if isinstance(value, bool):
        setattr(options, name, not value)
    elif isinstance(value, int):
        setattr(options, name, chance.choice(NUMBERS))
    else:
        setattr(options, name, chance.choice((0.0, -1.0, 2.5, 1e30)))


def _content(model: Any, chance: random.Random) -> None:
    full = [b for b in model.buffers if b.data is not None and len(b.data)]
    if not full:
        return
    buffer = chance.choice(full)
    content = np.array(buffer.data, np.uint8)
    how = chance.randrange(3)
    if how == 0:
        content = content[:-1]
    elif how == 1:
        content[chance.randrange(len(content))] = chance.randrange(256)
    else:
        content[:] = chance.choice((0, 127, 128, 255))
    buffer.data = content


_EDITS: tuple[Callable[[Any, random.Random], None], ...] = (
    _shape,
    _scale,
    _zero_point,
    _type,
    _index,
    _kind,
    _option,
    _content,
)

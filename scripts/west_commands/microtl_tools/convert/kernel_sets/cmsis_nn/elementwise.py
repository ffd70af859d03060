# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Sums and products: ``arm_elementwise_add_s8()`` and ``arm_elementwise_mul_s8()``.

Both read four values of each operand before they write four, so they work in place as the portable
kernels do.
"""

from __future__ import annotations

from microtl_tools.convert.kernel_sets.cmsis_nn.scales import exact_shift
from microtl_tools.convert.kernel_sets.fields import number, struct
from microtl_tools.convert.program import KernelCall

_LEFT_SHIFT = 20
"""Its DSP code shifts operands out of halves of a word: 16 or more, as in TensorFlow Lite."""


def prepare_add(call: KernelCall) -> None:
    """Replace a portable addition of tensors of one shape."""
    scales = [struct(call, name)["shift"] for name in ("a", "b", "result")]
    if (
        _same_shape(call)
        and not call.fields["subtract"]
        and number(call, "left_shift") == _LEFT_SHIFT
        and exact_shift(*scales)
    ):
        call.kernel = "microtl_kernel_cmsis_nn_add"


def prepare_mul(call: KernelCall) -> None:
    """Replace a portable multiplication of tensors of one shape."""
    if _same_shape(call) and exact_shift(struct(call, "requant")["shift"]):
        call.kernel = "microtl_kernel_cmsis_nn_mul"


def _same_shape(call: KernelCall) -> bool:
    """Whether both operands are walked in one go: dimensions without gaps have been merged."""
    at = call.fields["at"]
    assert isinstance(at, dict)
    ones = all(count == 1 for count in at["dims"][:-1])
    return ones and at["stride_a"][-1] == 1 and at["stride_b"][-1] == 1

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Random shapes and options, in random chains, against TensorFlow Lite Micro."""

import micro
import pytest
from hypothesis import event, given, settings
from microtl_tools.convert.api import Options, convert_bytes
from microtl_tools.twin import inputs, verify
from microtl_tools.twin.api import Twin
from microtl_tools.twin.compare import compare
from random_layers import networks

INPUTS = 12


@pytest.mark.skipif(not micro.available, reason=micro.NEEDED)
@settings(settings.get_profile("kernels"))
@given(networks())
def test_random_networks_are_exact(network: tuple[bytes, tuple[int, ...]]) -> None:
    model, shape = network
    converted = convert_bytes(model, Options(head_layers=0), source="random.tflite")
    for op in converted.ops:
        event(op.kind)
    x = inputs.make(INPUTS, shape, converted.input.zero_point)
    expected = micro.tensors(model, x, verify.wanted_tensors(converted))
    result = compare(
        Twin.from_converted(converted),
        converted,
        x,
        lambda part: {index: values[part] for index, values in expected.items()},
        converted.file_output,
    )
    assert result.first is None, str(result.first)
    assert result.output_problem is None

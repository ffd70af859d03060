# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The memory plan: nothing is overwritten that is needed, and little is wasted."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from microtl_tools.convert.api import Options, convert
from microtl_tools.convert.graph import Op
from microtl_tools.convert.lower.window import overlap
from microtl_tools.convert.plan import plan
from microtl_tools.convert.program import Buffer, KernelCall, Program

SOURCE = Op(0, "TEST", [], [])


def call(inputs: list[Buffer], output: Buffer, **more: Any) -> KernelCall:
    return KernelCall("kernel", "struct", {}, list(inputs), output, SOURCE, **more)


def chain(*sizes: int, **more: Any) -> Program:
    """Operations one behind the other, over buffers of these sizes."""
    buffers = [Buffer(size, f"b{i}") for i, size in enumerate(sizes)]
    calls = [call([a], b, **more) for a, b in zip(buffers, buffers[1:], strict=False)]
    return Program(calls, buffers[0], buffers[-1])


def test_chain_needs_the_two_largest_neighbours() -> None:
    program = chain(100, 800, 400, 600, 4)
    plan(program)
    assert program.arena_size == 1200


def test_in_place_costs_nothing() -> None:
    program = chain(64, 64, 64, in_place=(0,))
    plan(program)
    assert program.arena_size == 64


def test_output_may_begin_in_front_of_what_is_read() -> None:
    program = chain(1000, 1000, 1000, overlap=10)
    plan(program)
    assert program.arena_size == 1024
    assert program.input.offset >= program.calls[0].output.offset + 10


def test_scratch_is_apart_from_everything() -> None:
    program = chain(8, 8)
    program.calls[0].scratch_size = 20
    plan(program)
    assert program.arena_size == 36


def test_every_tensor_is_aligned() -> None:
    program = chain(3, 5, 7, 1)
    plan(program)
    assert all(c.output.offset % 4 == 0 for c in program.calls)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Graphs with branches, in-place operations, overlap and scratch."""
    size = st.integers(1, 200)
    buffers = [Buffer(draw(size), "input")]
    calls = []
    for number in range(draw(st.integers(1, 12))):
        inputs = draw(st.lists(st.sampled_from(buffers), min_size=1, max_size=2, unique=True))
        kind = draw(st.sampled_from(("plain", "in_place", "overlap")))
        output = Buffer(inputs[0].size if kind == "in_place" else draw(size), f"b{number}")
        more: dict[str, Any] = {"scratch_size": draw(st.sampled_from((0, 0, 12)))}
        if kind == "in_place":
            more["in_place"] = (0,)
        if kind == "overlap":
            more["overlap"] = draw(st.integers(0, 250))
        calls.append(call(inputs, output, **more))
        buffers.append(output)
    return Program(calls, buffers[0], calls[-1].output)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(programs())
def test_nothing_is_overwritten_that_is_needed(program: Program) -> None:
    plan(program)
    owner: dict[int, Buffer] = {}

    def write(buffer: Buffer) -> None:
        for byte in range(buffer.offset, buffer.offset + buffer.size):
            assert 0 <= byte < program.arena_size
            owner[byte] = buffer

    def intact(buffer: Buffer) -> bool:
        return all(
            owner[byte] is buffer for byte in range(buffer.offset, buffer.offset + buffer.size)
        )

    write(program.input)
    for each in program.calls:
        for buffer in each.arena_inputs():
            assert intact(buffer)
        if each.scratch is not None:
            write(each.scratch)
            assert all(intact(buffer) for buffer in each.arena_inputs())
        before = dict(owner)
        write(each.output)
        for position, buffer in enumerate(each.arena_inputs()):
            shared = [
                byte for byte in before if before[byte] is buffer and owner[byte] is not buffer
            ]
            if not shared:
                continue
            in_place = position in each.in_place and buffer.offset == each.output.offset
            apart = each.overlap is not None and position == 0
            behind = buffer.offset - each.output.offset
            assert in_place or (apart and behind >= (each.overlap or 0))
        if each.scratch is not None:
            assert each.scratch.offset >= each.output.offset + each.output.size or (
                each.output.offset >= each.scratch.offset + each.scratch.size
            )
    assert intact(program.output)


@st.composite
def windows(draw: st.DrawFn) -> dict[str, int]:
    """Geometry of a convolution."""
    at: dict[str, int] = {"in_c": draw(st.integers(1, 3)), "out_c": draw(st.integers(1, 3))}
    for axis in "hw":
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 3))
        pad = draw(st.integers(0, kernel))
        size = draw(st.integers(kernel, 8))
        at |= {f"in_{axis}": size, f"kernel_{axis}": kernel, f"stride_{axis}": stride}
        at[f"out_{axis}"] = (size + pad - kernel) // stride + 1 + draw(st.integers(0, 1))
        at["pad_top" if axis == "h" else "pad_left"] = pad
    return at


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(windows(), st.booleans())
def test_overlap_never_touches_what_is_still_read(at: dict[str, int], by_channel: bool) -> None:
    if by_channel:
        at["out_c"] = at["in_c"]
    apart = overlap({**at}, by_channel=by_channel)
    written = 0
    for y in range(at["out_h"]):
        for x in range(at["out_w"]):
            for channel in range(at["out_c"]):
                rows = range(y * at["stride_h"] - at["pad_top"], at["in_h"])[: at["kernel_h"]]
                columns = range(x * at["stride_w"] - at["pad_left"], at["in_w"])[: at["kernel_w"]]
                first = channel if by_channel else 0
                reads = [
                    (row * at["in_w"] + column) * at["in_c"] + first
                    for row in rows
                    if row >= 0
                    for column in columns
                    if column >= 0
                ]
                assert all(apart + place >= written for place in reads)
                written += 1


ANCHORS = {
    "mlperf-tiny__kws_ref_model": 16_256,
    "mlperf-tiny__tf23_model_ToyCar_quant_fullint_micro_intio": 768,
    "tflite-micro__micro_speech_quantized": 5_960,
}
"""Largest pair of activations plus the scratch of CMSIS-NN, bytes."""


def test_real_models_need_no_more_than_direct_activations(zoo: list[Path]) -> None:
    found = {path.stem: path for path in zoo if path.stem in ANCHORS}
    if not found:
        pytest.skip("MICROTL_ZOO has none of the models whose needs are known")
    for name, path in found.items():
        assert convert(path, Options(head_layers=0)).arena_size <= ANCHORS[name]

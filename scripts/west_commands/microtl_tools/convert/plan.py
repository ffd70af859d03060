# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The memory plan: where in the arena each buffer lies.

Two buffers may share bytes if they are never needed at the same time. Finding the smallest arena is
NP-hard (dynamic storage allocation); the placement here is first-fit over several orders of the
buffers, improved until it meets the lower bound, the most bytes that are needed at any one time.
Real models meet it with the first or second order.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from microtl_tools.convert.graph import ModelError
from microtl_tools.convert.headers import limit
from microtl_tools.convert.program import Buffer, Program

_WORK = 1_000_000
"""Bound on the search, in pairs of buffers looked at: about a second."""

_ARENA_MAX = (1 << 31) - 1


@dataclass(eq=False)
class _Block:
    """Buffers that share one place because a kernel works in place; ``first`` to ``last``
    inclusive."""

    buffers: list[Buffer]
    size: int
    first: int
    last: int

    def meets(self, other: _Block) -> bool:
        return self.first <= other.last and other.first <= self.last


def plan(program: Program) -> None:
    """Set the offset of every buffer and the arena's size."""
    blocks = _blocks(program)
    best = _best_placement(blocks)
    for block, offset in best.items():
        for buffer in block.buffers:
            buffer.offset = offset
    program.arena_size = _height(best)
    if program.arena_size > _ARENA_MAX:
        raise ModelError(
            f"the activations need {program.arena_size} bytes of RAM",
            "the model is far too large for a microcontroller",
        )


def _blocks(program: Program) -> list[_Block]:
    """Return the blocks to place: lifetimes, then in-place operations merged."""
    end = len(program.calls)
    life: dict[Buffer, _Block] = {}

    def use(buffer: Buffer, time: int) -> None:
        block = life.setdefault(buffer, _Block([buffer], _aligned(buffer.size), time, time))
        block.last = max(block.last, time)

    use(program.input, -1)
    for time, call in enumerate(program.calls):
        for buffer in call.arena_inputs():
            use(buffer, time)
        use(call.output, time)
        if call.scratch_size:
            call.scratch = Buffer(call.scratch_size, "scratch")
            use(call.scratch, time)
    use(program.output, end)
    _merge_in_place(program, life)
    return list(dict.fromkeys(life.values()))


def _merge_in_place(program: Program, life: dict[Buffer, _Block]) -> None:
    for time, call in enumerate(program.calls):
        after = life[call.output]
        for position in call.in_place:
            source = call.inputs[position]
            assert source is not None
            before = life[source]
            if before is after or before.last != time or after.first != time:
                continue
            before.buffers += after.buffers
            before.size = max(before.size, after.size)
            before.last = after.last
            for buffer in after.buffers:
                life[buffer] = before
            break


def _best_placement(blocks: list[_Block]) -> dict[_Block, int]:
    bound = _lower_bound(blocks)
    best: dict[_Block, int] = {}
    for order in _orders(blocks):
        placement = _place(order)
        if not best or _height(placement) < _height(best):
            best = placement
        if _height(best) <= bound:
            break
    return best


def _orders(blocks: list[_Block]) -> Iterator[list[_Block]]:
    """Yield orders to try: the well-known ones, then seeded exchanges of the most promising."""
    by_size = sorted(blocks, key=lambda b: (-b.size, b.first))
    yield by_size
    yield sorted(blocks, key=lambda b: (b.first, -b.size))
    yield sorted(blocks, key=lambda b: (-(b.last - b.first + 1) * b.size, b.first))
    yield sorted(blocks, key=lambda b: (-b.last, -b.size))
    if len(blocks) < 3:
        return
    generator = random.Random(0)
    for _ in range(_WORK // len(blocks) ** 2):
        order = list(by_size)
        for _ in range(generator.randint(1, 3)):
            i, j = generator.sample(range(len(order)), 2)
            order[i], order[j] = order[j], order[i]
        yield order


def _place(order: Sequence[_Block]) -> dict[_Block, int]:
    """Put each block at the lowest place that is free while it lives."""
    placement: dict[_Block, int] = {}
    for block in order:
        taken = sorted(
            (offset, offset + other.size)
            for other, offset in placement.items()
            if block.meets(other)
        )
        offset = 0
        for start, stop in taken:
            if start - offset >= block.size:
                break
            offset = max(offset, stop)
        placement[block] = offset
    return placement


def _lower_bound(blocks: list[_Block]) -> int:
    times = {block.first for block in blocks}
    return max(
        (sum(b.size for b in blocks if b.first <= time <= b.last) for time in times), default=0
    )


def _height(placement: dict[_Block, int]) -> int:
    return max((offset + block.size for block, offset in placement.items()), default=0)


def _aligned(size: int) -> int:
    align = limit("ARENA_ALIGN")
    return -(-size // align) * align

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
    """Buffers that lie together because a kernel's output may overlap its input; needed from call
    ``first`` to ``last`` inclusive."""

    buffers: dict[Buffer, int]
    """Where each lies in the block."""
    size: int
    first: int
    last: int

    def meets(self, other: _Block) -> bool:
        return self.first <= other.last and other.first <= self.last


def plan(program: Program) -> None:
    """Set the offset of every buffer and the arena's size."""
    candidates = [_best_placement(_blocks(program, overlap)) for overlap in (True, False)]
    best = min(candidates, key=_height)
    for block, offset in best.items():
        for buffer, shift in block.buffers.items():
            buffer.offset = offset + shift
    program.arena_size = _height(best)
    if program.arena_size > _ARENA_MAX:
        raise ModelError(
            f"the activations need {program.arena_size} bytes of RAM",
            "the model is far too large for a microcontroller",
        )


def _blocks(program: Program, overlap: bool) -> list[_Block]:
    """Return the blocks to place: lifetimes, then in-place operations merged.

    With ``overlap`` also those whose output may overlap what was read of the input. A merged block
    keeps all of its bytes for as long as any buffer lives, so that does not always pay.
    """
    end = len(program.calls)
    life: dict[Buffer, _Block] = {}

    def use(buffer: Buffer, time: int) -> None:
        block = life.setdefault(buffer, _Block({buffer: 0}, _aligned(buffer.size), time, time))
        block.last = max(block.last, time)

    use(program.input, -1)
    for time, call in enumerate(program.calls):
        for buffer in call.arena_inputs():
            use(buffer, time)
        use(call.output, time)
        if call.scratch_size:
            call.scratch = call.scratch or Buffer(call.scratch_size, "scratch")
            use(call.scratch, time)
    use(program.output, end)
    for time, call in enumerate(program.calls):
        for position in call.in_place:
            if _merge(life, call.inputs[position], call.output, time, 0):
                break
        if overlap and call.overlap is not None:
            _merge(life, call.inputs[0], call.output, time, call.overlap)
    return list(dict.fromkeys(life.values()))


def _merge(
    life: dict[Buffer, _Block], source: Buffer | None, output: Buffer, time: int, distance: int
) -> bool:
    """Merge the blocks of an input that ends here and of the output that begins here.

    The input then lies ``distance`` bytes behind the output, or more.
    """
    assert source is not None
    before, after = life[source], life[output]
    if before is after or before.last != time or after.first != time:
        return False
    apart = after.buffers[output] + _aligned(distance) - before.buffers[source]
    moved_before, moved_after = max(apart, 0), max(-apart, 0)
    before.buffers = {
        **{buffer: shift + moved_before for buffer, shift in before.buffers.items()},
        **{buffer: shift + moved_after for buffer, shift in after.buffers.items()},
    }
    before.size = max(before.size + moved_before, after.size + moved_after)
    before.last = after.last
    for buffer in after.buffers:
        life[buffer] = before
    return True


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

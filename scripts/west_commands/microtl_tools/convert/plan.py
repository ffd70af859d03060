# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The memory plan: where in the arena each buffer lies.

Two buffers may share bytes if they are never needed at the same time, or if a kernel has read the
bytes of one before it writes them as the other. Finding the smallest arena is NP-hard (dynamic
storage allocation); the placement here is first-fit over several orders of the buffers, improved
until it meets the lower bound, the most bytes that are needed at any one time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from microtl_tools.convert.graph import ModelError
from microtl_tools.convert.headers import limit
from microtl_tools.convert.program import Buffer, KernelCall, Program

_WORK = 20_000
"""Bound on the search, in pairs of buffers looked at: less than a tenth of a second."""

_ARENA_MAX = (1 << 31) - 1


@dataclass(eq=False)
class _Block:
    """Buffers that are the same bytes because a kernel works in place.

    Needed from call ``first`` to call ``last``, both included.
    """

    buffers: list[Buffer]
    size: int
    first: int
    last: int
    others: dict[_Block, int | None] = field(default_factory=dict)
    """Blocks that are needed at the same time. A number: the least distance from the start of that
    block to the start of this one from which on the two may share bytes."""


def plan(program: Program) -> None:
    """Set the offset of every buffer and the arena's size."""
    life = _lifetimes(program)
    for time, call in enumerate(program.calls):
        _merge_in_place(life, call, time)
    blocks = list(dict.fromkeys(life.values()))
    _find_neighbours(blocks)
    for time, call in enumerate(program.calls):
        _allow_overlap(life, call, time)
    placement = _best_placement(blocks)
    for block, offset in placement.items():
        for buffer in block.buffers:
            buffer.offset = offset
    program.arena_size = _height(placement)
    if program.arena_size > _ARENA_MAX:
        raise ModelError(
            f"the activations need {program.arena_size} bytes of RAM",
            "the model is far too large for a microcontroller",
        )


def _lifetimes(program: Program) -> dict[Buffer, _Block]:
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
    use(program.output, len(program.calls))
    return life


def _merge_in_place(life: dict[Buffer, _Block], call: KernelCall, time: int) -> None:
    """Make the output the same bytes as an input that nobody needs any more."""
    for position in call.in_place:
        source = call.inputs[position]
        if source is None:
            continue
        before, after = life[source], life[call.output]
        if _takes_over(before, after, time):
            before.buffers += after.buffers
            before.size = max(before.size, after.size)
            before.last = after.last
            for buffer in after.buffers:
                life[buffer] = before
            return


def _takes_over(before: _Block, after: _Block, time: int) -> bool:
    return before is not after and before.last == time and after.first == time


def _find_neighbours(blocks: list[_Block]) -> None:
    alive: list[_Block] = []
    for block in sorted(blocks, key=lambda b: b.first):
        alive = [other for other in alive if other.last >= block.first]
        for other in alive:
            block.others[other] = other.others[block] = None
        alive.append(block)


def _allow_overlap(life: dict[Buffer, _Block], call: KernelCall, time: int) -> None:
    """Let the output lie in front of an input that is read as the output grows."""
    source = call.inputs[0] if call.inputs else None
    if call.overlap is None or source is None:
        return
    before, after = life[source], life[call.output]
    if _takes_over(before, after, time):
        before.others[after] = _aligned(call.overlap)


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
    # Backwards in time an input finds its output placed and settles close behind it.
    backwards = sorted(blocks, key=lambda b: (-b.last, -b.first, -b.size))
    yield by_size
    yield backwards
    yield sorted(blocks, key=lambda b: (b.first, -b.size))
    yield sorted(blocks, key=lambda b: (-(b.last - b.first + 1) * b.size, b.first))
    if len(blocks) < 3:
        return
    generator = random.Random(0)
    pairs = sum(len(block.others) for block in blocks) + len(blocks)
    for turn in range(_WORK // pairs):
        order = list((by_size, backwards)[turn % 2])
        for _ in range(generator.randint(1, 3)):
            i, j = generator.sample(range(len(order)), 2)
            order[i], order[j] = order[j], order[i]
        yield order


def _place(order: list[_Block]) -> dict[_Block, int]:
    """Put each block at the lowest place that is free while it lives."""
    placement: dict[_Block, int] = {}
    for block in order:
        taken = [(other, placement[other]) for other in block.others if other in placement]
        places = {0}
        for other, offset in taken:
            places.add(offset + other.size)
            behind, in_front = block.others[other], other.others[block]
            if behind is not None:
                places.add(offset + behind)
            if in_front is not None and offset >= in_front:
                places.add(offset - in_front)
        placement[block] = min(
            place for place in places if all(_apart(block, place, *item) for item in taken)
        )
    return placement


def _apart(block: _Block, place: int, other: _Block, offset: int) -> bool:
    """Whether a block at ``place`` and another at ``offset`` leave each other's bytes alone."""
    if place >= offset + other.size or offset >= place + block.size:
        return True
    behind, in_front = block.others[other], other.others[block]
    if behind is not None:
        return place >= offset + behind
    return in_front is not None and offset >= place + in_front


def _lower_bound(blocks: list[_Block]) -> int:
    """Return the most bytes that are needed at once; those that may be shared count once."""
    bound = 0
    for time in {block.first for block in blocks}:
        alive = [block for block in blocks if block.first <= time <= block.last]
        need = sum(block.size for block in alive)
        for block in alive:
            for other, behind in block.others.items():
                if behind is not None and other.first == time:
                    together = max(other.size, min(behind, other.size) + block.size)
                    need -= block.size + other.size - min(together, block.size + other.size)
        bound = max(bound, need)
    return bound


def _height(placement: dict[_Block, int]) -> int:
    return max((offset + block.size for block, offset in placement.items()), default=0)


def _aligned(size: int) -> int:
    align = limit("ARENA_ALIGN")
    return -(-size // align) * align

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The A/B slots on a flash played by Python, whose power fails at any block or page."""

import ctypes
import errno

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from training_core import pointer

PAGE = 64
SLOT = 256
READ = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p
)
ERASE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint32, ctypes.c_size_t, ctypes.c_void_p)


class Flash:
    """Erased bytes, a set of programmed blocks, and a number of ticks until the power fails."""

    def __init__(self, block: int, erase_value: int) -> None:
        self.block, self.erase_value = block, erase_value
        self.data = bytearray([erase_value]) * (2 * SLOT)
        self.programmed: set[int] = set()
        self.ticks = -1
        self.torn = 0.0
        self.misuse: list[str] = []
        self.callbacks = (READ(self.read), READ(self.write), ERASE(self.erase))

    def part(self, size: int) -> int | None:
        """How much of a block or page is done; None when the power is off."""
        if self.ticks == 0:
            return None
        if self.ticks > 0:
            self.ticks -= 1
            if self.ticks == 0:
                return int(self.torn * size)
        return size

    def read(self, offset: int, data: int, size: int, _: object) -> int:
        if self.ticks == 0:
            return -errno.EIO
        ctypes.memmove(data, bytes(self.data[offset : offset + size]), size)
        return 0

    def write(self, offset: int, data: int, size: int, _: object) -> int:
        source = ctypes.string_at(data, size)
        if offset % self.block or size % self.block or not size:
            self.misuse.append(f"write of {size} at {offset}")
        for at in range(0, size, self.block):
            done = self.part(self.block)
            if done is None:
                return -errno.EIO
            if done and offset + at in self.programmed:
                self.misuse.append(f"block {offset + at} programmed twice")
            self.data[offset + at : offset + at + done] = source[at : at + done]
            if done:
                self.programmed.add(offset + at)
        return -errno.EIO if self.ticks == 0 else 0

    def erase(self, offset: int, size: int, _: object) -> int:
        if offset % PAGE or size % PAGE:
            self.misuse.append(f"erase of {size} at {offset}")
        for at in range(offset, offset + size, PAGE):
            done = self.part(PAGE)
            if done is None:
                return -errno.EIO
            self.data[at : at + done] = bytes([self.erase_value]) * done
            self.programmed -= set(range(at, at + done))
        return -errno.EIO if self.ticks == 0 else 0


class Store:
    """A boot: slots over a flash, for one model."""

    def __init__(self, core: ctypes.CDLL, flash: Flash, model: int) -> None:
        self.core, self.flash = core, flash
        flash.ticks = -1
        ids = np.array([1, 2, 3, model], np.uint32)
        self.handle = ctypes.c_void_p(
            core.shim_store_new(
                *flash.callbacks, 2 * SLOT, PAGE, flash.block, flash.erase_value, SLOT, pointer(ids)
            )
        )
        assert self.handle

    def __del__(self) -> None:
        self.core.shim_store_free(self.handle)

    def save(self, payload: bytes, overwrite: bool) -> int:
        data = np.frombuffer(payload, np.uint8).copy()
        return int(
            self.core.shim_store_save(
                self.handle, pointer(data), ctypes.c_size_t(data.size), int(overwrite)
            )
        )

    def load(self) -> bytes | None:
        room = np.zeros(SLOT, np.uint8)
        size = self.core.shim_store_load(self.handle, pointer(room))
        if size == -errno.ENOENT:
            return None
        assert size >= 0
        return room[:size].tobytes()


steps = st.lists(
    st.tuples(
        st.sampled_from(["save", "save", "save", "rollback", "reset"]),
        st.binary(min_size=1, max_size=SLOT - 64),
        st.one_of(st.just(-1), st.integers(1, 40)),
        st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(steps=steps, block=st.sampled_from([1, 2, 4, 8, 16, 32]), erase=st.sampled_from([0, 255]))
def test_old_or_new_after_any_cut(core: ctypes.CDLL, steps, block: int, erase: int) -> None:
    flash = Flash(block, erase)
    history: list[bytes | None] = [None]
    for kind, payload, ticks, torn in steps:
        store = Store(core, flash, 4)
        current = store.load()
        assert current == history[-1]
        flash.ticks, flash.torn = ticks, torn
        if kind == "save":
            result, wanted = store.save(payload, False), payload
        elif kind == "rollback":
            result = int(core.shim_store_rollback(store.handle))
            wanted = None
        else:
            result, wanted = int(core.shim_store_reset(store.handle)), None
        found = Store(core, flash, 4).load()
        if kind == "rollback":
            older = [head for head in history if head is not None]
            assert found in (current, *older)
            if result == -errno.ENOENT:
                assert found == current
        else:
            assert found in (current, wanted)
        if result == 0 and kind != "rollback":
            assert found == wanted
        history.append(found)
        assert not flash.misuse


@settings(max_examples=100, deadline=None)
@given(
    first=st.binary(min_size=1, max_size=100),
    mine=st.lists(st.binary(min_size=1, max_size=100), min_size=1, max_size=4),
    ticks=st.integers(1, 60),
)
def test_other_model_survives(core: ctypes.CDLL, first: bytes, mine, ticks: int) -> None:
    """Until a save is told to overwrite it, and whatever the power does."""
    flash = Flash(4, 255)
    assert Store(core, flash, 9).save(first, False) == 0
    store = Store(core, flash, 4)
    assert store.load() is None
    for number, payload in enumerate(mine):
        assert store.save(payload, False) == (0 if number == 0 else -errno.EEXIST)
        assert Store(core, flash, 9).load() == first
    flash.ticks = ticks
    core.shim_store_reset(store.handle)
    assert Store(core, flash, 9).load() == first
    store = Store(core, flash, 4)
    assert store.save(mine[-1], True) == 0
    assert Store(core, flash, 4).load() == mine[-1]
    assert not flash.misuse

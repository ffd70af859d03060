# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Find the threads of a Zephyr image: entry function and stack of each static one, and main."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from microtl_tools.budget.devicetree import config_number
from microtl_tools.budget.elf import Image

# K_THREAD_DEFINE(name, ...) defines these.
_STACK = "_k_thread_stack_"
_DATA = "_k_thread_data_"

# Bytes that an interrupt pushes onto the stack of the thread that it interrupts; its handler runs
# on a stack of its own. Arm: Armv7-M Architecture Reference Manual, B1.5.7 (8 words, with floating
# point 26), plus one word to align to 8 bytes. RISC-V: Zephyr's struct arch_esf on RV32: 20 words,
# with floating point 20 more and fcsr, aligned to 16 bytes.
_INTERRUPT_FRAMES = {"ARM": (36, 108), "RISCV": (80, 176)}


@dataclass(frozen=True)
class Thread:
    """``stack`` is the usable size in bytes; None where the image does not tell."""

    name: str
    entry: str
    stack: int | None


def threads(image: Image, config: Mapping[str, str]) -> Iterator[Thread]:
    """Yield main and every thread that was defined statically."""
    functions = {s.address: s.name for s in image.symbols if s.function}
    if "main" in functions.values():
        yield Thread("main", "main", config_number(config, "CONFIG_MAIN_STACK_SIZE"))
    stacks = {s.name: s for s in image.symbols if s.name.startswith(_STACK)}
    thumb = image.machine == "ARM"
    for data in image.symbols:
        name = data.name.removeprefix(_DATA)
        stack = stacks.get(_STACK + name)
        if stack is None or not data.name.startswith(_DATA):
            continue
        words = image.words_at(data.address, data.size)
        entry = next(
            (functions[w & ~1 if thumb else w] for w in words if w & ~1 in functions), None
        )
        if entry is not None:
            yield Thread(name, entry, _usable(words, stack.address, stack.size))


def _usable(words: list[int], address: int, size: int) -> int:
    """Return the stack's size: it stands behind its address; the object may have a guard before."""
    for here, behind in zip(words, words[1:], strict=False):
        if here == address and 0 < behind <= size:
            return behind
    return size


def interrupt_frame(image: Image, config: Mapping[str, str]) -> int | None:
    """Return the bytes that an interrupt takes of a thread's stack, or None for other CPUs."""
    frames = _INTERRUPT_FRAMES.get(image.machine)
    if frames is None or image.bits != 32:
        return None
    return frames["CONFIG_FPU" in config]

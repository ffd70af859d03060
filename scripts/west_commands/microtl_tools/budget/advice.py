# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What would bring an image back under its limit, with the bytes that each step saves.

Every figure comes from the image and its .config, none from a table.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from microtl_tools.budget.build_folder import Build
from microtl_tools.budget.devicetree import config_number
from microtl_tools.budget.limits import Check, broken
from microtl_tools.budget.microtl_names import KERNEL_PREFIX, object_names
from microtl_tools.budget.regions import FLASH, RAM
from microtl_tools.budget.report import ImageReport, SymbolUse
from microtl_tools.imports import require

_PREFIX = "CONFIG_MICROTL_"
_SAMPLES_MIN = 10
"""Fewer samples than this in the replay memory are no advice."""
_STACK_STEP = 64
STACK_MIN = 768
"""Least stack of the trainer that Kconfig accepts; a test compares the two."""
_FAST_SETS = ("dsp", "cmsis_nn", "mve")
_REPLACED = ("conv2d", "depthwise_conv2d", "fully_connected")
"""Portable kernels that the fast sets stand in for."""


@dataclass(frozen=True)
class Advice:
    """One step: what to change, and the bytes of which memory it frees."""

    what: str
    kind: str
    saves: int


def advise(build: Build, report: ImageReport, checks: Sequence[Check]) -> list[Advice]:
    """Return what would help with the limits that are not kept, the largest saving first."""
    over: dict[str, int] = {}
    for c in broken(checks):
        over[c.kind] = max(over.get(c.kind, 0), c.excess)
    found: list[Advice] = []
    if RAM in over:
        found += _ram(build.config, report, over[RAM])
    if FLASH in over:
        found += _flash(build, report)
    return sorted((a for a in found if a.saves > 0), key=lambda a: -a.saves)


class _Sizes:
    """Bytes of all learners' objects of one kind: of every NAME_active, say."""

    def __init__(self, report: ImageReport) -> None:
        self._sizes = {s.name: s.size for s in report.image.symbols if not s.function}
        self._owners = object_names(report.image)

    def all(self, suffix: str) -> int:
        return sum(self._sizes.get(f"{owner}_{suffix}", 0) for owner in self._owners)


def _ram(config: Mapping[str, str], report: ImageReport, excess: int) -> Iterator[Advice]:
    size = _Sizes(report)

    def option(text: str, saves: int, why: str) -> Advice:
        return Advice(f"{_PREFIX}{text} ({why})", RAM, saves)

    yield from _fewer_samples(config, size, excess)
    if f"{_PREFIX}STORE" in config:  # without a store Kconfig does not let it be changed
        yield option("HEAD_ACTIVE_IN_RAM=n", size.all("active"), "active head read from flash")
    yield option("TRAINER_BEST_WEIGHTS=n", size.all("best"), "no best weights")
    yield option("TRAINER_BATCH_COUNT=1", size.all("gradient"), "no gradient buffer")
    yield option("HEAD_NCM=n", size.all("ncm_means") + size.all("ncm_counts"), "no class means")
    state = size.all("state")
    if f"{_PREFIX}TRAINER_OPTIMIZER_ADAM" in config:
        yield option("TRAINER_OPTIMIZER_MOMENTUM=y", state // 2, "one state a parameter, not two")
    yield option("TRAINER_OPTIMIZER_SGD=y", state, "no optimizer state")
    yield Advice("a model whose window is half as long", RAM, size.all("ring") // 2)
    yield from _smaller_stack(report)


def _fewer_samples(config: Mapping[str, str], size: _Sizes, excess: int) -> Iterator[Advice]:
    """As many samples as fit; half of them where no number of samples would do."""
    option = f"{_PREFIX}REPLAY_SAMPLE_COUNT"
    samples = config_number(config, option)
    stored = size.all("replay_features") + size.all("replay_entries")
    if not samples or not stored:
        return
    # Each sample has its place in the order of an epoch as well: two bytes, in the workspace.
    each = stored // samples + 2
    fitting = samples - -(-excess // each)
    fewer = fitting if fitting >= _SAMPLES_MIN else samples // 2
    if fewer >= _SAMPLES_MIN:
        yield Advice(f"{option}={fewer} (now {samples})", RAM, (samples - fewer) * each)


def _smaller_stack(report: ImageReport) -> Iterator[Advice]:
    for stack in report.stacks:
        if "trainer" not in stack.name or stack.unbounded or stack.reserved is None:
            continue
        # One step more than the bound: nobody wants a stack that is full to the last word.
        enough = max(STACK_MIN, (stack.bytes // _STACK_STEP + 2) * _STACK_STEP)
        yield Advice(
            f"{_PREFIX}TRAINER_STACK_SIZE={enough} (its bound is {stack.bytes})",
            RAM,
            stack.reserved - enough,
        )


def _flash(build: Build, report: ImageReport) -> Iterator[Advice]:
    yield from _portable_kernels(build, report)
    yield from _base_set(report)
    shell = _origin_bytes(report, "libmicrotl.a(shell.c")
    yield Advice(f"{_PREFIX}SHELL=n", FLASH, shell)


def _origin_bytes(report: ImageReport, part: str) -> int:
    return sum(s.bytes.get(FLASH, 0) for s in report.symbols if part in s.origin)


def _base_set(report: ImageReport) -> Iterator[Advice]:
    """One mean a class instead of samples; labels and head tell how many classes there are."""
    sizes = {s.name: s.size for s in report.image.symbols if not s.function}
    features, labels = sizes.get("base_features", 0), sizes.get("base_labels", 0)
    classes = sizes.get("class_names", 0) // (report.image.bits // 8)
    if labels > classes > 0:
        each = (features + labels) // labels
        yield Advice("west microtl convert --base-set-kind mean", FLASH, (labels - classes) * each)


def _portable_kernels(build: Build, report: ImageReport) -> Iterator[Advice]:
    """What faster kernels take more than the portable ones that would stand in for them."""
    fast = sum(s.bytes.get(FLASH, 0) for s in report.symbols if _is_fast_kernel(s))
    if not fast:
        return
    linked = {s.name for s in report.image.symbols}
    missing = [k for k in _REPLACED if KERNEL_PREFIX + k not in linked]
    objects = [p for k in missing for p in build.folder.rglob(f"src/core/kernels/{k}.c.obj")]
    if len(objects) < len(missing):
        return
    portable = sum(_code_size(path) for path in objects)
    yield Advice("west microtl convert --kernels portable (slower)", FLASH, fast - portable)


def _is_fast_kernel(symbol: SymbolUse) -> bool:
    where = f"{symbol.origin} {symbol.name}"
    named = any(f"{KERNEL_PREFIX}{s}_" in where or f"kernels/{s}/" in where for s in _FAST_SETS)
    return named or "cmsis_nn" in symbol.owner


def _code_size(path: Path) -> int:
    """Return the bytes of code in an object file that was not linked."""
    elffile = require("elftools.elf.elffile", "read object files")
    sections: Iterable[tuple[int, int]] = (
        (s["sh_flags"], s["sh_size"])
        for s in elffile.ELFFile(io.BytesIO(path.read_bytes())).iter_sections()
    )
    return sum(size for flags, size in sections if flags & 0x4)

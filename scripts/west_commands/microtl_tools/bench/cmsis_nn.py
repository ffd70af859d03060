# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""CMSIS-NN as a part of a bench firmware: its sources, and the kernels that call it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from microtl_tools import paths
from microtl_tools.bench.build import Unit
from microtl_tools.errors import UsageError

KERNELS = "cmsis-nn"
"""The kernel set that calls it."""
_HEADER = Path("Include", "arm_nnfunctions.h")
_FOLDERS = ("BasicMath", "Convolution", "FullyConnected", "NNSupport", "Pooling", "Softmax")
_TYPES = ("s8", "q7", "nntables")
"""What is in the name of a file that int8 kernels can need; others are for 4 and 16 bits."""


def check(folder: Path) -> None:
    """UsageError where a folder is not CMSIS-NN."""
    if not (folder / _HEADER).is_file():
        raise UsageError(
            f"--cmsis-nn {folder}: there is no {_HEADER}",
            "give the folder of CMSIS-NN 6.0.0, https://github.com/ARM-software/CMSIS-NN",
        )


def units(folder: Path) -> list[Unit]:
    """Return what to compile of CMSIS-NN in ``folder``; the linker drops what is not used."""
    include = folder / "Include"
    core = paths.core_root() / "src" / "core"
    own = sorted((core / "kernels" / "cmsis_nn").glob("*.c"))
    return [
        *(Unit("core", source, core, system=include) for source in own),
        *(Unit("core", source, system=include, foreign=True) for source in _sources(folder)),
    ]


def _sources(folder: Path) -> Iterator[Path]:
    for name in _FOLDERS:
        for source in sorted((folder / "Source" / f"{name}Functions").glob("*.c")):
            if any(kind in source.stem for kind in _TYPES):
                yield source

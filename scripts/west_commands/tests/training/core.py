# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The core's training through ctypes, and how it is built for a test."""

import ctypes
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[4]
CORE = ROOT / "modules/microtl/src/core"
INCLUDE = ROOT / "modules/microtl/include"
FLOAT_RULE = ("-ffp-contract=off", "-fno-tree-vectorize")


def build(path: Path, compiler: str = "cc", flags: Sequence[str] = ("-O2",)) -> ctypes.CDLL:
    """Build the core and the shim into one shared library and load it."""
    sources = [*sorted(Path(__file__).parent.glob("*.c")), *sorted(CORE.glob("*.c"))]
    command = [compiler, "-std=c11", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]
    command += [
        *FLOAT_RULE,
        *flags,
        f"-I{INCLUDE}",
        f"-I{CORE}",
        "-o",
        str(path),
        *map(str, sources),
    ]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    library = ctypes.CDLL(str(path))
    for name in ("shim_new", "shim_replay_new", "shim_store_new"):
        getattr(library, name).restype = ctypes.c_void_p
    library.shim_snapshot_write.restype = ctypes.c_long
    return library


def pointer(array: "NDArray[np.generic] | None") -> ctypes.c_void_p:
    """Address of an array's data; the caller keeps the array alive."""
    if array is None:
        return ctypes.c_void_p(None)
    assert array.flags["C_CONTIGUOUS"]
    return ctypes.c_void_p(array.ctypes.data)


class CoreHead:
    """A head in training by the C core; ``params`` is what it trains, in place."""

    def __init__(
        self,
        library: ctypes.CDLL,
        widths: Sequence[int],
        loss: int,
        scale: NDArray[np.float32],
        offset: NDArray[np.float32],
        params: NDArray[np.float32],
        classes: NDArray[np.uint8],
    ) -> None:
        self.library = library
        self.widths = np.array(widths, np.uint16)
        self.keep = (scale, offset, classes)
        self.params = params
        self.handle = ctypes.c_void_p(
            library.shim_new(
                len(widths) - 1,
                loss,
                pointer(self.widths),
                pointer(scale),
                pointer(offset),
                pointer(params),
                pointer(classes),
            )
        )

    def __del__(self) -> None:
        self.library.shim_free(self.handle)

    def start(
        self, kind: int, schedule: int, values: NDArray[np.float32], batch: int, updates: int
    ) -> int:
        self.values = values
        self.state = np.full(kind * self.params.size, np.nan, np.float32) if kind else None
        self.gradient = np.full(self.params.size, np.nan, np.float32) if batch > 1 else None
        return int(
            self.library.shim_start(
                self.handle,
                kind,
                schedule,
                pointer(values),
                pointer(self.state),
                pointer(self.gradient),
                updates,
            )
        )

    def learn(
        self,
        features: NDArray[np.int8],
        labels: NDArray[np.uint8],
        vectors: "NDArray[np.float32] | None" = None,
        batch: int = 1,
    ) -> tuple[int, NDArray[np.float32]]:
        losses = np.full(len(features), np.nan, np.float32)
        result = self.library.shim_learn(
            self.handle,
            len(features),
            batch,
            pointer(features),
            pointer(labels),
            pointer(vectors),
            pointer(losses),
        )
        return int(result), losses

    def scores(self, features: NDArray[np.int8], activate: bool = False) -> NDArray[np.float32]:
        out = np.full((len(features), int(self.widths[-1])), np.nan, np.float32)
        self.library.shim_scores(
            self.handle, len(features), pointer(features), pointer(out), int(activate)
        )
        return out

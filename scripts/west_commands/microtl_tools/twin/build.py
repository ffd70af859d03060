# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Build the C core for this computer, once, and each model as a small library beside it.

``core-KEY.so`` holds everything in ``src/core`` and the ABI of ``abi/abi.h``; ``model-KEY.so``
holds one converted model and is linked against it. The key covers all that the bytes depend on:
sources, compiler, flags.
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from microtl_tools import paths
from microtl_tools.errors import MicroTLError
from microtl_tools.twin import cache
from microtl_tools.twin.toolchain import Toolchain

_ABI = Path(__file__).resolve().with_name("abi")
_CORES_KEPT = 8
_TARGET_ONLY = ("cmsis_nn",)
"""Folders of kernels that need a library of the target's."""
_MODELS_KEPT = 64

_COMMON_FLAGS = ("-std=c11", "-fPIC", "-fvisibility=default")
# The float rule: the same float results on every host and device, so nothing that fuses or
# reorders. The int8 kernels are exact in any order and may be vectorised.
_FLOAT_FLAGS = ("-O2", "-ffp-contract=off", "-fno-tree-vectorize")
_KERNEL_FLAGS = ("-O3", "-ffp-contract=off")

if sys.platform == "darwin":
    _SUFFIX = ".dylib"
    _BESIDE = ("-Wl,-rpath,@loader_path",)
else:
    _SUFFIX = ".so"
    _BESIDE = ("-Wl,-rpath,$ORIGIN",)


def _named(name: str) -> tuple[str, ...]:
    """Linker flags that write the library's own name into it, by which models look for it."""
    if sys.platform == "darwin":
        return (f"-Wl,-install_name,@rpath/{name}",)
    return (f"-Wl,-soname,{name}",)


def build_core(toolchain: Toolchain, arithmetic: str = "float") -> Path:
    """Return the library of the core, built on first use; each arithmetic has one of its own."""
    identity = _core_identity(toolchain, arithmetic)
    name = f"core-{identity}{_SUFFIX}"
    return cache.obtain(
        name, lambda path: _link_core(path, toolchain, arithmetic), keep=_CORES_KEPT
    )


def build_model(sources: dict[str, str], toolchain: Toolchain, arithmetic: str = "float") -> Path:
    """Return the library of a converted model, built on first use.

    ``sources`` maps the names of its C and header files to their text. The core lies beside it.
    """
    core = build_core(toolchain, arithmetic)
    texts = [text for item in sorted(sources.items()) for text in item]
    name = f"model-{cache.key([core.name, *texts])}{_SUFFIX}"

    def link(path: Path) -> None:
        for file, text in sources.items():
            (path.parent / file).write_text(text, encoding="utf-8")
        units = [path.parent / file for file in sorted(sources) if file.endswith(".c")]
        toolchain.run(
            [*_COMMON_FLAGS, *_defines(arithmetic), "-O0", "-shared", *_includes(), *_named(name)]
            + [*map(str, units), str(core), *_BESIDE, "-o", str(path)]
        )

    return cache.obtain(name, link, keep=_MODELS_KEPT)


def _includes() -> list[str]:
    core = paths.core_root()
    return ["-I", str(core / "include"), "-I", str(core / "src" / "core")]


def arithmetic_defines(arithmetic: str) -> list[str]:
    """Return what every file of a program is compiled with: names and values."""
    return ["MICROTL_ARITHMETIC_FIXED=1"] if arithmetic == "fixed" else []


def _defines(arithmetic: str) -> list[str]:
    return [f"-D{define}" for define in arithmetic_defines(arithmetic)]


def core_sources(arithmetic: str = "float") -> list[Path]:
    """Return the C files of the core: ``src/core`` and all kernels.

    With fixed point a file in ``src/core/fixed`` takes the place of the one of the same name.

    Kernels for one CPU family, in folders of their own below ``kernels``, have a C form for the
    host, so that the twin runs what was converted for that family. Those that only call a library
    of the target's have none.
    """
    core = paths.core_root() / "src" / "core"
    kernels = (core / "kernels").glob("**/*.c")
    own = learning_sources(core, arithmetic)
    found = sorted([*own, *(k for k in kernels if k.parent.name not in _TARGET_ONLY)])
    if not found:
        raise MicroTLError(
            f"{core}: the sources of the C core are missing", "install microtl again"
        )
    return found


def learning_sources(core: Path, arithmetic: str) -> list[Path]:
    """Return the C files of the core at ``core`` but its kernels, for one arithmetic."""
    fixed = list((core / "fixed").glob("*.c")) if arithmetic == "fixed" else []
    replaced = {path.name for path in fixed}
    return sorted([*fixed, *(p for p in core.glob("*.c") if p.name not in replaced)])


@lru_cache
def _core_identity(toolchain: Toolchain, arithmetic: str) -> str:
    root = paths.core_root()
    headers = sorted([*root.glob("include/**/*.h"), *root.glob("src/core/**/*.h")])
    own = sorted([*_ABI.glob("*.h"), *_ABI.glob("*.c")])
    parts: list[str | bytes] = [paths.version(), toolchain.identity]
    parts += [*_COMMON_FLAGS, *_FLOAT_FLAGS, *_KERNEL_FLAGS, *toolchain.flags, arithmetic]
    for path in [*headers, *core_sources(arithmetic), *own]:
        parts += [path.name, path.read_bytes()]
    return cache.key(parts)


def _link_core(target: Path, toolchain: Toolchain, arithmetic: str) -> None:
    """Compile every file of the core and the ABI, a few at a time, and link them."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        sources = [*core_sources(arithmetic), *sorted(_ABI.glob("*.c"))]
        jobs = [(source, Path(scratch) / f"{i}.o") for i, source in enumerate(sources)]
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            futures = [pool.submit(_compile, *job, toolchain, arithmetic) for job in jobs]
            for future in futures:
                future.result()  # raises what the compiler complained of
        _link([output for _, output in jobs], target, toolchain)


def _compile(source: Path, output: Path, toolchain: Toolchain, arithmetic: str) -> None:
    kernels = paths.core_root() / "src" / "core" / "kernels"
    speed = _KERNEL_FLAGS if kernels in source.parents else _FLOAT_FLAGS
    arguments: Sequence[str | Path] = [*_COMMON_FLAGS, *_defines(arithmetic), *speed]
    arguments = [*arguments, *_includes(), "-c", source]
    toolchain.run([*arguments, "-o", output])


def _link(objects: Iterable[Path], target: Path, toolchain: Toolchain) -> None:
    toolchain.run(["-shared", *_named(target.name), *objects, "-o", target])

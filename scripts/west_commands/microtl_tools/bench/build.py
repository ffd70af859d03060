# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Build a bench firmware: the core, a converted model and a small program, without libc start-up.

The beginnings of the objects' names tell the linker script what belongs to whom: ``core_``,
``model_``, ``firmware_``.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from microtl_tools import paths
from microtl_tools.bench.cpus import Cpu
from microtl_tools.errors import MicroTLError
from microtl_tools.imports import require
from microtl_tools.twin import cache
from microtl_tools.twin.build import arithmetic_defines, learning_sources

PREFIX = "arm-none-eabi-"
_FIRMWARE = Path(__file__).resolve().parent / "firmware"
_WARNINGS = ("-Wall", "-Wextra", "-Werror")
_COMMON = ("-std=gnu11", "-mthumb", "-ffunction-sections", "-fdata-sections", "-g")
# The float rule, for all of the core: its int8 kernels have no float to lose.
_FLOAT = ("-ffp-contract=off", "-fno-tree-vectorize")
_JOBS = 2
_OVER = re.compile(r"region `(\w+)' overflowed by (\d+) bytes")
_NO_LIBC = re.compile(r"(errno|math|stdint|stdlib|string)\.h: No such file|nosys\.specs")
_OBJECTS_KEPT = 1000
"""The core for a few CPUs and optimisations."""


@dataclass(frozen=True)
class Image:
    """A linked firmware and what of it belongs to whom, in bytes."""

    elf: Path
    mark: int
    """Address of ``bench_mark``."""
    code: int
    """Code of the core, with what it pulled in from the compiler's libraries."""
    rodata: int
    """Read-only data of the core."""
    model: int
    """The model: weights, tables, descriptions."""


@dataclass(frozen=True)
class Unit:
    """One C or assembly file to compile; ``role`` is ``core``, ``model`` or ``firmware``."""

    role: str
    source: Path
    include: Path | None = None
    defines: tuple[str, ...] = ()
    system: Path | None = None
    """Headers of a library."""
    foreign: bool = False
    """Somebody else's code: compiled without this project's warnings and float rule."""


def tool(name: str) -> str:
    """Return the path of ``arm-none-eabi-NAME``; MicroTLError where it is missing."""
    path = shutil.which(PREFIX + name)
    if path is None:
        raise MicroTLError(
            f"{PREFIX}{name} is needed to build for a Cortex-M",
            "install it: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi",
        )
    return os.path.abspath(path)


@lru_cache
def compiler_version() -> str:
    """Return GCC's version line."""
    answer = subprocess.run([tool("gcc"), "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.splitlines()[0]


def inference_units(cpu: Cpu) -> list[Unit]:
    """Return the engine and every kernel for ``cpu``; the linker drops what is not used."""
    core = paths.core_root() / "src" / "core"
    sources = [core / "engine.c", *(core / "kernels").glob("*.c")]
    for family in cpu.families:
        sources += (core / "kernels" / family).glob("*.[cS]")
    return [Unit("core", source, core) for source in sorted(sources)]


def learning_units(arithmetic: str = "float", options: Sequence[str] = ()) -> list[Unit]:
    """Return every file of the core but the kernels, for one arithmetic.

    ``options`` are definitions for ``build_options.h``: what the build leaves out.
    """
    core = paths.core_root() / "src" / "core"
    sources = learning_sources(core, arithmetic)
    if arithmetic == "float":
        sources += sorted(core.glob("*.S"))
    defines = (*arithmetic_defines(arithmetic), *options)
    return [Unit("core", source, core, defines) for source in sources]


def firmware_units(program: str, defines: Mapping[str, object]) -> list[Unit]:
    """Return the start-up code and a program, ``inference`` or ``training``."""
    texts = tuple(f"{name}={value}" for name, value in defines.items())
    return [
        Unit("firmware", _FIRMWARE / "start.c"),
        Unit("firmware", _FIRMWARE / f"{program}.c", defines=texts),
    ]


def build(folder: Path, cpu: Cpu, units: Sequence[Unit], optimise: str) -> Image:
    """Compile and link ``units`` in ``folder`` with ``-O`` level ``optimise``."""
    with ThreadPoolExecutor(max_workers=_JOBS) as pool:
        names = [f"{unit.role}_{i}_{unit.source.stem}.o" for i, unit in enumerate(units)]
        jobs = [
            pool.submit(_object, folder / name, cpu, unit, optimise)
            for name, unit in zip(names, units, strict=True)
        ]
        objects = [job.result() for job in jobs]
    script = folder / "link.ld"
    script.write_text(_linker_script(cpu), encoding="utf-8")
    return _describe(_link(folder, cpu, script, objects))


def _link(folder: Path, cpu: Cpu, script: Path, objects: Sequence[Path]) -> Path:
    """Link in ``folder``: the script tells objects by their names, so no path may stand there."""
    elf = folder / "bench.elf"
    done = _run(
        [tool("gcc"), *cpu.flags, "-mthumb", "-nostartfiles", "--specs=nosys.specs"]
        + ["-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments", "-T", script.name]
        + ["-Wl,-e,bench_start", *(path.name for path in objects), "-o", elf.name],
        folder,
    )
    over = ", ".join(f"{size} bytes of {region}" for region, size in _OVER.findall(done.stderr))
    if over:
        raise MicroTLError(
            f"QEMU's {cpu.machine}, which a {cpu.title} is emulated on, lacks {over}",
            "measure a smaller model or head",
        )
    _check(done, "the linking of the firmware")
    return elf


def _object(output: Path, cpu: Cpu, unit: Unit, optimise: str) -> Path:
    """Compile a unit; those of the core are kept in the user's cache, by content."""
    if unit.role != "core":
        return _compile(output, cpu, unit, optimise)
    parts = [compiler_version(), *cpu.flags, *cpu.defines, *unit.defines, optimise]
    parts += [unit.source.name]
    parts += [str(unit.foreign), _headers(), _library_headers(unit.system)]
    key = cache.key([*parts, unit.source.read_bytes()])

    def compile_unit(path: Path) -> None:
        _compile(path, cpu, unit, optimise)

    kept = cache.obtain(f"bench-{key}.o", compile_unit, keep=_OBJECTS_KEPT)
    return Path(shutil.copyfile(kept, output))


@lru_cache
def _headers() -> str:
    root = paths.core_root()
    patterns = ("include/**/*.h", "src/core/**/*.h", "src/core/**/*.inc")
    found = sorted(path for pattern in patterns for path in root.glob(pattern))
    return cache.key(path.read_bytes() for path in found)


@lru_cache
def _library_headers(folder: Path | None) -> str:
    return cache.key(path.read_bytes() for path in sorted(folder.rglob("*.h"))) if folder else ""


def _compile(output: Path, cpu: Cpu, unit: Unit, optimise: str) -> Path:
    defines = [f"-D{name}" for name in (*cpu.defines, *unit.defines)]
    includes = ["-I", str(paths.core_root() / "include"), "-I", str(_FIRMWARE)]
    if unit.include is not None:
        includes += ["-I", str(unit.include)]
    if unit.system is not None:
        includes += ["-isystem", str(unit.system)]
    rules = ("-w",) if unit.foreign else (*_WARNINGS, *_FLOAT)
    done = _run(
        [tool("gcc"), *cpu.flags, *_COMMON, *rules, optimise, *defines, *includes]
        + ["-c", str(unit.source), "-o", str(output)]
    )
    _check(done, unit.source.name)
    return output


def _run(command: list[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    english = os.environ | {"LC_ALL": "C"}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=english)


def _check(done: subprocess.CompletedProcess[str], what: str) -> None:
    """MicroTLError where GCC failed; ``what`` it was given."""
    if done.returncode == 0:
        return
    hint = "the sources and this compiler do not fit: tested are GCC 12 and CMSIS-NN 6.0.0"
    if _NO_LIBC.search(done.stderr):
        hint = "the C library is missing: apt-get install libnewlib-arm-none-eabi"
    raise MicroTLError(f"{PREFIX}gcc failed on {what}:\n{done.stderr.strip()}", hint)


def _linker_script(cpu: Cpu) -> str:
    text = (_FIRMWARE / "link.ld.in").read_text(encoding="utf-8")
    memory = cpu.memory
    for name, value in {
        "VECTORS": memory.vectors,
        "FLASH": memory.flash,
        "FLASH_SIZE": memory.flash_size,
        "RAM": memory.ram,
        "RAM_SIZE": memory.ram_size,
    }.items():
        text = text.replace(f"@{name}@", f"{value:#x}")
    return text


def _describe(elf: Path) -> Image:
    elffile = require("elftools.elf.elffile", "read the firmware that was built")
    with elf.open("rb") as stream:
        image = elffile.ELFFile(stream)
        sizes = {section.name: section["sh_size"] for section in image.iter_sections()}
        symbols = image.get_section_by_name(".symtab").get_symbol_by_name("bench_mark")
        mark = symbols[0]["st_value"] & ~1
    return Image(
        elf,
        mark,
        sizes.get(".core_code", 0) + sizes.get(".library", 0),
        sizes.get(".core_rodata", 0),
        sizes.get(".model", 0),
    )

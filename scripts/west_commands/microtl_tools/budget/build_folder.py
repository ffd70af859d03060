# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Find in a Zephyr build folder what belongs to each image: ELF, map, .config, devicetree."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from microtl_tools.budget.devicetree import (
    config_number,
    config_regions,
    devicetree_regions,
    merge,
    read_config,
)
from microtl_tools.budget.regions import Region
from microtl_tools.errors import MicroTLError
from microtl_tools.imports import require
from microtl_tools.output import warn

_CACHE_ENTRY = re.compile(r"([\w-]+):\w+=(.*)")


@dataclass(frozen=True)
class Build:
    """One image's build; ``folder`` holds CMakeCache.txt, ``folder/zephyr`` the image."""

    name: str
    folder: Path
    elf: Path
    config: dict[str, str] = field(repr=False)
    cache: dict[str, str] = field(repr=False)

    @property
    def board(self) -> str | None:
        """The board as Zephyr names it, with its qualifiers: nrf52840dk/nrf52840."""
        return self.config.get("CONFIG_BOARD_TARGET") or self.config.get("CONFIG_BOARD")

    @property
    def application(self) -> Path | None:
        """The folder of the application's sources."""
        source = self.cache.get("APPLICATION_SOURCE_DIR")
        return Path(source) if source else None

    @property
    def map_file(self) -> Path | None:
        """The linker map, where there is one."""
        return map_beside(self.elf)

    def mcuboot_header(self, regions: list[Region]) -> tuple[int, int] | None:
        """Return address and size of the room for MCUboot's header in an application image."""
        size = config_number(self.config, "CONFIG_ROM_START_OFFSET")
        if "CONFIG_BOOTLOADER_MCUBOOT" not in self.config or not size:
            return None
        flash = next((r for r in regions if r.name == "FLASH"), None)
        return (flash.origin, size) if flash else None

    def regions(self) -> list[Region]:
        """Return the memories of the board, as far as this image may use them."""
        linked = config_regions(self.config)
        edt = self.folder / "zephyr" / "edt.pickle"
        physical: list[Region] = []
        if edt.is_file():
            base = self.cache.get("ZEPHYR_BASE")
            try:
                physical = devicetree_regions(edt, Path(base) if base else None)
            except MicroTLError as error:
                if not linked:
                    raise
                warn(f"{error}; regions are taken from .config")
        found, warnings = merge(physical, linked)
        for text in warnings:
            warn(text)
        return found


def builds(folder: Path) -> list[Build]:
    """Return the images of a build folder: one, or with sysbuild each domain's.

    The application, which is sysbuild's default domain, comes first.

    Raises MicroTLError where the folder holds no finished build.
    """
    if not folder.is_dir():
        raise MicroTLError(
            f"{folder}: is no folder", "give the build folder with -d/--build-dir, or an ELF file"
        )
    domains = folder / "domains.yaml"
    if domains.is_file():
        return [_build(name, where) for name, where in _domains(domains)]
    return [_build(None, folder)]


def build_of(elf: Path) -> Build | None:
    """Return the build that an ELF file lies in (BUILD/zephyr/zephyr.elf), or None."""
    folder = elf.resolve().parent.parent
    if not (elf.parent / ".config").is_file() or not (folder / "CMakeCache.txt").is_file():
        return None
    build = _context(None, folder)
    return Build(build.name, folder, elf, build.config, build.cache)


def map_beside(elf: Path) -> Path | None:
    """Return the linker map that belongs to an ELF file by its name, where there is one."""
    stem = elf.stem
    for path in (elf.with_suffix(".map"), elf.with_name(f"{stem}_final.map")):
        if path.is_file():
            return path
    return None


def _domains(path: Path) -> list[tuple[str, Path]]:
    yaml = require("yaml", "read domains.yaml")
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = [(str(d["name"]), Path(d["build_dir"])) for d in listed["domains"]]
        return sorted(found, key=lambda domain: domain[0] != listed.get("default"))
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise MicroTLError(f"{path}: is no list of sysbuild domains ({error})") from error


def _build(name: str | None, folder: Path) -> Build:
    build = _context(name, folder)
    if not build.elf.is_file():
        raise MicroTLError(f"{build.elf}: is not there", "the build did not finish: west build")
    return build


def _context(name: str | None, folder: Path) -> Build:
    config_file = folder / "zephyr" / ".config"
    if not config_file.is_file():
        raise MicroTLError(
            f"{folder}: is no build folder of Zephyr: zephyr/.config is missing",
            "build first (west build -b BOARD APPLICATION), or give an ELF file",
        )
    config = read_config(config_file)
    cache = _read_cache(folder / "CMakeCache.txt")
    stem = config.get("CONFIG_KERNEL_BIN_NAME", "zephyr")
    # native_sim links the program from zephyr.elf, which is an object file.
    suffix = ".exe" if "CONFIG_NATIVE_LIBRARY" in config else ".elf"
    if name is None:
        source = cache.get("APPLICATION_SOURCE_DIR")
        name = Path(source).name if source else folder.name
    return Build(name, folder, folder / "zephyr" / f"{stem}{suffix}", config, cache)


def _read_cache(path: Path) -> dict[str, str]:
    values = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            match = _CACHE_ENTRY.fullmatch(line)
            if match:
                values[match[1]] = match[2]
    return values

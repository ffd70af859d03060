# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The memories of a Zephyr build: devicetree says what there is, .config what the linker uses."""

import pickle
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from microtl_tools.budget.regions import FLASH, RAM, Region, kind_by_name
from microtl_tools.errors import MicroTLError

_ASSIGNMENT = re.compile(r"(CONFIG_\w+)=(.*)")
_PICKLED_MODULES = frozenset(
    {"devicetree.dtlib", "devicetree.edtlib", "devicetree.grutils", "collections"}
)
_PICKLED_BUILTINS = frozenset(
    {"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
)

_MADE_OF = {"mmio-sram": RAM, "soc-nv-flash": FLASH}
"""Devicetree's compatible of a memory -> its kind."""


def read_config(path: Path) -> dict[str, str]:
    """Read a .config file: option -> value, without quotes; options that are not set are absent."""
    values = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _ASSIGNMENT.fullmatch(line.strip())
        if match:
            values[match[1]] = match[2].strip('"')
    return values


def config_number(config: Mapping[str, str], option: str) -> int | None:
    """Return an integer option, or None where it is missing or is no integer."""
    try:
        return int(config[option], 0)
    except (KeyError, ValueError):
        return None


def config_regions(config: Mapping[str, str]) -> list[Region]:
    """Return FLASH and RAM as Zephyr's linker scripts compute them from .config."""
    regions = []
    base, size = (config_number(config, f"CONFIG_FLASH_{x}") for x in ("BASE_ADDRESS", "SIZE"))
    if base is not None and size:
        offset = config_number(config, "CONFIG_FLASH_LOAD_OFFSET") or 0
        length = config_number(config, "CONFIG_FLASH_LOAD_SIZE") or size * 1024 - offset
        length -= config_number(config, "CONFIG_ROM_END_OFFSET") or 0
        regions.append(Region("FLASH", FLASH, base + offset, length, ".config"))
    base, size = (config_number(config, f"CONFIG_SRAM_{x}") for x in ("BASE_ADDRESS", "SIZE"))
    if base is not None and size:
        regions.append(Region("RAM", RAM, base, size * 1024, ".config"))
    return regions


def devicetree_regions(edt_pickle: Path, zephyr_base: Path | None) -> list[Region]:
    """Return the memories that devicetree names, each as long as it physically is.

    These are the chosen flash and RAM, cut down to the code partition where one is chosen, and
    each node that has a ``zephyr,memory-region``. Raises MicroTLError where Zephyr's devicetree
    package is not found or cannot read the file.
    """
    return regions_of(_load(edt_pickle, zephyr_base))


def regions_of(edt: Any) -> list[Region]:
    """Return the memories of a devicetree that is loaded already; see devicetree_regions."""
    regions = []
    for choice, name, kind in (("zephyr,flash", "FLASH", FLASH), ("zephyr,sram", "RAM", RAM)):
        node = edt.chosen_nodes.get(choice)
        if node is not None and node.regs and node.regs[0].size:
            reg = node.regs[0]
            regions.append(Region(name, kind, reg.addr or 0, reg.size, f"devicetree {node.path}"))
    for node in edt.nodes:
        token = _region_name(node)
        if token and node.regs and node.regs[0].size:
            reg = node.regs[0]
            kind = _kind(node, token)
            regions.append(Region(token, kind, reg.addr or 0, reg.size, f"devicetree {node.path}"))
    return regions


def _kind(node: Any, name: str) -> str:
    """Say what a memory is made of: a flash that is simulated in RAM has a flash's name only."""
    made_of = [kind for compatible, kind in _MADE_OF.items() if compatible in node.compats]
    return made_of[0] if made_of else kind_by_name(name)


def _region_name(node: Any) -> str | None:
    prop = node.props.get("zephyr,memory-region")
    if prop is None or node.status == "disabled":
        return None
    return re.sub(r"\W", "_", prop.val)


def _load(edt_pickle: Path, zephyr_base: Path | None) -> Any:
    package = zephyr_base / "scripts/dts/python-devicetree/src" if zephyr_base else None
    if package is not None and package.is_dir() and str(package) not in sys.path:
        sys.path.append(str(package))
    try:
        with edt_pickle.open("rb") as file:
            return _DevicetreeOnly(file).load()
    except ModuleNotFoundError as error:
        raise MicroTLError(
            f"{edt_pickle}: Zephyr's devicetree package is needed to read it",
            "set ZEPHYR_BASE to the Zephyr tree that made this build",
        ) from error
    except OSError:
        raise
    except Exception as error:  # a pickle can fail in any way
        raise MicroTLError(f"{edt_pickle}: cannot be read ({error})", "build it again") from error


class _DevicetreeOnly(pickle.Unpickler):
    """Loads devicetree objects and nothing else: a pickle could otherwise call any function."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)

    def find_class(self, module: str, name: str) -> Any:
        found = None
        if module in _PICKLED_MODULES or (module == "builtins" and name in _PICKLED_BUILTINS):
            found = super().find_class(module, name)
        # A dotted name could reach through a module into those that it imports.
        if not isinstance(found, type) or "." in name:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no devicetree needs")
        return found


def merge(physical: list[Region], linked: list[Region]) -> tuple[list[Region], list[str]]:
    """Combine what there is with what the linker uses of it; also return what contradicts.

    The linker's FLASH and RAM are windows of the physical ones (an MCUboot slot, a RAM share).
    A window that reaches behind its memory is cut there, with a warning: such an image links, and
    dies on the board.
    """
    found, warnings = [], []
    for window in linked:
        whole = next((p for p in physical if p.name == window.name), None)
        if whole is None or not whole.holds(window.origin):
            found.append(window)
            continue
        room = whole.origin + (whole.size or 0) - window.origin
        if (window.size or 0) > room:
            warnings.append(
                f"{window.name}: .config gives the linker {window.size} bytes from "
                f"{window.origin:#x}, but {whole.source} has only {room} there"
            )
            window = replace(window, size=room, source=whole.source)
        found.append(window)
    names = {region.name for region in found}
    taken = {(p.origin, p.size) for p in physical if p.name in names}
    rest = [p for p in physical if p.name not in names and (p.origin, p.size) not in taken]
    return found + rest, warnings

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Memories from options, from .config and devicetree, or inferred."""

import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest
from microtl_tools.budget.devicetree import (
    config_regions,
    devicetree_regions,
    merge,
    read_config,
    regions_of,
)
from microtl_tools.budget.elf import read_image
from microtl_tools.budget.regions import Region, inferred, kind_by_name, parse_region, region_at
from microtl_tools.errors import MicroTLError, UsageError

from .conftest import elf


def test_region_option() -> None:
    assert parse_region("flash=0x0+1M") == Region("FLASH", "flash", 0, 1 << 20, "--region")
    assert parse_region("ram:DTCM=0x20000000+64K").name == "DTCM"


@pytest.mark.parametrize("text", ["flash", "rom=0+1", "ram=0x0+", "ram=0+1Q", "ram=0+0", "ram=a+1"])
def test_region_option_is_checked(text: str) -> None:
    with pytest.raises(UsageError):
        parse_region(text)


def test_a_part_goes_before_its_whole() -> None:
    whole = Region("RAM", "ram", 0, 1000, "")
    part = Region("STACKS", "ram", 500, 100, "")
    assert region_at([whole, part], 550) == part
    assert region_at([whole, part], 600) == whole
    assert region_at([whole, part], 1000) is None


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("xip", ["flash", "ram"]),
        ("ram", ["ram"]),
        ("nobits", ["ram"]),
        ("big_endian", ["flash", "ram"]),
        ("regions", ["flash", "ram", "ram", "ram", "flash"]),
    ],
)
def test_memories_are_inferred_from_use(name: str, kinds: list[str]) -> None:
    found = inferred(read_image(elf(name)))
    assert [region.kind for region in found] == kinds
    assert len({region.name for region in found}) == len(found)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("FLASH", "flash"),
        ("ROM", "flash"),
        ("EXT_NOR", "flash"),
        ("RAM", "ram"),
        ("DTCM", "ram"),
        ("NORMAL", "ram"),
        ("SRAM", "ram"),
        ("FROM_BOOT", "ram"),
    ],
)
def test_kind_by_name(name: str, kind: str) -> None:
    assert kind_by_name(name) == kind


def config(tmp_path: Path, text: str) -> list[Region]:
    file = tmp_path / ".config"
    file.write_text(text, encoding="utf-8")
    return config_regions(read_config(file))


def test_config_gives_the_linkers_window(tmp_path: Path) -> None:
    flash, ram = config(
        tmp_path,
        "CONFIG_FLASH_BASE_ADDRESS=0x0\nCONFIG_FLASH_SIZE=1024\nCONFIG_FLASH_LOAD_OFFSET=0xc000\n"
        "CONFIG_FLASH_LOAD_SIZE=0x76000\nCONFIG_ROM_END_OFFSET=0x80\n"
        "CONFIG_SRAM_BASE_ADDRESS=0x20000000\nCONFIG_SRAM_SIZE=256\n# CONFIG_XIP is not set\n",
    )
    assert (flash.origin, flash.size) == (0xC000, 0x76000 - 0x80)
    assert (ram.origin, ram.size) == (0x20000000, 256 * 1024)


def test_config_without_a_slot_reaches_to_the_end_of_flash(tmp_path: Path) -> None:
    (flash,) = config(
        tmp_path,
        "CONFIG_FLASH_BASE_ADDRESS=0x0\nCONFIG_FLASH_SIZE=64\nCONFIG_FLASH_LOAD_OFFSET=0x1000\n"
        "CONFIG_FLASH_LOAD_SIZE=0\n",
    )
    assert flash.size == 60 * 1024


def test_a_window_larger_than_its_memory_is_cut_and_named() -> None:
    found, warnings = merge(
        [Region("RAM", "ram", 0x20000000, 64 * 1024, "devicetree /memory")],
        [Region("RAM", "ram", 0x20000000, 256 * 1024, ".config")],
    )
    assert found[0].size == 64 * 1024
    assert "262144 bytes" in warnings[0]
    assert "devicetree /memory has only 65536" in warnings[0]


def test_other_memories_of_devicetree_are_kept_once() -> None:
    physical = [
        Region("RAM", "ram", 0x30000000, 100, "a"),
        Region("DTCM", "ram", 0x30000000, 100, "b"),
        Region("ITCM", "ram", 0, 100, "c"),
    ]
    found, _ = merge(physical, [Region("RAM", "ram", 0x30000000, 100, ".config")])
    assert [region.name for region in found] == ["RAM", "ITCM"]


@pytest.mark.parametrize(
    ("name", "compatible", "kind"),
    [("FLASH_SIM", "mmio-sram", "ram"), ("BANK2", "soc-nv-flash", "flash"), ("ITCM", "x", "ram")],
)
def test_a_memory_is_what_devicetree_says_not_its_name(
    name: str, compatible: str, kind: str
) -> None:
    node = SimpleNamespace(
        props={"zephyr,memory-region": SimpleNamespace(val=name)},
        status="okay",
        compats=["zephyr,memory-region", compatible],
        regs=[SimpleNamespace(addr=0x20000000, size=1024)],
        path="/memory",
    )
    edt = SimpleNamespace(chosen_nodes={}, nodes=[node])
    assert regions_of(edt) == [Region(name, kind, 0x20000000, 1024, "devicetree /memory")]


class Exploit:
    """What a pickle could do when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("touch pwned",)


def test_a_pickle_cannot_call_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "edt.pickle"
    file.write_bytes(pickle.dumps(Exploit()))
    with pytest.raises(MicroTLError, match="which no devicetree needs"):
        devicetree_regions(file, None)
    assert not (tmp_path / "pwned").exists()


def test_a_damaged_pickle_is_named(tmp_path: Path) -> None:
    file = tmp_path / "edt.pickle"
    file.write_bytes(b"\x80\x04not a pickle")
    with pytest.raises(MicroTLError, match="edt.pickle: cannot be read"):
        devicetree_regions(file, None)

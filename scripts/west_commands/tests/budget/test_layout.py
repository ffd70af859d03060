# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Every byte is counted once, where it lies: against binutils' size and the linker's own report."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from microtl_tools.budget.build_folder import builds
from microtl_tools.budget.elf import Section, read_image
from microtl_tools.budget.layout import GAP, LOAD, RUN, RegionUse, lay_out
from microtl_tools.budget.regions import Region, parse_region
from microtl_tools.budget.report import report_build, report_elf

from .conftest import FIXTURES, elf, memory_report, size_report

MEASURED = sorted(path.stem for path in FIXTURES.glob("*.size"))
LINKED = sorted(path.stem for path in FIXTURES.glob("*.memory"))
ALL = sorted({*MEASURED, "compressed"})

# Kept by size -A, but not allocated.
DEBUG = (".debug", ".comment", ".ARM.attributes", ".riscv.attributes")


def use_of(name: str, region: str) -> RegionUse:
    return next(u for u in report_elf(elf(name)).uses if u.region.name == region)


@pytest.mark.parametrize("name", MEASURED)
def test_allocated_sections_equal_size(name: str) -> None:
    expected = {s: n for s, n in size_report(name).items() if not s.startswith(DEBUG) and n}
    assert {s.name: s.size for s in read_image(elf(name)).sections} == expected


@pytest.mark.parametrize("name", LINKED)
def test_regions_equal_the_linkers_report(name: str) -> None:
    expected = memory_report((FIXTURES / f"{name}.memory").read_text(encoding="utf-8"))
    assert len(expected) >= 1
    uses = {u.region.name: u.used for u in report_elf(elf(name)).uses}
    if name == "debug":  # without its map, so the regions are inferred, and FLASH begins at 0x8...
        uses = {name: uses[name] for name in expected}
    assert uses == expected


@pytest.mark.parametrize("name", ALL)
def test_rows_and_owners_add_up_to_what_is_used(name: str) -> None:
    for use in report_elf(elf(name)).uses:
        assert sum(row.size for row in use.rows) == use.used
        assert sum(use.by_owner().values()) == use.used
        ends = [row.address + row.size for row in use.rows]
        assert [row.address for row in use.rows] == [use.region.origin, *ends][:-1] or not ends


def test_initial_values_lie_in_flash_and_in_ram() -> None:
    load = [row for row in use_of("xip", "FLASH").rows if row.role == LOAD]
    run = [row for row in use_of("xip", "RAM").rows if row.section == "datas"]
    assert [(row.section, row.size) for row in load] == [("datas", 4)]
    assert [(row.role, row.size) for row in run] == [(RUN, 4)]


def test_a_writable_section_in_flash_takes_no_ram() -> None:
    """Zephyr's sw_isr_table: by its flags it would be RAM."""
    flash = {row.section for row in use_of("xip", "FLASH").rows}
    ram = {row.section for row in use_of("xip", "RAM").rows}
    assert "rom_start" in flash
    assert "rom_start" not in ram


def test_padding_is_a_row_of_its_own() -> None:
    gaps = [row for row in use_of("xip", "RAM").rows if row.role == GAP]
    assert [(row.address, row.size) for row in gaps] == [(0x20000357, 9)]
    assert use_of("xip", "RAM").by_owner()["padding"] >= 9


def test_a_ram_image_is_loaded_where_it_runs() -> None:
    uses = report_elf(elf("ram")).uses
    assert [u.region.name for u in uses] == ["RAM"]
    assert all(row.role != LOAD for row in uses[0].rows)


def test_code_that_runs_in_ram_is_loaded_from_the_second_flash() -> None:
    rows = {(row.section, row.role) for row in use_of("regions", "EXTFLASH").rows}
    assert rows == {("weights", RUN), ("itcm_text", LOAD)}
    assert [row.section for row in use_of("regions", "ITCM").rows] == ["itcm_text"]


def test_thread_local_bss_takes_no_address_space() -> None:
    rows = [row.section for row in use_of("tls", "FLASH").rows]
    assert rows == ["text", "", ".tdata", "rodata"]


def test_nobits_only_has_nothing_to_load() -> None:
    report = report_elf(elf("nobits"))
    assert report.totals() == {"ram": 100}


def test_a_byte_that_two_sections_claim_is_counted_once() -> None:
    image = read_image(elf("nobits"))
    first = image.sections[0]
    second = Section(9, "overlay", first.address + 60, 80, 0, 4, True, False, None)
    image = replace(image, sections=(first, second))
    uses, warnings = lay_out(image, [Region("RAM", "ram", first.address, 4096, "test")], [])
    assert uses[0].used == 140
    assert warnings == ["section overlay: 40 bytes overlap another section"]


@pytest.mark.parametrize("with_map", [True, False])
@pytest.mark.parametrize("size", [1, 64, 100, 224, 540])
def test_what_lies_behind_the_end_of_a_memory_counts_to_it(
    tmp_path: Path, size: int, with_map: bool
) -> None:
    """Also where the end lies between two sections (64, 224), whatever size the map tells."""
    file = tmp_path / "xip.elf"
    file.write_bytes(elf("xip").read_bytes())
    if with_map:
        file.with_suffix(".map").write_bytes(elf("xip").with_suffix(".map").read_bytes())
    flash = Region("FLASH", "flash", 0x08000000, size, "test")
    ram = Region("RAM", "ram", 0x20000000, 4, "test")
    report = report_elf(file, [flash, ram])
    found = {use.region.name: (use.used, use.free) for use in report.uses}
    assert found == {"FLASH": (541, size - 541), "RAM": (1120, 4 - 1120)}


def test_a_section_in_no_known_memory_is_named() -> None:
    report = report_elf(elf("debug"), [Region("FLASH", "flash", 0x08000000, 16384, "test")])
    assert any("datas" in w and "no known memory" in w for w in report.warnings)
    assert sum(use.used for use in report.uses) == 541 + 1120


def test_memories_that_no_option_names_are_said_to_be_the_maps() -> None:
    """Or a limit on a memory with a slip in its address would hold for nothing, and pass."""
    flash, slip = (parse_region(text) for text in ("flash=0x08000000+16K", "ram=0x30000000+1K"))
    said = "no --region holds what lies in RAM at 0x20000000: taken from the linker map"
    assert said in report_elf(elf("xip"), [flash, slip]).warnings
    right = parse_region("ram=0x20000000+1K")
    assert said not in report_elf(elf("xip"), [flash, right]).warnings


@pytest.mark.parametrize("size", [0x200, 0x1F0])
def test_mcuboots_header_is_a_row(make_build: Callable[..., Path], size: int) -> None:
    """Also where no symbol and no input section begins at its end."""
    extra = f"CONFIG_BOOTLOADER_MCUBOOT=y\nCONFIG_ROM_START_OFFSET={size:#x}\n"
    build = builds(make_build("mcuboot", extra=extra))[0]
    assert report_build(build).owners()["mcuboot/header"]["flash"] == size


def test_fill_without_mcuboot_is_no_header(make_build: Callable[..., Path]) -> None:
    build = builds(make_build("mcuboot", extra="CONFIG_ROM_START_OFFSET=0x200\n"))[0]
    assert "mcuboot/header" not in report_build(build).owners()

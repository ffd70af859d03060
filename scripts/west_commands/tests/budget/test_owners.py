# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Who owns what: by the linker map, else by debug information, else by symbol names."""

import shutil
from pathlib import Path

import pytest
from microtl_tools.budget import owners
from microtl_tools.budget.elf import read_image
from microtl_tools.budget.linker_map import read_map
from microtl_tools.budget.microtl_names import op_tables
from microtl_tools.budget.report import ImageReport, owner_bytes, report_elf

from .conftest import FIXTURES, elf


def microtl(report: ImageReport) -> dict[str, dict[str, int]]:
    return {o: dict(s) for o, s in report.owners().items() if owners.belongs(o, "microtl")}


EXPECTED = {
    "microtl/replay": {"flash": 0, "ram": 640},
    "microtl/weights": {"flash": 301, "ram": 0},
    "microtl/arena": {"flash": 0, "ram": 203},
    "microtl/code": {"flash": 56, "ram": 0},
}


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("xip", "linker map xip.map"),
        ("big_endian", "linker map big_endian.map"),
        ("debug", "debug information, else symbol names"),
        ("compressed", "debug information, else symbol names"),
    ],
)
def test_microtls_parts_are_the_same_by_every_method(name: str, method: str) -> None:
    report = report_elf(elf(name))
    assert report.method == method
    assert microtl(report) == EXPECTED


def test_symbol_names_are_the_last_resort(tmp_path: Path) -> None:
    shutil.copy(elf("xip"), tmp_path / "alone.elf")
    report = report_elf(tmp_path / "alone.elf")
    assert report.method == "symbol names"
    assert microtl(report) == EXPECTED
    assert owner_bytes(report, "kernel")["ram"] == 256  # z_main_stack; "ticks" says nothing


def test_debug_information_tells_variables_of_big_endian_images(tmp_path: Path) -> None:
    shutil.copy(elf("big_endian"), tmp_path / "alone.elf")
    origins = {s.name: s.origin for s in report_elf(tmp_path / "alone.elf").symbols}
    assert origins["ticks"] == origins["kernel_tick"] == "/build/kernel.c"
    assert origins["app_counter"] == "/build/main.c"


def test_the_map_of_another_build_is_not_believed(tmp_path: Path) -> None:
    shutil.copy(elf("xip"), tmp_path / "image.elf")
    shutil.copy(FIXTURES / "ram.map", tmp_path / "image.map")
    report = report_elf(tmp_path / "image.elf")
    assert report.method == "symbol names"
    assert any("belongs to another build" in w for w in report.warnings)


def test_a_map_of_another_linker_is_named(tmp_path: Path) -> None:
    shutil.copy(elf("xip"), tmp_path / "image.elf")
    (tmp_path / "image.map").write_text("VMA LMA Size Align Out In Symbol\n", encoding="utf-8")
    report = report_elf(tmp_path / "image.elf")
    assert any("no map of GNU ld" in w for w in report.warnings)


def test_without_a_symbol_table_it_says_so() -> None:
    report = report_elf(elf("stripped"))
    assert any("no symbol table" in w for w in report.warnings)
    assert {o.partition("/")[0] for o in report.owners()} == {"unknown", "padding"}


def test_a_map_makes_up_for_the_symbol_table() -> None:
    report = report_elf(elf("stripped"), map_file=FIXTURES / "xip.map")
    # .last_section is the same, and so is everything else: strip moves no byte of the image.
    assert owner_bytes(report, "microtl") == {"flash": 357, "ram": 843}


def test_long_names_stand_on_a_line_of_their_own_in_maps() -> None:
    linker_map = read_map(FIXTURES / "xip.map")
    assert linker_map is not None
    weights = [s for s in linker_map.spans if s.section == ".rodata.microtl_demo_weights"]
    assert [(s.size, s.origin) for s in weights] == [
        (301, "modules/microtl/libmicrotl.a(engine.c.obj)")
    ]


@pytest.mark.parametrize(
    ("origin", "owner"),
    [
        ("zephyr/kernel/libkernel.a(sched.c.obj)", "kernel"),
        ("zephyr/arch/arch/arm/core/libarch__arm__core.a(swap.c.obj)", "kernel"),
        ("/home/me/zephyrproject/zephyr/kernel/sched.c", "kernel"),
        ("zephyr/drivers/serial/libdrivers__serial.a(uart.c.obj)", "drivers"),
        ("/home/me/zephyr/subsys/shell/shell.c", "subsys"),
        ("modules/picolibc/libc.a(memcpy.c.obj)", "libc"),
        ("zephyr/lib/libc/common/liblib__libc__common.a(malloc.c.obj)", "libc"),
        ("/usr/lib/gcc/arm-none-eabi/12.2.1/thumb/v7-m/nofp/libgcc.a(_udivmoddi4.o)", "libc"),
        ("modules/hal_nordic/nrfx/libmodules__hal_nordic.a(nrfx_uart.c.obj)", "module hal_nordic"),
        ("/w/modules/hal/nordic/nrfx/drivers/nrfx_uart.c", "module nordic"),
        ("modules/microtl/libmicrotl.a(engine.c.obj)", "microtl"),
        ("/w/microtl/modules/microtl/src/core/engine.c", "microtl"),
        ("app/libapp.a(main.c.obj)", "application"),
        ("/w/zephyr/samples/hello_world/src/main.c", "application"),
        ("/home/me/product/src/main.c", "application"),
        ("linker stubs", "linker"),
    ],
)
def test_owner_by_where_it_was_compiled(origin: str, owner: str) -> None:
    assert owners.Owners().who(origin, None) == owner


@pytest.mark.parametrize(
    ("symbol", "part"),
    [
        ("microtl_demo_arena", "arena"),
        ("microtl_demo_replay", "replay"),
        ("microtl_demo_velocity", "optimizer"),
        ("microtl_demo_shadow", "heads"),
        ("microtl_trainer_stack", "stacks"),
        ("microtl_demo_window", "window"),
        ("microtl_demo_state", "optimizer"),
        ("microtl_demo_workspace", "workspace"),
        ("microtl_demo_lock", "variables"),
    ],
)
def test_microtls_buffers_are_told_apart(symbol: str, part: str) -> None:
    assert owners.part("microtl", symbol, code=False, variable=True) == part


def model_only(tmp_path: Path, keep_map: bool) -> ImageReport:
    shutil.copy(elf("model"), tmp_path / "image.elf")
    if keep_map:
        shutil.copy(FIXTURES / "model.map", tmp_path / "image.map")
    return report_elf(tmp_path / "image.elf")


@pytest.mark.parametrize("keep_map", [True, False])
def test_models_and_learners_are_microtls_under_any_name(tmp_path: Path, keep_map: bool) -> None:
    """The application is compiled with them; names like "ops" or "head_params" say nothing."""
    owner = {s.name: s.owner for s in model_only(tmp_path, keep_map).symbols}
    assert owner["op0_weights"] == owner["op1_table"] == owner["ops"] == "microtl/weights"
    assert owner["head_params"] == "microtl/heads"
    assert owner["base_features"] == "microtl/base set"
    assert owner["gesture"] == "microtl/variables"
    assert owner["motion_ring"] == "microtl/window"
    assert owner["gesture_arena"] == "microtl/arena"
    assert owner["gesture_replay_features"] == "microtl/replay"
    assert owner["gesture_shadow"] == "microtl/heads"
    assert not owner["gestures_seen"].startswith("microtl")
    assert not owner["app_name"].startswith("microtl")


def test_the_op_table_names_the_kernels_of_the_model() -> None:
    (table,) = op_tables(read_image(elf("model")))
    assert table.kernels == ("microtl_kernel_dense", "microtl_kernel_lut")
    assert not list(op_tables(read_image(elf("xip"))))

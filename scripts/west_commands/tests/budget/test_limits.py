# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Limits: where they come from, what breaks them, and what is said then."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from microtl_tools.budget.baseline import growth_since
from microtl_tools.budget.budget_file import Budget, read_budget
from microtl_tools.budget.limits import RAM_MARGIN, Limits, broken, check
from microtl_tools.budget.regions import Region
from microtl_tools.budget.report import report_elf
from microtl_tools.budget.sizes import parse_size
from microtl_tools.budget.stack import StackBound
from microtl_tools.cli import main
from microtl_tools.errors import MicroTLError, UsageError

from .conftest import elf

FILE = """\
margin: {ram: 128}
boards:
  demo_board/soc:
    flash: 4K
    ram: 2048
    regions: {FLASH: 600}
    owners:
      microtl: {ram: 800}
      microtl/replay: {ram: 1K, flash: 0}
    growth: {flash: 1K, ram: 0}
    images:
      mcuboot: {flash: 48K}
    stack:
      calls: {flash_write: [driver_write]}
      frames: {vendor: 64}
  other: {ram: 1}
"""


def budget(tmp_path: Path, text: str, board: str | None = "demo_board/soc") -> Budget:
    file = tmp_path / "budget.yml"
    file.write_text(text, encoding="utf-8")
    return read_budget(file, board)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4096", 4096),
        ("1_024", 1024),
        ("64K", 65536),
        ("64 KiB", 65536),
        ("0x4000", 16384),
        ("0x2000_0000", 1 << 29),
        ("1M", 1 << 20),
        ("0", 0),
        (7, 7),
    ],
)
def test_sizes(text: object, size: int) -> None:
    assert parse_size(text, "--max-ram") == size


@pytest.mark.parametrize(
    "text", ["", "64Q", "-1", "1.5K", "010", "_", "0x", "0x_", "9" * 5000, None, True, -3, [1]]
)
def test_what_is_no_size(text: object) -> None:
    with pytest.raises(UsageError, match="--max-ram"):
        parse_size(text, "--max-ram")


def test_budget_file(tmp_path: Path) -> None:
    found = budget(tmp_path, FILE)
    assert found.found
    assert found.application.flash == 4096
    assert found.application.ram_margin == 128
    assert found.application.owners["microtl/replay"] == {"ram": 1024, "flash": 0}
    assert found.images["mcuboot"].flash == 48 * 1024
    assert found.stack.calls == {"flash_write": ("driver_write",)}
    assert found.stack.frames == {"vendor": 64}


def test_a_board_without_qualifiers_stands_for_all(tmp_path: Path) -> None:
    assert budget(tmp_path, FILE, "other/soc/cpu0").application.ram == 1
    assert not budget(tmp_path, FILE, "third").found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("boards: {demo_board: {rum: 1K}}", "boards: demo_board: unknown key 'rum'"),
        ("boards: {demo_board: {ram: lots}}", "boards: demo_board: ram: 'lots' is no size"),
        ("boards: {demo_board: {owners: {microtl: 5}}}", "owners: microtl: must have keys"),
        ("boards: [1]", "boards: must have keys"),
        ("limits: 1", "the file: unknown key 'limits'"),
        ("a: [", "is no YAML"),
        ("boards: &b\n  demo_board: {owners: *b}", "is no YAML"),
        ("boards: {demo_board: {ram: 1K,\n ram: 4K}}", "line 2: key 'ram' is there twice"),
        ("boards:\n  a: {ram: 1K}\n  a: {flash: 4K}", "line 3: key 'a' is there twice"),
        ("boards: {demo_board: {stack: {calls: {a: b}}}}", "calls: a: must be a list"),
    ],
)
def test_a_wrong_budget_file_is_an_error_and_no_missing_limit(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(MicroTLError) as caught:
        budget(tmp_path, text)
    assert caught.value.exit_code == 1
    assert "budget.yml" in caught.value.message
    assert message in caught.value.message


def test_every_limit_is_checked(tmp_path: Path) -> None:
    report = report_elf(elf("xip"))
    checks = check(report, budget(tmp_path, FILE).application, None)
    # xip: 541 bytes of flash, 1120 of RAM, MicroTL 843 of RAM, replay 640 and nothing in flash
    assert {c.what: (c.limit, c.actual, c.ok) for c in checks} == {
        "memory FLASH": (16384, 541, True),
        "memory RAM, 128 bytes of it kept free": (4096 - 128, 1120, True),
        "all flash": (4096, 541, True),
        "all ram": (2048, 1120, True),
        "region FLASH": (600, 541, True),
        "microtl in ram": (800, 843, False),
        "microtl/replay in ram": (1024, 640, True),
        "microtl/replay in flash": (0, 0, True),
    }


def test_the_default_margin_is_kept_in_the_main_ram_only() -> None:
    ram = Region("RAM", "ram", 0x20000000, 928, "test")
    regions = [
        Region("FLASH", "flash", 0, 168, "test"),
        Region("EXTFLASH", "flash", 0x90000000, 317, "test"),
        ram,
        Region("ITCM", "ram", 0x10000000, 16, "test"),
        Region("DTCM", "ram", 0x30000000, 203, "test"),
    ]
    over = broken(check(report_elf(elf("regions"), regions), Limits(), None))
    assert [(c.region, c.excess) for c in over] == [("RAM", RAM_MARGIN)]
    assert not broken(check(report_elf(elf("regions"), regions), Limits(ram_margin=0), None))


def test_an_unknown_memory_in_the_file_is_an_error() -> None:
    with pytest.raises(MicroTLError, match="the board has no memory CCM"):
        check(report_elf(elf("xip")), Limits(regions={"CCM": 1}), None)


def test_a_program_for_the_pc_has_no_flash_to_limit() -> None:
    with pytest.raises(UsageError, match="neither flash nor RAM"):
        check(report_elf(elf("host")), Limits(ram=1), None)
    owners = check(report_elf(elf("host")), Limits(owners={"microtl": {"host": 1000}}), None)
    assert [c.excess for c in owners] == [194]


def test_growth_since_an_elf_and_since_its_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = report_elf(elf("mcuboot"))
    by_elf = growth_since(elf("xip"), report)
    assert by_elf.totals["flash"] == report.totals()["flash"] - 541
    assert by_elf.owners["padding"]["flash"] > 0
    assert main(["budget", str(elf("xip")), "--json"]) == 0
    old = tmp_path / "old.json"
    old.write_text(capsys.readouterr().out, encoding="utf-8")
    by_json = growth_since(old, report)
    assert (by_json.totals, by_json.owners, by_json.symbols) == (
        by_elf.totals,
        by_elf.owners,
        by_elf.symbols,
    )


def test_what_grew_most_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    old = str(elf("xip"))
    assert main(["budget", str(elf("model")), "--baseline", old, "--max-growth", "10"]) == 3
    lines = capsys.readouterr().err.splitlines()
    over = next(i for i, line in enumerate(lines) if "growth of flash" in line)
    assert "grew most: op1_table 256, op0_weights 77" in lines[over + 1]


@pytest.mark.parametrize(
    ("unbounded", "what"),
    [((), "stack of microtl_trainer"), (("tell",), "stack of microtl_trainer, as far as it is kn")],
)
def test_a_stack_that_is_not_known_whole_says_so(unbounded: tuple[str, ...], what: str) -> None:
    report = report_elf(elf("xip"))
    report.stacks = [StackBound("microtl_trainer", "run", 600, 36, (), unbounded, 2048)]
    (found,) = [c for c in check(report, Limits(), None) if c.kind == "stack"]
    assert found.what.startswith(what)
    assert found.what.endswith("known") == bool(unbounded)


def test_nothing_grew_since_itself() -> None:
    growth = growth_since(elf("xip"), report_elf(elf("xip")))
    assert growth.totals == {"flash": 0, "ram": 0}
    assert not growth.owners
    assert not growth.symbols


ODD_IMAGE = '{"images": [{"name": "xip", "totals": %s, "owners": %s, "symbols": []}]}'


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "no JSON",
        "[" * 100_000,
        '{"images": []}',
        '{"images": [{"name": "xip"}]}',
        ODD_IMAGE % ('{"flash": null}', "{}"),
        ODD_IMAGE % ('{"flash": 1e999}', "{}"),
        ODD_IMAGE % ("{}", '{"microtl/code": {"flash": "much"}}'),
        ODD_IMAGE % ("{}", '{"microtl/code": 5}'),
    ],
)
def test_a_baseline_that_is_none(tmp_path: Path, text: str) -> None:
    old = tmp_path / "old.json"
    old.write_text(text, encoding="utf-8")
    with pytest.raises(MicroTLError, match="neither an ELF file nor a budget report"):
        growth_since(old, report_elf(elf("xip")))


def test_a_baseline_of_another_schema(tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text('{"schema": 2, "images": []}', encoding="utf-8")
    with pytest.raises(MicroTLError, match="has schema 2, this MicroTL reads 1"):
        growth_since(old, report_elf(elf("xip")))


def test_the_budget_beside_the_application_is_found(
    make_build: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = make_build()
    assert main(["budget", "-d", str(build)]) == 0
    (tmp_path / "app" / "budget.yml").write_text(FILE, encoding="utf-8")
    assert main(["budget", "-d", str(build)]) == 3
    message = capsys.readouterr().err
    assert "microtl in ram: 843 bytes, limit 800" in message
    assert "43 too many" in message
    assert "microtl_demo_replay 640" in message


@pytest.fixture
def sysbuild(make_build: Callable[..., Path], tmp_path: Path) -> Path:
    """An application and a bootloader, whose sources lie elsewhere."""
    main_build, loader = make_build(name="main"), make_build("ram", name="mcuboot")
    (tmp_path / "bootloader").mkdir()
    (loader / "CMakeCache.txt").write_text(
        f"APPLICATION_SOURCE_DIR:PATH={tmp_path}/bootloader\n", encoding="utf-8"
    )
    (tmp_path / "domains.yaml").write_text(
        f"default: main\ndomains:\n- {{name: mcuboot, build_dir: {loader}}}\n"
        f"- {{name: main, build_dir: {main_build}}}\n",
        encoding="utf-8",
    )
    return tmp_path


@pytest.mark.parametrize("domain", [[], ["--domain", "mcuboot"]])
def test_the_applications_file_limits_the_other_images(
    sysbuild: Path, domain: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = sysbuild / "app" / "budget.yml"
    limits = "boards: {demo_board: {ram: %d, images: {mcuboot: {ram: %d}, loader: {ram: 1}}}}"
    file.write_text(limits % (1120, 1600), encoding="utf-8")
    assert main(["budget", "-d", str(sysbuild), *domain]) == 0
    assert "images: the build has no image loader" in capsys.readouterr().err
    file.write_text(limits % (1120, 1599), encoding="utf-8")
    assert main(["budget", "-d", str(sysbuild), *domain]) == 3
    assert "mcuboot: all ram: 1,600 bytes, limit 1,599" in capsys.readouterr().err


def test_an_image_may_have_a_file_of_its_own(
    sysbuild: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = sysbuild / "bootloader" / "budget.yml"
    file.write_text("boards: {demo_board: {ram: 1599}}", encoding="utf-8")
    assert main(["budget", "-d", str(sysbuild)]) == 3
    assert "mcuboot: all ram" in capsys.readouterr().err
    (sysbuild / "app" / "budget.yml").write_text(
        "boards: {demo_board: {images: {mcuboot: {ram: 1600}}}}", encoding="utf-8"
    )
    assert main(["budget", "-d", str(sysbuild)]) == 0


def test_the_margin_of_the_file_holds_for_every_image(
    sysbuild: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sysbuild / "app" / "budget.yml").write_text("margin: {ram: 2600}", encoding="utf-8")
    assert main(["budget", "-d", str(sysbuild)]) == 3
    assert "mcuboot: memory RAM, 2,600 bytes of it" in capsys.readouterr().err


def test_a_limit_for_an_owner_that_owns_nothing_is_named(
    make_build: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app" / "budget.yml").parent.mkdir()
    (tmp_path / "app" / "budget.yml").write_text(
        "boards: {demo_board: {owners: {microtl/replya: {ram: 1}, microtl: {ram: 2K}}}}",
        encoding="utf-8",
    )
    assert main(["budget", "-d", str(make_build())]) == 0
    warnings = capsys.readouterr().err
    assert warnings.count("owns nothing") == 1
    assert "owners: microtl/replya" in warnings


def test_options_go_before_the_file(
    make_build: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build = make_build()
    file = tmp_path / "mine.yml"
    file.write_text("boards: {demo_board: {ram: 1000}}", encoding="utf-8")
    assert main(["budget", "-d", str(build), "--budget", str(file)]) == 3
    assert "mine.yml" in capsys.readouterr().err
    assert main(["budget", "-d", str(build), "--budget", str(file), "--max-ram", "2K"]) == 0
    assert main(["budget", "-d", str(build), "--budget", str(file), "--max-ram", "1K"]) == 3
    assert "limit 1,024 (the options)" in capsys.readouterr().err


def test_json_names_every_limit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", str(elf("xip")), "--max-ram", "1K", "--json"]) == 3
    whole = json.loads(capsys.readouterr().out)
    assert whole["schema"] == 1
    assert whole["ok"] is False
    (over,) = [c for c in whole["images"][0]["limits"] if not c["ok"]]
    assert (over["what"], over["limit"], over["actual"], over["excess"]) == (
        "all ram",
        1024,
        1120,
        96,
    )

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The command: exit codes, and every form of output."""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
from microtl_tools.budget.elf import read_image
from microtl_tools.budget.render_svg import treemap
from microtl_tools.budget.report import report_elf
from microtl_tools.budget.tables import BAR_WIDTH, bar
from microtl_tools.budget.treemap import Box, squarify
from microtl_tools.cli import main
from microtl_tools.errors import MicroTLError

from .conftest import FIXTURES, elf

XIP = str(elf("xip"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([XIP], 0, ""),
        ([XIP, "--max-flash", "541", "--max-ram", "1120"], 0, ""),
        (["missing.elf"], 1, "missing.elf: does not exist"),
        ([str(FIXTURES / "xip.size")], 1, "is no ELF file"),
        ([str(elf("unlinked"))], 1, "was not linked yet"),
        (["-d", "nowhere"], 1, "nowhere: is no folder"),
        (["-d", str(FIXTURES)], 1, "is no build folder of Zephyr"),
        ([XIP, "-d", "build"], 2, "not both"),
        ([XIP, "--max-ram", "much"], 2, "--max-ram: 'much' is no size"),
        ([XIP, "--max-growth", "1"], 2, "--max-growth needs --baseline"),
        ([XIP, "--region", "flash=0"], 2, "is no"),
        ([XIP, "--top", "-1"], 2, "--top -1"),
        ([XIP, "--flush"], 2, "unknown arguments: --flush"),
        ([XIP, "--board", "nrf52840dk"], 2, "--board belongs to a prediction"),
        ([XIP, "--config", "CONFIG_MICROTL_STORE=y"], 2, "--config belongs to a prediction"),
        ([XIP, "--base-set-count", "5"], 2, "--base-set-count belongs to a prediction"),
        (["--kernels", "dsp"], 2, "--kernels belongs to a prediction"),
        ([XIP, "--domain", "mcuboot"], 2, "--domain names an image of a sysbuild"),
        ([str(FIXTURES)], 2, "is a folder"),
        ([XIP, "--max-flash", "540"], 3, "all flash: 541 bytes, limit 540 (the options), 1 too"),
        ([XIP, "--max-ram", "1119"], 3, "all ram: 1,120 bytes, limit 1,119"),
        ([XIP, "--margin", "2977"], 3, "memory RAM, 2,977 bytes of it kept free"),
        (
            [XIP, "--baseline", str(elf("ram")), "--max-growth", "10"],
            3,
            "growth of flash since",
        ),
    ],
)
def test_exit_codes(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["budget", *arguments]) == code
    assert message in capsys.readouterr().err


def test_a_file_without_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", "/dev/zero"]) == 1
    assert "is no ELF file" in capsys.readouterr().err


def test_no_image_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["budget"]) == 1
    assert "build: is no folder" in capsys.readouterr().err


def test_the_current_folder_can_be_the_build(
    make_build: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make_build())
    assert main(["budget"]) == 0


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", XIP, "--sections", "--top", "3"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"FLASH +flash +541 +16,384 +15,843 +3.3 %", text)
    assert re.search(r"0x20000357 +9 +padding +between sections", text)
    assert re.search(r"total +541 +1,120", text)
    assert re.search(r"\(12 more\) +188 +212", text)


def test_one_owner_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", XIP, "--owner", "microtl/replay"]) == 0
    text = capsys.readouterr().out
    assert "microtl_demo_replay" in text
    assert "microtl_demo_arena" not in text
    assert "kernel" not in text.partition("symbol")[0].partition("owner ")[2]


@pytest.mark.parametrize("form", [[], ["--markdown"]])
def test_an_owner_that_owns_nothing(form: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", XIP, *form, "--owner", "bluetooth"]) == 0
    assert "nothing in the image belongs to bluetooth" in capsys.readouterr().out


def test_json_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", XIP, "--json"]) == 0
    (image,) = json.loads(capsys.readouterr().out)["images"]
    for region in image["regions"]:
        assert sum(row["size"] for row in region["rows"]) == region["used"]
        assert sum(region["owners"].values()) == region["used"]
    for kind, used in image["totals"].items():
        assert sum(owner[kind] for owner in image["owners"].values()) == used


def test_markdown_has_whole_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", XIP, "--markdown", "--max-ram", "1K"]) == 3
    text = capsys.readouterr().out
    assert text.startswith("### Memory budget of `xip`: **OVER**")
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1
    assert "| `FLASH` | flash | 541 | 16,384 | 15,843 | 3.3 % |" in text
    assert text.count("<details>") == text.count("</details>") == 3


def test_markdown_says_what_the_table_says(
    make_build: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every cell and every note, of sections, growth, stacks and limits too."""
    folder = make_build(extra="CONFIG_MAIN_STACK_SIZE=256\n")
    (folder / "app.ci").write_text(
        'node: { title: "main" label: "main\\napp/main.c:3:5\\n24 bytes (static)" }\n'
        'node: { title: "z_thread_entry" label: "z_thread_entry\\nt.c:3:5\\n8 bytes (static)" }\n'
        'edge: { sourcename: "z_thread_entry" targetname: "__indirect_call" label: "t.c:9:1" }\n',
        encoding="utf-8",
    )
    old = tmp_path / "old.json"
    arguments = ["budget", "-d", str(folder), "--top", "3", "--sections"]
    assert main([*arguments, "--json"]) == 0
    old.write_text(capsys.readouterr().out, encoding="utf-8")
    arguments += ["--baseline", str(old)]

    assert main(arguments) == 0
    title, *lines = capsys.readouterr().out.splitlines()
    assert str(folder) in title
    assert main([*arguments, "--markdown"]) == 0
    markdown = re.sub(r"[`|\s]+", " ", capsys.readouterr().out)
    cells = {cell for line in lines for cell in re.split(r"  +", line.strip())}
    assert {"deepest path of main: z_thread_entry 8 > main 24, interrupt 36", "68"} <= cells
    bar_or_rule = re.compile(r"\[[#.]*\]|-*")
    assert not {c for c in cells if c not in markdown and not bar_or_rule.fullmatch(c)}


def test_sysbuild_reports_every_image(
    make_build: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    application, loader = make_build(name="main"), make_build("ram", name="mcuboot")
    top = tmp_path / "build"
    top.mkdir()
    (top / "domains.yaml").write_text(
        f"default: main\nbuild_dir: {top}\ndomains:\n"
        f"- name: mcuboot\n  build_dir: {loader}\n- name: main\n  build_dir: {application}\n"
        "flash_order: [mcuboot, main]\n",
        encoding="utf-8",
    )
    assert main(["budget", "-d", str(top), "--json"]) == 0
    images = json.loads(capsys.readouterr().out)["images"]
    assert [image["name"] for image in images] == ["main", "mcuboot"]
    # Limits on the command line are the application's.
    assert main(["budget", "-d", str(top), "--max-flash", "541"]) == 0
    assert main(["budget", "-d", str(top), "--max-flash", "540"]) == 3
    assert main(["budget", "-d", str(top), "--domain", "mcuboot", "--max-flash", "540"]) == 0
    assert main(["budget", "-d", str(top), "--domain", "net"]) == 2
    # budget.yml limits the others by name.
    (tmp_path / "app" / "budget.yml").write_text(
        "boards: {demo_board: {images: {mcuboot: {ram: 100}}}}", encoding="utf-8"
    )
    capsys.readouterr()
    assert main(["budget", "-d", str(top)]) == 3
    assert "mcuboot: all ram" in capsys.readouterr().err


def test_a_damaged_list_of_domains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "domains.yaml").write_text("domains: 5\n", encoding="utf-8")
    assert main(["budget", "-d", str(tmp_path)]) == 1
    assert "is no list of sysbuild domains" in capsys.readouterr().err


def test_native_sims_program_is_taken(make_build: Callable[..., Path]) -> None:
    build = make_build(extra="CONFIG_NATIVE_LIBRARY=y\n")
    zephyr = build / "zephyr"
    (zephyr / "zephyr.elf").write_bytes(elf("unlinked").read_bytes())
    (zephyr / "zephyr.exe").write_bytes(elf("host").read_bytes())
    assert main(["budget", "-d", str(build)]) == 0


def test_an_unfinished_build(
    make_build: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    build = make_build()
    (build / "zephyr" / "zephyr.elf").unlink()
    assert main(["budget", "-d", str(build)]) == 1
    assert "the build did not finish" in capsys.readouterr().err


def test_html_is_written_once_and_replaced_if_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert main(["budget", XIP, "--html", str(page)]) == 0
    first = page.read_text(encoding="utf-8")
    assert first.count("<svg") == first.count("</svg>") == 2
    assert "within its budget" in first
    assert main(["budget", XIP, "--html", str(page), "--max-ram", "1K"]) == 3
    assert "OVER its budget" in page.read_text(encoding="utf-8")
    page.write_text("mine", encoding="utf-8")
    assert main(["budget", XIP, "--html", str(page)]) == 1
    assert page.read_text(encoding="utf-8") == "mine"
    assert main(["budget", XIP, "--html", str(page), "--force"]) == 0


SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", ["xip", "regions", "stripped"])
def test_labels_of_the_picture_stay_in_their_boxes(name: str) -> None:
    for use in report_elf(elf(name)).uses:
        picture = ElementTree.fromstring(treemap(use))
        boxes = [
            tuple(float(r.attrib[k]) for k in ("x", "y", "width", "height"))
            for r in picture.iter(f"{SVG}rect")
        ]
        texts = list(picture.iter(f"{SVG}text"))
        assert texts
        for text in texts:
            x, y = float(text.attrib["x"]), float(text.attrib["y"])
            width = 6.63 * len(text.text or "")  # DejaVu Sans Mono at 11 px
            assert any(
                bx <= x and x + width <= bx + bw + 0.1 and by <= y - 9 and y + 2 <= by + bh + 0.1
                for bx, by, bw, bh in boxes
            ), text.text


def test_areas_of_a_treemap_are_the_sizes() -> None:
    sizes = [600, 300, 200, 100, 50, 50, 1]
    boxes = squarify(sizes, Box(0, 0, 100, 50))
    assert [b.width * b.height for b in boxes] == pytest.approx([s / 1301 * 5000 for s in sizes])
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            overlap_x = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
            overlap_y = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
            assert min(overlap_x, overlap_y) < 1e-6


def test_a_bar_shows_any_use_and_never_overflows() -> None:
    assert bar(0, 100).count("#") == 0
    assert bar(1, 10**9).count("#") == 1
    assert bar(200, 100).count("#") == BAR_WIDTH
    assert bar(1, 0).count("#") == BAR_WIDTH


@pytest.mark.parametrize(
    ("offset", "value", "message"),
    [
        (0x20, 0xFFFFFFF0, "section headers at byte 4294967280 do not fit"),
        (0x30, 0xFFFF, "has 65535 section headers, and no image of a microcontroller has more"),
        (0x30, 0x0FFF, "4095 section headers at byte"),
        (0x30, 0, "has 65,280 or more section headers"),
        (0x10, 4, "is no program but an ELF file of type ET_CORE"),
        (0x32, 0x7000, "section 28672 should hold the names"),
        (0x10, 1, "was not linked yet"),
        (0x20, 0, "has no section headers"),
    ],
)
def test_damage_is_named(tmp_path: Path, offset: int, value: int, message: str) -> None:
    data = bytearray(elf("xip").read_bytes())
    width = 4 if offset in (0x20,) else 2
    data[offset : offset + width] = value.to_bytes(width, "little")
    file = tmp_path / "damaged.elf"
    file.write_bytes(data)
    with pytest.raises(MicroTLError, match=re.escape(message)):
        read_image(file)


def test_a_truncated_image_names_the_section(tmp_path: Path) -> None:
    data = bytearray(elf("xip").read_bytes())
    headers = int.from_bytes(data[0x20:0x24], "little")
    at = headers + 2 * 40 + 0x14  # size of the second section
    data[at : at + 4] = (1 << 20).to_bytes(4, "little")
    file = tmp_path / "damaged.elf"
    file.write_bytes(data)
    with pytest.raises(MicroTLError, match="section text claims the bytes"):
        read_image(file)

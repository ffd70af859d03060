# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Every figure names its source; a file that does not is refused, naming file and key."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from microtl_tools.energy import arguments, figures
from microtl_tools.energy.figures import board_named, link_named, read_board, read_link
from microtl_tools.errors import MicroTLError, UsageError

from .conftest import ROOT, board_content, link_content, write

FILES = sorted([*(figures.HERE / "boards").glob("*.yml"), *(figures.HERE / "links").glob("*.yml")])


def entries(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from content["figures"].items()
    for radio in content.get("radios", {}).values():
        yield from radio.items()


def test_boards_and_links_that_were_asked_for_are_there() -> None:
    assert set(figures.board_names()) >= {
        "nrf52840dk",
        "nrf5340dk",
        "nucleo_l4r5zi",
        "nucleo_u575zi_q",
        "rpi_pico",
        "esp32s3_devkitc",
    }
    assert set(figures.link_names()) >= {
        "ble-1m",
        "ble-2m",
        "ble-coded",
        "802154",
        "thread",
        "lorawan",
        "lte-m",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_figure_has_a_source(path: Path) -> None:
    """Read without the loader, so that a loader that forgets to look cannot hide it."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = list(entries(content))
    assert found
    for name, figure in found:
        assert set(figure) == {"value", "unit", "kind", "source"}, name
        assert figure["kind"] in ("datasheet", "measured", "assumed"), name
        assert len(figure["source"].strip()) > 10, name
    for reason in content.get("missing", {}).values():
        assert reason.strip()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_files_are_read(path: Path) -> None:
    sheet = read_board(path).sheet if path.parent.name == "boards" else read_link(path).sheet
    known = figures.BOARD_KEYS if path.parent.name == "boards" else figures.LINK_KEYS
    radio = {"tx_current", "rx_current", "supply"} if path.parent.name == "links" else set()
    unnamed = set(known) - set(sheet.figures) - set(sheet.missing) - radio - OPTIONAL
    assert not unnamed, "neither a figure nor named as missing"


OPTIONAL = {"duty_cycle", "poll_time", "throughput", "flash_current"}
"""Not every link limits or polls; memory-mapped flash may have no current of its own."""


@pytest.mark.parametrize("part", ["source", "kind", "unit", "value"])
def test_figure_without_a_part_is_refused(part: str, tmp_path: Path) -> None:
    content = board_content()
    del content["figures"]["sleep_current"][part]
    path = write(tmp_path / "mine.yml", content)
    with pytest.raises(MicroTLError) as error:
        read_board(path)
    assert error.value.message == f"{path}: figures: sleep_current: {part} is missing"
    assert error.value.hint


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e300, 1e-300])
def test_value_that_nothing_has_is_refused(value: float, tmp_path: Path) -> None:
    """Written as YAML, which has numbers for what JSON can only write as a word."""
    content = board_content()
    content["figures"]["energy_per_cycle"]["value"] = value
    path = tmp_path / "mine.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(MicroTLError, match="energy_per_cycle: value is .*\n.*between 1e-09 and"):
        read_board(path)


def test_figure_of_a_radio_without_a_source_is_refused(tmp_path: Path) -> None:
    content = board_content()
    content["radios"]["ble"]["tx_current"]["source"] = "  "
    path = write(tmp_path / "mine.yml", content)
    with pytest.raises(MicroTLError, match="radios: ble: tx_current: source is no text"):
        read_board(path)


def changed(name: str, part: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        content["figures"][name][part] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed("clock", "unit", "GHz"), r"clock: unit is 'GHz'\n.*write it in MHz"),
        (changed("clock", "kind", "guessed"), r"clock: kind is 'guessed'"),
        (changed("clock", "value", [1, 2]), r"clock: value is \[1, 2\]"),
        (changed("clock", "value", [1, 2, 3]), r"clock: .*\n.*single number"),
        (changed("clock", "value", 0), r"clock: value is 0"),
        (changed("clock", "value", True), r"clock: value is True"),
        (changed("clock", "value", "fast"), r"clock: value is 'fast'"),
        (changed("clock", "value", "1e2"), r"clock: value is '1e2'\n.*needs a point: 1.0e-3"),
        (changed("clock", "value", 10**400), r"clock: value is 1000.*\.\.\.\n.*between"),
        (changed("sleep_current", "value", -1), r"sleep_current: value is -1\n.*write 0, or"),
        (lambda c: c["bench"].update(cpu=["z80"]), r"bench: cpu: \['z80'\]"),
        (changed("sleep_current", "value", [3, 2, 1]), r"rising order"),
        (changed("sleep_current", "value", [1, 2, float("nan")]), r"sleep_current: value is"),
        (lambda c: c["figures"].pop("clock"), r"figures: clock is missing\n.*MHz"),
        (lambda c: c["figures"].update(clok=c["figures"]["clock"]), r"unknown key 'clok'"),
        (lambda c: c.update(figures=[1]), r"figures: must have keys"),
        (lambda c: c.pop("title"), r"title: must be a text"),
        (lambda c: c.update(bench={"cpu": "z80", "counts": "cycles"}), r"bench: cpu: 'z80'"),
        (lambda c: c["bench"].update(counts="beans"), r"bench: counts: is 'beans'"),
        (lambda c: c.update(missing={"clock": "lost"}), r"missing: clock: has a value as well"),
    ],
)
def test_bad_board_is_refused(
    change: Callable[[dict[str, Any]], None], message: str, tmp_path: Path
) -> None:
    content = board_content()
    change(content)
    path = write(tmp_path / "mine.yml", content)
    with pytest.raises(MicroTLError) as error:
        read_board(path)
    assert str(error.value).startswith(str(path))
    assert re.search(message, str(error.value))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed("loss", "value", 1.5), "a share lies between 0 and 1"),
        (changed("loss", "value", 1), "loss: is 1 or more"),
        (lambda c: c.pop("radio"), "radio: there is none"),
        (lambda c: c.update(module="nothing"), "module: 'nothing' is no board"),
    ],
)
def test_bad_link_is_refused(
    change: Callable[[dict[str, Any]], None], message: str, tmp_path: Path
) -> None:
    content = link_content()
    change(content)
    with pytest.raises(MicroTLError, match=message):
        read_link(write(tmp_path / "mine.yml", content))


def test_what_is_no_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    for text in ("figures: [", "title: 2026-13-45", "a: " + "[" * 5000, "figures: &a {x: *a}"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(MicroTLError, match=r"mine.yml: is no YAML"):
            read_board(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\ntitle: Another\n", "title: stands there twice, again in line"),
        ("\nmissing: {clock: a, clock: b}\n", "missing: clock: stands there twice"),
        ("\n3: 4\n", "the file: key 3 is no text"),
    ],
)
def test_key_that_is_no_text_or_stands_twice_is_refused(
    text: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(yaml.safe_dump(board_content()) + text, encoding="utf-8")
    with pytest.raises(MicroTLError, match=rf"mine.yml: {message}"):
        read_board(path)


def test_unknown_names_are_refused_with_what_there_is() -> None:
    with pytest.raises(UsageError, match="nrf52840dk"):
        board_named("nrf52")
    with pytest.raises(UsageError, match="lorawan"):
        link_named("wifi")


def kconfig(option: str) -> str:
    """Return an option of the trainer."""
    folder = ROOT / "modules" / "microtl" / "src" / "zephyr"
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("Kconfig.*")))
    found = re.search(rf"^config MICROTL_{option}\n(.*?)(?=^\w)", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def socs(option: str) -> dict[str, int]:
    return {s: int(n) for n, s in re.findall(r"default (\d+) if (SOC_\w+)", kconfig(option))}


def test_device_estimates_energy_with_the_same_constants() -> None:
    boards = [board_named(name) for name in figures.board_names()]
    expected = {
        board.kconfig: round(board.sheet.figures["energy_per_cycle"].value.middle * 1000)
        for board in boards
    }
    assert socs("TRAINER_ENERGY_PJ_PER_CYCLE") == expected
    clocks = {b.kconfig: round(b.sheet.figures["clock"].value.middle * 1000) for b in boards}
    given = socs("TRAINER_CPU_CLOCK_KHZ")
    assert set(given) == {"SOC_NRF52840", "SOC_NRF5340_CPUAPP"}
    assert given.items() <= clocks.items()


def test_task_by_default_is_what_the_device_does_by_default() -> None:
    assert f"\tdefault {arguments.FOLDS}\n" in kconfig("TRAINER_FOLD_COUNT")
    assert f"\tdefault {arguments.EPOCHS}\n" in kconfig("TRAINER_EPOCH_COUNT")
    assert f"\tdefault {arguments.SAMPLES}\n" in kconfig("REPLAY_SAMPLE_COUNT")

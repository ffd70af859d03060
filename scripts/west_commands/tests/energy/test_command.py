# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl energy`` as a user meets it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from microtl_tools import cli
from microtl_tools.energy import counts, figures, picture

from .conftest import MODEL, board_content, write


def energy(capsys: pytest.CaptureFixture[str], *args: object, code: int = 0) -> str:
    """Run the command; return what it printed, its errors where it has to fail."""
    assert cli.main(["energy", *map(str, args)]) == code
    printed = capsys.readouterr()
    return printed.err if code else printed.out


def as_json(capsys: pytest.CaptureFixture[str], *args: object) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(energy(capsys, *args, "--json"))
    return content


def test_text_says_who_wins_and_what_is_not_known(
    bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = energy(capsys, MODEL, "--bench", bench_file)
    for words in (
        "nRF52840 DK over Bluetooth LE, 2M PHY",
        "Every triple is low / middle / high",
        "raw samples",
        "cached int8 features",
        "What speaks for the device",
        "not counted: nrf52840dk.yml: flash_current: the product specification gives no",
    ):
        assert words in text


PAIRS = [(board, "ble-2m") for board in figures.board_names()] + [
    ("nucleo_l4r5zi", link) for link in figures.link_names() if link != "ble-2m"
]


@pytest.mark.parametrize(("board", "link"), PAIRS)
def test_every_board_and_every_link(
    board: str, link: str, bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(bench_file.read_text(encoding="utf-8"))
    content["cpu"] = figures.board_named(board).cpu
    write(bench_file, content)
    report = as_json(capsys, MODEL, "--bench", bench_file, "--board", board, "--link", link)
    assert report["schema"] == 1
    assert len(report["uploads"]) == 8
    for upload in report["uploads"]:
        for ratio in (upload["energy_ratio"], upload["time_ratio"]):
            assert 0 < ratio["low"] <= ratio["middle"] <= ratio["high"]
    for figure in report["figures"]:
        assert figure["source"]
        assert figure["kind"] in figures.KINDS
    sheet = figures.board_named(board).sheet
    for name in sheet.missing:
        assert any(f"{board}.yml: {name}: " in line for line in report["not_counted"])


def test_sending_wins_where_it_does_and_it_is_said(
    bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Features over a fast link; raw samples over a slow one are the other case."""
    args = (MODEL, "--bench", bench_file, "--epochs", 200)
    fast = as_json(capsys, *args, "--link", "ble-2m", "--throughput", 1363)
    features = next(u for u in fast["uploads"] if u["upload"] == "features")
    assert features["less_energy"] == "sending"
    slow = as_json(capsys, MODEL, "--bench", bench_file, "--epochs", 5, "--link", "lorawan")
    raw = next(u for u in slow["uploads"] if u["upload"] == "raw")
    assert raw["less_energy"] == "device"


def test_sizes_of_the_uploads(bench_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = (MODEL, "--bench", bench_file, "--samples", 10)
    plain = as_json(capsys, *args)
    values = plain["task"]["sample_bytes"]
    assert values["raw"] == 2 * values["quantised"] == 2 * values["preprocessed"]
    more = as_json(capsys, *args, "--raw-values", 16000, "--raw-bits", 12, "--overlap", 0.5)
    assert more["task"]["sample_bytes"]["raw"] == 16000 * 1.5 / 2
    assert more["task"]["sample_bytes"]["quantised"] == 16000 / 2
    assert more["task"]["sample_bytes"]["preprocessed"] == values["preprocessed"]
    raw = next(u for u in more["uploads"] if u["upload"] == "raw")
    assert raw["bytes"] == 10 * (12000 + 1)
    model = as_json(capsys, *args, "--download", "model")
    assert model["task"]["download_bytes"] > plain["task"]["download_bytes"]


def test_preprocessing_is_paid_where_nothing_was_kept(
    bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = (MODEL, "--bench", bench_file, "--raw-values", 16000)
    report = as_json(capsys, *args, "--preprocess-cycles", "1e6,2e6,4e6")
    names = {
        key: [part["name"] for part in bill["parts"]] for key, bill in report["learning"].items()
    }
    assert "pre-processing" not in names["cached"]
    assert names["backbone_pass"][:2] == ["pre-processing", "backbone"]
    assert "which inference needs anyway" in as_json(capsys, *args)["notes"][0]


def test_another_backbone_and_head(bench_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """100 cycles a multiply-accumulate: 4.8 million take 480 million."""
    content = json.loads(bench_file.read_text(encoding="utf-8"))
    content["inference"]["cycles_estimate"] = 100 * content["inference"]["macs"]
    content["training"]["widths"] = [512, 32, 3]
    write(bench_file, content)
    args = ("--head-widths", "512x32x3", "--macs", 4_800_000, "--input-values", 3072)
    report = as_json(capsys, MODEL, "--bench", bench_file, *args)
    assert report["counts"]["backbone"] == pytest.approx(480e6)
    assert report["task"]["sample_bytes"]["features"] == 512
    assert report["task"]["sample_bytes"]["quantised"] == 3072


def test_claim_holds_at_the_throughput_that_is_named(
    bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = (MODEL, "--bench", bench_file, "--epochs", 5, "--server-seconds", 0)
    claim = as_json(capsys, *args, "--claim", "3,2.8")["claims"][0]
    assert (claim["upload"], claim["features"]) == ("raw", "cached")
    for what, ratio in (("energy", 3.0), ("time", 2.8)):
        at = claim[f"{what}_below_bps"][0] / 1e3
        raw = as_json(capsys, *args, "--throughput", at)["uploads"][0]
        assert raw[f"{what}_ratio"]["middle"] == pytest.approx(ratio, rel=1e-4)
    assert "3 times the energy, 2.8 times the time" in energy(capsys, *args, "--claim", "3,2.8")


def test_files_of_the_user(
    board_file: Path, link_file: Path, bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ("--board-file", board_file, "--link-file", link_file)
    assert "Round Board over Round Link" in energy(capsys, MODEL, "--bench", bench_file, *files)
    told = energy(capsys, "--figures", *files)
    assert "round_board: clock: 64 MHz, assumed\n    a round number" in told
    assert "round_board, ble: tx_current: 6 mA" in told


def test_board_without_the_radio_says_what_to_do(
    tmp_path: Path, link_file: Path, bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = board_content()
    del content["radios"]
    path = write(tmp_path / "mute.yml", content)
    files = ("--board-file", path, "--link-file", link_file)
    said = energy(capsys, MODEL, "--bench", bench_file, *files, code=1)
    assert f"{path}: radios: ble is missing" in said
    assert "name a module" in said


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ((), 2, "nothing to compare"),
        ((MODEL, "--board", "nothing"), 2, "--board nothing: not known"),
        ((MODEL, "--link", "nothing"), 2, "--link nothing: not known"),
        ((MODEL, "--board", "rpi_pico", "--board-file", "x.yml"), 2, "do not go together"),
        ((MODEL, "--link", "thread", "--link-file", "x.yml"), 2, "do not go together"),
        ((MODEL, "--board-file", "/nothing.yml"), 1, "/nothing.yml: No such file"),
        ((MODEL, "--bench", "/nothing.json"), 1, "/nothing.json: No such file"),
        ((MODEL, "--head-widths", "64"), 2, "--head-widths 64: not widths"),
        ((MODEL, "--picture", "x.gif"), 2, "x.gif: a picture is written as .png or .svg"),
    ],
)
def test_wrong_use(
    args: tuple[object, ...], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in energy(capsys, *args, code=code)


@pytest.mark.parametrize(
    "args",
    [
        ("--samples", "0"),
        ("--folds", "1"),
        ("--overlap", "1"),
        ("--throughput", "0"),
        ("--throughput", "nan"),
        ("--server-seconds", "3,2,1"),
        ("--raw-bits", "33"),
        ("--claim", "3"),
    ],
)
def test_values_out_of_range_are_usage_errors(args: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as error:
        cli.main(["energy", str(MODEL), *args])
    assert error.value.code == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cpu": "cortex-m3"}, "cpu: counted on 'cortex-m3', but nrf52840dk needs cortex-m4f"),
        ({"inference": None}, "inference: is missing"),
        ({"training": {"widths": [1, 2]}}, r"training: widths: [1, 2], but the head has"),
        ({"training": {"widths": None}}, "training: widths: None, but the head has"),
        ({"inference": {"macs": 1}}, "inference: macs: 1, but the model has"),
        ({"inference": {"macs": float("nan")}}, "inference: macs: is nan, not a count"),
    ],
)
def test_bench_file_that_does_not_fit(
    change: dict[str, Any], message: str, bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(bench_file.read_text(encoding="utf-8"))
    write(bench_file, {**content, **change})
    assert message in energy(capsys, MODEL, "--bench", bench_file, code=1)


@pytest.mark.parametrize("value", ["x", None, True, 0, -1, float("nan"), float("inf"), 10**400])
def test_bench_file_with_what_is_no_count(
    value: object, bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(bench_file.read_text(encoding="utf-8"))
    for part, where in (
        (content["inference"], "inference"),
        (content["training"]["steps"][0], "training: steps"),
    ):
        good, part["cycles_estimate"] = part["cycles_estimate"], value
        write(bench_file, content)
        error = energy(capsys, MODEL, "--bench", bench_file, code=1)
        assert f"{bench_file}: {where}: cycles_estimate: is" in error
        part["cycles_estimate"] = good


def test_bench_file_without_the_optimizer(
    bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = (MODEL, "--bench", bench_file, "--optimizer", "adam")
    assert "training: steps: none with Adam" in energy(capsys, *args, code=1)


def test_throughput_above_what_packets_allow_is_warned_of(
    bench_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["energy", str(MODEL), "--bench", str(bench_file), "--throughput", "5000"]) == 0
    assert "more than the packets of Bluetooth LE, 2M PHY allow, 1402" in capsys.readouterr().err


@pytest.mark.parametrize("axis", ["throughput", "samples", "updates"])
def test_picture_says_everything_in_words(
    axis: str, bench_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = (MODEL, "--bench", bench_file, "--axis", axis, "--throughput", 60, "--link", "802154")
    energy(capsys, *args, "--picture", tmp_path / "one.svg")
    nodes = ET.parse(tmp_path / "one.svg").iter()
    said = " ".join(node.text for node in nodes if node.text)
    for words in (
        "RAW SAMPLES",
        "CACHED INT8 FEATURES",
        "your point: sending / learning =",
        "sending wins",
        "learning, features cached",
        "break-even",
        "IEEE 802.15.4 at 60 kbps",
    ):
        assert words in said


def test_picture_of_a_year_judges_the_year(
    bench_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An update is cheaper sent, but the link, kept all year for one update, costs more."""
    args = (MODEL, "--bench", bench_file, "--axis", "updates", "--updates", 1, "--picture")
    report = as_json(capsys, *args, tmp_path / "one.svg")
    assert report["uploads"][3]["less_energy"].startswith("sending")
    nodes = [node.text or "" for node in ET.parse(tmp_path / "one.svg").iter()]
    said = [text for text in nodes if text.startswith("your point: sending")]
    assert len(said) == 4
    assert all("= 4.16: device" in text for text in said)  # (3.16 uA + 10 uA) / 3.16 uA


def test_picture_of_a_narrow_axis_labels_little(
    bench_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """LoRaWAN's throughputs span less than two decades: 0.2, 0.5, 1, 2, 5, and nothing else."""
    energy(
        capsys, MODEL, "--bench", bench_file, "--link", "lorawan", "--picture", tmp_path / "a.svg"
    )
    said = [node.text for node in ET.parse(tmp_path / "a.svg").iter() if node.text]
    assert {"0.2", "0.5", "1", "2", "5"} <= set(said)
    assert not {"0.3", "3", "4", "6"} & set(said)


@pytest.mark.parametrize(
    ("axis", "point"),
    [("throughput", 0.01), ("samples", 10**7), ("updates", 1e8), ("updates", 0.01)],
)
def test_point_far_out_is_on_the_curve(axis: str, point: float) -> None:
    setup = SimpleNamespace(link=figures.link_named("ble-2m"))
    report: Any = SimpleNamespace(setup=setup)
    xs = picture._grid(report, point, axis)
    assert xs[0] <= point <= xs[-1] * 1.000001


def test_same_report_gives_the_same_picture_and_no_file_is_lost(
    bench_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    args = (MODEL, "--bench", bench_file, "--picture", tmp_path / "a.PNG")
    energy(capsys, *args)
    first = (tmp_path / "a.PNG").read_bytes()
    assert first.startswith(b"\x89PNG")
    with monkeypatch.context() as patch:  # Refused before minutes of counting.
        patch.setattr(counts, "read", lambda *_: pytest.fail("it went on"))
        assert "is there already" in energy(capsys, *args, code=1)
    energy(capsys, *args, "--force")
    assert (tmp_path / "a.PNG").read_bytes() == first


@pytest.mark.emulated
def test_counts_are_those_of_the_bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run, and read from the bench's file: the same training, nearly the same backbone."""
    live = as_json(capsys, MODEL, "--samples", 10)
    assert cli.main(["bench", str(MODEL), "--json"]) == 0
    path = tmp_path / "bench.json"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    read = as_json(capsys, MODEL, "--samples", 10, "--bench", path)
    assert live["counts"]["training_step"] == read["counts"]["training_step"]
    ratio = read["counts"]["backbone"] / live["counts"]["backbone"]
    assert 1.0 <= ratio < 1.2  # the file has the head's dense layer, in int8, as well

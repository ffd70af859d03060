# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What is predicted before the build, and how it is held against the image."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from microtl_tools.budget.boards import board_regions
from microtl_tools.budget.compare import compare, read_prediction
from microtl_tools.budget.learner_config import CHOICES, DEFAULTS, complete, from_config
from microtl_tools.budget.predict import Predicted, Prediction, predict
from microtl_tools.budget.report import owner_bytes, report_elf
from microtl_tools.cli import main
from microtl_tools.convert.api import ConvertedModel, Options, convert
from microtl_tools.convert.learner_memory import LearnerConfig
from microtl_tools.convert.report import ram_rows, total
from microtl_tools.errors import MicroTLError, UsageError

from .conftest import elf

ROOT = Path(__file__).resolve().parents[4]
MODEL = ROOT / "samples" / "hello_transfer" / "src" / "model" / "digits.tflite"


@pytest.fixture(scope="module")
def converted() -> ConvertedModel:
    return convert(MODEL, Options(classes=12))


def learner_config(given: list[str]) -> LearnerConfig:
    return from_config(complete(given))


def sizes(prediction: Prediction) -> dict[str, int]:
    return {row.symbol: row.bytes for row in prediction.rows}


def test_defaults_are_those_of_kconfig() -> None:
    """Kconfig is the home of these figures; a prediction is made where there is no Kconfig."""
    texts = [p.read_text(encoding="utf-8") for p in (ROOT / "modules/microtl").rglob("Kconfig*")]
    kconfig = "\n".join(texts)
    for option, value in DEFAULTS.items():
        name = option.removeprefix("CONFIG_")
        block = re.search(rf"^(?:menu)?config {name}\n((?:[\t ].*\n|\n)*)", kconfig, re.MULTILINE)
        assert block, f"{option} is not in Kconfig"
        if re.search(r"^choice", kconfig, re.MULTILINE) and "default" not in block[1]:
            assert re.search(rf"^\tdefault {name}$", kconfig, re.MULTILINE), option
        else:
            assert re.search(rf"^\tdefault {value}$", block[1], re.MULTILINE), option


def test_choices_are_those_of_kconfig() -> None:
    texts = [p.read_text(encoding="utf-8") for p in (ROOT / "modules/microtl").rglob("Kconfig*")]
    for prefix, names in CHOICES.items():
        choice = prefix.removeprefix("CONFIG_").removesuffix("_")
        (block,) = re.findall(rf"^choice {choice}\n(.*?)^endchoice", "\n".join(texts), re.M | re.S)
        assert re.findall(rf"^config {choice}_(\w+)", block, re.M) == list(names)


def test_options_replace_defaults_and_choices() -> None:
    assert learner_config([]) == LearnerConfig()
    assert learner_config(["CONFIG_MICROTL_TRAINER_OPTIMIZER_ADAM=y"]).optimizer == 2
    assert learner_config(["MICROTL_TRAINER_OPTIMIZER_SGD=y"]).optimizer == 0
    assert learner_config(["CONFIG_MICROTL_REPLAY_SAMPLE_COUNT=40"]).samples == 40
    frozen = learner_config(["CONFIG_MICROTL_TRAINER=n"])
    assert (frozen.trainer, frozen.active_in_ram, frozen.ncm) == (False, False, True)
    in_flash = "CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM=n"
    assert not learner_config([in_flash, "CONFIG_MICROTL_STORE=y"]).active_in_ram
    assert learner_config([in_flash]).active_in_ram, "Kconfig leaves it on without a store"


def test_an_option_with_a_typing_error_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    learner_config(["CONFIG_MICROTL_HEAD_NCM=y", "CONFIG_MICROTL_TRAINER_OPTIMIZER_SGD=y"])
    assert not capsys.readouterr().err
    learner_config(["CONFIG_MICROTL_REPLAY_SAMPLE_CUONT=40"])
    assert "CONFIG_MICROTL_REPLAY_SAMPLE_CUONT changes nothing here" in capsys.readouterr().err
    learner_config(["CONFIG_MICROTL_KERNELS_NEON=y"])
    assert "CONFIG_MICROTL_KERNELS_NEON changes nothing here" in capsys.readouterr().err
    with pytest.raises(UsageError, match="REPLAY_SAMPLE_COUNT=lots: is no number"):
        learner_config(["CONFIG_MICROTL_REPLAY_SAMPLE_COUNT=lots"])


@pytest.mark.parametrize(
    "option", [["--budget", "budget.yml"], ["--margin", "0"], ["--markdown"], ["--sections"]]
)
def test_options_for_images_are_refused(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["budget", str(MODEL), *option]) == 2
    assert f"{option[0]} belongs to an image" in capsys.readouterr().err


def test_a_prj_conf_is_read(tmp_path: Path) -> None:
    file = tmp_path / "prj.conf"
    file.write_text("# a comment\nCONFIG_MICROTL_REPLAY_SAMPLE_COUNT=7\n", encoding="utf-8")
    assert learner_config([str(file)]).samples == 7
    with pytest.raises(UsageError, match="neither CONFIG_X=VALUE nor a file"):
        learner_config(["prj.cnf"])


def test_every_option_costs_what_its_help_says(converted: ConvertedModel) -> None:
    """P parameters, D features, R rows; 4 bytes each where they are floats."""
    head = converted.head
    assert head is not None
    params, features, rows = int(head.params.size), head.features, head.class_capacity
    config = replace(from_config(DEFAULTS), samples=40)
    base = sizes(predict(converted, config))
    assert base["LEARNER_arena"] == converted.arena_size
    assert base["LEARNER_shadow"] == base["LEARNER_active"] == base["LEARNER_state"] == 4 * params
    assert base["LEARNER_replay_features"] == 40 * features
    assert base["head_params"] == 4 * params

    def change(**options: object) -> int:
        other = predict(converted, replace(config, **options))  # type: ignore[arg-type]
        return other.total("ram") - predict(converted, config).total("ram")

    assert change(optimizer=0) == -4 * params
    assert change(optimizer=2) == 4 * params
    assert change(best_weights=True) == change(batch=8) == 4 * params
    assert change(active_in_ram=False) == -4 * params
    assert change(ncm=True) == 4 * features * rows + 2 * rows
    assert change(tokens=3) == 2 * features
    assert change(samples=50) == 10 * (features + 8 + 2)


@pytest.mark.parametrize(
    "options",
    [
        Options(classes=12),
        Options(
            arithmetic="fixed",
            base_set=MODEL.with_suffix(".npz"),
            labels=MODEL.with_name("labels.txt"),
        ),
        Options(hidden=24),
        Options(head_layers=0),
    ],
    ids=["classes", "fixed", "hidden", "frozen"],
)
def test_the_converters_report_says_the_same(options: Options) -> None:
    converted = convert(MODEL, options)
    config = LearnerConfig(samples=40, fixed=options.arithmetic == "fixed")
    rows = ram_rows(converted, 40)
    assert total(rows, "always", "default") == predict(converted, config).total("ram")
    options_of_float = {"optimiser state, Adam", "gradient, batch > 1"}
    expected = set() if config.fixed or converted.head is None else options_of_float
    assert {row["what"] for row in rows} & options_of_float == expected


def test_store_with_its_log_is_predicted(converted: ConvertedModel) -> None:
    """A record is a header of 12 bytes, features, a CRC; in whole blocks of at most 32."""
    assert converted.head is not None and converted.head.features == 64
    config = learner_config(["CONFIG_MICROTL_STORE=y", "CONFIG_MICROTL_STORE_REPLAY=y"])
    found = sizes(predict(converted, config))
    assert found["LEARNER_record"] == 96
    assert found["LEARNER"] > sizes(predict(converted, LearnerConfig()))["LEARNER"]


def test_options_and_kconfig_mean_one_build(capsys: pytest.CaptureFixture[str]) -> None:
    def predicted(*arguments: str, code: int = 0) -> str:
        assert main(["budget", str(MODEL), "--json", *arguments]) == code
        text = capsys.readouterr()
        return text.err if code else text.out

    kconfig = ("--config", "CONFIG_MICROTL_ARITHMETIC_FIXED=y")
    assert predicted("--arithmetic", "fixed") == predicted(*kconfig) != predicted()
    dsp = ("--config", "CONFIG_MICROTL_KERNELS_DSP=y")
    assert predicted("--kernels", "dsp") == predicted(*dsp) != predicted()
    error = predicted("--kernels", "mve", *dsp, code=2)
    assert "--config asks for the kernels dsp, --kernels for mve" in error
    for option, what in (("OPTIMIZER_ADAM=y", "Adam"), ("BATCH_COUNT=8", "a batch above 1")):
        error = predicted(*kconfig, "--config", f"CONFIG_MICROTL_TRAINER_{option}", code=2)
        assert f"{what} does not go with heads in fixed point" in error


def test_arrays_of_the_prediction_are_those_of_the_source(converted: ConvertedModel) -> None:
    found = sizes(predict(converted, from_config(DEFAULTS)))
    source = converted.c_source
    width = {"int8_t": 1, "uint8_t": 1, "int16_t": 2, "int32_t": 4, "float": 4, "uint32_t": 4}
    arrays = re.findall(r"^static const (\w+) (\w+)\[(\d+)\] = ", source, re.MULTILINE)
    assert arrays
    in_source = {name: width[kind] * int(count) for kind, name, count in arrays}
    for op in converted.ops:
        mine = [size for name, size in in_source.items() if name.startswith(f"op{op.index}_")]
        assert sum(mine) == found.get(f"op{op.index}_*", 0)
    for name in ("head_params", "feature_scale", "feature_offset"):
        assert in_source[name] == found[name]


PREDICTED = Prediction(
    "watch_model",
    (
        Predicted("op0_*", "microtl/weights", "flash", 77),
        Predicted("op1_*", "microtl/weights", "flash", 255),
        Predicted("ops", "microtl/weights", "flash", 48),
        Predicted("head_params", "microtl/heads", "flash", 40),
        Predicted("class_names", "microtl/heads", "flash", 12),
    ),
)


def test_differences_are_found_object_by_object() -> None:
    found = {
        d.symbol: (d.predicted, d.actual) for d in compare(PREDICTED, report_elf(elf("model")))
    }
    assert found == {
        "op0_*": (77, 77),
        "op1_*": (255, 256),
        "ops": (48, 48),
        "head_params": (40, 40),
        "class_names": (12, None),
    }


def test_ram_that_nobody_predicted_is_found() -> None:
    arena = Predicted("LEARNER_arena", "microtl/arena", "ram", 96)
    report = report_elf(elf("model"))
    found = compare(replace(PREDICTED, rows=(arena,)), report)
    assert (found[0].symbol, found[0].excess) == ("gesture_arena", 0)
    others = {d.symbol: d.actual for d in found[1:]}
    assert others["gesture_replay_features"] == 320
    assert all(d.predicted == 0 and d.kind == "ram" for d in found[1:])
    stacks = owner_bytes(report, "microtl/stacks")["ram"]
    assert stacks + sum(d.actual or 0 for d in found) == owner_bytes(report, "microtl")["ram"]


def test_objects_of_another_model_do_not_count() -> None:
    report = report_elf(elf("model"))
    expected = compare(PREDICTED, report)
    ops = next(s for s in report.image.symbols if s.name == "ops")
    other = replace(ops, address=ops.address + ops.size, file="other.c")
    use = next(s for s in report.symbols if s.name == "ops")
    report.image = replace(report.image, symbols=(*report.image.symbols, other))
    report.symbols.append(replace(use, origin="app/libapp.a(other.c.obj)"))
    assert compare(PREDICTED, report) == expected


def test_names_and_units_are_predicted(converted: ConvertedModel) -> None:
    texts = re.findall(
        r'^static const char text\d+\[\] = "(\w+)";', converted.c_source, re.MULTILINE
    )
    assert sizes(predict(converted, from_config(DEFAULTS)))["text*"] == sum(
        len(text) + 1 for text in texts
    )


def test_through_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "prediction.json"
    file.write_text(json.dumps({"prediction": PREDICTED.to_json()}), encoding="utf-8")
    assert read_prediction(file) == PREDICTED
    assert main(["budget", str(elf("model")), "--prediction", str(file)]) == 0
    text = capsys.readouterr().out
    assert re.search(r"op1_\* +flash +255 +256 +\+1", text)
    assert re.search(r"class_names +flash +12 +- +-12", text)
    assert re.search(r"all 5 objects +flash +432 +421 +-11", text)
    assert main(["budget", str(elf("xip")), "--prediction", str(file)]) == 1
    assert "has no model watch_model" in capsys.readouterr().err
    file.write_text("{}", encoding="utf-8")
    assert main(["budget", str(elf("model")), "--prediction", str(file)]) == 1
    assert "is no prediction" in capsys.readouterr().err


def zephyr(folder: Path) -> Path:
    boards = folder / "zephyr" / "boards" / "vendor" / "demo"
    boards.mkdir(parents=True)
    (boards / "demo_soc.yaml").write_text(
        "identifier: demo/soc\nram: 64\nflash: 64\n", encoding="utf-8"
    )
    (boards / "demo_tiny.yaml").write_text(
        "identifier: demo/tiny\nram: 1\nflash: 64\n", encoding="utf-8"
    )
    (boards / "demo_broken.yaml").write_text("identifier: [", encoding="utf-8")
    return folder / "zephyr"


def test_memories_of_a_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEPHYR_BASE", str(zephyr(tmp_path)))
    assert [(r.name, r.size) for r in board_regions("demo/soc")] == [
        ("FLASH", 65536),
        ("RAM", 65536),
    ]
    with pytest.raises(MicroTLError, match="describes no such board") as caught:
        board_regions("demo/other")
    assert caught.value.hint == "it has demo/soc, demo/tiny"


def test_a_workspace_is_found_from_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zephyr(tmp_path)
    (tmp_path / ".west").mkdir()
    inside = tmp_path / "app" / "src"
    inside.mkdir(parents=True)
    monkeypatch.delenv("ZEPHYR_BASE", raising=False)
    monkeypatch.chdir(inside)
    assert board_regions("demo/soc")
    monkeypatch.chdir("/")
    with pytest.raises(MicroTLError, match="no Zephyr found"):
        board_regions("demo/soc")


def test_exit_codes_of_a_prediction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZEPHYR_BASE", str(zephyr(tmp_path)))
    model = str(MODEL)
    assert main(["budget", model, "--board", "demo/soc"]) == 0
    assert "MicroTL's data" in capsys.readouterr().out
    assert main(["budget", model, "--board", "demo/tiny"]) == 3
    assert "MicroTL alone needs" in capsys.readouterr().err
    assert main(["budget", model, "--max-ram", "100"]) == 3
    assert main(["budget", model, "--region", "ram=0+100"]) == 3
    assert main(["budget", model, "--baseline", "x"]) == 2
    assert main(["budget", model, "--board", "demo/none"]) == 1
    capsys.readouterr()
    assert main(["budget", model, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["prediction"]["model"].endswith("_model")

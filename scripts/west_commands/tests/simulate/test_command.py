# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl simulate`` from end to end, in a world whose answers are known."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from microtl_tools.cli import main
from microtl_tools.simulate.kconfig import OPTIMIZERS
from microtl_tools.simulate.settings import SETTINGS

from . import toy

MODULE = Path(__file__).resolve().parents[4] / "modules" / "microtl"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path, labels = toy.model(tmp_path_factory.mktemp("toy"))
    return [str(path), "--labels", str(labels)]


def simulate(capsys: pytest.CaptureFixture[str], *args: object) -> dict[str, Any]:
    assert main(["simulate", *map(str, args), "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def failing(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str]:
    code = main(["simulate", *map(str, args)])
    captured = capsys.readouterr()
    assert captured.out == ""
    return code, captured.err


def test_new_class_helps(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = toy.data(tmp_path / "d.npz")
    result = simulate(
        capsys, *model, "--data", data, "--scenario", "new-class", "--labels-per-class", "5,20"
    )
    assert result["scenario"]["new"] == ["three"]
    assert result["verdict"] == "helps"
    assert [budget["labels_per_class"] for budget in result["budgets"]] == [5, 20]
    best = result["budgets"][-1]
    assert best["old_before"]["mean"] > 0.9
    assert best["new_after"]["mean"] > 0.9
    assert best["before"]["mean"] < 0.8
    assert best["before"]["users"] == 4
    assert all(user["before"]["new"] == 0.0 for user in best["users"])
    assert all(user["labels"] == 4 * 20 for user in best["users"])
    assert best["nearest_mean"]["mean"] > 0.8


def test_no_more_labels_are_claimed_than_there_are(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two recordings of ten, the later half tests and one overlaps it: eight a class are left."""
    data = toy.data(tmp_path / "d.npz", classes=3, count=10)
    play = ["simulate", *model, "--data", str(data), "--scenario", "new-user", "--seeds", "1"]
    assert main([*play, "--labels-per-class", "3,50,500"]) == 0
    out, said = capsys.readouterr()
    assert (
        "--labels-per-class 50,500: no user has more than 8 windows of a class to label; 8 are "
        "played" in said
    )
    assert "With 8 labelled windows a class accuracy" in out
    assert "Labels it takes: more than 8 windows a class" in out
    assert "Next: record more (no user has more than 8 windows" in out
    assert "50" not in re.sub(r"\d*\.\d+", "", out)
    assert main([*play, "--labels-per-class", "8"]) == 0
    assert "no user has more" not in capsys.readouterr().err
    result = simulate(capsys, *play[1:], "--labels-per-class", "3,500")
    assert [budget["labels_per_class"] for budget in result["budgets"]] == [3, 8]
    assert result["labels_available"] == 8


def test_gestures_of_one_window_each(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = toy.data(tmp_path / "d.npz", count=15)
    with np.load(path) as file:
        arrays = {key: value for key, value in file.items() if key not in ("t", "span")}
    arrays["recording"] = np.arange(len(arrays["x"])).astype(str)
    np.savez(path, **arrays)
    result = simulate(
        capsys, *model, "--data", path, "--scenario", "new-class", "--labels-per-class", "15"
    )
    assert result["verdict"] == "helps"
    assert all(user["labels"] == 4 * 15 for user in result["budgets"][0]["users"])
    assert result["budgets"][0]["new_after"]["mean"] > 0.9


def test_new_class_that_a_device_cannot_name_is_played_with_a_warning(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = toy.data(tmp_path / "d.npz")
    play = ["simulate", *model, "--data", str(path), "--scenario", "new-class", "--seeds", "1"]
    for name, is_warned in (("exactly 15 byte", False), ("ArrestoMomentumCharm", True)):
        with np.load(path) as file:
            y = np.where(file["y"] == "three", name, file["y"])
            np.savez(tmp_path / "named.npz", **{**file, "y": y})
        play[play.index("--data") + 1] = str(tmp_path / "named.npz")
        assert main([*play, "--labels-per-class", "5"]) == 0
        out, said = capsys.readouterr()
        assert f"new class {name}" in out
        assert (f"class '{name}': a device keeps at most 15 bytes" in said) == is_warned


def test_what_missing_statistics_cost_is_measured(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = toy.data(tmp_path / "d.npz", classes=3)
    training = toy.data(tmp_path / "t.npz", classes=3, users=1)
    with np.load(training) as file:
        np.savez(training, **{**file, "group": np.full(len(file["x"]), "somebody else")})
    play = [*model, "--data", data, "--scenario", "new-user", "--seeds", "1"]
    play += ["--labels-per-class", "5"]
    missed = simulate(capsys, *play)
    # The samples that may be labelled, given as statistics, must come to the same.
    with np.load(data) as file:
        early = file["t"] < np.median(file["t"])
        np.savez(tmp_path / "early.npz", x=file["x"][early])
    given = simulate(capsys, *play, "--representative-data", tmp_path / "early.npz")
    assert given["with_statistics"] is None
    assert missed["with_statistics"]["mean"] == pytest.approx(
        given["budgets"][0]["after"]["mean"], abs=0.03
    )
    assert main(["simulate", *map(str, play)]) == 0
    assert "No statistics of the features were given" in capsys.readouterr().out
    assert main(["simulate", *map(str, play), "--representative-data", str(training)]) == 0
    assert "No statistics" not in capsys.readouterr().out


def test_known_classes_of_familiar_users_show_no_evidence(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = toy.data(tmp_path / "d.npz", classes=3)
    result = simulate(
        capsys, *model, "--data", data, "--scenario", "new-user", "--labels-per-class", "5"
    )
    assert result["verdict"] == "no evidence"
    assert result["labels_needed"] is None
    assert result["budgets"][0]["old_change"] is None


def test_shifted_users_gain(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = toy.data(tmp_path / "d.npz", classes=3, shift=0.6)
    result = simulate(
        capsys, *model, "--data", data, "--scenario", "new-user", "--labels-per-class", "20"
    )
    assert result["budgets"][0]["before"]["mean"] < 0.8
    assert result["verdict"] == "helps"


def test_labels_that_mislead_harm_where_nothing_guards(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = toy.data(tmp_path / "d.npz", classes=3, flip=True)
    play = [*model, "--data", data, "--scenario", "new-user", "--labels-per-class", "20"]
    result = simulate(capsys, *play, "--no-gate")
    assert result["verdict"] == "harms"
    assert sorted(result["budgets"][0]["losers"]) == [f"user {i}" for i in range(4)]
    impossible = ["--set", "gate.old_min=60000"]
    [guarded] = simulate(capsys, *play, *impossible)["budgets"]
    assert guarded["gate"]["accepted"] == 0
    assert guarded["gate"]["undecided"] == 12
    assert guarded["change"]["mean"] == 0.0


def test_drift_looks_at_what_came_before(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = toy.data(tmp_path / "before.npz", classes=3, seed=1)
    after = toy.data(tmp_path / "after.npz", classes=3, shift=0.6)
    play = [*model, "--data", after, "--scenario", "drift", "--labels-per-class", "20"]
    result = simulate(capsys, *play, "--reference", before)
    [budget] = result["budgets"]
    assert budget["old_before"]["mean"] > 0.9
    assert budget["after"]["mean"] > budget["before"]["mean"]
    assert simulate(capsys, *play)["budgets"][0]["old_before"] is None


def test_recordings_in_folders(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = toy.folder(tmp_path / "recordings", toy.data(tmp_path / "d.npz", users=2))
    result = simulate(
        capsys, *model, "--data", folder, "--hop", "1", "--scenario", "new-class",
        "--labels-per-class", "10", "--seeds", "1",
    )  # fmt: skip
    assert result["budgets"][0]["new_after"]["mean"] > 0.9
    assert [user["user"] for user in result["budgets"][0]["users"]] == ["user 0", "user 1"]


def test_same_seed_same_result(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = toy.data(tmp_path / "d.npz")
    play = [*model, "--data", data, "--scenario", "new-class", "--labels-per-class", "5"]
    assert simulate(capsys, *play) == simulate(capsys, *play)


def test_text_picture_and_fragment(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = toy.data(tmp_path / "d.npz")
    picture, fragment = tmp_path / "p.svg", tmp_path / "microtl.conf"
    files = ["--picture", str(picture), "--kconfig", str(fragment)]
    play = ["simulate", *model, "--data", str(data), "--scenario", "new-class"]
    assert main([*play, *files, "--set", "epochs=30", "--set", "gate.recall_min=0.55"]) == 0
    out = capsys.readouterr().out
    assert "verdict: helps" in out
    assert "Labels it takes:" in out
    assert "Nearest class mean alone" in out
    assert "user 3" in out
    assert b"<svg" in picture.read_bytes()
    written = fragment.read_text(encoding="utf-8")
    assert written.strip() in out
    assert "CONFIG_MICROTL_TRAINER_EPOCH_COUNT=30" in written
    assert "CONFIG_MICROTL_TRAINER_BASE_FILL_COUNT=40" in written
    assert "# gate.recall_min=0.55 has no symbol" in written
    assert main([*play, *files]) == 1
    assert "is there already" in capsys.readouterr().err
    assert fragment.read_text(encoding="utf-8") == written
    assert main([*play, *files, "--force"]) == 0


def test_suggested_symbols_exist() -> None:
    files = [path.read_text(encoding="utf-8") for path in MODULE.rglob("Kconfig*")]
    known = set(re.findall(r"^config MICROTL_(\w+)", "\n".join(files), re.M))
    wanted = {setting.symbol for setting in SETTINGS.values() if setting.symbol}
    wanted |= {f"TRAINER_OPTIMIZER_{kind}" for kind in OPTIMIZERS}
    wanted |= {"REPLAY_SAMPLE_COUNT", "TRAINER_BEST_WEIGHTS", "HEAD_NCM"}
    assert wanted <= known


def test_base_set_must_not_hold_the_users(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = toy.data(tmp_path / "d.npz")
    base = toy.data(tmp_path / "base.npz", classes=3, users=2, first_user=3)
    play = [*model, "--data", data, "--scenario", "new-class"]
    code, said = failing(capsys, *play, "--base-set", base)
    assert code == 1
    assert "holds samples of user 3, who are played as users the model has never seen" in said
    strangers = toy.data(tmp_path / "strangers.npz", classes=3, users=2, first_user=10)
    short = ["--labels-per-class", "10", "--seeds", "1"]
    result = simulate(capsys, *play, "--base-set", strangers, "--only-new", *short)
    assert result["scenario"]["recorded"] == ["three"]
    assert all(user["labels"] == 10 for user in result["budgets"][0]["users"])


def test_samples_that_stand_twice_are_named(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = toy.data(tmp_path / "d.npz", classes=3)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["x"][30] = arrays["x"][0]
    np.savez(path, **arrays)
    play = [*model, "--data", str(path), "--scenario", "new-user", "--seeds", "1"]
    assert main(["simulate", *play, "--labels-per-class", "5"]) == 0
    assert "user user 0: 1 of 120 test samples are equal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "args", "message"),
    [
        ({}, ["--scenario", "new-user"], "classes that the model does not know: three"),
        ({"classes": 3}, ["--scenario", "new-class"], "no new class to learn"),
        ({"classes": 1}, ["--scenario", "new-user"], "has one class only"),
        ({"users": 1}, ["--scenario", "new-class"], "1 user to play with"),
        ({}, ["--scenario", "new-class", "--users", "bob,user 1"], "there is no user 'bob'"),
        ({"count": 2}, ["--scenario", "new-class"], "user 'user 0': the recordings are too short"),
    ],
)
def test_what_cannot_be_played(
    model: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, Any],
    args: list[str],
    message: str,
) -> None:
    data = toy.data(tmp_path / "d.npz", **change)
    code, said = failing(capsys, *model, "--data", data, *args)
    assert code == 1
    assert message in said


@pytest.mark.parametrize("option", ["--base-set", "--representative-data", "--reference"])
def test_channels_in_another_order_are_refused(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    data = toy.data(tmp_path / "d.npz", classes=3)
    other = toy.data(tmp_path / "o.npz", classes=3, first_user=4)
    for path, names in ((data, "abcdefgh"), (other, "abcdefhg")):
        with np.load(path) as file:
            np.savez(path, **{**file, "channels": np.array(list(names))})
    args = ["--data", data, "--scenario", "drift", option, other]
    if option != "--reference":
        args += ["--reference", data]
    code, said = failing(capsys, *model, *args)
    assert code == 1
    assert "its channels are in the order a, b, c, d, e, f, g, h, those of" in said


def test_class_names_that_the_model_does_not_have(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = toy.data(tmp_path / "d.npz")
    code, said = failing(capsys, model[0], "--data", data, "--scenario", "new-class")
    assert code == 1
    assert "none of its classes (" in said
    assert "is one of the model's (class0, class1, class2)" in said
    assert "--labels" in said


@pytest.mark.parametrize(
    ("drop", "change", "message"),
    [
        ("group", {}, "does not say which user (or device) each sample is from"),
        ("y", {}, "has no array 'y'"),
        (None, {"x": np.zeros((3, 5), np.float32), "y": np.zeros(3, int)}, "the model takes 8"),
    ],
)
def test_data_that_does_not_do(
    model: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    drop: str | None,
    change: dict[str, Any],
    message: str,
) -> None:
    path = toy.data(tmp_path / "d.npz")
    with np.load(path) as file:
        arrays = {key: value for key, value in file.items() if key != drop}
    if change:
        arrays = change
    np.savez(path, **arrays)
    code, said = failing(capsys, *model, "--data", path, "--scenario", "new-class")
    assert code == 1
    assert message in said


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--reference", "x.npz"], "needs --scenario drift"),
        (["--only-new"], "needs --scenario new-class"),
        (["--picture", "p.gif"], "a picture is written as .png or .svg"),
        (["--picture", "p.svg", "--kconfig", "p.svg"], "both write p.svg"),
    ],
)
def test_options_that_do_not_go_together(
    model: list[str], capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    code, said = failing(capsys, *model, "--data", "d.npz", "--scenario", "new-user", *args)
    assert code == 2
    assert message in said


def test_wrong_values_are_usage_errors(
    model: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    play = ["simulate", *model, "--data", "d.npz", "--scenario", "new-user"]
    for wrong in (
        ["--margin", "nan"],
        ["--margin=-1"],
        ["--capacity", "65536"],
        ["--margin", "101"],
        ["--users", "ann,bob,ann"],
        ["--labels-per-class", "5,5"],
        ["--head-layers", "0"],
        ["--users", ","],
        ["--labels-per-class", "5,0"],
        ["--labels-per-class", "x"],
        ["--test-part", "1.5"],
        ["--set", "epochs"],
    ):
        with pytest.raises(SystemExit) as caught:
            main([*play, *wrong])
        assert caught.value.code == 2
        said = capsys.readouterr().err
        assert wrong[0].partition("=")[0] in said and "invalid" not in said


def test_a_file_in_the_way_is_said_before_anything_is_played_or_written(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, settings = tmp_path / "p.svg", tmp_path / "k.conf"
    settings.write_text("CONFIG_PRECIOUS=y\n", encoding="utf-8")
    data = tmp_path / "not_there.npz"
    args = ["--scenario", "new-user", "--picture", picture, "--kconfig", settings]
    code, said = failing(capsys, *model, "--data", data, *args)
    assert code == 1
    assert "k.conf: is there already" in said
    assert not picture.exists()

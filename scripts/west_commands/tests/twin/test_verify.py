# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl verify``: what is wrong is found and named, whoever says what is right."""

import json
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from microtl_tools.cli import main
from microtl_tools.convert.api import Options, convert
from microtl_tools.errors import MicroTLError
from microtl_tools.twin import border, compare, golden, oracle, verify
from microtl_tools.twin.api import Twin

from ..simulate import toy

MODELS = toy.FIXTURES / "models"
NETWORK = MODELS / "network_residual.tflite"

needs_oracle = pytest.mark.skipif(
    not oracle.available(), reason="the wheel tflite-micro is not installed"
)


def said(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    code = main(["verify", *map(str, args)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture(scope="session")
def vectors() -> golden.Golden:
    """What the twin itself computes: enough to test how vectors are compared."""
    whole = convert(NETWORK, Options(head_layers=0))
    twin = Twin.from_converted(whole)
    x = verify.pick_inputs(twin, whole.input, 12, None, seed=2)
    found = verify.places(whole)
    pieces = [verify.Piece(op.index, op.offset, op.size) for op, _ in found]
    traced = twin.trace(x, pieces)
    tensors = {tensor.index: v for (_, tensor), v in zip(found, traced, strict=True)}
    expectation = verify.Expectation(x, lambda part: tensors, "the twin itself")
    return verify.make_golden(whole.tflite, expectation, sorted(tensors))


@pytest.fixture
def model(tmp_path: Path, vectors: golden.Golden) -> Path:
    """A model with golden vectors beside it."""
    path = tmp_path / "network.tflite"
    path.write_bytes(NETWORK.read_bytes())
    golden.beside(path).write_bytes(vectors.to_bytes())
    return path


@pytest.fixture
def no_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle, "available", lambda: False)


def test_golden_vectors_stand_in_for_the_oracle(
    model: Path, no_oracle: None, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, model, "--head", "none")
    assert code == 0
    assert "whole model: 0 differences in" in out
    assert "12 inputs" in out
    assert "network.golden.npz, by the twin itself" in out.splitlines()[-1]


@pytest.mark.parametrize("which", [0, 1, -1])
def test_one_wrong_value_is_found_and_named(
    which: int,
    model: Path,
    vectors: golden.Golden,
    no_oracle: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(compare, "_CHUNK_BYTES", 10_000)  # a few inputs at a time
    whole = convert(model, Options(head_layers=0))
    op, tensor = verify.places(whole)[which]
    wrong = {index: values.copy() for index, values in vectors.tensors.items()}
    at = (7, *(size - 1 for size in tensor.shape))
    values = wrong[tensor.index].reshape(-1, *tensor.shape)
    was = int(values[at])
    values[at] = was - 1 if was > 0 else was + 1
    wrong[tensor.index] = values
    golden.beside(model).write_bytes(replace(vectors, tensors=wrong).to_bytes())
    code, out, err = said(capsys, model, "--json", "--head", "none")
    assert code == 1
    assert (
        f"first difference: op {op.number} {op.kind}, tensor {tensor.index} {tensor.name!r}, "
        f"input 7, index {list(at[1:])}: the twin has {was}, expected {int(values[at])}"
    ) in err
    result = json.loads(out)
    assert [t["differences"] for t in result["conversions"][0]["tensors"]].count(1) == 1
    assert result["conversions"][0]["differences"] == 1


def test_the_earliest_of_several_differences_comes_first(
    model: Path, vectors: golden.Golden, no_oracle: None, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {index: -1 - values for index, values in vectors.tensors.items()}
    golden.beside(model).write_bytes(replace(vectors, tensors=wrong).to_bytes())
    op, tensor = verify.places(convert(model, Options(head_layers=0)))[0]
    code, _, err = said(capsys, model)
    assert code == 1
    assert f"first difference: op {op.number} {op.kind}, tensor {tensor.index}" in err
    assert "input 0, index [0, 0, 0, 0]" in err


def test_saturated_outputs_prove_nothing(
    model: Path, vectors: golden.Golden, monkeypatch: pytest.MonkeyPatch, no_oracle: None,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(verify, "SATURATION_MAX", -0.01)
    code, _, err = said(capsys, model, "--head", "none")
    assert code == 1
    assert "of the outputs are saturated (-128 or 127), more than -1%: equal outputs prove" in err
    assert "other inputs may saturate less: give --data" in err.splitlines()[1]


@pytest.mark.parametrize("named", [True, False])
def test_vectors_do_not_go_with_data(
    named: bool, model: Path, no_oracle: None, capsys: pytest.CaptureFixture[str]
) -> None:
    option = ["--golden", golden.beside(model)] if named else []
    code, _, err = said(capsys, model, *option, "--data", "mine.npz")
    assert code == 2
    assert "--data mine.npz: golden vectors have inputs of their own" in err


def test_without_oracle_and_vectors(
    tmp_path: Path, no_oracle: None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "network.tflite"
    path.write_bytes(NETWORK.read_bytes())
    code, _, err = said(capsys, path)
    assert code == 1
    assert "neither is the oracle tflite-micro installed, nor is there" in err
    assert "pip install --pre tflite-micro" in err


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--seed", "-1", "-1: give 0 or more"),
        ("--count", "x", "'x' is no whole number"),
        ("--count", "0", "0: give 1 or more"),
    ],
)
def test_numbers_out_of_range(
    option: str, value: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["verify", str(NETWORK), option, value])
    assert caught.value.code == 2
    assert f"argument {option}: {message}" in capsys.readouterr().err


def test_vectors_that_lack_a_tensor(
    model: Path, vectors: golden.Golden, no_oracle: None, capsys: pytest.CaptureFixture[str]
) -> None:
    first = min(vectors.tensors)
    fewer = {index: values for index, values in vectors.tensors.items() if index != first}
    golden.beside(model).write_bytes(replace(vectors, tensors=fewer).to_bytes())
    code, _, err = said(capsys, model)
    assert code == 1
    assert f"tensor {first} is not in the golden vectors" in err


@needs_oracle
def test_exact_with_head_and_without(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path, _ = toy.model(tmp_path)
    code, out, _ = said(capsys, path, "--json", "--count", "40")
    assert code == 0
    result = json.loads(out)
    assert result["inputs"] == 40
    assert result["compared_with"].startswith("tflite-micro ")
    whole, cut = result["conversions"]
    assert whole["differences"] == cut["differences"] == 0
    assert len(whole["tensors"]) == 3
    assert len(cut["tensors"]) == 1
    assert "within 0." in result["notes"][0]
    code, out, _ = said(capsys, path, "--json", "--head", "none")
    assert len(json.loads(out)["conversions"]) == 1


@needs_oracle
def test_given_samples_are_used(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path, _ = toy.model(tmp_path)
    data = toy.data(tmp_path / "d.npz", users=1)
    vectors = tmp_path / "v.npz"
    args = [path, "--data", data, "--count", "20", "--write-golden", vectors]
    assert said(capsys, *args)[0] == 0
    x = golden.load(vectors, path.read_bytes()).x
    with np.load(data) as file:
        real = border.quantize(file["x"], convert(path, Options(head_layers=0)).input)
    assert sum(bool((real == sample).all(axis=1).any()) for sample in x) == 10
    code, _, err = said(capsys, *args)
    assert code == 1
    assert "is there already" in err
    assert said(capsys, path, "--golden", vectors)[0] == 0


@needs_oracle
def test_a_wrong_constant_in_the_generated_c_is_caught() -> None:
    whole = convert(NETWORK, Options(head_layers=0))
    array = re.search(r"weights\w*\[\d+\] = \{\s*(-?\d+),", whole.c_source)
    assert array is not None
    start, end = array.span(1)
    wrong = str(int(array[1]) // 2 + 40)
    broken = replace(whole, c_source=whole.c_source[:start] + wrong + whole.c_source[end:])
    x = verify.pick_inputs(Twin.from_converted(whole), whole.input, 20, None, seed=0)
    wanted = verify.wanted_tensors(whole)
    expectation = verify.from_oracle(NETWORK, whole.tflite, x, wanted)
    assert verify.verify(whole, expectation).problem() is None
    problem = verify.verify(broken, expectation).problem()
    assert problem is not None and problem.startswith("first difference: op ")


@needs_oracle
@pytest.mark.parametrize("name", ["border_float", "border_uint8", "border_uint8_rescaled"])
def test_borders_in_the_type_of_the_file(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, MODELS / f"{name}.tflite", "--head", "none", "--count", "30")
    assert (code, err) == (0, "")
    assert "0 differences" in out


@needs_oracle
def test_tensors_of_uint8_are_compared() -> None:
    path = MODELS / "border_uint8_rescaled.tflite"
    whole = convert(path, Options(head_layers=0))
    x = verify.pick_inputs(Twin.from_converted(whole), whole.input, 10, None, seed=0)
    right = verify.from_oracle(path, whole.tflite, x, verify.wanted_tensors(whole))

    def off(part: slice) -> dict[int, Any]:
        tensors = right.reference(part)
        return {i: v ^ 1 if v.dtype == np.uint8 else v for i, v in tensors.items()}

    problem = verify.verify(whole, replace(right, reference=off)).problem()
    assert problem is not None and problem.startswith("first difference: op ")


@needs_oracle
def test_output_in_the_type_of_the_file_is_compared() -> None:
    whole = convert(MODELS / "border_float.tflite", Options(head_layers=0))
    x = verify.pick_inputs(Twin.from_converted(whole), whole.input, 10, None, seed=0)
    expectation = verify.from_oracle(NETWORK, whole.tflite, x, verify.wanted_tensors(whole))
    assert verify.verify(whole, expectation).problem() is None
    off = replace(whole, output=replace(whole.output, scale=whole.output.scale * 1.01))
    problem = verify.verify(off, expectation).problem()
    assert problem is not None and "as float32, input 0" in problem


@needs_oracle
def test_a_file_that_the_oracle_refuses() -> None:
    for junk in (b"", b"junk" * 100, NETWORK.read_bytes()[:500]):
        with pytest.raises(MicroTLError, match="bad.tflite: TensorFlow Lite Micro (refused|cras)"):
            oracle.tensors(junk, np.zeros((1, 4), np.int8), [0], path="bad.tflite")


def fake_child(path: Path, body: str) -> Path:
    path.write_text(f"import os, sys, time\nfor line in sys.stdin:\n    {body}\n", encoding="utf-8")
    return path


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Any:
    made = oracle._Child()
    monkeypatch.setattr(oracle, "_child", lambda: made)
    yield made
    made.close()


def test_an_oracle_that_crashes_is_said_and_started_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: Any
) -> None:
    speak = "sys.stderr.write('no memory\\n'); sys.stderr.flush()"
    crash = f"{speak}; os.kill(os.getpid(), {signal.SIGSEGV})"
    monkeypatch.setattr(oracle, "_CHILD", fake_child(tmp_path / "crash.py", crash))
    for _ in range(2):
        with pytest.raises(
            MicroTLError, match=r"m: .* crashed on this file \(SIGSEGV\): no memory"
        ):
            oracle.tensors(b"", np.zeros((1, 1)), [0], path="m")


def test_an_oracle_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: Any
) -> None:
    monkeypatch.setattr(oracle, "_CHILD", fake_child(tmp_path / "hang.py", "time.sleep(60)"))
    monkeypatch.setattr(oracle, "_TIMEOUT_S", 0.5)
    with pytest.raises(MicroTLError, match="SIGKILL"):
        oracle.tensors(b"", np.zeros((1, 1)), [0], path="m")


def test_oracle_needs_no_package_of_ours() -> None:
    source = Path(oracle.__file__).with_name("oracle_child.py").read_text(encoding="utf-8")
    assert "microtl_tools" not in source

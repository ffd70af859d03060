# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What ``microtl bench`` refuses, and that names of files do not move its figures."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from microtl_tools import cli
from microtl_tools.bench import build, trace
from microtl_tools.bench.cpus import CPUS
from microtl_tools.errors import MicroTLError

MODEL = Path(__file__).resolve().parents[4] / "tests" / "fixtures" / "models" / "conv2d_relu.tflite"
CPU = CPUS["cortex-m4f"]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run the command; return the exit code and its message: what is wrong, what to do."""
    code = cli.main(["bench", *arguments])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("microtl: error: ")
    assert len(captured.err.splitlines()) == 2
    return code, captured.err


@pytest.mark.parametrize(
    ("kernels", "cpu", "choice"),
    [
        ("mve", "cortex-m4f", "portable or dsp"),
        ("dsp", "cortex-m55", "portable or mve"),
        ("dsp", "cortex-m3", "choose portable"),
    ],
)
def test_kernels_of_another_cpu(
    kernels: str, cpu: str, choice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, message = refused(capsys, str(MODEL), "--kernels", kernels, "--cpu", cpu)
    assert code == 2
    assert f"--kernels {kernels}" in message and choice in message


def test_a_picture_is_refused_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "compiler_version", lambda: pytest.fail("it went on"))
    picture = tmp_path / "mine.svg"
    picture.write_text("mine", encoding="utf-8")
    code, message = refused(capsys, str(MODEL), "--picture", str(picture))
    assert code == 1 and "--force" in message
    assert picture.read_text(encoding="utf-8") == "mine"


@pytest.mark.emulated
def test_a_head_that_the_board_has_no_memory_for(capsys: pytest.CaptureFixture[str]) -> None:
    code, message = refused(capsys, "--head", "4096x255")
    assert code == 1 and "bytes of RAM" in message and "smaller" in message


def test_a_missing_c_library_is_named() -> None:
    error = "engine.c:6:10: fatal error: errno.h: No such file or directory"
    with pytest.raises(MicroTLError, match="install libnewlib-arm-none-eabi"):
        build._check(subprocess.CompletedProcess([], 1, "", error), "engine.c")
    with pytest.raises(MicroTLError, match="tested are GCC 12"):
        build._check(subprocess.CompletedProcess([], 1, "", "error: unknown type"), "engine.c")


@pytest.mark.emulated
def test_what_has_no_head_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", str(MODEL), "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["training"] is None
    assert "no training is measured" in captured.err and "--head" in captured.err
    assert cli.main(["bench", str(MODEL), "--no-training"]) == 0
    assert capsys.readouterr().err == ""


def fake_qemu(folder: Path, monkeypatch: pytest.MonkeyPatch, log: str) -> None:
    """Put a QEMU before the real one that writes ``log`` as its log, and ends well."""
    tool = folder / trace.QEMU
    (folder / "log").write_text(log, encoding="ascii")
    tool.write_text(
        f"""#!/bin/sh
[ "$1" = --version ] && echo "QEMU 99" && exit
while [ "$1" != -D ]; do shift; done
cat {folder}/log > "$2"
""",
        encoding="utf-8",
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


# Without a disassembler QEMU shows bytes instead of instructions.
LOGS = ("", "IN:\nOBJD-T: 00b5\n\nTrace 0: 0x7f00 [00000000/00000110/00000000/ff]\n" * 10000)


@pytest.mark.parametrize("log", LOGS, ids=("nothing", "no_disassembler"))
def test_a_log_that_is_not_understood(
    log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_qemu(tmp_path, monkeypatch, log)
    with pytest.raises(MicroTLError, match="QEMU 99 shows no code") as caught:
        trace.run(Path("bench.elf"), CPU, 0x400)
    assert caught.value.hint is not None and "7.2" in caught.value.hint


def sizes(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what ``bench`` says of the sizes of a model in flash."""
    assert cli.main(["bench", str(path), "--no-training", "--json"]) == 0
    inference = json.loads(capsys.readouterr().out)["inference"]
    return {name: inference[f"{name}_bytes"] for name in ("code", "rodata", "model")}


@pytest.mark.emulated
def test_names_of_files_and_folders_do_not_matter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "core_folder").mkdir()
    paths = [tmp_path / f"{name}.tflite" for name in ("plain", "input", "my_core_1")]
    for path in paths:
        path.write_bytes(MODEL.read_bytes())
    plain, *others = (sizes(path, capsys) for path in paths)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "core_folder"))
    others.append(sizes(paths[0], capsys))
    assert plain["code"] > 0 and plain["model"] > 0
    for other in others:
        assert (other["code"], other["rodata"]) == (plain["code"], plain["rodata"])
        # The name of the model is a part of it.
        assert abs(other["model"] - plain["model"]) < 16

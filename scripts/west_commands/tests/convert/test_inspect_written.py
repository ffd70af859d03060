# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``microtl inspect`` of what MicroTL wrote itself: generated models and stored heads."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from microtl_tools.cli import main
from microtl_tools.convert.api import ConvertedModel, Options, convert_bytes
from microtl_tools.twin.api import Twin

PAGE = 2048


@pytest.fixture
def converted(classifier: bytes) -> ConvertedModel:
    return convert_bytes(classifier, Options(name="small", classes=9))


@pytest.fixture
def snapshot(converted: ConvertedModel) -> bytes:
    """Return a head as the device stores it; the user has added a class."""
    learner = Twin.from_converted(converted).learner(4)
    learner.add_class('wave "x"')
    return learner.save()


def slot(snapshot: bytes, sequence: int, block: int) -> bytes:
    """Return a slot as microtl/slots.h describes it, written a second time."""
    head = struct.pack("<IHBBIII", 0x534C544D, 1, 1, 0, sequence, len(snapshot), 0)[:-4]
    head += struct.pack("<I", zlib.crc32(snapshot)) + snapshot[16:32] + struct.pack("<II", 5, 4)
    head += struct.pack("<I", zlib.crc32(head))
    gap = -len(head) % block
    return (head + b"\xff" * gap + snapshot).ljust(PAGE, b"\xff")


def inspected(
    path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None = None
) -> dict[str, Any]:
    if content is not None:
        path.write_bytes(content)
    assert main(["inspect", str(path), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def id_of(converted: ConvertedModel) -> dict[str, str]:
    return {part: f"{value:08x}" for part, value in converted.model_id.items()}


@pytest.mark.parametrize("ending", [".c", ".h"])
def test_generated_model(
    ending: str, converted: ConvertedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    converted.write(tmp_path)
    path = tmp_path / f"small{ending}"
    content = inspected(path, capsys)
    assert content["name"] == "small" and content["id"] == id_of(converted)
    assert content["arena"] == converted.arena_size
    assert content["operations"] == len(converted.ops)
    assert content["input"]["shape"] == list(converted.input.shape[1:])
    assert converted.head is not None
    assert content["head"]["widths"] == list(converted.head.widths)
    assert content["head"]["classes"]["0"] == "class0"
    assert main(["inspect", str(path)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"arena {converted.arena_size} bytes" in said and "classes 0 class0, 1" in said


def test_snapshot(
    converted: ConvertedModel,
    snapshot: bytes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (one,) = inspected(tmp_path / "head.bin", capsys, snapshot)["heads"]
    assert converted.head is not None
    known = converted.head.class_count
    assert (one["state"], one["slot"]) == ("whole", None)
    assert one["id"] == id_of(converted)
    assert one["head"]["widths"] == list(converted.head.widths)
    assert list(one["head"]["classes"]) == [str(number) for number in range(known)]
    assert one["head"]["untrained"] == {str(known): 'wave "x"'}


@pytest.mark.parametrize("block", [1, 8, 32])
def test_slots_of_a_partition(
    block: int,
    converted: ConvertedModel,
    snapshot: bytes,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "partition.bin"
    both = slot(snapshot, 7, block) + slot(snapshot, 8, block)
    first, second = inspected(path, capsys, both)["heads"]
    assert [one["slot"]["sequence"] for one in (first, second)] == [7, 8]
    assert second["offset"] == PAGE and second["slot"]["erased"] == [5, 4]
    assert first["state"] == second["state"] == "whole"
    assert first["head"]["classes"] == second["head"]["classes"] and first["head"]["classes"]
    (only,) = inspected(path, capsys, b"\xff" * PAGE + slot(snapshot, 8, block))["heads"]
    assert only["offset"] == PAGE and only["id"] == id_of(converted)
    assert main(["inspect", str(path)]) == 0
    assert "slot at byte 2048" in capsys.readouterr().out


@pytest.mark.parametrize("at", [3, 20, 45, 60, 400])
def test_damage_is_said(
    at: int, snapshot: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = bytearray(slot(snapshot, 7, 4) + slot(snapshot, 8, 4))
    broken[PAGE + at] ^= 0x10
    heads = inspected(tmp_path / "partition.bin", capsys, bytes(broken))["heads"]
    assert heads[0]["state"] == "whole"
    assert [(one["state"], one["head"]) for one in heads[1:]] == (
        [] if at < 4 else [("damaged: its CRC is wrong, or bytes are missing", None)]
    )
    for damaged in (snapshot[:-1], snapshot[:100] + b"\1" + snapshot[101:]):
        (one,) = inspected(tmp_path / "head.bin", capsys, damaged)["heads"]
        assert one["state"].startswith("damaged") and one["head"] is None


def test_newer_format_is_said(
    snapshot: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = snapshot[:4] + b"\2" + snapshot[5:]
    (one,) = inspected(tmp_path / "head.bin", capsys, newer)["heads"]
    assert one["state"] == "written by a newer version of MicroTL"


def test_other_files_are_refused(
    converted: ConvertedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.c").write_text("int main(void) { return 0; }\n", encoding="utf-8")
    converted.write(tmp_path / "half")
    (tmp_path / "half" / "small.h").unlink()
    (tmp_path / "erased.bin").write_bytes(b"\xff" * PAGE)
    source, _ = converted.write(tmp_path / "cut")
    text = source.read_text(encoding="utf-8")
    source.write_text(text[: text.rindex("const struct microtl_model ")], encoding="utf-8")
    for name, message in (
        ("cut/small.c", "does not define small_model: the end of its .c is missing"),
        ("main.c", "main.c: was not generated by MicroTL"),
        ("none.c", "none.c: cannot be read: No such file"),
        ("half/small.c", "small.h: cannot be read: No such file"),
        ("erased.bin", "erased.bin: holds no stored head"),
    ):
        assert main(["inspect", str(tmp_path / name)]) == 1
        said = capsys.readouterr()
        assert said.out == "" and message in said.err and len(said.err.splitlines()) == 2
    assert main(["inspect", str(tmp_path / "erased.bin"), "--data", "x.npz"]) == 2

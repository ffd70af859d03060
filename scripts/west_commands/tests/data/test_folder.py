# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Recordings in folders: windows, channels, and what every wrong file is told."""

from pathlib import Path

import numpy as np
import pytest
from microtl_tools.data.api import load
from microtl_tools.errors import MicroTLError


def record(
    folder: Path, name: str, frames: int, *, columns: str = "ax,ay", first: float = 0.0
) -> Path:
    """Write a recording whose cell in row r and column c is first + 10 r + c."""
    path = folder / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    count = columns.count(",") + 1
    rows = [[first + 10 * row + column for column in range(count)] for row in range(frames)]
    lines = [columns, *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_windows_follow_the_shape_and_the_hop(tmp_path):
    record(tmp_path, "rest/one", 10)
    record(tmp_path, "walk/two", 6, first=1000)
    data = load(tmp_path, shape=(4, 1, 2), hop=3)
    assert data.x.shape == (4, 4, 1, 2) and data.x.dtype == np.float32
    assert data.x[:, 0, 0, 0].tolist() == [0, 30, 60, 1000]
    assert data.x[1, :, 0, 1].tolist() == [31, 41, 51, 61]
    assert data.labels == ["rest", "walk"] and data.y.tolist() == [0, 0, 0, 1]
    assert data.recording.tolist() == ["rest/one"] * 3 + ["walk/two"]
    assert data.t.tolist() == [0, 3, 6, 0] and data.span == 4
    assert data.group is None
    assert [channel.name for channel in data.channels] == ["ax", "ay"]


def test_hop_is_half_a_window_by_default(tmp_path):
    record(tmp_path, "rest/one", 8)
    assert load(tmp_path, shape=(4, 2)).t.tolist() == [0, 2, 4]


def test_people_are_the_outer_folder(tmp_path):
    record(tmp_path, "anna/rest/one", 4)
    record(tmp_path, "ben/rest/one", 4)
    data = load(tmp_path, shape=(4, 2))
    assert data.group.tolist() == ["anna", "ben"]
    assert data.recording.tolist() == ["rest/one", "rest/one"]


def test_channels_yaml_picks_orders_and_scales(tmp_path):
    record(tmp_path, "rest/one", 4, columns="ax,ay,battery")
    (tmp_path / "channels.yaml").write_text(
        "rate_hz: 50\nchannels:\n  ay: {unit: g, offset: 1, scale: 0.5}\n  ax: {unit: g}\n",
        encoding="utf-8",
    )
    data = load(tmp_path, shape=(2, 2))
    assert data.x[0].tolist() == [[0.0, 0.0], [5.0, 10.0]]
    assert data.channels[0].unit == "g" and data.channels[0].scale == 0.5
    assert data.t.tolist() == pytest.approx([0, 0.02, 0.04]) and data.span == pytest.approx(0.04)


def test_order_of_columns_may_differ_between_files(tmp_path):
    record(tmp_path, "rest/one", 2, columns="ax,ay")
    record(tmp_path, "rest/two", 2, columns="ay,ax")
    data = load(tmp_path, shape=(2, 2))
    assert data.x[:, 0].tolist() == [[0, 1], [1, 0]]


def test_no_window_reaches_across_a_gap_in_time(tmp_path):
    times = [0.0, 0.02, 0.04, 0.06, 0.50, 0.52, 0.54, 0.56]
    path = tmp_path / "rest" / "one.csv"
    path.parent.mkdir()
    path.write_text("t,ax\n" + "".join(f"{t},{k}\n" for k, t in enumerate(times)), encoding="utf-8")
    data = load(tmp_path, shape=(3, 1), hop=1)
    assert data.t.tolist() == [0, 0.02, 0.50, 0.52]
    assert data.span == pytest.approx(0.06)


@pytest.mark.parametrize(("second", "warned"), [(0.04, True), (0.0195, False)])
def test_recordings_of_different_rates_are_named(tmp_path, capsys, second, warned):
    for name, step in (("one", 0.02), ("two", second)):
        rows = "".join(f"{step * row:.6f},1\n" for row in range(8))
        path = tmp_path / "rest" / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("t,ax\n" + rows, encoding="utf-8")
    load(tmp_path, shape=(4, 1))
    said = capsys.readouterr().err
    assert ("25 frames a second in rest/two.csv, 50 in rest/one.csv" in said) == warned
    assert bool(said) == warned
    (tmp_path / "channels.yaml").write_text("rate_hz: 100", encoding="utf-8")
    load(tmp_path, shape=(4, 1))
    assert "100 in channels.yaml" in capsys.readouterr().err


def test_time_is_a_column_of_all_recordings_or_of_none(tmp_path):
    record(tmp_path, "rest/one", 4, columns="ax,ay")
    record(tmp_path, "rest/two", 4, columns="t,ax,ay")
    with pytest.raises(MicroTLError, match=r"two\.csv, row 1: has a column 't', other"):
        load(tmp_path, shape=(2, 2))


def test_a_header_beyond_what_csv_reads_is_refused(tmp_path):
    path = record(tmp_path, "rest/one", 4)
    path.write_text("a" * 200_000 + "\n", encoding="utf-8")
    with pytest.raises(MicroTLError, match=r"one\.csv: cannot be read as text: field larger"):
        load(tmp_path, shape=(2, 2))


def test_flat_inputs_hold_frames_of_channels(tmp_path):
    record(tmp_path, "rest/one", 4)
    assert load(tmp_path, shape=(8,)).x[0].tolist() == [0, 1, 10, 11, 20, 21, 30, 31]


def test_short_recordings_are_named_and_left_out(tmp_path, capsys):
    record(tmp_path, "rest/one", 8)
    record(tmp_path, "walk/two", 3)
    data = load(tmp_path, shape=(4, 2))
    assert data.labels == ["rest", "walk"] and set(data.y) == {0}
    assert "walk/two.csv" in capsys.readouterr().err
    with pytest.raises(MicroTLError, match="no recording holds a window of 9 frames"):
        load(tmp_path, shape=(9, 2))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"row 1: no column names"),
        ("ax,ay\n1,2\n3,x\n", r"row 3, column 'ay': 'x' is not a number"),
        ("ax,ay\n1,2\n3\n", r"row 3, column 'ay': the row ends before it"),
        ("ax,ay\n1,nan\n", r"row 2, column 'ay': 'nan' is NaN or infinite"),
        ("ax,ay\n1,2\n3,-1e39\n", r"the value at \[1, 1\] is beyond what float32 holds"),
        ("ax,ay\n1,\n", r"row 2, column 'ay': '' is not a number"),
        ("ax;ay\n1;2\n", r"row 1: the columns are not separated by commas"),
        ("1,2\n3,4\n", r"row 1, column 1: '1' is a number where a channel name"),
        ("ax,ax\n1,2\n", r"row 1, column 2: the name 'ax' stands twice"),
        ("ax,\n1,2\n", r"row 1, column 2: no name"),
        ("ax,ay,t\n1,2,0\n1,2,0\n", r"row 3, column 't': time does not go on"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path, content, message):
    path = tmp_path / "rest" / "one.csv"
    path.parent.mkdir()
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MicroTLError, match=message) as caught:
        load(tmp_path, shape=(2, 2))
    assert "rest/one.csv" in caught.value.message


def test_a_missing_channel_is_named(tmp_path):
    record(tmp_path, "rest/one", 4)
    record(tmp_path, "walk/two", 4, columns="ax,az")
    with pytest.raises(MicroTLError, match=r"two\.csv, row 1: no column 'ay'; it has ax, az"):
        load(tmp_path, shape=(2, 2))


def test_a_header_alone_is_too_short(tmp_path):
    record(tmp_path, "rest/one", 0)
    with pytest.raises(MicroTLError, match="no recording holds a window"):
        load(tmp_path, shape=(2, 2))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("channels: [ax, az]", "no column 'az'"),
        ("channels: 3", "neither a list nor a mapping"),
        ("channels: {ax: {units: g}}", "channels: ax: unknown key 'units'"),
        ("channels: {ax: {scale: 0}}", "scale is 0"),
        ("channels: {ax: {offset: high}}", "offset is 'high'; expected a number"),
        ("channels: {ax: {scale: 1e-3}}", "scale is '1e-3'; expected a number"),
        ("channels: [t, ax]", "'t' is the time"),
        ("channels: {ax: g}", "'g' is not a mapping"),
        ("rate: 50", "unknown key 'rate'"),
        ("rate_hz: 0", "rate_hz is 0"),
        ("channels: [ax", "cannot be read"),
        ("channels: []", "no channel besides the time"),
    ],
)
def test_a_wrong_description_is_told_what_is_wrong(tmp_path, content, message):
    record(tmp_path, "rest/one", 4)
    (tmp_path / "channels.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(MicroTLError, match=message):
        load(tmp_path, shape=(2, 2))


def test_channels_that_do_not_fill_the_input_are_refused(tmp_path):
    record(tmp_path, "rest/one", 8, columns="ax,ay,az")
    with pytest.raises(MicroTLError, match=r"3 channels \(ax, ay, az\).*shape 4x2"):
        load(tmp_path, shape=(4, 2))
    with pytest.raises(MicroTLError, match="do not fill an input of shape 3x4"):
        load(tmp_path, shape=(3, 4))


def test_the_layout_of_folders_is_checked(tmp_path):
    with pytest.raises(MicroTLError, match="holds no recordings"):
        load(tmp_path, shape=(2, 2))
    record(tmp_path, "one", 4)
    with pytest.raises(MicroTLError, match="is 0 folders deep"):
        load(tmp_path, shape=(2, 2))
    (tmp_path / "one.csv").unlink()
    record(tmp_path, "rest/one", 4)
    record(tmp_path, "anna/rest/one", 4)
    with pytest.raises(MicroTLError, match="all of them the same"):
        load(tmp_path, shape=(2, 2))


def test_hidden_files_and_other_files_are_left_out(tmp_path):
    record(tmp_path, "rest/one", 4)
    record(tmp_path, ".backup/one", 4)
    (tmp_path / "rest" / "notes.txt").write_text("hello", encoding="utf-8")
    assert len(load(tmp_path, shape=(4, 2))) == 1


def test_a_folder_needs_a_shape_and_a_hop_above_zero(tmp_path):
    record(tmp_path, "rest/one", 4)
    with pytest.raises(MicroTLError, match="its shape is needed"):
        load(tmp_path)
    with pytest.raises(MicroTLError, match="a hop of 0 frames"):
        load(tmp_path, shape=(2, 2), hop=0)

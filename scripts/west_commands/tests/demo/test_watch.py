# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The recordings: read from a wheel that is the locked one, and from no other."""

import hashlib
import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import watch
from microtl_tools.data.dataset import apply_channels
from microtl_tools.errors import MicroTLError

RNG = np.random.default_rng(1)


def content(count: int = 6) -> dict[str, object]:
    """Data of the shape that the wheel holds."""
    return {
        "X": [RNG.normal(size=(200 + k, 6)) for k in range(count)],
        "y": np.array([k % 3 for k in range(count)]),
        "y_labels": list(watch.EXERCISES),
        "subject": np.array([10, 2, 2, 1, 1, 10][:count]),
        "side": np.array([k % 2 for k in range(count)], np.float64),
        "X_labels": list(watch.CHANNEL_NAMES),
    }


def wheel(path: Path, data: object) -> Path:
    buffer = io.BytesIO()
    np.save(buffer, np.array(data, object), allow_pickle=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("seglearn/data/watch_dataset.npy", buffer.getvalue())
    return path


@pytest.fixture
def locked(tmp_path, monkeypatch):
    """A wheel whose hash stands in the lock file."""
    path = wheel(tmp_path / "seglearn-0.0.0-py3-none-any.whl", content())
    lock = tmp_path / "data.txt"
    lock.write_text(f"--hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n")
    monkeypatch.setattr(watch, "LOCK", lock)
    monkeypatch.setattr(watch, "ROOT", tmp_path)
    return path


def test_recordings_are_sorted_and_named(locked):
    recordings = watch.load(locked)
    assert [(r.person, r.name) for r in recordings] == [
        (1, "PEN/right"),
        (1, "ABD/left"),
        (2, "ABD/right"),
        (2, "FEL/left"),
        (10, "PEN/left"),
        (10, "FEL/right"),
    ]
    assert recordings[0].frames.shape == (203, 6)


def test_another_wheel_is_refused(locked, tmp_path):
    other = wheel(tmp_path / "other.whl", content(5))
    with pytest.raises(MicroTLError, match=r"other\.whl: its SHA-256 \w+ is not the one"):
        watch.load(other)


def test_a_missing_wheel_names_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "FOLDER", tmp_path)
    with pytest.raises(MicroTLError, match="run `make demo`"):
        watch.load()
    with pytest.raises(MicroTLError, match=r"none\.whl: cannot be read"):
        watch.load(tmp_path / "none.whl")


class Harm:
    """What an ill-meant pickle would do."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


def test_nothing_but_arrays_is_unpickled(locked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = wheel(locked, {"X": Harm()})
    watch.LOCK.write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(pickle.UnpicklingError, match="mkdir is no array"):
        watch.load(path)
    assert not (tmp_path / "harm").exists()


def test_channels_standardise_the_training(locked):
    recordings = watch.load(locked)
    values = apply_channels(
        np.concatenate([r.frames for r in recordings]), watch.channels(recordings)
    )
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(values.std(axis=0), 1, atol=1e-6)


def test_windows_are_cut_where_they_start(locked):
    recordings = watch.load(locked)[:2]
    starts = watch.starts(recordings, 128, 24)
    windows = watch.cut(recordings, starts, 128)
    assert [len(at) for at in starts] == [4, 4]
    np.testing.assert_array_equal(windows[5], recordings[1].frames[24:152])
    assert [r.name for r in watch.select(recordings, [1], ["ABD"])] == ["ABD/left"]

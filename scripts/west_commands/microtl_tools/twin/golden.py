# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Golden vectors: what the oracle said, kept in a file for computers that cannot run it."""

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError

SUFFIX = ".golden.npz"


@dataclass(frozen=True)
class Golden:
    """Inputs ``x`` [n, ...] in the file's dtype and the tensors, by number, that follow from them.

    ``model`` is the SHA-256 of the model file, ``made_by`` the oracle's name and version.
    """

    model: str
    made_by: str
    x: NDArray[Any]
    tensors: dict[int, NDArray[Any]]

    def to_bytes(self) -> bytes:
        """Return the file's content; the same vectors give the same bytes."""
        arrays = {f"t{index}": values for index, values in sorted(self.tensors.items())}
        arrays |= {"x": self.x, "model": np.array(self.model), "made_by": np.array(self.made_by)}
        buffer = io.BytesIO()
        # numpy.savez writes the time of day into the archive.
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, values in arrays.items():
                one = io.BytesIO()
                np.save(one, values, allow_pickle=False)
                info = zipfile.ZipInfo(f"{name}.npy")
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, one.getvalue())
        return buffer.getvalue()


def beside(model: Path) -> Path:
    """Return where the golden vectors of a model are looked for."""
    return model.with_name(model.stem + SUFFIX)


def load(path: Path, model: bytes) -> Golden:
    """Read golden vectors and check that they belong to ``model``, the file's content."""
    try:
        # Read first: numpy leaves the file open where it is no archive.
        file = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise ValueError("it is a single array")
        with file:
            arrays = {name: file[name] for name in file.files}
        golden = Golden(
            model=str(arrays.pop("model")),
            made_by=str(arrays.pop("made_by")),
            x=arrays.pop("x"),
            tensors={int(name[1:]): values for name, values in arrays.items()},
        )
    except (
        *(OSError, EOFError, KeyError, ValueError, MemoryError),
        *(zipfile.BadZipFile, zlib.error),
    ) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise MicroTLError(
            f"{path}: no golden vectors can be read: {why}",
            "write them anew with --write-golden where tflite-micro is installed",
        ) from error
    if golden.model != hashlib.sha256(model).hexdigest():
        raise MicroTLError(
            f"{path}: the golden vectors belong to another version of the model",
            "write them anew with --write-golden where tflite-micro is installed",
        )
    return golden

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""One recording: a CSV file with a header row; one row a frame, one column a channel."""

import csv
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from microtl_tools.errors import MicroTLError

TIME_COLUMN = "t"
"""Name of the column that holds the time in seconds, where there is one."""


@dataclass(frozen=True)
class Frames:
    """A recording: ``values`` [frame, channel] raw, ``t`` [frame] seconds or None."""

    values: NDArray[np.float64]
    t: NDArray[np.float64] | None


def read_header(path: Path) -> list[str]:
    """Return the column names of a file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            line = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MicroTLError(
            f"{path}: cannot be read as text: {error}", "save it as CSV, in UTF-8"
        ) from error
    names = [name.strip() for name in line]
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise MicroTLError(
            f"{path}, row 1: the columns are not separated by commas",
            "export it with commas between columns and a point in numbers",
        )
    if not any(names):
        raise MicroTLError(f"{path}, row 1: no column names", "put the channel names there")
    for column, name in enumerate(names, start=1):
        if _is_number(name):
            raise MicroTLError(
                f"{path}, row 1, column {column}: {name!r} is a number where a channel name is "
                "expected",
                "add a header row with the channel names",
            )
        if not name or names.index(name) != column - 1:
            problem = f"the name {name!r} stands twice" if name else "no name"
            raise MicroTLError(f"{path}, row 1, column {column}: {problem}")
    return names


def read_frames(path: Path, channels: Sequence[str], timed: bool) -> Frames:
    """Read the named columns, in this order, and with ``timed`` the time.

    Raises MicroTLError naming row (the header is row 1) and column of what is wrong.
    """
    names = read_header(path)
    if not timed and TIME_COLUMN in names:
        raise MicroTLError(
            f"{path}, row 1: has a column {TIME_COLUMN!r}, other recordings have none",
            "the time is a column of all recordings, or of none",
        )
    wanted = [TIME_COLUMN, *channels] if timed else list(channels)
    for name in wanted:
        if name not in names:
            raise MicroTLError(
                f"{path}, row 1: no column {name!r}; it has {', '.join(names)}",
                "all recordings need the same channels; channels.yaml can name those to be used",
            )
    columns = [names.index(name) for name in wanted]
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "loadtxt: input contained no data")
            table = np.loadtxt(
                path,
                delimiter=",",
                skiprows=1,
                usecols=columns,
                ndmin=2,
                encoding="utf-8-sig",
                comments=None,
                quotechar='"',
            )
    except (ValueError, UnicodeDecodeError) as error:
        raise _explain(path, names, columns, error) from error
    if table.size == 0:
        table = table.reshape(0, len(columns))
    if not np.isfinite(table).all():
        raise _explain(path, names, columns, None)
    if not timed:
        return Frames(table, None)
    return Frames(table[:, 1:], _rising(path, table[:, 0]))


def _rising(path: Path, t: NDArray[np.float64]) -> NDArray[np.float64]:
    back = np.flatnonzero(np.diff(t) <= 0)
    if len(back):
        at = int(back[0])
        raise MicroTLError(
            f"{path}, row {at + 3}, column {TIME_COLUMN!r}: time does not go on "
            f"({t[at]:g} s, then {t[at + 1]:g} s)",
            "sort the rows by time, and put each recording into a file of its own",
        )
    return t


def _explain(
    path: Path, names: list[str], columns: list[int], cause: Exception | None
) -> MicroTLError:
    """Find the first cell that is not a finite number."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for cells in reader:
                if not cells:
                    continue
                for column in columns:
                    where = f"{path}, row {reader.line_num}, column {names[column]!r}"
                    if column >= len(cells):
                        return MicroTLError(f"{where}: the row ends before it")
                    if not _is_number(cells[column]):
                        return MicroTLError(f"{where}: {cells[column]!r} is not a number")
                    if not math.isfinite(float(cells[column])):
                        return MicroTLError(f"{where}: {cells[column]!r} is NaN or infinite")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return MicroTLError(f"{path}: cannot be read: {error}")
    return MicroTLError(f"{path}: cannot be read as a table of numbers: {cause}")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A store without a partition: Kconfig names what devicetree lacks."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.zephyr

PERSIST = Path(__file__).resolve().parents[4] / "samples" / "persist"


def test_missing_partition_is_named(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """The samples have partitions for some boards; this is none of them."""
    done = run("cmake", "-GNinja", "-B", tmp_path, "-DBOARD=mps2/an385", PERSIST)
    said = " ".join(done.stdout.split())
    assert "MICROTL_STORE" in said, said
    for option in ("DT_HAS_CHOSEN_MICROTL_STORE (=n)", "DT_HAS_CHOSEN_MICROTL_REPLAY (=n)"):
        assert option in said, said

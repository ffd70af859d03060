# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The benchmark's file is what it says: large, whole, full of symbols."""

from pathlib import Path

from microtl_tools.budget.benchmark import synthetic
from microtl_tools.budget.report import report_elf


def test_the_synthetic_image(tmp_path: Path) -> None:
    file = tmp_path / "synthetic.elf"
    file.write_bytes(synthetic())
    assert file.stat().st_size > 2_000_000
    report = report_elf(file)
    assert report.totals() == {"flash": 960_000}
    assert len(report.symbols) == 30_000

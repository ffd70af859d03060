# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The model of hello_transfer, converted for other kernels, is the one that is checked in."""

from pathlib import Path

import pytest
from microtl_tools.convert.api import Options, convert, kernel_sets

MODEL = Path(__file__).resolve().parents[4] / "samples" / "hello_transfer" / "src" / "model"


def learned(source: str) -> str:
    """Return what a generated file says about head, base set and identity."""
    return source[source.index("static const float feature_scale") :].partition("= {\n\t.name")[0]


@pytest.mark.parametrize("kernels", kernel_sets())
def test_head_and_base_set_do_not_depend_on_the_kernels(kernels: str) -> None:
    data = MODEL / "digits.npz"
    converted = convert(
        MODEL / "digits.tflite",
        Options(
            name="digits",
            kernels=kernels,
            classes=10,
            labels=MODEL / "labels.txt",
            representative=data,
            base_set=data,
            base_set_count=14,
        ),
    )
    checked_in = (MODEL / "digits.c").read_text(encoding="utf-8")
    assert learned(converted.c_source) == learned(checked_in)
    for line in checked_in.splitlines():
        if line.startswith("\t\t.") and "= 0x" in line:
            assert line in converted.c_source, "another identity: a stored head would not load"

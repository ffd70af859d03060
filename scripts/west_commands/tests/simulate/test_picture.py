# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The picture: readable without colour, the same bytes for the same results."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from microtl_tools import pictures
from microtl_tools.errors import UsageError
from microtl_tools.simulate import picture
from microtl_tools.simulate.results import Accuracy, BudgetResult, summarise

from .test_results import BASE


def results(users: int = 4) -> list[BudgetResult]:
    return summarise(
        [
            replace(
                BASE,
                user=f"user {i}",
                budget=budget,
                after=Accuracy(0.68 + 0.02 * i + budget / 100, 0.8, 0.9),
            )
            for i in range(users)
            for budget in (1, 4)
        ],
        0.03,
    )


def texts(svg: bytes) -> str:
    return " ".join(node.text or "" for node in ET.fromstring(svg).iter() if node.text)


def test_svg_says_everything_in_words() -> None:
    whole = results()
    svg = picture.draw(whole, whole[0], "new class Lunge: helps", Path("p.svg"))
    said = texts(svg)
    for words in (
        "new class Lunge: helps",
        "labelled windows a class",
        "nearest class mean (80.0)",
        "old classes after (80.0)",
        "before (70.0)",
        "user 3",
        "-1.0",
        "+5.0",
        "after: loses",
    ):
        assert words in said
    assert svg == picture.draw(whole, whole[0], "new class Lunge: helps", Path("p.svg"))


def test_png() -> None:
    whole = results()
    png = picture.draw(whole, whole[0], "t", Path("p.PNG"))
    assert png.startswith(b"\x89PNG")
    assert png == picture.draw(whole, whole[0], "t", Path("p.PNG"))


def test_many_users_are_cut_and_it_says_so() -> None:
    whole = results(users=60)
    said = texts(picture.draw(whole, whole[0], "t", Path("p.svg")))
    assert "the 20 who gain most not shown" in said


def test_other_formats_are_refused_before_anything_runs() -> None:
    with pytest.raises(UsageError, match="p.gif: a picture is written as .png or .svg"):
        pictures.check(Path("p.gif"), force=False)

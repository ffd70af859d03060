# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The protocol, and that the checked-in models are what it says."""

import hashlib

import digit_images
import figure_tables
import numpy as np
import protocol
import pytest
from microtl_tools.convert.api import Options, convert

BACKBONES = (*protocol.NEW_EXERCISE, *protocol.NEW_USER)


def test_everybody_and_everything_is_left_out_once():
    for exercise in protocol.EXERCISES:
        left_out = [b.people_out for b in protocol.NEW_EXERCISE if b.exercise_out == exercise]
        assert sorted(sum(left_out, ())) == list(protocol.PEOPLE)
    assert [b.people_out for b in protocol.NEW_USER] == [(p,) for p in protocol.PEOPLE]
    for backbone in BACKBONES:
        assert not set(backbone.people) & set(backbone.people_out)
        assert backbone.exercise_out not in backbone.exercises
    assert protocol.DEMO in protocol.NEW_EXERCISE


def test_the_models_are_those_that_were_made():
    sums = (protocol.MODELS / "SHA256SUMS").read_text(encoding="utf-8").split("\n")
    expected = {name: digest for digest, name in (line.split("  ") for line in sums if line)}
    pairs = (*protocol.DIGIT_PAIRS, ())
    files = [*(b.file for b in BACKBONES), *(protocol.digits_file(pair) for pair in pairs)]
    assert set(expected) == {file.name for file in files}
    for file in files:
        assert hashlib.sha256(file.read_bytes()).hexdigest() == expected[file.name], file.name


@pytest.mark.parametrize("backbone", [protocol.DEMO, protocol.NEW_USER[0]], ids=lambda b: b.name)
def test_a_model_is_what_the_card_says(backbone):
    converted = convert(backbone.file, Options(name="watch"))
    assert converted.input.shape == (1, 128, 6)
    assert converted.head.widths == (64, len(backbone.exercises))
    assert 7000 < sum(op.data_bytes for op in converted.ops) < 8500


def test_goals_are_about_something_that_is_measured():
    assert {goal.what for goal in protocol.GOALS} <= set(figure_tables._MEASURES)


def test_digits_are_turned_and_moved():
    images = np.zeros((1, 8, 8, 1), np.float32)
    images[0, 1, 2] = 1.0
    quarter = digit_images.rotated(images, 90.0)
    np.testing.assert_allclose(quarter[0, ..., 0], np.rot90(images[0, ..., 0]), atol=1e-6)
    np.testing.assert_array_equal(digit_images.rotated(images, 0.0), images)
    assert digit_images.rotated(images, 15.0).sum() == pytest.approx(1.0, abs=0.1)
    assert np.argwhere(digit_images.shifted(images, 1)[0, ..., 0]).tolist() == [[1, 3]]

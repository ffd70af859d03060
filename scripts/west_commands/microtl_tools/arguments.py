# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Values of command-line options: numbers within bounds, each with a message of its own."""

from __future__ import annotations

from argparse import ArgumentTypeError


def whole(text: str, *, least: int = 0) -> int:
    """Return a whole number of at least ``least``."""
    try:
        value = int(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no whole number") from None
    if value < least:
        raise ArgumentTypeError(f"{value}: give {least} or more")
    return value


def count(text: str) -> int:
    """Return how many of something: 1 or more."""
    return whole(text, least=1)


def number(text: str) -> float:
    """Return a finite number."""
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no number") from None
    if not abs(value) < float("inf"):
        raise ArgumentTypeError(f"{text} is no finite number")
    return value


def share(text: str) -> float:
    """Return a share between 0 and 1, both left out."""
    value = number(text)
    if not 0.0 < value < 1.0:
        raise ArgumentTypeError(f"{value}: give a share between 0 and 1")
    return value

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Typed access to the parameters of a portable call, for every kernel set."""

from __future__ import annotations

from microtl_tools.convert.program import Constant, KernelCall


def number(call: KernelCall, name: str) -> int:
    """Return a parameter that is a number."""
    value = call.fields[name]
    assert isinstance(value, int)
    return value


def struct(call: KernelCall, name: str) -> dict[str, int]:
    """Return a parameter that is a struct of numbers."""
    value = call.fields[name]
    assert isinstance(value, dict)
    return value


def array(call: KernelCall, name: str) -> Constant:
    """Return a parameter that is a const array."""
    value = call.fields[name]
    assert isinstance(value, Constant)
    return value

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The const arrays of the op table: each content once, however many operations use it."""

from __future__ import annotations

from collections.abc import Iterator

from microtl_tools.convert.emit.c_text import array
from microtl_tools.convert.program import Constant, KernelCall, Program, Value

_Key = tuple[str, bytes]


class ConstantPool:
    """Names every array, and knows which calls share one."""

    def __init__(self, program: Program) -> None:
        self.names: dict[Constant, str] = {}
        self.own: dict[KernelCall, list[Constant]] = {}
        by_content: dict[_Key, str] = {}
        for index, call in enumerate(program.calls):
            self.own[call] = []
            for constant in constants_of(call.fields):
                key = constant.ctype, constant.values.tobytes()
                if key not in by_content:
                    by_content[key] = f"op{index}_{constant.name}"
                    self.own[call].append(constant)
                self.names[constant] = by_content[key]

    def definitions(self, call: KernelCall) -> Iterator[str]:
        """Yield the arrays that a call is the first to use."""
        for constant in self.own[call]:
            yield array(constant.ctype, self.names[constant], constant.values, constant.note)

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return sum(self.bytes_of(call) for call in self.own)

    def bytes_of(self, call: KernelCall) -> int:
        """Return the bytes of those arrays."""
        return sum(constant.values.nbytes for constant in self.own[call])


def constants_of(value: Value) -> Iterator[Constant]:
    """Yield the arrays in a parameter struct, in the order of its fields."""
    if isinstance(value, Constant):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from constants_of(item)

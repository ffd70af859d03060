# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Numbers that the C headers own: limits, formats, sizes; and sizes of structs on a 32-bit CPU.

Read from the headers themselves, so that a report cannot say another size than the C compiler. Only
what the headers use is understood: integer macros of sums and products, and structs of scalars,
arrays and pointers, with members that a Kconfig option brings.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NoReturn

from microtl_tools.errors import MicroTLError
from microtl_tools.paths import core_root

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DEFINE = re.compile(r"^#define\s+(MICROTL_\w+)(?:\(([^)]*)\))?[ \t]+(\S.*)$", re.MULTILINE)
_STRUCT = re.compile(r"^struct (microtl_\w+) \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
_OPTIONAL = re.compile(r"^#ifdef (CONFIG_\w+)\n(.*?)^#endif\n", re.MULTILINE | re.DOTALL)
_ARITHMETIC = re.compile(
    r"^#if MICROTL_ARITHMETIC_FIXED\n(.*?)^#else\n(.*?)^#endif\n", re.MULTILINE | re.DOTALL
)
_FIXED = "CONFIG_MICROTL_ARITHMETIC_FIXED"
_FUNCTION = re.compile(r"\w+ \(\*(\w+)\)\([^)]*\)")
_DECLARATOR = re.compile(r"([* ]*)\w+\s*((?:\[[^]]+\])*)")
_CAST = re.compile(r"\((?:size_t|u?int\d+_t)\)")
_SIZEOF = re.compile(r"sizeof\(([^()]+)\)")
_CALL = re.compile(r"\b(MICROTL_\w+)\s*\(")
_NAME = re.compile(r"\bMICROTL_\w+\b")
_PARENTHESES = re.compile(r"\(([^()]*)\)")
_SUFFIX = re.compile(r"\b(\d+)[uUlL]+\b")


@dataclass(frozen=True)
class Layout:
    """Size and alignment of a type, bytes."""

    size: int
    align: int


_SCALARS = {
    "bool": 1,
    "char": 1,
    "int8_t": 1,
    "uint8_t": 1,
    "int16_t": 2,
    "uint16_t": 2,
    "int32_t": 4,
    "uint32_t": 4,
    "int64_t": 8,
    "uint64_t": 8,
    "float": 4,
    "microtl_param_t": 4,
    "microtl_real_t": 4,
    "microtl_sum_t": 4,
    "int": 4,
    "size_t": 4,
    "microtl_token_t": 4,
    # The EABI of Arm without an operating system: the smallest type that holds the values.
    "enum": 1,
    # Pointers to functions.
    "microtl_kernel": 4,
    "microtl_preprocess": 4,
    "microtl_train_callback": 4,
}
_ZEPHYR = {
    # Zephyr's objects by its default configuration: a wait queue is a list of two pointers.
    "k_mutex": Layout(20, 4),
    "k_condvar": Layout(8, 4),
    "k_queue": Layout(16, 4),
}
POINTER = 4
"""Bytes of a pointer on the CPUs that this is for."""
_OPERATORS: dict[type[ast.AST], Callable[..., int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,
    ast.BitAnd: operator.and_,
    ast.Invert: operator.invert,
    ast.Gt: operator.gt,
}


def limit(name: str) -> int:
    """Return the number that the macro ``MICROTL_<name>`` stands for."""
    return macro(name)


def macro(name: str, **arguments: int) -> int:
    """Return the value of the macro ``MICROTL_<name>``; arguments go by its parameters' names."""
    parameters, _ = _definition(f"MICROTL_{name}")
    for parameter in parameters:
        if parameter not in arguments:
            _unknown(f"MICROTL_{name} without '{parameter}'")
    return _value(_expanded(f"MICROTL_{name}", [str(arguments[name]) for name in parameters]))


@cache
def layout(struct: str, options: frozenset[str] = frozenset()) -> Layout:
    """Return size and alignment of ``struct <struct>`` where a pointer has four bytes.

    ``options`` are the Kconfig options that are on, written CONFIG_X.
    """
    if struct in _ZEPHYR:
        return _ZEPHYR[struct]
    if struct not in _structs():
        _unknown(f"struct {struct}")
    body = _ARITHMETIC.sub(lambda m: m[1 if _FIXED in options else 2], _structs()[struct])
    body = _OPTIONAL.sub(lambda m: m[2] if m[1] in options else "", body)
    size, align = 0, 1
    for declaration in _FUNCTION.sub(r"void *\1", body).split(";")[:-1]:
        for part in _declared(declaration, options):
            size = _aligned(size, part.align) + part.size
            align = max(align, part.align)
    return Layout(_aligned(size, align), align)


@cache
def _text() -> str:
    folder = core_root() / "include" / "microtl"
    parts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.h"))]
    return _COMMENT.sub("", "\n".join(parts)).replace("\\\n", " ")


@cache
def _defines() -> dict[str, tuple[list[str], str]]:
    """Return parameters and body of each macro that has a value."""
    return {
        name: ([part.strip() for part in parameters.split(",")] if parameters else [], body.strip())
        for name, parameters, body in _DEFINE.findall(_text())
    }


def _definition(name: str) -> tuple[list[str], str]:
    if name not in _defines():
        _unknown(name)
    return _defines()[name]


@cache
def _structs() -> dict[str, str]:
    return dict(_STRUCT.findall(_text()))


def _unknown(what: str) -> NoReturn:
    raise MicroTLError(f"the headers of the C core do not define {what}", "install MicroTL again")


def _expanded(name: str, arguments: list[str]) -> str:
    """Return a macro's body with everything replaced but numbers and operators."""
    parameters, text = _definition(name)
    for parameter, argument in zip(parameters, arguments, strict=True):
        text = re.sub(rf"\b{parameter}\b", f"({argument})", text)
    text = _CAST.sub("", text)
    text = _SIZEOF.sub(lambda match: str(_sizeof(match[1])), text)
    while (call := _CALL.search(text)) is not None:
        inner, end = _call_arguments(text, call.end())
        text = f"{text[: call.start()]}({_expanded(call[1], inner)}){text[end:]}"
    text = _NAME.sub(lambda match: f"({_expanded(match[0], [])})", text)
    return _SUFFIX.sub(r"\1", text)


def _call_arguments(text: str, start: int) -> tuple[list[str], int]:
    """Return the arguments of a call whose parenthesis opened before ``start``, and where it
    ends."""
    arguments, depth, begin = [], 0, start
    for position in range(start, len(text)):
        char = text[position]
        if depth == 0 and char in ",)":
            arguments.append(text[begin:position])
            begin = position + 1
            if char == ")":
                return arguments, position + 1
        depth += (char == "(") - (char == ")")
    _unknown(f"a value for {text}")


def _value(text: str) -> int:
    """Return what an expression of numbers comes to, innermost parentheses first."""
    while (inner := _PARENTHESES.search(text)) is not None:
        text = f"{text[: inner.start()]}{_plain(inner[1])}{text[inner.end() :]}"
    return _plain(text)


def _plain(text: str) -> int:
    """Return the value of an expression without parentheses."""
    condition, mark, choice = text.partition("?")
    if mark:
        first, _, second = choice.partition(":")
        return _plain(first if _plain(condition) else second)

    def evaluate(node: ast.AST) -> int:
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](evaluate(node.left), evaluate(node.right))
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _OPERATORS:
            return _OPERATORS[type(node.ops[0])](evaluate(node.left), evaluate(node.comparators[0]))
        if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](evaluate(node.operand))
        _unknown(f"a whole number: {text}")

    try:
        return evaluate(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError:
        _unknown(f"a whole number: {text}")


def _sizeof(kind: str) -> int:
    words = kind.split()
    if words[0] == "struct":
        return layout(words[1]).size
    return _SCALARS[words[0]]


def _declared(declaration: str, options: frozenset[str]) -> list[Layout]:
    """Return the layout of each name in a declaration such as ``uint16_t in_h, in_w``."""
    words = re.sub(r"\bconst\b", "", declaration).split()
    if words[0] == "struct":
        name, rest = words[1], " ".join(words[2:])
    elif words[0] == "enum":
        name, rest = words[0], " ".join(words[2:])
    else:
        name, rest = words[0], " ".join(words[1:])
    parts: list[Layout] = []
    for declarator in rest.split(","):
        match = _DECLARATOR.fullmatch(declarator.strip())
        if match is None:
            _unknown(f"a type that can be sized: {declaration.strip()}")
        stars, dims = match.groups()
        kind = Layout(POINTER, POINTER) if stars else _type_layout(name, declaration, options)
        count = 1
        for dim in re.findall(r"\[([^]]+)\]", dims):
            count *= _value(_NAME.sub(lambda found: f"({_expanded(found[0], [])})", dim))
        parts.append(Layout(kind.size * count, kind.align))
    return parts


def _type_layout(name: str, declaration: str, options: frozenset[str]) -> Layout:
    if name == "microtl_sum_t" and _FIXED in options:
        return Layout(8, 8)
    if name in _SCALARS:
        return Layout(_SCALARS[name], _SCALARS[name])
    if name in _structs() or name in _ZEPHYR:
        return layout(name, options)
    _unknown(f"the type of {declaration.strip()}")


def _aligned(value: int, align: int) -> int:
    return -(-value // align) * align

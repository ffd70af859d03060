# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Who owns a byte: rules from an object file, a source file or a symbol's name to an owner.

An owner is written "who/part", for example "microtl/replay" or "kernel/stacks".
"""

import re

PADDING = "padding"
UNKNOWN = "unknown"
MICROTL = "microtl"

_Z = r"(^|/)zephyr/"
_BY_ORIGIN = [
    (re.compile(pattern), owner)
    for pattern, owner in (
        (r"(^|/)libmicrotl\w*\.a|(^|/)modules/microtl/|(^|/)microtl/src/(core|zephyr)/", MICROTL),
        (
            r"(^|/)lib(c|m|g|gcc|nosys|stdc\+\+|supc\+\+)(_nano)?\.a|(^|/)crt\w+\.o|picolibc|newlib"
            r"|compiler-rt|(^|/)libgcc/" + f"|{_Z}lib/libc/",
            "libc",
        ),
        (r"(^|/)app/|(^|/)libapp\.a|" + _Z + r"(samples|tests)/", "application"),
        (r"(^|/)mcuboot/", "mcuboot"),
        (_Z + r"drivers/", "drivers"),
        (_Z + r"subsys/", "subsys"),
        (_Z, "kernel"),
        (r"^linker ", "linker"),
    )
]
_MODULE = re.compile(r"(^|/)modules/(?:(?:hal|lib|fs|crypto|debug|tee)/)?([\w-]+)/")

_BY_SYMBOL = [
    (re.compile(pattern), owner)
    for pattern, owner in (
        (r"(^|_)microtl_", MICROTL),
        (
            r"(__aeabi_|__gnu_|mem(cpy|set|move|cmp|chr)\b|str\w{2,5}$|v?s?n?printf$|_?_?malloc)",
            "libc",
        ),
        (r"(_?z_|_?k_|_?k_thread|arch_|sys_|device_|__device|__init_|_kernel|_sw_isr)", "kernel"),
    )
]

_STACK = re.compile(r"(^|_)stacks?(_area)?(\.\d+)?$|^_k_thread_stack_")
_HEAP = re.compile(r"heap|malloc_(arena|buf)|^kheap_")

# The learner's buffers, by the words in their names; the first that fits decides.
_MICROTL_PARTS = [
    (re.compile(rf"(^|_)({words})(_|\d|$)"), part)
    for words, part in (
        ("stacks?", "stacks"),
        ("arena", "arena"),
        ("optimizer|velocity|momentum|moments", "optimizer"),
        ("replay|samples|labels|base", "replay"),
        ("window|ring|frames?", "window"),
        ("store|slots?|snapshot", "store"),
        ("head|shadow|active|best|params|features?|classes", "heads"),
    )
]


def who(origin: str | None, symbol: str | None) -> str:
    """Return the owner's first half: by where it was compiled, else by the symbol's name."""
    if symbol and _BY_SYMBOL[0][0].search(symbol):
        # A model and a learner's buffers are compiled with the application.
        return MICROTL
    if origin:
        path = origin.replace("\\", "/")
        for pattern, owner in _BY_ORIGIN:
            if pattern.search(path):
                return owner
        module = _MODULE.search(path)
        return f"module {module[2]}" if module else "application"
    if symbol:
        for pattern, owner in _BY_SYMBOL:
            if pattern.match(symbol):
                return owner
    return UNKNOWN


def part(owner: str, symbol: str | None, *, code: bool, variable: bool) -> str:
    """Return the owner's second half: what the bytes are for."""
    if symbol and not code:
        if owner == MICROTL:
            for pattern, name in _MICROTL_PARTS:
                if pattern.search(symbol) and (variable or name == "replay"):
                    return name
        if variable and _STACK.search(symbol):
            return "stacks"
        if variable and _HEAP.search(symbol):
            return "heap"
    if code:
        return "code"
    if variable:
        return "variables"
    return "weights" if owner == MICROTL else "constants"


def full(owner: str, part_name: str) -> str:
    """Return "who/part"; padding and what nobody is known for have no parts."""
    return owner if owner in (PADDING, UNKNOWN) else f"{owner}/{part_name}"


def belongs(owner: str, asked: str) -> bool:
    """Say whether an owner is the one asked for, or a part of it."""
    return owner == asked or owner.startswith(asked + "/")

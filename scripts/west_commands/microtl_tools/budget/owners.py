# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Who owns a byte: rules from an object file, a source file or a symbol's name to an owner.

An owner is written "who/part", for example "microtl/replay" or "kernel/stacks".
"""

import re

PADDING = "padding"
UNKNOWN = "unknown"
MICROTL = "microtl"
STACKS = "stacks"
"""The part of threads: stacks, and the control blocks of those that K_THREAD_DEFINE made."""

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

_STACK = re.compile(r"(^|_)stacks?(_area)?(\.\d+)?$|^_k_thread_(stack|obj)_")
_HEAP = re.compile(r"heap|malloc_(arena|buf)|^kheap_")

# MicroTL's parts by the words in a symbol's name; the first that fits decides.
_VARIABLES = [
    (re.compile(rf"(^|_)({words})(_|\d|$)"), part)
    for words, part in (
        ("stacks?", "stacks"),
        ("arena", "arena"),
        ("optimizer|velocity|momentum|moments?|state$", "optimizer"),
        ("replay|samples|labels|entries", "replay"),
        ("window|ring|frames?", "window"),
        ("store|slots?|snapshot|log", "store"),
        ("heads?|shadow|active|best|params|gradient|features?|scores|names|ncm", "heads"),
        ("workspace|scratch", "workspace"),
    )
]
_CONSTANTS = [
    (re.compile(pattern), part)
    for pattern, part in (
        (r"^base_", "base set"),
        (r"^(head|feature|class)(_|$)", "heads"),
        (r"^ops?(\d|$)|weights|_model$", "weights"),
    )
]


class Owners:
    """Decides for one image what is whose.

    ``model_files`` are the object or source files of converted models, ``objects`` the names of
    learners and windows: their bytes are MicroTL's although they are compiled with the application.
    """

    def __init__(
        self, model_files: frozenset[str] = frozenset(), objects: tuple[str, ...] = ()
    ) -> None:
        self._model_files = model_files
        names = "|".join(re.escape(name) for name in objects)
        self._object = re.compile(rf"_*({names})(_\w+)?(\.\d+)?") if objects else None

    def who(self, origin: str | None, symbol: str | None, file: str | None = None) -> str:
        """Return the owner's first half: by where it was compiled, else by the symbol's name.

        ``file`` is the bare name of the source, which tells a model but nothing else.
        """
        if symbol and _BY_SYMBOL[0][0].search(symbol):
            return MICROTL
        if (origin or file) in self._model_files:
            return MICROTL
        if symbol and self._object and self._object.fullmatch(symbol):
            return MICROTL
        if origin:
            return _by_path(origin.replace("\\", "/"))
        for pattern, owner in _BY_SYMBOL:
            if symbol and pattern.match(symbol):
                return owner
        return UNKNOWN


def _by_path(path: str) -> str:
    for pattern, owner in _BY_ORIGIN:
        if pattern.search(path):
            return owner
    module = _MODULE.search(path)
    return f"module {module[2]}" if module else "application"


def part(owner: str, symbol: str, *, code: bool, variable: bool) -> str:
    """Return the owner's second half: what the bytes are for."""
    if code:
        return "code"
    if variable and _STACK.search(symbol):
        return STACKS
    if owner == MICROTL:
        for pattern, name in _VARIABLES if variable else _CONSTANTS:
            if pattern.search(symbol):
                return name
    if variable:
        return "heap" if _HEAP.search(symbol) else "variables"
    return "constants"


def full(owner: str, part_name: str) -> str:
    """Return "who/part"; padding and what nobody is known for have no parts."""
    return owner if owner in (PADDING, UNKNOWN) else f"{owner}/{part_name}"


def belongs(owner: str, asked: str) -> bool:
    """Say whether an owner is the one asked for, or a part of it."""
    return owner == asked or owner.startswith(asked + "/")

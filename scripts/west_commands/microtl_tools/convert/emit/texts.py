# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Names and units as objects of their own, so that their size does not depend on the linker."""

from __future__ import annotations

from microtl_tools.convert.emit.c_text import string


class Texts:
    """Every text of the generated file once, in the order of first use."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """Return the C name of a text."""
        return self._names.setdefault(text, f"text{len(self._names)}")

    def definitions(self) -> str:
        """Return the definitions of all texts so far."""
        lines = (
            f"static const char {name}[] = {string(text)};" for text, name in self._names.items()
        )
        return "\n".join(lines)


def texts_size(*texts: str) -> int:
    """Return the bytes that these texts take, the final zeros counted, each text once."""
    return sum(len(text.encode()) + 1 for text in set(texts))

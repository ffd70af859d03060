# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What would bring an image back under its limit, with the bytes that each step saves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """One step: what to change, and the bytes of which memory it frees."""

    what: str
    kind: str
    saves: int

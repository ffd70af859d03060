# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Read back what ``budget --json`` printed, perhaps by another version of MicroTL."""

import json
from pathlib import Path
from typing import Any

from microtl_tools.errors import MicroTLError
from microtl_tools.output import JSON_SCHEMA


def read_saved(path: Path) -> dict[str, Any]:
    """Return the object in a file that ``--json`` wrote.

    Raises MicroTLError where its fields have other meanings, and ValueError where it is no such
    file; the caller knows which one was expected.
    """
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(whole, dict):
        raise ValueError("no object")
    schema = whole.get("schema")
    if schema is not None and schema != JSON_SCHEMA:
        raise MicroTLError(
            f"{path}: has schema {schema}, this MicroTL reads {JSON_SCHEMA}",
            "make it again with the MicroTL that is to read it",
        )
    return whole

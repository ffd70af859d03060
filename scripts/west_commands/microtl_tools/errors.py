# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The failures that end a command, each with the exit code that it leads to.

Whoever meets a failure raises one of these; only the command line (``cli.py``, and the west
command) turns it into a message. ``message`` says what is wrong and where, ``hint`` what to do
next.
"""

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_OVER_BUDGET = 3
EXIT_INTERRUPTED = 130


class MicroTLError(Exception):
    """Something failed: a file is missing, a model cannot be converted, a tool is not there."""

    exit_code = EXIT_FAILURE

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        if self.hint is None:
            return self.message
        return f"{self.message}\n  {self.hint}"


class UsageError(MicroTLError):
    """The options do not go together, or a value given on the command line makes no sense."""

    exit_code = EXIT_USAGE


class OverBudgetError(MicroTLError):
    """What was measured is larger than the limit that the user set."""

    exit_code = EXIT_OVER_BUDGET

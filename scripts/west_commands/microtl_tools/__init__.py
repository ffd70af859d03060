# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""MicroTL's tools: convert a model, try it on the PC, check what it costs."""

from microtl_tools.errors import MicroTLError, OverBudgetError, UsageError
from microtl_tools.paths import version

__version__ = version()
__all__ = ["MicroTLError", "OverBudgetError", "UsageError", "__version__"]

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""When the Helium kernels are exact."""

from __future__ import annotations

from microtl_tools.convert.kernel_sets.filters import Filters

_SUM_LIMIT = 1 << 31
_SHIFTS = range(1, 32)


def exact(filters: Filters) -> bool:
    """Whether sums fit 32 bits for every input, and every shift goes to the right."""
    return filters.exact(_SUM_LIMIT, _SHIFTS)

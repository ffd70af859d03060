# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``python -m microtl_tools``: the same as the ``microtl`` command."""

import sys

from microtl_tools.cli import main

if __name__ == "__main__":
    sys.exit(main())

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``west microtl``: the door from west to microtl_tools, where everything is done."""

import sys
from pathlib import Path

from west.commands import WestCommand

# west loads this file by its path, so the package beside it is not on the search path yet.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from microtl_tools import cli  # noqa: E402
from microtl_tools.errors import MicroTLError  # noqa: E402


class MicroTL(WestCommand):
    """The one command; its sub-commands come from ``microtl_tools.cli``."""

    def __init__(self):
        # The help line stands in scripts/west-commands.yml. "flash" passes arguments on.
        super().__init__("microtl", "", cli.DESCRIPTION, accepts_unknown_args=True)

    def do_add_parser(self, parser_adder):
        """Let microtl_tools fill the parser that west made."""
        return cli.configure(parser_adder.add_parser(self.name, description=self.description))

    def do_run(self, args, unknown_args):
        """Run a sub-command; this is the only place where a failure becomes a message."""
        try:
            cli.take_unknown(args, unknown_args)
            code = cli.dispatch(args)
        except MicroTLError as error:
            self.die(error, exit_code=error.exit_code)
        if code != 0:
            sys.exit(code)

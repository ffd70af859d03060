# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""``python -m microtl_tools.convert.benchmark MODEL``: what one conversion costs in CPU time.

Runs ``microtl convert`` in a process of its own, start and imports included, and says whether that
loaded TensorFlow.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from microtl_tools.errors import EXIT_FAILURE, MicroTLError
from microtl_tools.output import emit

RUNS = 5

_CHILD = """
import sys
from microtl_tools.cli import main
code = main(sys.argv[1:])
print("tensorflow" in sys.modules, file=sys.stderr)
sys.exit(code)
"""


def measure(model: Path, folder: Path) -> tuple[float, bool]:
    """Convert once; returns CPU seconds (user and system) and whether TensorFlow was loaded."""
    root = str(Path(__file__).resolve().parents[2])
    before = os.times()
    result = subprocess.run(
        [sys.executable, "-c", _CHILD, "convert", str(model), "-o", str(folder), "--force"],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    after = os.times()
    if result.returncode != 0:
        raise MicroTLError(f"{model}: converting failed:\n{result.stderr.strip()}")
    user = after.children_user - before.children_user
    system = after.children_system - before.children_system
    return user + system, result.stderr.strip().endswith("True")


def main(arguments: list[str]) -> int:
    """Print the best of some runs."""
    parser = argparse.ArgumentParser(prog="microtl_tools.convert.benchmark", description=__doc__)
    parser.add_argument("model", metavar="MODEL", type=Path)
    args = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            runs = [measure(args.model, Path(folder)) for _ in range(RUNS)]
    except MicroTLError as error:
        sys.stderr.write(f"error: {error}\n")
        return EXIT_FAILURE
    seconds = sorted(seconds for seconds, _ in runs)
    loaded = any(loaded for _, loaded in runs)
    emit(
        f"{args.model.name}: converted in {seconds[0]:.2f} s of CPU (best of {RUNS}, "
        f"worst {seconds[-1]:.2f} s), TensorFlow {'was' if loaded else 'not'} loaded"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

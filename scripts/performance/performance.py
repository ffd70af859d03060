#!/usr/bin/env python3
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Write docs/performance.md: every figure in it is measured here, or stands in peers.yml."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "west_commands"))

import jinja2  # noqa: E402
import measurements  # noqa: E402
from microtl_tools.bench import build, trace  # noqa: E402
from microtl_tools.bench.measure import Inference  # noqa: E402
from microtl_tools.errors import MicroTLError  # noqa: E402
from microtl_tools.output import check_targets, write_atomic  # noqa: E402

TEMPLATE = Path(__file__).with_name("performance.md.in")


def main() -> int:
    """Measure and write; 1 with one message where that is not possible."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--models", type=Path, required=True, metavar="DIR", help="the files of models.yml"
    )
    parser.add_argument(
        "--cmsis-nn", type=Path, required=True, metavar="DIR", help="CMSIS-NN 6.0.0"
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=ROOT / "docs" / "performance.md", metavar="FILE"
    )
    args = parser.parse_args()
    try:
        check_targets([args.output], force=True)
        write_atomic(args.output, page(args.models, args.cmsis_nn), force=True)
    except MicroTLError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def page(models: Path, library: Path) -> str:
    """Return the page."""
    gcc, qemu = build.compiler_version(), trace.version()
    measured = measurements.models(models, library, say)
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(n=number, ratio=ratio, kernel=kernel)
    by_name = {model.name: model for model in measured}
    kws = by_name["KWS"].runs
    heads = {
        cpu: measurements.heads(cpu, say) for cpu in ("cortex-m4f", "cortex-m3", "cortex-m0plus")
    }
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        gcc=gcc,
        qemu=qemu,
        models=measured,
        by_name=by_name,
        kws_layers=list(zip(kws["m4"].layers, kws["m4_cmsis_nn"].layers, strict=True)),
        # Without the model that measures calls.
        geomean=geomean(
            saved(model.runs["m4"], model.runs["m4_cmsis_nn"])
            for model in measured
            if not model.overhead
        ),
        geomean_m55=geomean(
            saved(model.runs["m55"], model.runs["m55_cmsis_nn"])
            for model in measured
            if not model.overhead
        ),
        heads=heads,
        arithmetics=measurements.arithmetics(
            {cpu: heads[cpu] for cpu in ("cortex-m3", "cortex-m0plus")}, say
        ),
        peers=measurements.read_yaml("peers.yml"),
    )


def say(text: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def saved(own: Inference, peer: Inference) -> float:
    """Return the part of the peer's instructions that the own kernels take."""
    return own.total.instructions / peer.total.instructions


def geomean(values: Iterable[float]) -> float:
    """Return the geometric mean."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))


def number(value: int | None) -> str:
    """Write 1234567 as 1,234,567."""
    return "-" if value is None else f"{value:,}"


def ratio(value: float, by: float = 1) -> str:
    """Write a quotient with two digits behind the point."""
    return f"{value / by:.2f}" if by else "-"


def kernel(name: str) -> str:
    """Shorten the name of a kernel."""
    return name.removeprefix("microtl_kernel_")


if __name__ == "__main__":
    sys.exit(main())

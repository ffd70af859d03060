# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The comparison as JSON."""

from __future__ import annotations

from typing import Any

from microtl_tools.energy import model
from microtl_tools.energy.model import Bill
from microtl_tools.energy.ranges import Range
from microtl_tools.energy.report import CACHED, PASS, Report, Row, all_figures, winner


def as_json(report: Report) -> dict[str, Any]:
    """Return the whole report; J, s, bytes, bit/s."""
    task, setup, counts = report.task, report.setup, report.counts
    return {
        "model": report.name,
        "board": setup.board.name,
        "link": setup.link.name,
        "throughput_bps": None if setup.throughput is None else _range(setup.throughput),
        "task": {
            "samples": task.samples,
            "epochs": task.epochs,
            "folds": task.folds,
            "updates_per_year": report.updates,
            "sample_bytes": task.sample_bytes,
            "download_bytes": task.download,
            "saved_bytes": task.saved,
        },
        "counts": {
            "unit": counts.unit,
            "backbone": task.backbone,
            "training_step": counts.training,
            "origin": counts.origin,
        },
        "learning": {
            row.features.replace(" ", "_"): _bill_json(row.here)
            for row in report.rows
            if row.kind == model.RAW
        },
        "uploads": [_row_json(row) for row in report.rows],
        "claims": [
            {
                "upload": c.kind,
                "features": (CACHED if c.cached else PASS).replace(" ", "_"),
                "energy_below_bps": [side.at for side in c.energy],
                "time_below_bps": [side.at for side in c.time],
            }
            for c in report.claims
        ],
        "year_j": {
            "asleep": _range(setup.sleep * model.YEAR),
            "keeping_the_link": _range(setup.standby * model.YEAR),
        },
        "notes": list(report.notes),
        "not_counted": report.missing,
        "figures": [
            {
                "of": name,
                "name": figure.name,
                **_range(figure.value),
                "unit": figure.unit,
                "kind": figure.kind,
                "source": figure.source,
            }
            for name, figure in all_figures(setup)
        ],
    }


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "upload": row.kind,
        "features": row.features.replace(" ", "_"),
        "bytes": row.away.bytes,
        **_bill_json(row.away),
        "energy_ratio": _range(row.ratio.energy),
        "time_ratio": _range(row.ratio.time),
        "less_energy": winner(row.ratio.energy),
        "less_time": winner(row.ratio.time),
        "break_even": {
            even.axis: {
                name: {"at": side.at, "below": side.below, "above": side.above}
                for name, side in (
                    ("middle", even.middle),
                    ("for_sending", even.for_sending),
                    ("for_device", even.for_device),
                )
            }
            for even in row.even
        },
    }


def _bill_json(bill: Bill) -> dict[str, Any]:
    return {
        "energy_j": _range(bill.energy),
        "time_s": _range(bill.time),
        "parts": [
            {"name": p.name, "energy_j": _range(p.energy), "time_s": _range(p.time)}
            for p in bill.parts
        ],
    }


def _range(value: Range) -> dict[str, float]:
    return {"low": value.low, "middle": value.middle, "high": value.high}

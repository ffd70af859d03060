# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A board and a link with round numbers, and the counts of a bench, for calculations by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
MODEL = ROOT / "tests" / "fixtures" / "models" / "network_residual.tflite"

BOARD = {
    "supply": (3.0, "V"),
    "clock": (64, "MHz"),
    "energy_per_cycle": (0.2, "nJ"),
    "cycles_per_count": (1.0, "cycles"),
    "sleep_current": (2.0, "uA"),
    "flash_page": (4096, "B"),
    "flash_erase_time": (85, "ms"),
    "flash_block": (4, "B"),
    "flash_write_time": (40, "us"),
}
RADIO = {"tx_current": (6, "mA"), "rx_current": (5, "mA")}
LINK = {
    "bit_rate": (1000, "kbps"),
    "payload": (100, "B"),
    "overhead": (25, "B"),
    "packet_time": (0, "ms"),
    "ack_time": (0.1, "ms"),
    "gap_time": (0.3, "ms"),
    "loss": (0.5, "share"),
    "listening": (0.25, "share"),
    "cpu_share": (0.5, "share"),
}


def figures(values: dict[str, Any]) -> dict[str, Any]:
    """Return figures as a file has them."""
    return {
        name: {"value": value, "unit": unit, "kind": "assumed", "source": "a round number"}
        for name, (value, unit) in values.items()
    }


def board_content() -> dict[str, Any]:
    return {
        "title": "Round Board",
        "bench": {"cpu": "cortex-m4f", "counts": "cycles"},
        "figures": figures(BOARD),
        "radios": {"ble": figures(RADIO)},
    }


def link_content() -> dict[str, Any]:
    return {"title": "Round Link", "radio": "ble", "figures": figures(LINK)}


def write(path: Path, content: dict[str, Any]) -> Path:
    """Write YAML: JSON is YAML, too."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def board_file(tmp_path: Path) -> Path:
    return write(tmp_path / "round_board.yml", board_content())


@pytest.fixture
def link_file(tmp_path: Path) -> Path:
    return write(tmp_path / "round_link.yml", link_content())


@pytest.fixture
def bench_file(tmp_path: Path) -> Path:
    """Write what ``microtl bench --json`` writes, as far as it is read."""
    from microtl_tools.convert.api import Options, convert

    head = convert(MODEL).head
    assert head is not None
    content = {
        "cpu": "cortex-m4f",
        "inference": {
            "kernels": "dsp",
            "macs": convert(MODEL, Options(head_layers=0)).macs,
            "instructions": 60_000,
            "cycles_estimate": 100_000,
        },
        "training": {
            "widths": list(head.widths),
            "steps": [
                {
                    "optimizer": "momentum",
                    "batch": batch,
                    "instructions": 6_000 * batch,
                    "cycles_estimate": 10_000 * batch,
                }
                for batch in (1, 8)
            ],
        },
    }
    return write(tmp_path / "bench.json", content)

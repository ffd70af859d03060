# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Calculations by hand: every number here was worked out from the formulas, not by the program."""

from dataclasses import replace
from pathlib import Path

import pytest
from microtl_tools.energy import model
from microtl_tools.energy.breakeven import SENDING, break_even, crossing
from microtl_tools.energy.figures import board_named, link_named, read_board, read_link
from microtl_tools.energy.model import FEATURES, RAW, Bill, Part, Setup, Task
from microtl_tools.energy.ranges import ZERO, Range
from pytest import approx

TASK = Task(
    samples=10,
    epochs=5,
    folds=0,
    backbone=640_000,
    training=20_000,
    preprocessing=ZERO,
    sample_bytes={"raw": 1536, "quantised": 768, "preprocessed": 768, "features": 64},
    download=250,
    saved=1000,
    server=Range.of(2.0),
)


@pytest.fixture
def setup(board_file: Path, link_file: Path) -> Setup:
    board, link = read_board(board_file), read_link(link_file)
    return Setup(board, link, model.own_radio(board, link, None))


def parts(bill: Bill) -> dict[str, Part]:
    return {part.name: part for part in bill.parts}


def test_learning_by_hand(setup: Setup) -> None:
    """First case.

    10 samples x 5 epochs x 20,000 cycles = 10^6 cycles: 0.2 mJ and 1/64 s.
    1000 bytes: one page of 85 ms and 250 words of 40 us, 95 ms, of a CPU of 0.2 nJ x 64 MHz =
    12.8 mW: 1.216 mJ. A backbone pass: 10 x 640,000 cycles = 6.4 x 10^6: 1.28 mJ and 0.1 s.
    """
    bill = model.learning(setup, TASK, cached=True)
    assert parts(bill)["head training"].energy.values() == approx((0.2e-3,) * 3)
    assert parts(bill)["saving to flash"].energy.values() == approx((1.216e-3,) * 3)
    assert bill.energy.middle == approx(1.416e-3)
    assert bill.time.middle == approx(1 / 64 + 0.095)

    whole = model.learning(setup, TASK, cached=False)
    assert whole.energy.middle == approx(2.696e-3)
    assert whole.time.middle == approx(1 / 64 + 0.095 + 0.1)


def test_folds_are_trainings(setup: Setup) -> None:
    """Four folds: four trainings on three quarters and one on all, four times the steps."""
    four = model.learning(setup, replace(TASK, folds=4), cached=True)
    assert parts(four)["head training"].energy.middle == approx(0.8e-3)


def test_sending_by_hand(setup: Setup) -> None:
    """Second case.

    10 x (64 + 1) = 650 bytes are 7 packets; (650 + 7 x 25) x 8 = 6600 bit at 1 Mbit/s, each twice
    (half are lost): 13.2 ms of sending at 18 mW. Acknowledgements and gaps: 7 x 2 x 0.4 ms = 5.6 ms
    of receiving at 15 mW. 237.6 + 84 uJ. CPU: half of 18.8 ms at 12.8 mW, 120.32 uJ.
    At 40 kbit/s it takes 130 ms: 111.2 ms of pauses at 0.25 x 15 mW = 3.75 mW, 417 uJ.
    The server takes 2 s, in which the board sleeps. Download: 250 bytes, 3 packets, 2600 bit,
    twice, 5.2 ms and gaps of 1.8 ms of receiving, acknowledgements of 0.6 ms of sending: 105 + 10.8
    uJ; CPU 7.6 ms x 6.4 mW = 48.64 uJ; 50 ms in all, 42.4 ms of pauses x 3.75 mW = 159 uJ.
    Saving 1216 uJ.
    """
    slow = replace(setup, throughput=Range.of(40e3))
    bill = model.sending(slow, TASK, FEATURES, cached=True)
    rows = parts(bill)
    assert bill.bytes == 650
    assert rows["upload: packets"].energy.middle == approx(321.6e-6)
    assert rows["upload: CPU"].energy.middle == approx(120.32e-6)
    assert rows["upload: pauses"].energy.middle == approx(417e-6)
    assert rows["server at work"] == Part("server at work", ZERO, Range.of(2.0))
    assert rows["download: packets"].energy.middle == approx(115.8e-6)
    assert rows["download: pauses"].energy.middle == approx(159e-6)
    total = 321.6 + 120.32 + 417 + 115.8 + 48.64 + 159 + 1216
    assert bill.energy.middle == approx(total * 1e-6)
    assert bill.time.middle == approx(0.130 + 2 + 0.050 + 0.095)

    fast = model.sending(setup, TASK, FEATURES, cached=True)
    assert parts(fast)["upload: pauses"].time == ZERO


def test_ratio_by_hand() -> None:
    """Third case: low, middle and high, with what both sides have in common counted once.

    Learning 2, 4, 8 mJ and sending 3, 6, 12 mJ, each with 2 mJ of saving: (6 + 2) / (4 + 2) in the
    middle; (3 + 2) / (8 + 2) at worst, (12 + 2) / (2 + 2) at best. Both take a second.
    """
    shared = Part("saving", Range.of(2e-3), Range.of(0.5))
    here = Bill("here", [Part("a", Range(2e-3, 4e-3, 8e-3), Range.of(0.5)), shared])
    away = Bill("away", [Part("b", Range(3e-3, 6e-3, 12e-3), Range.of(0.5)), shared])
    ratio = model.compare(here, away)
    assert ratio.energy.values() == approx((0.5, 8 / 6, 3.5))
    assert ratio.time.values() == approx((1, 1, 1))


def test_year_has_sleep_and_the_link(setup: Setup) -> None:
    """6 uW for 365.25 days are 189.3456 J; twelve updates of 1 J."""
    bill = Bill("here", [Part("a", Range.of(1.0), ZERO)])
    assert model.year(setup, bill, 12, linked=False).middle == approx(189.3456 + 12)


def test_bluetooth_packets_allow_what_was_measured() -> None:
    """244 bytes in 262 x 4 us, an acknowledgement of 44 us, two gaps of 150 us: 1402 kbit/s."""
    limit = model.packet_limit(link_named("ble-2m"))
    assert limit == approx(244 * 8 / 1392e-6)
    assert 1363e3 < limit < 1363e3 * 1.04


def test_lorawan_keeps_its_duty_cycle() -> None:
    """A full packet takes 368.9 ms in the air (AN1200.13), so 36.89 s at 1 %; 5 % go twice."""
    link, board = link_named("lorawan"), board_named("nrf52840dk")
    assert model.air(link, 222).data.low == approx(0.3689, abs=1e-4)
    setup = Setup(board, link, model.own_radio(board, link, None))
    task = replace(TASK, samples=1, sample_bytes={**TASK.sample_bytes, RAW: 221})
    bill = model.sending(setup, task, RAW, cached=True)
    up = [part.time.middle for part in bill.parts if part.name.startswith("upload")]
    assert sum(up) == approx(36.89 / 0.95, abs=0.01)


def test_radio_of_a_module_costs_sleep_for_the_link_alone() -> None:
    board, link = board_named("nucleo_l4r5zi"), link_named("ble-2m")
    module = board_named("nrf52840dk")
    setup = Setup(board, link, model.own_radio(board, link, module))
    assert setup.radio.borrowed == "nRF52840 DK"
    own = Setup(module, link, model.own_radio(module, link, None))
    assert setup.standby.middle == approx(own.standby.middle + 3 * 3.16e-6)
    assert setup.sleep.middle == approx(3 * 1.2e-6)


def test_crossing_by_hand() -> None:
    """Device 7, sending 1000 / x: sending wins above 142.857."""
    found = crossing(lambda x: 1000 / x - 7, (1.0, 1e6))
    assert found.at == approx(1000 / 7, rel=1e-6)
    assert (found.below, found.above) == ("device", "sending")
    assert crossing(lambda x: -1.0, (1.0, 10.0)).at is None


def test_break_even_by_throughput_is_where_the_energies_meet(setup: Setup) -> None:
    """At the crossing both ways need the same."""
    task = replace(TASK, epochs=200)
    even = break_even(setup, task, FEATURES, "throughput", cached=True)
    assert even.middle.at is not None
    assert even.middle.above == SENDING
    there = replace(setup, throughput=Range.of(even.middle.at))
    here = model.learning(there, task, cached=True)
    away = model.sending(there, task, FEATURES, cached=True)
    assert here.energy.middle == approx(away.energy.middle, rel=1e-6)


def test_break_even_by_updates_by_hand(setup: Setup) -> None:
    """What the link takes in a year, divided by what an update by sending saves."""
    keep = {**setup.link.sheet.figures}
    keep["standby_current"] = replace(keep["loss"], value=Range.of(10), unit="uA")
    link = replace(setup.link, sheet=replace(setup.link.sheet, figures=keep))
    setup = replace(setup, link=link)
    task = replace(TASK, epochs=2000)
    here = model.learning(setup, task, cached=True)
    away = model.sending(setup, task, FEATURES, cached=True)
    even = break_even(setup, task, FEATURES, "updates", cached=True)
    keeping = 3 * 10e-6 * 365.25 * 86400
    assert even.middle.at == approx(keeping / (here.energy.middle - away.energy.middle), rel=1e-6)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What learning costs on the device, and what it costs to send the data: pure calculation.

SI units: J, s, B, bit/s. Every result is a Range. The formulas stand in docs/energy.md.

The board sleeps in between, whichever way is taken: a bill is what comes on top of that, and the
sleep itself stands in the energy of a year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from microtl_tools.energy.figures import Board, Link, Sheet
from microtl_tools.energy.ranges import ZERO, Range, total

RAW, QUANTISED, PREPROCESSED, FEATURES = "raw", "quantised", "preprocessed", "features"
UPLOADS = {
    RAW: "raw samples",
    QUANTISED: "quantised windows",
    PREPROCESSED: "pre-processed input",
    FEATURES: "cached int8 features",
}
LABEL_BYTES = 1
YEAR = 365.25 * 24 * 3600


@dataclass(frozen=True)
class Task:
    """One update of the head: what is learned, and what of it could be sent instead.

    Counts are those of ``microtl bench``, for the board's CPU: of a backbone pass and of a
    training step, a sample.
    """

    samples: int
    epochs: int
    folds: int
    backbone: float
    training: float
    preprocessing: Range
    """CPU cycles a sample."""
    sample_bytes: dict[str, float]
    """Bytes a sample of each upload, without its label."""
    download: int
    """Bytes of what comes back."""
    saved: int
    """Bytes that go to flash."""
    server: Range
    """Seconds from the end of the upload to the begin of the download."""

    @property
    def steps(self) -> float:
        """Samples trained on, all epochs; F folds of F - 1 parts each and a last one on all."""
        return self.samples * self.epochs * max(self.folds, 1)

    def upload(self, kind: str) -> float:
        """Return the bytes of an upload, labels included."""
        return self.samples * (self.sample_bytes[kind] + LABEL_BYTES)


@dataclass(frozen=True)
class Part:
    """A row of a bill."""

    name: str
    energy: Range
    time: Range


@dataclass(frozen=True)
class Bill:
    """What one way costs, part by part."""

    name: str
    parts: list[Part]
    bytes: float = 0.0

    @property
    def energy(self) -> Range:
        """J."""
        return total([part.energy for part in self.parts])

    @property
    def time(self) -> Range:
        """s."""
        return total([part.time for part in self.parts])


@dataclass(frozen=True)
class Radio:
    """The radio that a board sends with, in W."""

    transmit: Range
    receive: Range
    borrowed: str = ""
    """Title of the board that it is taken from, where the board's own has no figures."""
    asleep: Range = ZERO
    """Of a radio beside the board."""


@dataclass(frozen=True)
class Setup:
    """A board, a link, and the radio between them."""

    board: Board
    link: Link
    radio: Radio
    throughput: Range | None = None
    """bit/s that the application sees; None: what packets and duty cycle allow."""

    @property
    def cpu(self) -> Range:
        """W of the CPU at work."""
        sheet = self.board.sheet
        return sheet.get("energy_per_cycle") * sheet.get("clock")

    @property
    def sleep(self) -> Range:
        """W of the board asleep."""
        sheet = self.board.sheet
        return sheet.get("supply") * sheet.get("sleep_current")

    @property
    def standby(self) -> Range:
        """W more that it takes to keep the link, a radio beside the board included."""
        sheet = self.link.sheet
        supply = sheet.get("supply") if sheet.has("supply") else self.board.sheet.get("supply")
        return supply * sheet.get("standby_current") + self.radio.asleep


def own_radio(board: Board, link: Link, module: Board | None) -> Radio:
    """Return the radio of a link: the link's own, the board's, or that of ``module``."""
    if not link.radio:
        return _radio(link.sheet, link.sheet, "")
    if link.radio in board.radios:
        return _radio(board.sheet, board.radios[link.radio], "")
    if module is None or link.radio not in module.radios:
        raise KeyError(link.radio)
    asleep = module.sheet.get("supply") * module.sheet.get("sleep_current")
    radio = _radio(module.sheet, module.radios[link.radio], module.title)
    return Radio(radio.transmit, radio.receive, module.title, asleep)


def _radio(board: Sheet, sheet: Sheet, borrowed: str) -> Radio:
    supply = board.get("supply")
    transmit, receive = supply * sheet.get("tx_current"), supply * sheet.get("rx_current")
    return Radio(transmit, receive, borrowed)


def learning(setup: Setup, task: Task, *, cached: bool) -> Bill:
    """Return what learning here costs; ``cached``: inference has left the features already."""
    factor = setup.board.sheet.get("cycles_per_count")
    parts = [] if cached else _preparing(setup, task, FEATURES)
    parts.append(_computing(setup, "head training", factor * (task.training * task.steps)))
    parts.append(saving(setup, task.saved))
    return Bill("learn on the device", parts)


def sending(setup: Setup, task: Task, kind: str, *, cached: bool) -> Bill:
    """Return what an upload, the server's work and the download cost."""
    sheet = setup.link.sheet
    size = task.upload(kind)
    parts = [] if cached else _preparing(setup, task, kind)
    parts.append(
        Part("connecting", sheet.get("session_energy"), sheet.get("session_time")),
    )
    parts += _transfer(setup, "upload", size, up=True)
    parts.append(Part("server at work", setup.standby * task.server, task.server))
    parts += _transfer(setup, "download", task.download, up=False)
    parts.append(saving(setup, task.saved))
    return Bill(UPLOADS[kind], parts, size)


def _preparing(setup: Setup, task: Task, kind: str) -> list[Part]:
    """What has to be computed before a kind of data is there."""
    parts = []
    if kind in (PREPROCESSED, FEATURES) and task.preprocessing.high > 0:
        parts.append(_computing(setup, "pre-processing", task.preprocessing * task.samples))
    if kind == FEATURES:
        factor = setup.board.sheet.get("cycles_per_count")
        parts.append(_computing(setup, "backbone", factor * (task.backbone * task.samples)))
    return parts


def _computing(setup: Setup, name: str, cycles: Range) -> Part:
    sheet = setup.board.sheet
    return Part(name, cycles * sheet.get("energy_per_cycle"), cycles / sheet.get("clock"))


def saving(setup: Setup, size: int) -> Part:
    """Return what it takes to erase and write ``size`` bytes of flash, as far as it is known.

    The CPU waits meanwhile and is counted as active.
    """
    sheet = setup.board.sheet
    time = ZERO
    if sheet.has("flash_page", "flash_erase_time"):
        pages = math.ceil(size / sheet.get("flash_page").middle)
        time += sheet.get("flash_erase_time") * pages
    if sheet.has("flash_block", "flash_write_time"):
        blocks = math.ceil(size / sheet.get("flash_block").middle)
        time += sheet.get("flash_write_time") * blocks
    power = setup.cpu + sheet.get("supply") * sheet.get("flash_current")
    return Part("saving to flash", power * time, time)


@dataclass(frozen=True)
class Air:
    """Time in the air of one direction, s, all attempts."""

    data: Range
    reply: Range
    gaps: Range

    @property
    def total(self) -> Range:
        """All of it."""
        return self.data + self.reply + self.gaps


def air(link: Link, size: float) -> Air:
    """Return the time in the air for ``size`` bytes in packets, acknowledged and repeated."""
    sheet = link.sheet
    packets = math.ceil(size / sheet.get("payload").middle)
    bits = 8 * (size + packets * sheet.get("overhead").middle)
    loss = sheet.get("loss")
    attempts = loss.each(lambda share: 1 / (1 - share))
    return Air(
        (sheet.get("packet_time") * packets + bits / sheet.get("bit_rate")) * attempts,
        sheet.get("ack_time") * packets * attempts,
        sheet.get("gap_time") * packets * attempts,
    )


def packet_limit(link: Link) -> float:
    """Return the bit/s that full packets without loss allow."""
    size = link.sheet.get("payload").middle
    return 8 * size / air(link, size).total.low


def _transfer(setup: Setup, name: str, size: float, *, up: bool) -> list[Part]:
    """Return the rows of one direction: packets in the air, pauses between them, the CPU."""
    sheet, radio = setup.link.sheet, setup.radio
    spent = air(setup.link, size)
    packets = math.ceil(size / sheet.get("payload").middle)
    polls = ZERO if up else sheet.get("poll_time") * packets
    active = spent.total + polls
    if up:
        energy = radio.transmit * spent.data + radio.receive * (spent.reply + spent.gaps)
        sent = spent.data
    else:
        energy = radio.receive * (spent.data + spent.gaps) + radio.transmit * (spent.reply + polls)
        sent = spent.reply + polls
    time = active
    if setup.throughput is not None:
        time = time.at_least(8 * size / setup.throughput)
    if sheet.has("duty_cycle"):
        time = time.at_least(sent / sheet.get("duty_cycle"))
    pause = time.excess(active)
    return [
        Part(f"{name}: packets", energy, active),
        Part(f"{name}: pauses", radio.receive * sheet.get("listening") * pause, pause),
        Part(f"{name}: CPU", setup.cpu * sheet.get("cpu_share") * active, ZERO),
    ]


@dataclass(frozen=True)
class Comparison:
    """Sending over learning."""

    energy: Range
    time: Range


def compare(here: Bill, away: Bill) -> Comparison:
    """Return the ratios of an upload to learning here: above 1, the device wins."""
    common = [part for part in here.parts if part in away.parts]
    energy, time = total([part.energy for part in common]), total([part.time for part in common])
    here, away = own_parts(here, away)
    return Comparison(_ratio(here.energy, away.energy, energy), _ratio(here.time, away.time, time))


def compare_year(setup: Setup, here: Bill, away: Bill, updates: float) -> Range:
    """Return the ratio of the energies of a year, the link being kept for the updates alone."""
    common = total([part.energy for part in here.parts if part in away.parts])
    here, away = own_parts(here, away)
    linked = away.energy * updates + setup.standby * YEAR
    return _ratio(here.energy * updates, linked, common * updates + setup.sleep * YEAR)


def own_parts(here: Bill, away: Bill) -> tuple[Bill, Bill]:
    """Return both bills without the parts that stand in both, and so are no difference."""
    return (
        Bill(here.name, [part for part in here.parts if part not in away.parts]),
        Bill(away.name, [part for part in away.parts if part not in here.parts], away.bytes),
    )


def _ratio(here: Range, away: Range, common: Range) -> Range:
    """Return (away + common) / (here + common), ``common`` being the same on both sides."""
    ends = (common.low, common.high)
    return Range(
        min((away.low + shared) / (here.high + shared) for shared in ends),
        (away.middle + common.middle) / (here.middle + common.middle),
        max((away.high + shared) / (here.low + shared) for shared in ends),
    )


def year(setup: Setup, bill: Bill, updates: float, *, linked: bool) -> Range:
    """Return the energy of a year: updates, sleep, and with ``linked`` what keeps the link."""
    power = setup.sleep + setup.standby if linked else setup.sleep
    return bill.energy * updates + power * YEAR

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What would help over a limit, and the bytes of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from microtl_tools.budget.advice import STACK_MIN, Advice, advise
from microtl_tools.budget.build_folder import builds
from microtl_tools.budget.limits import Limits, check
from microtl_tools.budget.report import report_build
from microtl_tools.budget.stack import StackBound

ROOT = Path(__file__).resolve().parents[4]

CONFIG = """\
CONFIG_MICROTL_REPLAY_SAMPLE_COUNT=20
CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM=y
"""


def advice(folder: Path, limits: Limits, bound: StackBound | None = None) -> list[Advice]:
    build = builds(folder)[0]
    report = report_build(build)
    report.stacks = [bound] if bound else []
    return advise(build, report, check(report, limits, None))


def test_within_the_limits_there_is_nothing_to_say(make_build: Callable[..., Path]) -> None:
    assert advice(make_build("model", extra=CONFIG), Limits(ram=4096)) == []


def test_as_many_samples_as_fit(make_build: Callable[..., Path]) -> None:
    """The fixture stores 20 samples in 320 bytes: 16 each, 18 with their place in the order."""
    folder = make_build("model", extra=CONFIG)
    used = report_build(builds(folder)[0]).totals()["ram"]
    (fewer,) = samples(advice(folder, Limits(ram=used - 40)))
    assert fewer.what == "CONFIG_MICROTL_REPLAY_SAMPLE_COUNT=17 (now 20)"
    assert fewer.saves == 54
    # Where no number of samples would do, half of them.
    (fewer,) = samples(advice(folder, Limits(ram=used - 1000)))
    assert (fewer.what, fewer.saves) == ("CONFIG_MICROTL_REPLAY_SAMPLE_COUNT=10 (now 20)", 180)


def samples(found: list[Advice]) -> list[Advice]:
    return [a for a in found if "SAMPLE_COUNT" in a.what]


def test_a_shorter_window_halves_its_ring(make_build: Callable[..., Path]) -> None:
    found = advice(make_build("model", extra=CONFIG), Limits(ram=0))
    assert Advice("a model whose window is half as long", "ram", 30) in found


def test_a_stack_is_cut_to_its_bound_only_if_that_is_one(make_build: Callable[..., Path]) -> None:
    folder = make_build("model", extra=CONFIG)
    bound = StackBound("microtl_trainer", "run", 700, 36, (), (), 2048)
    found = advice(folder, Limits(ram=0), bound)
    assert Advice("CONFIG_MICROTL_TRAINER_STACK_SIZE=768 (its bound is 700)", "ram", 1280) in found
    open_end = replace(bound, unbounded=("tell: call through a pointer",))
    assert not [a for a in advice(folder, Limits(ram=0), open_end) if "STACK" in a.what]


def test_no_stack_is_advised_that_kconfig_refuses() -> None:
    kconfig = (ROOT / "modules/microtl/src/zephyr/Kconfig.trainer").read_text(encoding="utf-8")
    option = kconfig[kconfig.index("config MICROTL_TRAINER_STACK_SIZE") :]
    assert f"\trange {STACK_MIN} " in option[: option.index("\thelp")]


@pytest.mark.parametrize("store", [False, True])
def test_the_head_leaves_ram_only_where_a_store_can_keep_it(
    store: bool, make_build: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM has a prompt only with CONFIG_MICROTL_STORE."""
    monkeypatch.setattr("microtl_tools.budget.advice._Sizes.all", lambda *_: 100)
    config = CONFIG + ("CONFIG_MICROTL_STORE=y\n" if store else "")
    found = advice(make_build("model", extra=config), Limits(ram=0))
    assert any("HEAD_ACTIVE_IN_RAM=n" in a.what for a in found) == store


def test_largest_savings_come_first(make_build: Callable[..., Path]) -> None:
    bound = StackBound("microtl_trainer", "run", 700, 36, (), (), 2048)
    found = advice(make_build("model", extra=CONFIG), Limits(ram=0), bound)
    assert len(found) > 1
    assert [a.saves for a in found] == sorted((a.saves for a in found), reverse=True)
    assert all(a.saves > 0 for a in found)

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Settings for the device that follow from a simulation, as a Kconfig fragment."""

from collections.abc import Iterator

from microtl_tools.simulate.report import Simulation
from microtl_tools.simulate.settings import KIND, MOMENTUM, SETTINGS
from microtl_tools.simulate.statistics import Verdict

OPTIMIZERS = ("SGD", "MOMENTUM", "ADAM")
"""Ends of CONFIG_MICROTL_TRAINER_OPTIMIZER_*, in the order of ``enum microtl_optimizer_kind``."""

_AS_GOOD = 0.01


def fragment(simulation: Simulation) -> str:
    """Return the settings that the simulation ran with, replay memory for what was labelled."""
    return "\n".join([*_comments(simulation), *_symbols(simulation)]) + "\n"


def _comments(simulation: Simulation) -> Iterator[str]:
    chosen = simulation.chosen
    yield f"# Suggested by microtl simulate: {simulation.headline}"
    yield f"# ({chosen.budget} labelled windows a class, {len(chosen.users)} users)"
    if chosen.verdict is not Verdict.HELPS:
        yield "# These settings were played; they are no recommendation to use them."
    if chosen.over_nearest_mean.mean < _AS_GOOD:
        yield "# The nearest class mean is about as good here, without training:"
        yield "# CONFIG_MICROTL_HEAD_NCM=y with CONFIG_MICROTL_TRAINER=n"
    for name, value in simulation.plan.settings.items():
        if not SETTINGS[name].symbol and name != KIND:
            yield f"# {name}={value:g} has no symbol: set it in struct microtl_fit_config"


def _symbols(simulation: Simulation) -> Iterator[str]:
    settings = simulation.settings
    labels = max(user.labels for user in simulation.chosen.users)
    if simulation.arithmetic == "fixed":
        yield "CONFIG_MICROTL_ARITHMETIC_FIXED=y"
    yield f"CONFIG_MICROTL_REPLAY_SAMPLE_COUNT={min(labels, simulation.plan.capacity)}"
    yield f"CONFIG_MICROTL_TRAINER_OPTIMIZER_{OPTIMIZERS[int(settings[KIND])]}=y"
    for name, setting in SETTINGS.items():
        if not setting.symbol or (name == MOMENTUM and settings[KIND] == 0):
            continue  # the symbol is not there
        yield f"CONFIG_MICROTL_{setting.symbol}={round(settings[name] * setting.unit)}"
    if settings["patience"] > 0:
        yield "CONFIG_MICROTL_TRAINER_BEST_WEIGHTS=y"

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Settings for the device that follow from a simulation, as a Kconfig fragment."""

from microtl_tools.simulate.report import Simulation
from microtl_tools.simulate.statistics import Verdict

OPTIMIZERS = ("SGD", "MOMENTUM", "ADAM")
"""Ends of CONFIG_MICROTL_TRAINER_OPTIMIZER_*, in the order of ``enum microtl_optimizer_kind``."""

SYMBOLS = {
    "epochs": ("TRAINER_EPOCH_COUNT", 1.0),
    "batch": ("TRAINER_BATCH_COUNT", 1.0),
    "patience": ("TRAINER_PATIENCE_COUNT", 1.0),
    "folds": ("TRAINER_FOLD_COUNT", 1.0),
    "optimizer.learning_rate": ("TRAINER_LEARNING_RATE_E6", 1e6),
    "optimizer.momentum": ("TRAINER_MOMENTUM_E3", 1e3),
    "optimizer.weight_decay": ("TRAINER_WEIGHT_DECAY_E6", 1e6),
}
"""Setting of the core -> symbol behind CONFIG_MICROTL_, and its unit's share (Kconfig has no
fractions: _E6 is in millionths)."""


def fragment(simulation: Simulation) -> str:
    """Return the settings that the simulation ran with and that its verdict is about."""
    chosen = simulation.chosen
    samples = max(user.labels for user in chosen.users)
    lines = [
        f"# Suggested by microtl simulate: {simulation.headline}",
        f"# ({chosen.budget} labelled windows a class, {len(chosen.users)} users)",
    ]
    if chosen.verdict is not Verdict.HELPS:
        lines.append("# These settings were played; they are no recommendation to use them.")
    lines.append(f"CONFIG_MICROTL_REPLAY_SAMPLE_COUNT={min(samples, simulation.plan.capacity)}")
    kind = OPTIMIZERS[int(simulation.settings["optimizer.kind"])]
    lines.append(f"CONFIG_MICROTL_TRAINER_OPTIMIZER_{kind}=y")
    for name, (symbol, unit) in SYMBOLS.items():
        lines.append(f"CONFIG_MICROTL_{symbol}={round(simulation.settings[name] * unit)}")
    return "\n".join(lines) + "\n"

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Settings of training and gate: which there are, their ranges, and their Kconfig symbols.

Kconfig and the core are the homes of these figures; tests compare them.
"""

from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass

from microtl_tools.errors import UsageError

KIND = "optimizer.kind"
RATE = "optimizer.learning_rate"
MOMENTUM = "optimizer.momentum"

MOMENTUM_DEFAULT = 0.9

_COUNT_MAX = 0xFFFF
_REAL_MAX = 2047
"""The largest number that fixed point holds; far beyond what makes sense."""
_FIXED_REACH_MAX = 4
"""Learning rate / (1 - momentum) in fixed point."""


@dataclass(frozen=True)
class Setting:
    """A setting: its range, ends included, in its Kconfig symbol's unit where it has a symbol.

    ``symbol`` is what stands behind CONFIG_MICROTL_, "" without; ``unit`` is how many of the
    symbol's unit are one (Kconfig has no fractions).
    """

    low: float
    high: float
    symbol: str = ""
    unit: float = 1.0
    whole: bool = False

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest value as the core takes it."""
        return self.low / self.unit, self.high / self.unit

    def accepts(self, value: float) -> bool:
        """Whether ``value`` is within the range; False for NaN."""
        low, high = self.range
        return low <= value <= high and (not self.whole or value == int(value))


def _whole(low: int, high: int, symbol: str = "") -> Setting:
    return Setting(low, high, symbol, whole=True)


_SHARE = Setting(0, 1)

SETTINGS: Mapping[str, Setting] = {
    "epochs": _whole(1, 10000, "TRAINER_EPOCH_COUNT"),
    "batch": _whole(1, 256, "TRAINER_BATCH_COUNT"),
    "patience": _whole(0, 10000, "TRAINER_PATIENCE_COUNT"),
    "min_improvement": Setting(0, _REAL_MAX),
    "folds": _whole(0, 8, "TRAINER_FOLD_COUNT"),
    "holdout_min": _whole(0, _COUNT_MAX),
    "base_fill": _whole(0, _COUNT_MAX, "TRAINER_BASE_FILL_COUNT"),
    KIND: _whole(0, 2),
    "optimizer.schedule": _whole(0, 2),
    RATE: Setting(1, 1_000_000, "TRAINER_LEARNING_RATE_E6", 1e6),
    MOMENTUM: Setting(0, 999, "TRAINER_MOMENTUM_E3", 1e3),
    "optimizer.beta2": Setting(0, 0.999999),
    "optimizer.epsilon": Setting(1e-12, 1),
    "optimizer.weight_decay": Setting(0, 1_000_000, "TRAINER_WEIGHT_DECAY_E6", 1e6),
    "optimizer.final_rate_ratio": _SHARE,
    "optimizer.error_min": Setting(0, 999, "TRAINER_ERROR_MIN_E3", 1e3),
    "gate.accuracy_margin": _SHARE,
    "gate.loss_margin": Setting(0, _REAL_MAX),
    "gate.recall_min": _SHARE,
    "gate.base_margin": _SHARE,
    "gate.sigmas": Setting(0, _REAL_MAX),
    "gate.gain_sigmas": Setting(0, _REAL_MAX),
    "gate.coverage": _SHARE,
    "gate.old_min": _whole(0, _COUNT_MAX),
    "gate.new_min": _whole(0, _COUNT_MAX),
    "gate.own_min": _whole(0, _COUNT_MAX),
}
"""By the names of the fields of ``struct microtl_fit_config``."""


def parse(text: str) -> tuple[str, float]:
    """Return name and value of NAME=VALUE; ArgumentTypeError says which range a value missed."""
    name, _, given = text.partition("=")
    try:
        value = float(given)
    except ValueError:
        raise ArgumentTypeError(f"{text}: give NAME=VALUE, the value a number") from None
    if name not in SETTINGS:
        raise ArgumentTypeError(
            f"there is no setting {name!r}; the settings are: {', '.join(SETTINGS)}"
        )
    setting = SETTINGS[name]
    if not setting.accepts(value):
        low, high = setting.range
        kind = "whole number" if setting.whole else "number"
        why = f", the range of CONFIG_MICROTL_{setting.symbol}" if setting.symbol else ""
        raise ArgumentTypeError(f"{text}: give a {kind} from {low:g} to {high:g}{why}")
    return name, value


def check_fixed(settings: Mapping[str, float]) -> None:
    """Raise UsageError for settings of training that fixed point does not have."""
    for name, most in (("batch", 1), (KIND, 1), ("optimizer.schedule", 0)):
        if settings.get(name, 0) > most:
            raise UsageError(
                f"--set {name}={settings[name]:g}: fixed point trains one sample at a time, by SGD "
                "(optimizer.kind 0) or momentum (1), at a constant rate",
                "leave it out, or choose --arithmetic float",
            )
    momentum = settings.get(MOMENTUM, MOMENTUM_DEFAULT) if settings.get(KIND, 1) == 1 else 0.0
    limit = _FIXED_REACH_MAX * (1 - momentum)
    if settings.get(RATE, 0) >= limit:
        raise UsageError(
            f"--set {RATE}={settings[RATE]:g}: in fixed point learning rate / (1 - momentum) is "
            f"below {_FIXED_REACH_MAX}",
            f"give less than {limit:g} with momentum {momentum:g}, or choose --arithmetic float",
        )

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""MicroTL's Kconfig options that decide about memory, for a build that does not exist yet."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from microtl_tools.budget.devicetree import config_number, read_config
from microtl_tools.convert.learner_memory import LearnerConfig
from microtl_tools.errors import UsageError
from microtl_tools.output import warn

DEFAULTS = {
    "CONFIG_MICROTL_TRAINER": "y",
    "CONFIG_MICROTL_REPLAY_SAMPLE_COUNT": "140",
    "CONFIG_MICROTL_TRAINER_BATCH_COUNT": "1",
    "CONFIG_MICROTL_LEARNER_TOKEN_COUNT": "1",
    "CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM": "y",
    "CONFIG_MICROTL_TRAINER_OPTIMIZER_MOMENTUM": "y",
    "CONFIG_MICROTL_ARITHMETIC_FLOAT": "y",
    "CONFIG_MICROTL_KERNELS_PORTABLE": "y",
}
"""Kconfig's defaults, which a test compares with the Kconfig files; what is absent is n."""

_OPTION = re.compile(r"(CONFIG_)?(\w+)=(.*)")
_KERNELS = "CONFIG_MICROTL_KERNELS_"
CHOICES = {
    "CONFIG_MICROTL_TRAINER_OPTIMIZER_": ("SGD", "MOMENTUM", "ADAM"),
    "CONFIG_MICROTL_ARITHMETIC_": ("FLOAT", "FIXED"),
    _KERNELS: ("PORTABLE", "CMSIS_NN", "DSP", "MVE"),
}
"""Kconfig's choices, which a test compares with the Kconfig files: what names begin with, ends."""
_CHOSEN = frozenset(prefix + name for prefix, names in CHOICES.items() for name in names)
_OTHERS = ("TRAINER_BEST_WEIGHTS", "HEAD_NCM", "STORE", "STORE_REPLAY")
_KNOWN = frozenset(DEFAULTS) | _CHOSEN | {f"CONFIG_MICROTL_{name}" for name in _OTHERS}


def complete(given: Iterable[str]) -> dict[str, str]:
    """Return the configuration of ``--config`` options: CONFIG_X=VALUE, or a file with such lines.

    The first option of a choice replaces its default. Raises UsageError for what is neither.
    """
    values: dict[str, str] = {}
    for text in given:
        values.update(_one(text))
    config = dict(DEFAULTS)
    for prefix, names in CHOICES.items():
        if any(values.get(prefix + name) == "y" for name in names):
            config = {k: v for k, v in config.items() if not k.startswith(prefix)}
    config.update(values)
    return config


def from_config(config: Mapping[str, str]) -> LearnerConfig:
    """Return what a complete configuration comes to, a build's .config for example."""

    def on(name: str) -> bool:
        return config.get(f"CONFIG_MICROTL_{name}") == "y"

    def number(name: str) -> int:
        option = f"CONFIG_MICROTL_{name}"
        value = config_number(config, option)
        if value is None and option in config:
            raise UsageError(f"{option}={config[option]}: is no number")
        return value or 0

    trainer = on("TRAINER")
    return LearnerConfig(
        trainer=trainer,
        samples=number("REPLAY_SAMPLE_COUNT"),
        batch=number("TRAINER_BATCH_COUNT"),
        tokens=number("LEARNER_TOKEN_COUNT"),
        optimizer=2 if on("TRAINER_OPTIMIZER_ADAM") else int(on("TRAINER_OPTIMIZER_MOMENTUM")),
        best_weights=on("TRAINER_BEST_WEIGHTS"),
        # Without a store Kconfig does not let it be changed.
        active_in_ram=(on("HEAD_ACTIVE_IN_RAM") or not on("STORE")) and trainer,
        ncm=on("HEAD_NCM") or not trainer,
        store=on("STORE"),
        store_replay=on("STORE_REPLAY") and on("STORE"),
        fixed=on("ARITHMETIC_FIXED"),
    )


def kernel_set(config: Mapping[str, str]) -> str:
    """Return the kernels of a complete configuration, as ``--kernels`` names them."""
    chosen = [name for name in CHOICES[_KERNELS] if config.get(_KERNELS + name) == "y"]
    return chosen[0].lower().replace("_", "-") if chosen else "portable"


def _known() -> list[str]:
    return sorted(_KNOWN - _CHOSEN) + [
        f"{prefix}{'|'.join(names)}" for prefix, names in CHOICES.items()
    ]


def _one(text: str) -> dict[str, str]:
    match = _OPTION.fullmatch(text)
    if match:
        option = f"CONFIG_{match[2]}"
        if option not in _KNOWN:
            warn(f"--config {text}: {option} changes nothing here; known are {', '.join(_known())}")
        return {option: match[3].strip('"')}
    path = Path(text)
    if path.is_file():
        return read_config(path)
    raise UsageError(f"--config {text}: is neither CONFIG_X=VALUE nor a file with such lines")

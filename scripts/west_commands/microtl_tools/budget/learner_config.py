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
_CHOICES = (
    ("CONFIG_MICROTL_TRAINER_OPTIMIZER_", ("SGD", "MOMENTUM", "ADAM")),
    ("CONFIG_MICROTL_ARITHMETIC_", ("FLOAT", "FIXED")),
    ("CONFIG_MICROTL_KERNELS_", ("PORTABLE", "DSP", "CMSIS_NN")),
)
_OTHERS = ("TRAINER_BEST_WEIGHTS", "HEAD_NCM", "STORE", "STORE_REPLAY")
_KNOWN = frozenset(DEFAULTS) | {f"CONFIG_MICROTL_{name}" for name in _OTHERS}


def learner_config(given: Iterable[str]) -> LearnerConfig:
    """Return the configuration of ``--config`` options: CONFIG_X=VALUE, or a file with such lines.

    The first option of a choice replaces its default. Raises UsageError for what is neither.
    """
    values: dict[str, str] = {}
    for text in given:
        values.update(_one(text))
    config = dict(DEFAULTS)
    for prefix, names in _CHOICES:
        if any(values.get(prefix + name) == "y" for name in names):
            config = {k: v for k, v in config.items() if not k.startswith(prefix)}
    config.update(values)
    return from_config(config)


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
        active_in_ram=on("HEAD_ACTIVE_IN_RAM") and trainer,
        ncm=on("HEAD_NCM") or not trainer,
        store=on("STORE"),
        store_replay=on("STORE_REPLAY") and on("STORE"),
        fixed=on("ARITHMETIC_FIXED"),
    )


def _known() -> list[str]:
    return sorted(_KNOWN - {f"{prefix}{name}" for prefix, names in _CHOICES for name in names}) + [
        f"{prefix}{'|'.join(names)}" for prefix, names in _CHOICES
    ]


def _one(text: str) -> dict[str, str]:
    match = _OPTION.fullmatch(text)
    if match:
        option = f"CONFIG_{match[2]}"
        if option not in _KNOWN and not option.startswith(tuple(prefix for prefix, _ in _CHOICES)):
            warn(f"--config {text}: {option} changes nothing here; known are {', '.join(_known())}")
        return {option: match[3].strip('"')}
    path = Path(text)
    if path.is_file():
        return read_config(path)
    raise UsageError(f"--config {text}: is neither CONFIG_X=VALUE nor a file with such lines")

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""Find the Zephyr workspace, the way Zephyr's own CMake package does."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def find() -> Path | None:
    """Return ZEPHYR_BASE: from the environment, the workspace around us, or CMake's registry."""
    for candidate in (_environment(), _around(), *_registered()):
        if candidate is not None and (candidate / "scripts" / "twister").is_file():
            return candidate
    return None


def toolchain(environment: dict[str, str]) -> dict[str, str]:
    """Return the settings to add so that Zephyr finds a compiler where no Zephyr SDK is set up."""
    if "ZEPHYR_TOOLCHAIN_VARIANT" in environment or "ZEPHYR_SDK_INSTALL_DIR" in environment:
        return {}
    if (Path.home() / ".cmake" / "packages" / "Zephyr-sdk").is_dir():
        return {}
    return {"ZEPHYR_TOOLCHAIN_VARIANT": "gnuarmemb", "GNUARMEMB_TOOLCHAIN_PATH": "/usr"}


def cmsis_nn(zephyr_base: Path) -> dict[str, str]:
    """Return the setting that names the workspace's CMSIS-NN, none where it has none."""
    folder = zephyr_base.parent / "modules" / "lib" / "cmsis-nn"
    if "MICROTL_CMSIS_NN" in os.environ or not (folder / "Include").is_dir():
        return {}
    return {"MICROTL_CMSIS_NN": str(folder)}


def is_project(zephyr_base: Path) -> bool:
    """Whether MicroTL lies in that workspace, so that west knows it as a module already."""
    top = zephyr_base.parent
    return (top / ".west").is_dir() and ROOT.is_relative_to(top)


def _environment() -> Path | None:
    value = os.environ.get("ZEPHYR_BASE")
    return Path(value) if value else None


def _around() -> Path | None:
    for folder in ROOT.parents:
        if (folder / ".west").is_dir() and (folder / "zephyr").is_dir():
            return folder / "zephyr"
    return None


def _registered() -> list[Path]:
    """Zephyr checkouts known to CMake: each file names <zephyr>/share/zephyr-package/cmake."""
    registry = Path.home() / ".cmake" / "packages" / "Zephyr"
    if not registry.is_dir():
        return []
    entries = [entry.read_text(encoding="utf-8").strip() for entry in sorted(registry.iterdir())]
    return [Path(entry).parents[2] for entry in entries if len(Path(entry).parents) > 2]

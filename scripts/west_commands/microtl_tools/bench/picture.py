# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A bar a layer: where the instructions of an inference go."""

from __future__ import annotations

import io
from pathlib import Path

from microtl_tools.bench.measure import Inference
from microtl_tools.imports import require

_BLUE = "#0072B2"


def draw(result: Inference, title: str, path: Path) -> bytes:
    """Return the picture in the format of ``path``'s ending; the same result, the same bytes."""
    matplotlib = require("matplotlib", "draw pictures")
    figure_module = require("matplotlib.figure", "draw pictures")
    settings = {"font.size": 11, "svg.hashsalt": "microtl", "svg.fonttype": "none"}
    with matplotlib.rc_context(settings):
        layers = result.layers
        figure = figure_module.Figure(figsize=(10, 1.8 + 0.42 * len(layers)))
        axes = figure.subplots()
        counts = [layer.cost.instructions for layer in layers]
        names = [f"{layer.number}  {layer.kind.lower().replace('_', ' ')}" for layer in layers]
        bars = axes.barh(names, counts, color=_BLUE)
        texts = []
        for layer, count in zip(layers, counts, strict=True):
            per_mac = f", {count / layer.macs:.2f} per MAC" if layer.macs else ""
            texts.append(f" {count:,}{per_mac}")
        axes.bar_label(bars, texts)
        axes.invert_yaxis()
        axes.set_xlabel(f"instructions on {result.cpu}, kernels {result.kernels}")
        axes.set_xlim(0, 1.45 * max(counts))
        axes.spines[["top", "right"]].set_visible(False)
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
        figure.tight_layout()
        buffer = io.BytesIO()
        kind = path.suffix.lower().removeprefix(".")
        metadata = {"Date": None} if kind == "svg" else {}
        figure.savefig(buffer, format=kind, dpi=150, metadata=metadata)
    return buffer.getvalue()

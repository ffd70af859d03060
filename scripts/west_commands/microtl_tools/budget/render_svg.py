# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""A treemap of one memory: a block for each owner, in it a box for each part and symbol.

Areas are bytes. Every owner has a colour and its name in its title line, so that the colour is not
the only thing that tells them apart; a box too small for its label keeps it as a tooltip.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from microtl_tools.budget.layout import RegionUse
from microtl_tools.budget.owners import PADDING
from microtl_tools.budget.sizes import show
from microtl_tools.budget.treemap import Box, squarify

WIDTH, HEIGHT = 1120, 520
_TITLE = 18.0
_CHARACTER = 6.3
"""Width of a character of the 11 pixel label font, generously."""
_LINE = 13.0
_SHORTEST = 4
"""Characters that a label keeps at least where it is cut."""
_BOXES_PER_OWNER = 60

# Light fills under black text; hue and lightness both differ (after P. Tol's "light" scheme).
_FILLS = {
    "microtl": "#ee8866",
    "kernel": "#77aadd",
    "application": "#eedd88",
    "drivers": "#99ddff",
    "subsys": "#44bb99",
    "libc": "#bbcc33",
    "module": "#aaaa00",
    "mcuboot": "#ffaabb",
    PADDING: "#ffffff",
}
_OTHER = "#dddddd"


@dataclass(frozen=True)
class _Leaf:
    label: str
    size: int


def treemap(use: RegionUse) -> str:
    """Return an ``<svg>`` element for the bytes that are used of a memory."""
    blocks = _blocks(use)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(use.region.name)}: {use.used} bytes by owner" '
        'font-family="DejaVu Sans Mono, Consolas, monospace" font-size="11">'
    ]
    sizes = [sum(leaf.size for leaf in leaves) for _, leaves in blocks]
    boxes = squarify(sizes, Box(0, 0, WIDTH, HEIGHT))
    for (owner, leaves), size, box in zip(blocks, sizes, boxes, strict=True):
        parts.extend(_block(owner, size, leaves, box))
    parts.append("</svg>")
    return "\n".join(parts)


def _blocks(use: RegionUse) -> list[tuple[str, list[_Leaf]]]:
    """Return owners with their symbols, both largest first."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for share in use.shares:
        sums[share.piece.owner.partition("/")[0]][share.piece.symbol] += share.size
    if use.padding:
        sums[PADDING]["between sections"] += use.padding
    blocks = []
    for owner, symbols in sums.items():
        leaves = sorted((_Leaf(n, s) for n, s in symbols.items()), key=lambda leaf: -leaf.size)
        kept, rest = leaves[:_BOXES_PER_OWNER], leaves[_BOXES_PER_OWNER:]
        if rest:
            kept.append(_Leaf(f"{len(rest)} smaller", sum(leaf.size for leaf in rest)))
            kept.sort(key=lambda leaf: -leaf.size)
        blocks.append((owner, kept))
    return sorted(blocks, key=lambda block: -sum(leaf.size for leaf in block[1]))


def _block(owner: str, size: int, leaves: Sequence[_Leaf], box: Box) -> list[str]:
    fill = _FILLS.get(owner.partition(" ")[0], _OTHER)
    parts = [_rect(box, fill, 1.5, f"{owner}: {show(size)} bytes")]
    title = _fitting([f"{owner} {show(size)}", owner], box.width) or _cut(owner, box.width)
    inner = box.inset(2, 2, 2, 2)
    if title and box.height > _TITLE + 2:
        parts.append(_text(box.x + 4, box.y + 13, title, bold=True))
        inner = box.inset(2, _TITLE, 2, 2)
    for leaf, place in zip(leaves, squarify([x.size for x in leaves], inner), strict=True):
        parts.append(_rect(place, "none", 0.5, f"{owner}: {leaf.label}: {show(leaf.size)} bytes"))
        # "microtl_" in front of every name in MicroTL's block would leave no room for the rest.
        parts.extend(_label(_Leaf(leaf.label.removeprefix(f"{owner}_"), leaf.size), place))
    return parts


def _label(leaf: _Leaf, box: Box) -> list[str]:
    """Return the label as far as it fits: name and size on two lines, or on one, or cut short."""
    name = leaf.label if _fits(leaf.label, box.width) else _cut(leaf.label, box.width)
    if name and box.height >= 2 * _LINE + 2:
        return [
            _text(box.x + 3, box.y + _LINE - 1, name),
            _text(box.x + 3, box.y + 2 * _LINE - 1, show(leaf.size)),
        ]
    if box.height >= _LINE + 1:
        text = _fitting([f"{leaf.label} {show(leaf.size)}"], box.width) or name
        if text:
            return [_text(box.x + 3, box.y + _LINE - 2, text)]
    return []


def _cut(text: str, width: float) -> str | None:
    """Return the beginning of a text that is too wide, where enough of it is left to read."""
    kept = int((width - 6) / (_CHARACTER * 1.08)) - 1
    return text[:kept] + "\u2026" if kept >= _SHORTEST else None


def _fits(text: str, width: float) -> bool:
    return len(text) * _CHARACTER * 1.08 + 6 <= width


def _fitting(texts: Sequence[str], width: float) -> str | None:
    return next((text for text in texts if _fits(text, width)), None)


def _rect(box: Box, fill: str, stroke: float, tooltip: str) -> str:
    return (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" fill="{fill}" stroke="#222" stroke-width="{stroke}" '
        f'pointer-events="all"><title>{escape(tooltip)}</title></rect>'
    )


def _text(x: float, y: float, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#000"{weight}>{escape(text)}</text>'

# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""The verdict on one image: its report, the limits, what grew, and what would help."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from microtl_tools.budget.advice import Advice
from microtl_tools.budget.baseline import Growth
from microtl_tools.budget.compare import Difference
from microtl_tools.budget.limits import Check, broken
from microtl_tools.budget.owners import belongs
from microtl_tools.budget.report import ImageReport, SymbolUse
from microtl_tools.budget.sizes import show

_LARGEST = 5


@dataclass
class Verdict:
    """What one image comes to."""

    report: ImageReport
    checks: Sequence[Check]
    growth: Growth | None = None
    differences: Sequence[Difference] = ()
    advice: Sequence[Advice] = field(default_factory=tuple)

    @property
    def ok(self) -> bool:
        """Whether every limit is kept."""
        return not broken(self.checks)

    def symbols(self, owner: str | None = None) -> list[SymbolUse]:
        """Return the symbols, largest first, of one owner or of all."""
        return [s for s in self.report.symbols if owner is None or belongs(s.owner, owner)]

    def failures(self) -> str:
        """Return the message for every limit that is not kept: what, by how much, what to do."""
        lines = []
        for c in broken(self.checks):
            lines.append(
                f"{self.report.name}: {c.what}: {show(c.actual)} bytes, limit {show(c.limit)}"
                f" ({c.source}), {show(c.excess)} too many"
            )
            largest = self.largest(c)
            if largest:
                what = "grew most" if c.growth else "largest"
                lines.append(f"  {what}: " + ", ".join(f"{n} {show(b)}" for n, b in largest))
        lines.extend(
            f"  would save {show(a.saves)} bytes of {a.kind}: {a.what}" for a in self.advice
        )
        return "\n".join(lines)

    def largest(self, check: Check) -> list[tuple[str, int]]:
        """Return the owners that take most of what a limit is set on: of an owner, its symbols.

        Of growth it is the symbols that grew most.
        """
        sums: dict[str, int] = {}
        if check.growth and self.growth:
            for (name, _), change in self.growth.symbols.items():
                sums[name] = sums.get(name, 0) + max(0, change.get(check.kind, 0))
        elif check.owner:
            for symbol in self.symbols(check.owner):
                sums[symbol.name] = sums.get(symbol.name, 0) + symbol.bytes.get(check.kind, 0)
        else:
            for use in self.report.uses:
                if use.region.kind == check.kind and check.region in (None, use.region.name):
                    for owner, size in use.by_owner().items():
                        sums[owner] = sums.get(owner, 0) + size
        found = sorted(((n, b) for n, b in sums.items() if b), key=lambda item: -item[1])
        return found[:_LARGEST]

    def to_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints of an image and its limits."""
        growth = None
        if self.growth:
            growth = {
                "baseline": self.growth.baseline,
                "totals": self.growth.totals,
                "owners": self.growth.owners,
                "symbols": [
                    {"name": name, "owner": owner, **change}
                    for (name, owner), change in self.growth.symbols.items()
                ],
            }
        return {
            **self.report.to_json(),
            "limits": [{**asdict(c), "excess": c.excess, "ok": c.ok} for c in self.checks],
            "growth": growth,
            "prediction": [{**asdict(d), "excess": d.excess} for d in self.differences],
            "advice": [asdict(a) for a in self.advice],
            "ok": self.ok,
        }

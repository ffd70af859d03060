# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

"""What an image may take at most, and the verdict: every limit with what there is of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from microtl_tools.budget.baseline import Growth
from microtl_tools.budget.regions import FLASH, RAM
from microtl_tools.budget.report import ImageReport, owner_bytes
from microtl_tools.errors import MicroTLError, UsageError

RAM_MARGIN = 64
"""Bytes of the main RAM kept free unless the user says otherwise.

Images that fill all RAM link and flash, but do not boot on some SoCs: on nRF52840 and nRF53 the
hello_world sample ran with 37 bytes left and died with fewer (zephyr#81044).
"""


@dataclass(frozen=True)
class Limits:
    """Limits in bytes; None or absent: none set. ``source`` names where they stand."""

    flash: int | None = None
    ram: int | None = None
    ram_margin: int = RAM_MARGIN
    flash_margin: int = 0
    regions: Mapping[str, int] = field(default_factory=dict)
    owners: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    growth: Mapping[str, int] = field(default_factory=dict)
    source: str = "the options"
    from_options: frozenset[str] = frozenset()
    """Names of those that were set on the command line, in the place of the source's."""

    def source_of(self, name: str) -> str:
        """Say where a limit stands."""
        return "the options" if name in self.from_options else self.source


@dataclass(frozen=True)
class Check:
    """One limit: ``what`` it is set on, the limit, what there is, and who set it."""

    what: str
    kind: str
    limit: int
    actual: int
    source: str
    region: str | None = None
    owner: str | None = None
    growth: bool = False

    @property
    def excess(self) -> int:
        """Bytes over the limit; 0 or less where it is kept."""
        return self.actual - self.limit

    @property
    def ok(self) -> bool:
        """Whether the limit is kept."""
        return self.excess <= 0


def check(report: ImageReport, limits: Limits, growth: Growth | None) -> list[Check]:
    """Return every check that applies to an image, kept or not."""
    if report.hosted:
        return _check_hosted(report, limits) + _owners(report, limits)
    return [
        *_memories(report, limits),
        *_totals(report, limits),
        *_regions(report, limits),
        *_owners(report, limits),
        *(_growth(growth, limits) if growth else ()),
        *_stacks(report),
    ]


def _check_hosted(report: ImageReport, limits: Limits) -> list[Check]:
    if limits.flash is not None or limits.ram is not None:
        raise UsageError(
            f"{report.path}: runs on the PC, which has neither flash nor RAM to limit",
            "check the image for a board, or set limits for owners in budget.yml",
        )
    return []


def _memories(report: ImageReport, limits: Limits) -> list[Check]:
    checks = []
    margins = {FLASH: limits.flash_margin, RAM: limits.ram_margin}
    seen: set[str] = set()
    for use in report.uses:
        region = use.region
        # The margin is kept in the main memory of each kind; a small extra one may well be full.
        margin = margins.get(region.kind, 0) if region.kind not in seen else 0
        seen.add(region.kind)
        if region.size is None or not use.rows:
            continue
        kept = f", {margin:,} bytes of it kept free" if margin else ""
        checks.append(
            Check(
                what=f"memory {region.name}{kept}",
                kind=region.kind,
                limit=max(0, region.size - margin),
                actual=use.used,
                source=region.source,
                region=region.name,
            )
        )
    return checks


def _totals(report: ImageReport, limits: Limits) -> list[Check]:
    totals = report.totals()
    return [
        Check(f"all {kind}", kind, limit, totals.get(kind, 0), limits.source_of(kind))
        for kind, limit in ((FLASH, limits.flash), (RAM, limits.ram))
        if limit is not None
    ]


def _regions(report: ImageReport, limits: Limits) -> list[Check]:
    uses = {use.region.name: use for use in report.uses}
    checks = []
    for name, limit in limits.regions.items():
        if name not in uses:
            raise MicroTLError(
                f"{limits.source}: the board has no memory {name}",
                f"it has {', '.join(uses)}",
            )
        use = uses[name]
        checks.append(
            Check(f"region {name}", use.region.kind, limit, use.used, limits.source, region=name)
        )
    return checks


def _owners(report: ImageReport, limits: Limits) -> list[Check]:
    return [
        Check(
            what=f"{owner} in {kind}",
            kind=kind,
            limit=limit,
            actual=owner_bytes(report, owner).get(kind, 0),
            source=limits.source,
            owner=owner,
        )
        for owner, sizes in limits.owners.items()
        for kind, limit in sizes.items()
    ]


def _growth(growth: Growth, limits: Limits) -> list[Check]:
    return [
        Check(
            f"growth of {kind} since {growth.baseline}",
            kind,
            limits.growth[kind],
            growth.totals[kind],
            limits.source_of("growth"),
            growth=True,
        )
        for kind in limits.growth
        if kind in growth.totals
    ]


def _stacks(report: ImageReport) -> list[Check]:
    """Check MicroTL's own threads; a bound of another thread is shown, but is its owner's."""
    return [
        Check(
            f"stack of {stack.name}" + (", as far as it is known" if stack.unbounded else ""),
            "stack",
            stack.reserved,
            stack.bytes,
            "its reserved size",
        )
        for stack in report.stacks
        if stack.reserved is not None and "microtl" in stack.name
    ]


def broken(checks: Sequence[Check]) -> list[Check]:
    """Return the limits that are not kept."""
    return [c for c in checks if not c.ok]

"""The worst case: the most a till can lose the chain before its next acknowledgement, with its
arithmetic (design.md sections 2 and 5)."""

from __future__ import annotations

from dataclasses import dataclass

from sync.domain.programme import Programme
from sync.domain.trace import Step


@dataclass(frozen=True, slots=True)
class WorstCase:
    """One number, minor units, and what it is the sum of, in order."""

    minor: int
    parts: tuple[tuple[str, int], ...]
    step: Step


def worst_case(programme: Programme, leases_minor: int) -> WorstCase:
    """What a till that holds leases worth `leases_minor` can lose at most: its leases, and every
    cap that counts since the last acknowledgement."""
    limits = programme.offline
    parts = (
        ("leases", leases_minor),
        ("at_risk", limits.at_risk_hard_minor),
        ("top_ups", limits.top_up_hard_till_minor),
        ("refunds", limits.refund_hard_till_minor),
        ("services", programme.services.free_hard_till_minor),
        ("coupons", programme.promotions.coupon_hard_minor),
    )
    total = sum(minor for _, minor in parts)
    return WorstCase(total, parts, Step("worst_case", programme.version, dict(parts), total))

"""What may be done without head office."""

from __future__ import annotations

import msgspec


class OfflineLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Unleased debits and top-ups without head office (sync-ledger.md 2.10 as amended by design.md
    section 5).

    Soft marks need an approver, hard marks refuse. Every cap counts since the last acknowledgement.
    `earn_hard_till_points`: points a till gives before head office knows of them; sales beyond it
    earn nothing more (None: no such cap).
    """

    points_soft_op_minor: int = 5_000
    points_soft_ops_card_day: int = 2
    points_hard_card_day_minor: int = 10_000
    stored_value_soft_op_minor: int = 10_000
    stored_value_hard_card_day_minor: int = 20_000
    stored_value_token_cap_minor: int = 10_000
    at_risk_soft_minor: int = 100_000
    at_risk_hard_minor: int = 300_000
    at_risk_hard_ops: int = 100
    age_banner_ms: int = 24 * 3_600_000
    age_hard_ms: int = 72 * 3_600_000
    top_up_soft_op_minor: int = 50_000
    top_up_hard_op_minor: int = 100_000
    top_up_hard_till_minor: int = 500_000
    earn_hard_till_points: int | None = None
    refund_hard_card_day_minor: int = 20_000
    refund_hard_till_minor: int = 200_000

"""What tests of taking back begin with: a sale and a top-up as somebody else sees them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sync.domain.originals import LineParts, Ref, Sold
from sync.domain.programme import Programme, Returns
from sync.domain.refusals import Code, Refusal
from sync.domain.reversals import Where
from tests.sync.domain.making import DAY, HeadOffice, member_id, programme
from tests.sync.domain.test_reversals_golden import PAYING

ANNA, BEN = member_id(1), member_id(2)
REF = Ref(UUID(int=7), 1, 17, "ab" * 32)
LINE = LineParts(0, "SK-1", 3, money_minor=10_000, points_earned=100, qualifying_minor=10_000)
GOODS = Sold(REF, "sale", "A", "A-store", "A1", DAY, 1, ANNA, "cash", (LINE,))
LOADED = Sold(
    REF, "top_up", "A", "A-store", "A1", DAY, 1, ANNA, "wechat",
    (LineParts(0, "", 30_000, principal_minor=30_000, bonus_minor=3_000),),
)  # fmt: skip
HERE = Where("A", "A1", DAY)


def code(found: object) -> Code:
    """Why it was refused."""
    assert isinstance(found, Refusal), found
    return found.code


def rules(**settings: Any) -> Programme:
    """The programme with other settings of returns."""
    return programme(returns=Returns(**settings))


def office(*members: UUID) -> HeadOffice:
    """A head office that knows these members, Anna unless said."""
    return HeadOffice((PAYING,)).join(*(members or (ANNA,)))

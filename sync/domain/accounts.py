"""Accounts of the ledger as text: owner kind, owner id, name.

Credit is +, debit is - (sync-ledger.md 2.2).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from uuid import UUID

POINTS: Final = "points"
PRINCIPAL: Final = "principal"
BONUS: Final = "bonus"
QUALIFYING: Final = "qualifying"
MEMBER_ACCOUNTS: Final = (POINTS, PRINCIPAL, BONUS, QUALIFYING)
LOT_ACCOUNTS: Final = (POINTS, PRINCIPAL, BONUS)

PTS: Final = "PTS"
QSP: Final = "QSP"  # qualifying spend: fen that count towards a tier, not money
NOT_MONEY: Final = (PTS, QSP)
_NOT_MONEY_OF: Final = {POINTS: PTS, QUALIFYING: QSP}

MEMBER: Final = "member"
MEMBER_PREFIX: Final = "member/"
OWNER_KINDS: Final = (MEMBER, "dealer", "till", "headoffice")


def member(member_id: UUID, name: str) -> str:
    """A member's account, e.g. member/0198.../points."""
    return f"{MEMBER_PREFIX}{member_id}/{name}"


def dealer(dealer_id: str, name: str) -> str:
    """A dealer's account, e.g. dealer/A/sales."""
    return f"dealer/{dealer_id}/{name}"


def drawer(till: str) -> str:
    """The cash drawer of a till."""
    return f"till/{till}/cash"


@lru_cache(maxsize=4096)  # every account of an entry is read several times on its way
def of_member(account: str) -> tuple[UUID, str] | None:
    """(member, account name) of a member's account, None for anybody else's.

    Raises ValueError for text that names no account. One account has one spelling: an id in
    capitals or without its dashes names none.
    """
    kind, _, rest = account.partition("/")
    if kind not in OWNER_KINDS or not rest:
        raise ValueError(f"unknown account: {account}")
    if kind != MEMBER:
        return None
    owner, _, name = rest.partition("/")
    if name not in MEMBER_ACCOUNTS:
        raise ValueError(f"unknown member account: {account}")
    return _owner(owner), name


@lru_cache(maxsize=4096)  # a member's accounts come together
def _owner(text: str) -> UUID:
    found = UUID(text)
    if str(found) != text:
        raise ValueError(f"not the one spelling of a member's id: {text}")
    return found


def asset_of(name: str, currency: str) -> str:
    """Asset kept on a member's account of that name."""
    return _NOT_MONEY_OF.get(name, currency)

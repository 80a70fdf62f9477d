"""Accounts of the ledger as text: owner kind, owner id, name.

Credit is +, debit is - (sync-ledger.md 2.2).
"""

from __future__ import annotations

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

MEMBER_PREFIX: Final = "member/"


def member(member_id: UUID, name: str) -> str:
    """A member's account, e.g. member/0198.../points."""
    return f"{MEMBER_PREFIX}{member_id}/{name}"


def dealer(dealer_id: str, name: str) -> str:
    """A dealer's account, e.g. dealer/A/sales."""
    return f"dealer/{dealer_id}/{name}"


def drawer(till: str) -> str:
    """The cash drawer of a till."""
    return f"till/{till}/cash"


def of_member(account: str) -> tuple[UUID, str] | None:
    """(member, account name) when it is a member's account; ValueError when it claims to be one and
    is not.
    """
    if not account.startswith(MEMBER_PREFIX):
        return None
    _, owner, name = account.split("/")
    if name not in MEMBER_ACCOUNTS:
        raise ValueError(f"unknown member account: {account}")
    return UUID(owner), name


def asset_of(name: str, currency: str) -> str:
    """Asset kept on a member's account of that name."""
    return {POINTS: PTS, QUALIFYING: QSP}.get(name, currency)

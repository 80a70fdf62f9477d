"""What head office's people do about levels and points: end what has ended, adjust with a reason,
look at the history of a member's level.
"""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sync.database.headoffice import ledger
from sync.database.headoffice import levels as level_rows
from sync.domain import adjusting
from sync.domain.books import MemberBook
from sync.domain.business_day import CUTOFF_HOUR, OFFSET_MIN, business_date
from sync.domain.journal import Kind
from sync.domain.programme import Programme, in_force
from sync.headoffice.errors import InvalidError
from sync.headoffice.jobs.ending import end_levels, expire
from sync.headoffice.office_entries import Decided, body_of
from sync.headoffice.operations.spec import Answer, Ask, OfficeOperation
from sync.headoffice.service import HeadOffice


async def _end_levels(head_office: HeadOffice, ask: Ask) -> Answer:
    made = await end_levels(head_office, ask.now_ms)
    return {"kept": made.kept, "down": made.down, "late": made.late}


async def _expire(head_office: HeadOffice, ask: Ask) -> Answer:
    made = await expire(head_office, ask.now_ms)
    return {"members": made.members, "points": made.points, "late": made.late}


async def _adjust(head_office: HeadOffice, ask: Ask) -> Answer:
    """Give or take points. Answers the new balance, and codes when there was not enough to take."""
    fields = ask.fields
    member, points = _member(fields["member"]), _points(fields["points"])
    refusal = adjusting.refused(points, fields["reason"], ask.by, fields["approver"])
    if refusal is not None:
        raise InvalidError(refusal.code.value, **dict(refusal.params))
    today = business_date(ask.now_ms, OFFSET_MIN, CUTOFF_HOUR)
    book, programme = await _about(head_office, member, ask.now_ms, today)
    dealer = fields.get("dealer") or book.home_dealer
    store = book.home_store if dealer == book.home_dealer else ""
    if dealer != book.home_dealer and not await _is_dealer(head_office, dealer):
        raise InvalidError("dealer_unknown", dealer=dealer[:64])
    decided = Decided(
        Kind.ADJUSTMENT,
        book.member,
        dealer,
        store,
        adjusting.AdjustmentData(fields["reason"].strip()),
        adjusting.effects(book.member, dealer, points),
        adjusting.claims(points),
    )
    body = body_of(
        head_office.ledger, decided, today, programme.version, ask.now_ms,
        operator=ask.by, approver=fields["approver"],
    )  # fmt: skip
    replies = await head_office.ledger.post([(body, ())], ask.now_ms)
    result = replies[0].results[0]
    return {
        "post_seq": result.post_seq,
        "points": book.balances.points + points,
        "codes": list(result.codes),
    }


async def _history(head_office: HeadOffice, ask: Ask) -> Answer:
    member = _member(ask.fields["member"])
    async with head_office.database.reading() as session:
        found = await level_rows.history(session, member)
    return {
        "changes": [
            {
                "before": line.before,
                "after": line.after,
                "since": line.since,
                "to": line.to or "",
                "reason": line.reason,
                "spent_minor": line.spent_minor,
                "from_minor": line.from_minor,
            }
            for line in found
        ]
    }


async def _about(
    head_office: HeadOffice, member: UUID, now_ms: int, today: date
) -> tuple[MemberBook, Programme]:
    async with head_office.database.reading() as session:
        loaded = await ledger.load(session, [member], [], [], lock=False)
        basis = await head_office.poster.basis(session, now_ms)
    programme = in_force(basis.programmes, today)
    if member not in loaded.books:
        raise InvalidError("member_unknown")
    if programme is None:
        raise InvalidError("programme_missing")
    book = loaded.books[member]
    while book.alias_of is not None:
        book = loaded.books[book.alias_of]
    return book, programme


async def _is_dealer(head_office: HeadOffice, dealer: str) -> bool:
    async with head_office.database.reading() as session:
        return dealer in await level_rows.dealers(session)


def _member(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidError("member_unknown") from None


def _points(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidError("points_invalid") from None


_MEMBER: Final = "The member's id."
OPERATIONS: Final = (
    OfficeOperation("end_levels", {}, _end_levels),
    OfficeOperation("expire_points", {}, _expire),
    OfficeOperation(
        "adjust_points",
        {
            "member": _MEMBER,
            "points": "Points to give, or with a minus to take.",
            "reason": "Why, in a sentence.",
            "approver": "Who stands behind it; somebody else than who asks.",
            "dealer": "Whose account bears it; else the member's home dealer.",
        },
        _adjust,
        frozenset({"dealer"}),
    ),
    OfficeOperation("level_history", {"member": _MEMBER}, _history),
)

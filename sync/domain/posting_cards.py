"""Posting: what enrolment and card entries do to members and cards."""

from __future__ import annotations

import msgspec

from sync.domain.books import Issue, MemberBook
from sync.domain.cards import Card, Status
from sync.domain.joining import EnrolData
from sync.domain.posting_run import Run


def enrol(run: Run) -> None:
    """A new member with a card.

    A tier is believed if the programme knows it, and flagged if it is not the first one.
    """
    data, member = run.admitted.data, run.body.member
    if not isinstance(data, EnrolData) or member is None:
        raise TypeError("an enrolment was admitted without its data")
    programme, tier = run.admitted.programme, data.tier
    if programme is not None and tier != programme.first_tier.code:
        run.codes.append(Issue.RULE_MISMATCH)
        tier = tier if programme.tier(tier) else programme.first_tier.code
    run.books.members[member] = MemberBook(member, tier, data.home_dealer, data.home_store)
    run.books.new_members.append(member)
    if data.token in run.books.cards:
        run.codes.append(Issue.CARD_IN_USE)
    else:
        run.put_card(Card(data.token, member, Status.ACTIVE, data.tail, data.medium))


def block_card(run: Run) -> None:
    """Block the card, also one of another member (flagged): a wrong block is undone, a wrong
    purchase is not. A replaced card stays replaced.
    """
    card = run.books.cards.get(run.body.card or "")
    if card is None:
        run.codes.append(Issue.CARD_UNKNOWN)
    elif card.status is Status.ACTIVE:
        run.put_card(msgspec.structs.replace(card, status=Status.BLOCKED))

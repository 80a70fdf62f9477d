"""Posting: what enrolment and card entries do to members and cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from sync.domain.books import Issue, MemberBook
from sync.domain.card_changes import CardData, Change, changed
from sync.domain.card_limits import exceeded, of_claims, used
from sync.domain.cards import Card, Status
from sync.domain.journal import Kind
from sync.domain.posting_run import Run
from sync.domain.rulebook.cards import APPROVER, Cards

if TYPE_CHECKING:
    from uuid import UUID

    from sync.domain.joining import EnrolData


def enrol(run: Run) -> None:
    """A new member with a card.

    A tier is believed if the programme knows it, and flagged if it is not the first one.
    """
    data, member = cast("EnrolData", run.admitted.data), cast("UUID", run.body.member)  # admitted
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


def change_card(run: Run) -> None:
    """A card is issued, bound, blocked, unblocked or replaced (`card_changes` decides how).

    An unblocking that the programme keeps for head office, or that nobody approved, changes
    nothing.
    """
    if run.body.kind == Kind.CARD_UNBLOCK and not _may_unblock(run):
        run.codes.append(Issue.RULE_MISMATCH)
        return
    _change(run, cast("CardData", run.admitted.data))  # its kind has it read at admission


def _change(run: Run, data: CardData) -> None:
    body, books = run.body, run.books
    card = books.cards.get(body.card or "")
    theirs = card is None or body.member is None or books.same(card.member, body.member)
    made = changed(Change(body.kind, body.card, body.member, data), books.cards, theirs=theirs)
    for each in made.cards:
        run.put_card(each)
    if made.wrong is not None:
        run.codes.append(Issue(made.wrong.value))


def _may_unblock(run: Run) -> bool:
    if run.books.office:
        return True
    programme = run.admitted.programme
    rule = programme.cards if programme else Cards()
    return rule.unblock == APPROVER and run.body.approver is not None


def count_use(run: Run) -> None:
    """What a supplementary card spends counts against its limits, on every credential of it; beyond
    them it is flagged `card_limit` and posted (golden cases 11 and 13).
    """
    body, books = run.body, run.books
    card = books.cards.get(body.card or "")
    if card is None or card.limits is None:
        return
    points, stored = of_claims(body.claims)
    if not points and not stored:
        return
    if exceeded(card.limits, card.use, body.business_date, points, stored) is not None:
        run.codes.append(Issue.CARD_LIMIT)
    use = used(card.use, body.business_date, points, stored)
    for other in [c for c in books.cards.values() if c.whole == card.whole]:
        run.put_card(msgspec.structs.replace(other, use=use))

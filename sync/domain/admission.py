"""What must hold of an entry before head office posts it; what does not hold is quarantined.

A till cannot write such an entry by mistake: `journal.body_bytes` and the rules that build entries
see to it. So whatever stops here is of a later release, damaged or hostile, and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.books import Books, Issue
from sync.domain.extras import EVENT, VIRTUAL
from sync.domain.journal import (
    MAX_AMOUNT,
    Body,
    Claim,
    Kind,
    Unbalanced,
    balanced_member_effects,
)
from sync.domain.kinds import DRAWS_ON, KIND_RULES, SETTLES_NOTHING, TAKES_BACK
from sync.domain.originals import Original, Ref, pieces_of
from sync.domain.paying_out import AT_AMOUNT
from sync.domain.programme import Programme
from sync.domain.redeeming import GIFT, POINTS_TENDER, STORED_VALUE

AT_ITS_AMOUNT: Final = (STORED_VALUE, *AT_AMOUNT)


class Quarantine(Exception):  # noqa: N818  # not an error: an outcome
    """The entry is stored and acknowledged, and changes nothing."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue)
        self.issue = issue


@dataclass(frozen=True, slots=True)
class Admitted:
    """What posting needs of an entry that may be posted.

    `moves`: (account name, delta) on the member's accounts, in order, none of them 0;
    `settlements`: per claim head office's value in minor units; `as_claimed`: whether the till saw
    every one of them the same; `data`: the body's data where its kind has it read here;
    `original`: the entry it takes something back of; what it takes back is not among `moves`.
    """

    programme: Programme | None
    moves: tuple[tuple[str, int], ...]
    settlements: tuple[int, ...]
    as_claimed: bool
    data: msgspec.Struct | None = None
    original: Original | None = None


def admit(body: Body, books: Books) -> Admitted:
    """The entry, checked and read; raises Quarantine. Changes nothing."""
    rule = KIND_RULES.get(body.kind)
    if rule is None:
        raise Quarantine(Issue.KIND_NOT_POSTED_YET)
    if rule.office and not books.office:
        raise Quarantine(Issue.NOT_ALLOWED_HERE)
    if body.entry_id in books.taken:
        raise Quarantine(Issue.DUPLICATE_ENTRY_ID)
    programme = books.programme(body.programme)
    try:
        effects = balanced_member_effects(body.effects, programme.currency if programme else None)
    except Unbalanced:
        raise Quarantine(Issue.UNBALANCED) from None
    except ValueError:
        raise Quarantine(Issue.DATA_UNREADABLE) from None
    data = _data(body, books, rule.data)
    _check_owner(body, books, {owner for owner, _, _ in effects}, others=rule.others)
    moves = tuple((name, delta) for _, name, delta in effects if delta)
    original = _original(body, books, data) if rule.original else None
    moves = _own_moves(body) if original else moves
    if not {(name, delta > 0) for name, delta in moves} <= rule.may_move:
        raise Quarantine(Issue.DATA_UNREADABLE)
    _check_claims(body.claims, moves)
    if programme is None and _needs_programme(body, moves):
        raise Quarantine(Issue.UNKNOWN_PROGRAMME)
    values, as_claimed = [], True
    for claim in body.claims:
        value, rest = _settlement(claim, programme, books.place[0])
        if value > MAX_AMOUNT:
            raise Quarantine(Issue.CLAIMS_MISMATCH)
        values.append(value)
        as_claimed = as_claimed and value == claim.settlement_minor and rest == 0
    return Admitted(programme, moves, tuple(values), as_claimed, data, original)


def _original(body: Body, books: Books, data: msgspec.Struct | None) -> Original:
    """The entry that `body` takes back. One that head office does not have yet is waited for."""
    ref = getattr(data, "ref", None)
    original = books.originals.get(ref.entry) if isinstance(ref, Ref) else None
    if not isinstance(ref, Ref) or original is None:
        raise Quarantine(Issue.ORIGINAL_UNKNOWN)
    member, about = original.body.member, body.member
    mine = member is None or (about is not None and books.same(member, about))
    taken_from = TAKES_BACK[body.kind]
    if original.hash.hex() != ref.hash or original.body.kind not in taken_from or not mine:
        raise Quarantine(Issue.DATA_UNREADABLE)
    if original.body.kind == Kind.OPENING_BALANCE and not books.office:
        raise Quarantine(Issue.NOT_ALLOWED_HERE)
    try:
        pieces_of(original.body)
    except ValueError:
        raise Quarantine(Issue.DATA_UNREADABLE) from None
    return original


def _own_moves(body: Body) -> tuple[tuple[str, int], ...]:
    """Moves of an entry without those that take back."""
    kept = (e for e in body.effects if e.delta and (e.item is None or e.item >= 0))
    found = ((accounts.of_member(e.account), e.delta) for e in kept)
    return tuple((owner[1], delta) for owner, delta in found if owner is not None)


def _data(body: Body, books: Books, kind: type[msgspec.Struct] | None) -> msgspec.Struct | None:
    """The body's data as the struct of its kind; None where posting does not look at it."""
    if body.kind == Kind.ENROL and (body.member is None or body.member in books.members):
        raise Quarantine(Issue.DATA_UNREADABLE)
    if kind is None:
        return None
    try:
        return msgspec.convert(body.data, kind)
    except msgspec.ValidationError:
        raise Quarantine(Issue.DATA_UNREADABLE) from None


def _check_owner(body: Body, books: Books, owners: set[UUID], *, others: bool) -> None:
    """An entry moves value of its own member only, unless its kind may move that of others."""
    known = owners - {body.member} if body.kind == Kind.ENROL else owners | {body.member}
    if not known - {None} <= books.members.keys():
        raise Quarantine(Issue.UNKNOWN_MEMBER)
    if owners - {body.member} and not others:
        raise Quarantine(Issue.DATA_UNREADABLE)


def _check_claims(claims: tuple[Claim, ...], moves: tuple[tuple[str, int], ...]) -> None:
    """Every unit that leaves a lot account is claimed, once, by a claim that makes sense."""
    debits: dict[str, int] = {}
    for name, delta in moves:
        if delta < 0:
            debits[name] = debits.get(name, 0) - delta
    claimed: dict[str, int] = {}
    for claim in claims:
        if (
            claim.account not in DRAWS_ON.get(claim.kind, ())
            or claim.quantity <= 0
            or not 0 <= claim.settlement_minor <= MAX_AMOUNT
            or not 0 <= claim.face_minor <= MAX_AMOUNT
            or (claim.kind in AT_ITS_AMOUNT and claim.settlement_minor != claim.quantity)
        ):
            raise Quarantine(Issue.CLAIMS_MISMATCH)
        claimed[claim.account] = claimed.get(claim.account, 0) + claim.quantity
    if debits != claimed:
        raise Quarantine(Issue.CLAIMS_MISMATCH)


def _needs_programme(body: Body, moves: tuple[tuple[str, int], ...]) -> bool:
    """Debits settle and credits expire by the programme; an opening balance needs none."""
    if body.kind == Kind.OPENING_BALANCE:
        return body.programme != 0
    return any(name in accounts.LOT_ACCOUNTS for name, _ in moves)


def _settlement(claim: Claim, programme: Programme | None, dealer: str) -> tuple[int, int]:
    """Head office's value of a claim, minor units, and the units it gives nothing for: stored value
    settles at its amount, points by the offer of the named programme at that dealer.

    Only head office sets settlement values, so an offer it did not make there is worth nothing to
    the dealer that gave it, and so is what exceeds whole units of an offer.
    """
    if claim.kind in AT_ITS_AMOUNT:
        return claim.quantity, 0
    if claim.kind in SETTLES_NOTHING:
        return 0, 0
    gift = programme.gift(claim.offer, dealer) if programme else None
    tender = programme.points_tender(dealer) if programme else None
    unit, value = claim.quantity + 1, 0
    if claim.kind == GIFT and gift:
        unit, value = gift.points, gift.settlement_minor
    elif claim.kind == POINTS_TENDER and tender and tender.offer == claim.offer:
        unit, value = tender.unit_points, tender.settlement_minor
    elif claim.kind in (VIRTUAL, EVENT) and programme:
        found = programme.extras.priced(claim.kind, claim.offer, dealer)
        unit, value = found or (unit, value)
    units, rest = divmod(claim.quantity, unit)
    return units * value, rest

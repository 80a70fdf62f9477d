"""Cards: issued, bound, blocked, unblocked, replaced; supplementary cards and their limits."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from sync.domain import card_documents, redeeming
from sync.domain.books import Issue, Outcome
from sync.domain.card_changes import (
    BlockData,
    Change,
    NewCard,
    Reason,
    ReplaceData,
    Wrong,
    changed,
)
from sync.domain.card_limits import exceeded, may_have, of_claims, used
from sync.domain.cards import Card, CardLimits, CardUse, Status
from sync.domain.journal import Claim, Entry, Kind
from sync.domain.lots import HEAD_OFFICE
from sync.domain.posting import Result
from sync.domain.refusals import Code, Refusal
from sync.domain.rulebook.cards import APPROVER, Cards, Supplementary
from tests.sync.domain.making import DAY, PROGRAMME, Counter, HeadOffice, granted, member_id, plain

ANNA, BEN = member_id(1), member_id(2)
MAIN, CHIP, NEW, OTHER = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
LIMITS = CardLimits(5_000, 5_000, 8_000, 10_000, 10_000, 20_000)
WIDE = Supplementary()


def entry(till: Counter, kind: Kind, data: Any, card: str | None = MAIN, **more: Any) -> Entry:
    return till.write(
        till.body(kind, more.pop("member", ANNA), data=plain(data), card=card, **more)
    )


def office(*members: Any) -> HeadOffice:
    hq = HeadOffice().join(*(members or (ANNA, BEN)))
    hq.cards = {
        MAIN: Card(MAIN, ANNA, Status.ACTIVE, "1004", "barcode"),
        OTHER: Card(OTHER, BEN, Status.ACTIVE, "2002", "barcode"),
    }
    return hq


def one(hq: HeadOffice, till: Counter, made: Entry) -> Result:
    (result,) = hq.receive(till, made)
    return result


def statuses(hq: HeadOffice) -> dict[str, str]:
    return {token[0]: card.status.value for token, card in hq.cards.items()}


def test_another_card_is_the_members_and_stands_alone() -> None:
    """Rows: FL-22."""
    hq, a = office(), Counter("A")
    assert one(hq, a, entry(a, Kind.CARD_ISSUE, NewCard(NEW, "3003", "rfid"))).codes == ()
    assert hq.cards[NEW] == Card(NEW, ANNA, Status.ACTIVE, "3003", "rfid")
    assert one(hq, a, entry(a, Kind.CARD_BLOCK, BlockData(), NEW)).codes == ()
    assert statuses(hq) == {"a": "active", "c": "blocked", "d": "active"}


def test_a_credential_belongs_to_one_member_at_a_time() -> None:
    """Rows: FL-22, pitfall 28: the same printed card given out by two tills that heard nothing."""
    hq, a, b = office(), Counter("A"), Counter("B")
    one(hq, a, entry(a, Kind.CARD_ISSUE, NewCard(NEW, "3003", "rfid")))
    again = entry(b, Kind.CARD_ISSUE, NewCard(NEW, "3003", "rfid"), OTHER, member=BEN)
    assert one(hq, b, again).codes == (Issue.CARD_IN_USE,)
    for kind, data in (
        (Kind.CARD_BIND, NewCard(NEW, "3003", "ic")),
        (Kind.CARD_REPLACE, ReplaceData(NEW, "3003", "ic")),
    ):
        assert one(hq, b, entry(b, kind, data, OTHER, member=BEN)).codes == (Issue.CARD_IN_USE,)
    assert hq.cards[NEW].member == ANNA
    assert hq.cards[OTHER].status is Status.ACTIVE


def test_all_credentials_of_a_card_live_and_die_together() -> None:
    """Rows: FL-36, pitfall 23: the barcode is reported lost, the chip is refused too."""
    hq, a = office(), Counter("A")
    one(hq, a, entry(a, Kind.CARD_BIND, NewCard(CHIP, "00b1", "ic")))
    assert hq.cards[CHIP] == Card(CHIP, ANNA, Status.ACTIVE, "00b1", "ic", MAIN)
    one(hq, a, entry(a, Kind.CARD_BLOCK, BlockData(Reason.STOLEN)))
    assert statuses(hq) == {"a": "blocked", "b": "blocked", "d": "active"}
    rules = msgspec.structs.replace(PROGRAMME, cards=Cards(unblock=APPROVER))
    hq.programmes, a.rules = (rules,), rules
    assert one(hq, a, entry(a, Kind.CARD_UNBLOCK, BlockData(), CHIP, approver="m1")).codes == ()
    assert statuses(hq) == {"a": "active", "b": "active", "d": "active"}
    one(hq, a, entry(a, Kind.CARD_REPLACE, ReplaceData(NEW, "3003", "rfid"), CHIP))
    assert statuses(hq) == {"a": "replaced", "b": "replaced", "c": "active", "d": "active"}


@pytest.mark.parametrize(
    ("unblock", "approver", "by_office", "done"),
    [
        ("headoffice", "m1", False, False),
        ("headoffice", None, True, True),
        (APPROVER, None, False, False),
        (APPROVER, "m1", False, True),
    ],
)
def test_unblocking_is_head_offices_or_an_approvers(
    unblock: str, approver: str | None, by_office: bool, done: bool
) -> None:
    hq, a = office(), Counter("A")
    rules = msgspec.structs.replace(PROGRAMME, cards=Cards(unblock=unblock))
    hq.programmes, a.rules = (rules,), rules
    one(hq, a, entry(a, Kind.CARD_BLOCK, BlockData()))
    by = Counter(HEAD_OFFICE, rules=rules) if by_office else a
    result = one(hq, by, entry(by, Kind.CARD_UNBLOCK, BlockData(), approver=approver))
    assert result.codes == (() if done else (Issue.RULE_MISMATCH,))
    assert hq.cards[MAIN].status is (Status.ACTIVE if done else Status.BLOCKED)


def test_unblocking_without_a_known_programme_is_head_offices() -> None:
    hq, a = office(), Counter("A")
    one(hq, a, entry(a, Kind.CARD_BLOCK, BlockData(), programme=0))
    result = one(hq, a, entry(a, Kind.CARD_UNBLOCK, BlockData(), approver="m1", programme=0))
    assert result.codes == (Issue.RULE_MISMATCH,)


def test_a_second_replacement_of_one_card_is_blocked_at_birth() -> None:
    """Rows: pitfall 23: two tills that heard nothing replace the same lost card."""
    hq, a, b = office(), Counter("A"), Counter("B")
    one(hq, a, entry(a, Kind.CARD_REPLACE, ReplaceData(NEW, "3003", "rfid")))
    result = one(hq, b, entry(b, Kind.CARD_REPLACE, ReplaceData(CHIP, "00b1", "ic")))
    assert result.codes == (Issue.CARD_REPLACED,)
    assert statuses(hq) == {"a": "replaced", "b": "blocked", "c": "active", "d": "active"}


def test_a_card_of_somebody_else_is_blocked_and_nothing_more() -> None:
    hq, a = office(), Counter("A")
    for kind, data in (
        (Kind.CARD_BIND, NewCard(NEW, "3003", "ic")),
        (Kind.CARD_REPLACE, ReplaceData(NEW, "3003", "ic")),
        (Kind.CARD_BLOCK, BlockData()),
        (Kind.CARD_UNBLOCK, BlockData()),
    ):
        result = one(hq, a, entry(a, kind, data, OTHER, approver="m1"))
        assert Issue.CARD_UNKNOWN in result.codes
        assert NEW not in hq.cards
    assert hq.cards[OTHER].status is Status.BLOCKED


def test_a_new_card_for_one_that_nobody_knows_waits_for_head_office() -> None:
    hq, a = office(), Counter("A")
    result = one(hq, a, entry(a, Kind.CARD_REPLACE, ReplaceData(NEW, "3003", "ic"), CHIP))
    assert result.codes == (Issue.CARD_UNKNOWN,)
    assert hq.cards[NEW].status is Status.BLOCKED
    result = one(hq, a, entry(a, Kind.CARD_BLOCK, BlockData(), CHIP))
    assert result.codes == (Issue.CARD_UNKNOWN,)


def test_nobodys_card_changes_nothing() -> None:
    """The fold by itself: no member, no card."""
    cards = {MAIN: Card(MAIN, ANNA, Status.ACTIVE, "1004", "barcode")}
    issue = Change(Kind.CARD_ISSUE, None, None, NewCard(NEW, "3003", "ic"))
    assert changed(issue, cards).wrong is Wrong.CARD_UNKNOWN
    swap = Change(Kind.CARD_REPLACE, None, None, ReplaceData(NEW, "3003", "ic"))
    assert changed(swap, cards).cards == ()
    again = Change(Kind.CARD_REPLACE, None, ANNA, ReplaceData(MAIN, "3003", "ic"))
    assert changed(again, cards).cards == ()


def test_a_pin_is_a_credential_that_is_no_card() -> None:
    hq, a = office(), Counter("A")
    before = dict(hq.cards)
    assert one(hq, a, entry(a, Kind.CARD_BIND, NewCard("", "", "pin"))).codes == ()
    assert hq.cards == before


def test_golden_case_11_a_supplementary_card_spends_within_its_limits_and_dies_alone() -> None:
    """Rows: FL-35, pitfall 24; golden case 11. A umbrella of 1000 points settles at 50.00.

    Anna earns 1000 at A with her card and 2000 at C with the supplementary one: 3000, one account.
    Limits of the supplementary card: 50.00 a time and a day, 80.00 in all. It takes an umbrella at
    B (use 50.00, balance 2000) and, at a till that did not hear of it, another one the same day
    (100.00 > 50.00 a day: `card_limit`, posted, balance 1000). Then it alone is blocked; a third
    umbrella taken with it is flagged, Anna's own card buys on.
    """
    hq, a, b, c = office(), Counter("A"), Counter("B"), Counter("C")
    give = NewCard(NEW, "3003", "barcode", LIMITS)
    assert one(hq, a, entry(a, Kind.CARD_ISSUE, give)).codes == ()
    hq.receive(a, a.sale(ANNA, [100_000], card=MAIN))
    hq.receive(c, c.sale(ANNA, [200_000], card=NEW))
    assert hq.balances(ANNA).points == 3_000
    assert hq.cards[NEW].use == CardUse()

    def umbrella(till: Counter, card: str) -> Result:
        taken = granted(redeeming.gift(PROGRAMME, str(ANNA), till.dealer, "umbrella", 1, 3_000))
        body = till.body(
            Kind.REDEEM_GIFT, ANNA, card=card, data=plain(taken.data), effects=taken.effects,
            claims=taken.claims,
        )  # fmt: skip
        return one(hq, till, till.write(body))

    assert umbrella(b, NEW).codes == ()
    assert hq.cards[NEW].use == CardUse(DAY, 5_000, 0, 5_000, 0)
    second = umbrella(c, NEW)
    assert (second.outcome, second.codes) == (Outcome.POSTED_EXCEPTION, (Issue.CARD_LIMIT,))
    assert hq.balances(ANNA).points == 1_000
    assert hq.cards[NEW].use == CardUse(DAY, 10_000, 0, 10_000, 0)
    one(hq, a, entry(a, Kind.CARD_BLOCK, BlockData(), NEW))
    assert statuses(hq) == {"a": "active", "c": "blocked", "d": "active"}
    assert umbrella(b, NEW).codes == (Issue.CARD_BLOCKED, Issue.CARD_LIMIT)
    assert hq.receive(a, a.sale(ANNA, [100_000], card=MAIN))[0].codes == ()


def test_a_second_credential_of_a_supplementary_card_shares_what_is_counted() -> None:
    """Rows: FL-35, FL-36."""
    hq, a = office(), Counter("A")
    one(hq, a, entry(a, Kind.CARD_ISSUE, NewCard(NEW, "3003", "barcode", LIMITS)))
    one(hq, a, entry(a, Kind.CARD_BIND, NewCard(CHIP, "00b1", "ic"), NEW))
    hq.receive(a, a.top_up(ANNA, 20_000))
    sale = a.sale(ANNA, [10_000], stored_value_minor=10_000, card=CHIP)
    hq.receive(a, sale)
    assert hq.cards[NEW].use.stored_value_total_minor == 10_000
    assert hq.cards[CHIP].use == hq.cards[NEW].use
    one(hq, a, entry(a, Kind.CARD_REPLACE, ReplaceData("e" * 32, "0", "ic"), CHIP))
    assert hq.cards["e" * 32].use == hq.cards[NEW].use
    assert hq.cards["e" * 32].limits == LIMITS


@pytest.mark.parametrize(
    ("points", "stored", "limit"),
    [
        (5_000, 0, None),
        (5_001, 0, "points_op_minor"),
        (0, 10_000, None),
        (0, 10_001, "stored_value_op_minor"),
        (0, 0, None),
    ],
)
def test_limits_of_an_operation_are_inclusive(points: int, stored: int, limit: str | None) -> None:
    found = exceeded(LIMITS, CardUse(), DAY, points, stored)
    assert (found.param("limit") if found else None) == limit


def test_limits_of_a_day_and_in_all() -> None:
    use = used(CardUse(), DAY, 3_000, 6_000)
    assert limit_of(exceeded(LIMITS, use, DAY, 2_001, 0)) == "points_day_minor"
    assert limit_of(exceeded(LIMITS, use, DAY, 0, 4_001)) == "stored_value_day_minor"
    later = used(use, date(2026, 11, 22), 3_000, 8_000)
    assert later == CardUse(date(2026, 11, 22), 3_000, 8_000, 6_000, 14_000)
    third = date(2026, 11, 23)
    assert limit_of(exceeded(LIMITS, later, third, 2_001, 0)) == "points_total_minor"
    assert limit_of(exceeded(LIMITS, later, third, 0, 6_001)) == "stored_value_total_minor"
    late = used(later, DAY, 100, 200)  # an entry that comes late counts in all only
    assert late == CardUse(date(2026, 11, 22), 3_000, 8_000, 6_100, 14_200)


def limit_of(found: Refusal | None) -> object:
    return found.param("limit") if found else None


def test_what_claims_spend() -> None:
    claims = (
        Claim("gift", "points", 1_000, 5_000),
        Claim("stored_value", "principal", 300, 300),
        Claim("stored_value", "bonus", 30, 30),
    )
    assert of_claims(claims) == (5_000, 330)


def test_limits_are_at_least_as_tight_as_the_main_cards() -> None:
    """Rows: FL-35; design.md section 5, supplementary card."""
    main = Card(MAIN, ANNA, Status.ACTIVE, "1004", "barcode")
    assert may_have(LIMITS, main, WIDE) is None
    for name in LIMITS.__struct_fields__:
        for wrong in (-1, getattr(WIDE, name) + 1):
            refused = may_have(msgspec.structs.replace(LIMITS, **{name: wrong}), main, WIDE)
            assert refused is not None
            assert (refused.code, refused.param("limit")) == (Code.CARD_LIMIT_TOO_WIDE, name)
    refused = may_have(LIMITS, msgspec.structs.replace(main, limits=LIMITS), WIDE)
    assert refused is not None
    assert refused.code is Code.CARD_NOT_MAIN


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Cards(unblock="anybody"),
        lambda: Cards(supplementary_most=-1),
        lambda: Cards(pin_digits=3),
        lambda: Cards(pin_tries=0),
        lambda: Supplementary(points_op_minor=-1),
    ],
)
def test_card_settings_have_bounds(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"cards|points"):
        wrong()


def test_documents_of_cards_are_what_tills_read_again() -> None:
    """Rows: FL-35; design.md section 6, personal data: the holder's name travels masked."""
    holder = card_documents.HolderBlob(NEW, ANNA, "张文静")
    assert msgspec.json.decode(msgspec.json.encode(holder), type=type(holder)) == holder
    kinds = (card_documents.PROFILE, card_documents.STOCK, card_documents.PIN)
    assert len({*kinds, card_documents.HOLDER}) == 4

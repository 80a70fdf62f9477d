"""What posting says and does beyond the golden cases: flags, cards, enrolments, marks."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import pytest

from sync.domain.cards import Card, Status
from sync.domain.journal import Effect, Kind, read_body
from sync.domain.lots import EntryRef
from sync.domain.members import Balances
from sync.domain.posting import Books, Issue, MemberBook, Outcome, post
from sync.domain.programme import Earning, Ratio
from tests.sync.domain.making import (
    DAY,
    PROGRAMME,
    Counter,
    HeadOffice,
    member_id,
    place_of,
    programme,
)
from tests.sync.domain.scenes import ANNA, NOBODY, office


def test_exceptions_are_said_and_the_fact_is_posted() -> None:
    """Rows: FL-04; pitfall 30."""
    books, till = office(), Counter("B")
    later = programme(version=2, effective_from=DAY)
    books.programmes = (PROGRAMME, later)
    books.revoked = True
    entry = till.sale(ANNA, [500], card="unheard-of")
    books.declined.add(read_body(entry.body).entry_id)
    [result] = books.receive(till, entry)
    assert result.outcome is Outcome.POSTED_EXCEPTION
    assert set(result.codes) == {
        Issue.DEVICE_REVOKED,
        Issue.DECLINED_UNSEEN,
        Issue.RULE_MISMATCH,
        Issue.CARD_UNKNOWN,
    }
    assert books.balances(ANNA).points == 5_005


def test_enrolment_makes_a_member_and_binds_the_card() -> None:
    books, till = office(), Counter("B")
    [result] = books.receive(till, till.enrol(NOBODY, "token"))
    assert result.outcome is Outcome.POSTED
    book = books.members[NOBODY]
    assert (book.tier, book.home_dealer, book.version) == ("plain", "B", result.post_seq)
    assert book.marks == {f"{till.device}:1": 1}
    assert books.cards["token"] == Card("token", NOBODY, Status.ACTIVE, "4417", "barcode")


def test_enrolment_with_a_card_in_use_leaves_the_card_where_it_is() -> None:
    books, till = office(), Counter("B")
    books.receive(till, till.enrol(NOBODY, "token"))
    [result] = books.receive(till, till.enrol(member_id(10), "token"))
    assert result.codes == (Issue.CARD_IN_USE,)
    assert books.cards["token"].member == NOBODY


@pytest.mark.parametrize(
    ("tier", "version", "becomes", "codes"),
    [
        ("plain", 1, "plain", ()),
        ("diamond", 1, "diamond", (Issue.RULE_MISMATCH,)),
        ("emperor", 1, "plain", (Issue.RULE_MISMATCH,)),
        ("plain", 0, "plain", ()),
    ],
)
def test_enrolment_in_another_tier_than_the_first(
    tier: str, version: int, becomes: str, codes: tuple[Issue, ...]
) -> None:
    books, till = office(), Counter("B")
    [result] = books.receive(till, till.enrol(NOBODY, tier=tier, programme=version))
    assert (books.members[NOBODY].tier, result.codes) == (becomes, codes)


def test_an_opening_balance_may_say_when_its_points_expire() -> None:
    rules = programme(earning=Earning(Ratio(1, 1), expiry_months=24))
    books, till = HeadOffice((rules,)).join(ANNA), Counter("B", rules=rules)
    balances = [("points", 5), ("principal", 5), ("qualifying", 7)]
    said = till.moves(Kind.OPENING_BALANCE, ANNA, balances, data={"expires_on": "2027-01-31"})
    books.receive(till, said, till.moves(Kind.OPENING_BALANCE, ANNA, balances))
    assert [(lot.account, lot.expires_on) for lot in books.members[ANNA].lots] == [
        ("points", date(2027, 1, 31)),
        ("principal", None),
        ("points", date(2028, 11, 21)),
        ("principal", None),
    ]
    assert books.balances(ANNA) == Balances(10, 10, 0, 14)


def test_blocking_cards() -> None:
    books, till = office(), Counter("B")
    books.receive(till, till.enrol(NOBODY, "token"))
    [mine] = books.receive(till, till.write(till.body(Kind.CARD_BLOCK, NOBODY, card="token")))
    assert (mine.codes, books.cards["token"].status) == ((), Status.BLOCKED)
    [used] = books.receive(till, till.sale(NOBODY, [500], card="token"))
    assert used.codes == (Issue.CARD_BLOCKED,)
    [twice] = books.receive(till, till.write(till.body(Kind.CARD_BLOCK, NOBODY, card="token")))
    assert (twice.codes, books.cards["token"].status) == ((), Status.BLOCKED)
    for card in (None, "unheard-of"):
        [lost] = books.receive(till, till.write(till.body(Kind.CARD_BLOCK, NOBODY, card=card)))
        assert lost.codes == (Issue.CARD_UNKNOWN,)


def test_blocking_another_members_card_is_done_and_flagged() -> None:
    books, till = office(), Counter("B")
    books.receive(till, till.enrol(NOBODY, "token"))
    [result] = books.receive(till, till.write(till.body(Kind.CARD_BLOCK, ANNA, card="token")))
    assert result.codes == (Issue.CARD_UNKNOWN,)
    assert books.cards["token"].status is Status.BLOCKED


def test_a_replaced_card_stays_replaced() -> None:
    books, till = office(), Counter("B")
    books.cards["token"] = Card("token", ANNA, Status.REPLACED, "4417", "barcode")
    books.receive(till, till.write(till.body(Kind.CARD_BLOCK, ANNA, card="token")))
    assert books.cards["token"].status is Status.REPLACED


def test_effects_of_nothing_leave_no_posting() -> None:
    books, till = office(), Counter("B")
    before = len(books.postings)
    zeros = (
        Effect(f"member/{ANNA}/points", "PTS", 0),
        Effect(f"member/{ANNA}/qualifying", "QSP", 0),
    )
    [result] = books.receive(till, till.write(till.body(Kind.SALE, ANNA, effects=zeros)))
    assert result.outcome is Outcome.POSTED
    assert len(books.postings) == before


def test_entries_of_no_member_are_posted() -> None:
    books, till = office(), Counter("B")
    [result] = books.receive(till, till.write(till.body(Kind.SHIFT_OPEN)))
    assert (result.outcome, result.ref) == (Outcome.POSTED, EntryRef(till.device, 1, 1))


def test_a_body_in_hand_is_posted_as_read() -> None:
    till = Counter("B")
    entry = till.sale(ANNA, [500])
    made = []
    for body in (None, read_body(entry.body)):
        books = Books((PROGRAMME,), {}, {}, place_of(till))
        books.members[ANNA] = MemberBook(ANNA, "plain", "A", "A-store")
        made.append((post(entry, books, 1, body), asdict(books)))
    assert made[0] == made[1]


def test_a_mark_never_goes_back() -> None:
    """Rows: WAT-23."""
    # seq 1 waits in quarantine for its programme, seq 2 is posted; driven again, seq 1 comes later
    books, till = office(), Counter("B")
    later = programme(version=2)
    till.rules = later
    waits = till.sale(ANNA, [500])
    till.rules = PROGRAMME
    [first] = books.receive(till, waits)
    assert first.codes == (Issue.UNKNOWN_PROGRAMME,)
    books.receive(till, till.sale(ANNA, [700]))
    books.programmes = (PROGRAMME, later)
    [again] = books.receive(till, waits)
    assert again.outcome is Outcome.POSTED
    assert books.members[ANNA].marks[f"{till.device}:1"] == 2
    assert books.balances(ANNA).points == 5_012

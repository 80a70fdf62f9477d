"""Entries that no till writes: each ends in quarantine with its reason and changes nothing."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest

from sync.domain import canonical
from sync.domain.journal import MAX_AMOUNT, Claim, Effect, Kind, read_body
from sync.domain.members import Balances
from sync.domain.posting import Books, Issue, MemberBook, Outcome, members_of, post
from sync.domain.programme import Earning, Gift, Ratio
from tests.sync.domain.making import (
    PROGRAMME,
    Counter,
    HeadOffice,
    effects_of,
    place_of,
    plain,
    programme,
    stored_claim,
    words,
)
from tests.sync.domain.scenes import ANNA, BEN, HUGE, NOBODY, office, told

GIFT = Claim("gift", "points", 1_000, 5_000, "umbrella", 8_800)


def points(delta: int) -> tuple[Effect, ...]:
    """Points of Anna's, balanced."""
    return effects_of(ANNA, [("points", delta)])


def account(name: str, asset: str, delta: int = 5) -> dict[str, Any]:
    """An effect on any account, balanced within its asset."""
    return {"effects": (Effect(name, asset, delta), Effect("dealer/A/other", asset, -delta))}


def claims(*found: Claim, delta: int = -1_000) -> dict[str, Any]:
    """A gift redemption of 1,000 points with other claims than the gift's."""
    return {"kind": Kind.REDEEM_GIFT, "effects": points(delta), "claims": found}


def spends(account_name: str, *found: Claim) -> dict[str, Any]:
    """A sale that takes 10.00 of stored value with other claims than it should have."""
    return {"effects": effects_of(ANNA, [(account_name, -1_000)]), "claims": found}


HOSTILE: dict[str, tuple[dict[str, Any], Issue]] = {
    "unbalanced": ({"effects": points(5)[:1]}, Issue.UNBALANCED),
    "points against money": (
        {
            "effects": (
                Effect(f"member/{ANNA}/points", "PTS", 5),
                Effect("dealer/A/sales", "CNY", -5),
            )
        },
        Issue.UNBALANCED,
    ),
    "points on principal": (account(f"member/{ANNA}/principal", "PTS"), Issue.UNBALANCED),
    "money on points": (account(f"member/{ANNA}/points", "CNY"), Issue.UNBALANCED),
    "points on qualifying": (account(f"member/{ANNA}/qualifying", "PTS"), Issue.UNBALANCED),
    "qualifying on bonus": (account(f"member/{ANNA}/bonus", "QSP"), Issue.UNBALANCED),
    "another currency": (
        {"kind": Kind.TOP_UP, **account(f"member/{ANNA}/principal", "USD")},
        Issue.UNBALANCED,
    ),
    "huge": (account(f"member/{ANNA}/points", "PTS", HUGE), Issue.UNBALANCED),
    "huge in sum": (
        {"effects": points(MAX_AMOUNT // 3) * 2},
        Issue.UNBALANCED,
    ),
    "unknown member account": (
        account(f"member/{ANNA}/gold", "PTS"),
        Issue.DATA_UNREADABLE,
    ),
    "no member in the account": (account("member/anna/points", "PTS"), Issue.DATA_UNREADABLE),
    "half an account": (account("member/", "PTS"), Issue.DATA_UNREADABLE),
    "unknown owner": (account("bank/1/gold", "PTS"), Issue.DATA_UNREADABLE),
    "no owner": (account("", "PTS"), Issue.DATA_UNREADABLE),
    "another spelling of a member": (
        account(f"member/{ANNA.hex}/points", "PTS"),
        Issue.DATA_UNREADABLE,
    ),
    "capitals in a member": (
        account(f"member/{str(ANNA).upper()}/points", "PTS"),
        Issue.DATA_UNREADABLE,
    ),
    "another member": (account(f"member/{BEN}/points", "PTS"), Issue.DATA_UNREADABLE),
    "unknown other member": (account(f"member/{NOBODY}/points", "PTS"), Issue.UNKNOWN_MEMBER),
    "unknown member": ({"member": NOBODY}, Issue.UNKNOWN_MEMBER),
    "no member": ({"member": None, "effects": points(5)}, Issue.DATA_UNREADABLE),
    "no member, claims": ({"member": None, "claims": (GIFT,)}, Issue.CLAIMS_MISMATCH),
    "debit not claimed": (claims(), Issue.CLAIMS_MISMATCH),
    "claimed without a debit": ({"claims": (GIFT,)}, Issue.CLAIMS_MISMATCH),
    "claimed twice": (claims(GIFT, GIFT), Issue.CLAIMS_MISMATCH),
    "negative claim": (
        claims(GIFT, Claim("gift", "points", -1, 0), Claim("gift", "points", 1, 0)),
        Issue.CLAIMS_MISMATCH,
    ),
    "claim of nothing": (
        claims(GIFT, Claim("gift", "points", 0, 5_000, "umbrella")),
        Issue.CLAIMS_MISMATCH,
    ),
    "negative settlement": (
        claims(Claim("gift", "points", 1_000, -1, "umbrella")),
        Issue.CLAIMS_MISMATCH,
    ),
    "huge settlement": (
        claims(Claim("gift", "points", 1_000, HUGE, "umbrella")),
        Issue.CLAIMS_MISMATCH,
    ),
    "negative face value": (
        claims(Claim("gift", "points", 1_000, 5_000, "umbrella", -1)),
        Issue.CLAIMS_MISMATCH,
    ),
    "unknown kind of claim": (
        claims(Claim("present", "points", 1_000, 5_000, "umbrella")),
        Issue.CLAIMS_MISMATCH,
    ),
    "gift for principal": (
        spends("principal", Claim("gift", "principal", 1_000, 5_000, "umbrella")),
        Issue.CLAIMS_MISMATCH,
    ),
    "points as stored value": (
        claims(Claim("stored_value", "points", 1_000, 1_000)),
        Issue.CLAIMS_MISMATCH,
    ),
    "stored value above its amount": (
        spends("principal", Claim("stored_value", "principal", 1_000, 1_001)),
        Issue.CLAIMS_MISMATCH,
    ),
    "claim on qualifying": (
        claims(GIFT, Claim("stored_value", "qualifying", 1, 1)),
        Issue.CLAIMS_MISMATCH,
    ),
    "claim on the wrong bucket": (
        spends("bonus", stored_claim("principal", 1_000)),
        Issue.CLAIMS_MISMATCH,
    ),
    "value on a note": ({"kind": Kind.NOTE, "effects": points(5)}, Issue.DATA_UNREADABLE),
    "value on a shift": ({"kind": Kind.SHIFT_OPEN, "effects": points(5)}, Issue.DATA_UNREADABLE),
    "points on a top-up": ({"kind": Kind.TOP_UP, "effects": points(5)}, Issue.DATA_UNREADABLE),
    "stored value made by a sale": (
        {"effects": effects_of(ANNA, [("principal", 5)])},
        Issue.DATA_UNREADABLE,
    ),
    "qualifying spend taken away": (
        {"effects": effects_of(ANNA, [("qualifying", -5)])},
        Issue.DATA_UNREADABLE,
    ),
    "unknown programme, debit": ({**claims(GIFT), "programme": 7}, Issue.UNKNOWN_PROGRAMME),
    "unknown programme, credit": ({"effects": points(5), "programme": 7}, Issue.UNKNOWN_PROGRAMME),
    "no programme, credit": ({"effects": points(5), "programme": 0}, Issue.UNKNOWN_PROGRAMME),
    "unknown programme, opening": (
        {"kind": Kind.OPENING_BALANCE, "effects": points(5), "programme": 7},
        Issue.UNKNOWN_PROGRAMME,
    ),
    "opening balance of another sort": (
        {"kind": Kind.OPENING_BALANCE, "effects": points(5), "data": {"expires_on": "soon"}},
        Issue.DATA_UNREADABLE,
    ),
    "enrolment of a member": ({"kind": Kind.ENROL}, Issue.DATA_UNREADABLE),
    "enrolment of nobody": ({"kind": Kind.ENROL, "member": None}, Issue.DATA_UNREADABLE),
    "enrolment without data": ({"kind": Kind.ENROL, "member": NOBODY}, Issue.DATA_UNREADABLE),
    "follow-up": ({"kind": Kind.FOLLOW_UP_OUTCOME}, Issue.KIND_NOT_POSTED_YET),
    "unknown kind": ({"kind": "gamble"}, Issue.UNREADABLE),
    "later version": ({"v": 2}, Issue.UNREADABLE),
    "long text": ({"operator": "e" * 65}, Issue.UNREADABLE),
    "long account": (account("dealer/" + "A" * 200, "PTS"), Issue.UNREADABLE),
}


def hostile(till: Counter, changes: dict[str, Any]) -> bytes:
    """The body a till would refuse to write."""
    usual = {"kind": Kind.SALE, "member": ANNA}
    return canonical.encode(till.body(**{**usual, **changes}))


@pytest.mark.parametrize("name", HOSTILE)
def test_quarantined_with_its_reason_and_nothing_changed(name: str) -> None:
    changes, issue = HOSTILE[name]
    books, till = office(), Counter("B")
    before = told(books)
    [result] = books.receive(till, till.write_bytes(hostile(till, changes)))
    assert (result.outcome, result.codes) == (Outcome.QUARANTINED, (issue,))
    assert (result.post_seq, result.allocations) == (None, ())
    assert told(books) == before


def test_the_books_in_hand_are_left_alone_too() -> None:
    till = Counter("B")
    for name, (changes, _) in HOSTILE.items():
        books = Books((PROGRAMME,), {}, {}, place_of(till))
        for member in (ANNA, BEN):
            books.members[member] = MemberBook(member, "plain", "A", "A-store", Balances(10))
        before = asdict(books)
        post(till.write_bytes(hostile(till, changes)), books, 1)
        assert asdict(books) == before, name


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "no text"),
        (b"{}", "no fields"),
        (b"[" * 5_000, "deep"),
        (b'{"v":1e999}', "infinite"),
        (b'{"v":' + b"9" * 5_000 + b"}", "huge"),
        (b'"\xed\xa0\x80"', "a surrogate in UTF-8"),
        (b'{"\\u0000":1}', "NUL"),
    ],
)
def test_bytes_that_are_no_body(data: bytes, reason: str) -> None:
    books, till = office(), Counter("B")
    [result] = books.receive(till, till.write_bytes(data))
    assert result.codes == (Issue.UNREADABLE,), reason
    assert result.entry_id is None


def test_unknown_fields_are_never_passed_over() -> None:
    # a later release may give them a meaning that this one would get wrong
    till = Counter("B")
    usual = plain(till.body(Kind.REDEEM_GIFT, ANNA, effects=points(-1_000), claims=(GIFT,)))
    for path in ("effects", "claims", "place", "at", "basis", ""):
        body = deepcopy(usual)
        inner: Any = body if path == "" else body[path]
        (inner[0] if isinstance(inner, list | tuple) else inner)["later"] = 1
        [result] = office().receive(till, till.write_bytes(canonical.encode(body)))
        assert result.codes == (Issue.UNREADABLE,), path


def test_a_second_entry_of_the_same_id_is_quarantined_also_within_a_batch() -> None:
    for batches in (1, 2):
        books, a, b = office(), Counter("A", 2), Counter("B")
        first = a.sale(ANNA, [700])
        again = a.sale(ANNA, [700], entry_id=read_body(first.body).entry_id)
        sent = [[first, again]] if batches == 1 else [[first], [again]]
        results = [result for batch in sent for result in books.receive(a, *batch)]
        assert [r.codes for r in results] == [(), (Issue.DUPLICATE_ENTRY_ID,)]
        assert books.balances(ANNA).points == 5_007
        [other] = books.receive(b, b.sale(ANNA, [700], entry_id=read_body(first.body).entry_id))
        assert other.codes == (Issue.DUPLICATE_ENTRY_ID,)


def test_the_devices_place_settles_whatever_the_entry_says() -> None:
    # till B1 says it stands at dealer A: its gift is B's, and so are the points it gives
    books, liar = office(), Counter("A", 2)
    books.place = ("B", "B-store", "B1")
    [earned] = books.receive(liar, liar.sale(BEN, [100]))
    assert earned.codes == (Issue.PLACE_MISMATCH,)
    assert books.members[BEN].lots[-1].dealer == "B"
    [taken] = books.receive(liar, liar.gift(ANNA))
    assert taken.codes == (Issue.PLACE_MISMATCH,)
    assert [(x.debtor, x.creditor, x.store) for x in taken.allocations] == [("A", "B", "B-store")]


@pytest.mark.parametrize(
    ("claim", "points_taken", "worth"),
    [
        (Claim("gift", "points", 1_000, 5_000, "umbrella"), 1_000, 5_000),
        (Claim("gift", "points", 1_000, 9_900, "umbrella"), 1_000, 5_000),  # the till's own value
        (Claim("gift", "points", 1_500, 5_000, "umbrella"), 1_500, 5_000),  # half an umbrella
        (Claim("gift", "points", 1_000, 5_000, "car"), 1_000, 0),  # no such gift
        (Claim("gift", "points", 1_000, 0, "car"), 1_000, 0),
        (Claim("points_tender", "points", 100, 500, "points-w"), 100, 0),  # not at B
    ],
)
def test_settlement_values_are_head_offices(claim: Claim, points_taken: int, worth: int) -> None:
    books, till = office(), Counter("B")
    entry = till.moves(Kind.SALE, ANNA, [("points", -points_taken)], [claim])
    [result] = books.receive(till, entry)
    agreed = claim == Claim("gift", "points", 1_000, 5_000, "umbrella")
    assert result.codes == (() if agreed else (Issue.RULE_MISMATCH,))
    assert sum(x.amount_minor for x in result.allocations) == worth
    assert books.balances(ANNA).points == 5_000 - points_taken


def test_points_tender_settles_by_whole_units() -> None:
    books, till = office(), Counter("W")
    good = Claim("points_tender", "points", 200, 1_000, "points-w", 2_000)
    [result] = books.receive(till, till.moves(Kind.SALE, ANNA, [("points", -200)], [good]))
    assert (result.codes, result.allocations[0].amount_minor) == ((), 1_000)
    odd = Claim("points_tender", "points", 250, 1_250, "points-w", 2_500)
    [result] = books.receive(till, till.moves(Kind.SALE, ANNA, [("points", -250)], [odd]))
    assert result.codes == (Issue.RULE_MISMATCH,)
    assert result.allocations[0].amount_minor == 1_000


def test_a_settlement_no_column_holds_is_quarantined() -> None:
    rules = programme(gifts=(Gift("gold", words(), 1, MAX_AMOUNT, 0),))
    books, till = HeadOffice((rules,)).join(ANNA), Counter("B", rules=rules)
    claim = Claim("gift", "points", 10, MAX_AMOUNT, "gold")
    entry = till.moves(Kind.REDEEM_GIFT, ANNA, [("points", -10)], [claim])
    [result] = books.receive(till, entry)
    assert result.codes == (Issue.CLAIMS_MISMATCH,)


def test_a_business_date_at_the_end_of_the_calendar() -> None:
    rules = programme(earning=Earning(Ratio(1, 1), expiry_months=24))
    books, till = HeadOffice((rules,)).join(ANNA), Counter("B", rules=rules, day=date.max)
    [result] = books.receive(till, till.sale(ANNA, [500]))
    assert result.outcome is Outcome.POSTED
    assert books.members[ANNA].lots[0].expires_on == date.max
    old = Counter("B", 2, rules=rules, day=date.min)
    [result] = books.receive(old, old.sale(ANNA, [500]))
    assert result.codes == (Issue.RULE_MISMATCH,)  # no programme was in force in the year 1


def test_members_of_a_batch_in_lock_order() -> None:
    till = Counter("A")
    entries = [
        till.write(till.body(Kind.NOTE, BEN)),
        till.write(till.body(Kind.SHIFT_OPEN)),
        till.write_bytes(b"no body"),
        till.write_bytes(hostile(till, account("bank/1/gold", "PTS"))),
        till.write_bytes(hostile(till, account(f"member/{NOBODY}/points", "PTS"))),
    ]
    assert members_of(entries) == [ANNA, BEN, NOBODY]

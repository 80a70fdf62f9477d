"""Entries that no till writes: each ends in quarantine with its reason and changes nothing, and
nothing an entry says makes posting raise."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from sync.domain import canonical
from sync.domain.admission import MAY_MOVE, POSTED_KINDS
from sync.domain.cards import Card, Status
from sync.domain.journal import MAX_AMOUNT, Body, Claim, Effect, Kind, read_body
from sync.domain.lots import EntryRef
from sync.domain.members import Balances
from sync.domain.posting import Books, Issue, MemberBook, Outcome, Result, members_of, post
from sync.domain.programme import Earning, Gift, Ratio
from tests.sync.domain.making import (
    DAY,
    PROGRAMME,
    Counter,
    HeadOffice,
    effects_of,
    member_id,
    place_of,
    plain,
    programme,
    stored_claim,
    words,
)

ANNA, BEN, NOBODY = member_id(1), member_id(2), member_id(9)
HUGE = (1 << 63) - 1
GIFT = Claim("gift", "points", 1_000, 5_000, "umbrella", 8_800)


def office() -> HeadOffice:
    """Anna and Ben, who have 5,000 points, 500.00 and 50.00 each."""
    made = HeadOffice().join(ANNA, BEN)
    a = Counter("A")
    for member in (ANNA, BEN):
        balances = [("points", 5_000), ("principal", 50_000), ("bonus", 5_000)]
        made.receive(a, a.moves(Kind.OPENING_BALANCE, member, balances))
    return made


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
    "return": ({"kind": Kind.RETURN}, Issue.KIND_NOT_POSTED_YET),
    "unknown kind": ({"kind": "gamble"}, Issue.UNREADABLE),
    "later version": ({"v": 2}, Issue.UNREADABLE),
    "long text": ({"operator": "e" * 65}, Issue.UNREADABLE),
    "long account": (account("dealer/" + "A" * 200, "PTS"), Issue.UNREADABLE),
}


def told(books: HeadOffice) -> dict[str, Any]:
    """Everything head office holds, to be compared."""
    return {
        "members": deepcopy(books.members),
        "cards": dict(books.cards),
        "lots": deepcopy(books.lots),
        "uncovered": deepcopy(books.uncovered),
        "postings": list(books.postings),
        "allocations": list(books.allocations),
        "next": books.next_seq,
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


def test_exceptions_are_said_and_the_fact_is_posted() -> None:
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


def test_only_posted_kinds_may_move_value() -> None:
    assert MAY_MOVE.keys() <= POSTED_KINDS


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-HUGE, HUGE) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner),
    max_leaves=8,
)
amounts = st.integers(-3, 3) | st.sampled_from([1_000, -1_000, HUGE, -HUGE])
names = st.sampled_from(["points", "principal", "bonus", "qualifying", "gold"])
any_effect = st.builds(
    Effect,
    st.builds("member/{}/{}".format, st.sampled_from([ANNA, BEN, NOBODY, "x"]), names)
    | st.sampled_from(["dealer/A/sales", "till/A1/cash", "", "/", "member"]),
    st.sampled_from(["PTS", "CNY", "QSP", "USD", ""]),
    amounts,
)
any_claim = st.builds(
    Claim,
    st.sampled_from(["gift", "points_tender", "stored_value", "present"]),
    names,
    amounts,
    amounts,
    st.sampled_from(["umbrella", "points-w", ""]),
    amounts,
)


@st.composite
def wild_bodies(draw: st.DrawFn) -> bytes:
    """A body with anything in it, mostly of the right shape, now and then with a field swapped."""
    till = Counter("B")
    effects = draw(st.lists(any_effect, max_size=4))
    sums: dict[str, int] = {}
    for effect in effects:
        sums[effect.asset] = sums.get(effect.asset, 0) - effect.delta
    if draw(st.booleans()):
        effects += [
            Effect("dealer/A/other", asset, delta)
            for asset, delta in sums.items()
            if abs(delta) <= HUGE
        ]
    body: Body = till.body(
        draw(st.sampled_from(sorted(POSTED_KINDS))),
        draw(st.sampled_from([ANNA, NOBODY, None])),
        effects=tuple(effects),
        claims=tuple(draw(st.lists(any_claim, max_size=3))),
        programme=draw(st.sampled_from([0, 1, 2])),
        card=draw(st.sampled_from([None, "token"])),
    )
    built = plain(body)
    if draw(st.booleans()):
        built[draw(st.sampled_from(sorted(built)))] = draw(json)
    try:
        return canonical.encode(built)
    except canonical.NotCanonical:  # two drawn keys that are one in NFC
        reject()


@given(bodies=st.lists(wild_bodies() | st.binary(max_size=40), min_size=1, max_size=4))
def test_nothing_an_entry_says_makes_posting_raise(bodies: list[bytes]) -> None:
    books, till = office(), Counter("B")
    for data in bodies:
        before = told(books)
        [result] = books.receive(till, till.write_bytes(data))
        if result.outcome is Outcome.QUARANTINED:
            assert told(books) == before
        else:
            stays_bookkeeping(books, result)


def stays_bookkeeping(books: HeadOffice, result: Result) -> None:
    """Balances are open lots less what is uncovered, and the result names a number."""
    assert result.post_seq == books.next_seq - 1
    for book in books.members.values():
        for name in ("points", "principal", "bonus"):
            lots = sum(lot.open for lot in book.lots if lot.account == name)
            owed = sum(debt.open for debt in book.uncovered if debt.account == name)
            assert getattr(book.balances, name) == lots - owed

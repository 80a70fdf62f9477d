"""Coupons and kinds of store: what a sale uses up once, and how head office posts it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.domain import coupons, crockford, reversals, selling, store_totals
from sync.domain.coupons import Coupon, Presented
from sync.domain.journal import Body, Effect, Kind
from sync.domain.lots import EntryRef
from sync.domain.occasions import Occasion
from sync.domain.originals import Original, Ref
from sync.domain.posting import Books, Outcome, members_of, post
from sync.domain.pricing import BasketLine
from sync.domain.programme import Tier
from sync.domain.records import COUPON, SLIP, Record, RecordKey, keys_of
from sync.domain.refusals import Code, Refusal
from sync.domain.reversals import Where
from sync.domain.rulebook.offers import CouponCode, Offer, OfferStep, Promotions
from sync.domain.rulebook.prices import MALL_COUNTER, OWN_SHOP
from sync.domain.store_kinds import MALL_TENDER, MallSale, StoreFacts, mall_sale, may_pay
from sync.domain.store_totals import KindTotals
from sync.domain.used_once import SlipUsed, coupons_of, slip_of
from tests.sync.domain.making import (
    DAY,
    NOTHING,
    Counter,
    HeadOffice,
    copied,
    granted,
    member_id,
    place_of,
    plain,
    programme,
    words,
)

ANNA, BEA = member_id(1), member_id(2)
HERE = Occasion("A", DAY, "A-store", OWN_SHOP, 600)


def sold(till: Counter, data: selling.SaleData, member: UUID | None, **changes: Any) -> Body:
    """The body of a sale paid in cash, or by the tender it names."""
    if not data.money_tender and data.money_minor:
        data = msgspec.structs.replace(data, money_tender="cash", tendered_minor=data.money_minor)
    effects = selling.effects(data, member, till.dealer, till.place.till, "CNY")
    return till.body(Kind.SALE, member, data=plain(data), effects=effects, **changes)


# ----------------------------------------------------------------------------------------- coupons
BY_COUPON = Offer("ten", words(), "threshold", steps=(OfferStep(5_000, 1_000),), coupon=True)
FREE_CODE = CouponCode("GCAUTUMN26", "ten", ends=DAY)
WITH_COUPONS = programme(
    promotions=Promotions(
        (BY_COUPON,), (FREE_CODE,), coupon_soft_minor=1_500, coupon_hard_minor=2_500
    )
)
CODE = coupons.new_code(bytes(range(11)))
ID = coupons.id_of(CODE)


def test_single_use_codes_cannot_be_guessed_and_are_kept_hashed() -> None:
    """85 random bits and a check letter; what is kept says nothing of the code. Pitfalls 25, 28."""
    assert len(CODE) == 20
    assert CODE.startswith("GC")
    assert coupons.well_formed(CODE)
    assert coupons.well_formed(f"{CODE[:6]}-{CODE[6:]}".lower())
    assert coupons.id_of(CODE.lower()) == ID
    assert len(ID) == 32
    assert CODE[2:] not in ID
    assert len({coupons.new_code(bytes([*range(10), n])) for n in range(256)}) == 256
    assert not coupons.well_formed(CODE[:-1])
    assert not coupons.well_formed("GC" + "U" * 18)
    for at in range(2, len(CODE) - 1):
        other = "7" if CODE[at] != "7" else "8"
        assert not coupons.well_formed(CODE[:at] + other + CODE[at + 1 :]), at
    with pytest.raises(ValueError, match="11 random bytes"):
        coupons.new_code(b"few")


def test_the_eye_may_slip() -> None:
    assert crockford.mended("IL0O") == "1100"
    assert crockford.written(33, 3) == "011"
    assert not crockford.plain("")
    assert not crockford.plain("U")


@pytest.mark.parametrize(
    ("raw", "is_one"),
    [(CODE, True), ("gc-autumn26", True), ("GC", False), ("6901", False), ("GCÄ", False)],
)
def test_the_name_space_of_coupons(raw: str, is_one: object) -> None:
    """Pitfall 28."""
    assert coupons.is_coupon(raw) is is_one


@pytest.mark.parametrize(
    ("code", "known", "day", "answer"),
    [
        ("GCAUTUMN26", None, DAY, Presented("GCAUTUMN26", "ten")),
        ("gc autumn 26", None, DAY, Presented("GCAUTUMN26", "ten")),
        ("GCAUTUMN26", None, date(2030, 1, 1), Code.COUPON_UNKNOWN),
        (CODE, None, DAY, Code.COUPON_UNKNOWN),
        (CODE, Coupon("b", "ten"), DAY, Presented(ID, "ten")),
        (CODE, Coupon("b", "ten", member=ANNA), DAY, Presented(ID, "ten")),
        (CODE, Coupon("b", "ten", member=BEA), DAY, Code.COUPON_UNKNOWN),
        (CODE, Coupon("b", "ten", starts=date(2030, 1, 1)), DAY, Code.COUPON_UNKNOWN),
        (CODE, Coupon("b", "ten", ends=date(2020, 1, 1)), DAY, Code.COUPON_UNKNOWN),
        (CODE, Coupon("b", "ten", state="void"), DAY, Code.COUPON_UNKNOWN),
        (CODE, Coupon("b", "ten", state="used"), DAY, Code.COUPON_USED),
    ],
)
def test_whether_a_coupon_may_be_used(
    code: str, known: Coupon | None, day: date, answer: Presented | Code
) -> None:
    """One answer for whatever is not valid. Rows: FL-41, WAT-37, A-06; pitfall 25.

    Rows: BEST-17, A-24.
    """
    found = coupons.present(WITH_COUPONS, code, known, day, ANNA)
    assert (found.code if isinstance(found, Refusal) else found) == answer


def with_coupon(amount: int, coupon: str = ID) -> selling.SaleData:
    """A sale of a plain amount with a coupon."""
    quoted = granted(
        selling.quote(
            WITH_COUPONS, "A", [BasketLine("", 1, amount)], None, None, HERE, [(coupon, "ten")]
        )
    )
    return granted(selling.pay(quoted, "cash", quoted.data.money_minor))


def test_a_coupon_counts_at_what_it_took_off_and_never_gives_change() -> None:
    """Soft mark 15.00, hard 25.00 for what head office has not acknowledged. Pitfall 35."""
    data = with_coupon(5_000)
    assert (data.due_minor, data.offers_minor) == (4_000, 1_000)
    assert with_coupon(4_999).offers == ()  # not used up by a sale that does not reach it
    assert coupons.given_back(data.offers) == (ID,)
    assert coupons.given_back(with_coupon(5_000, "GCAUTUMN26").offers) == ()
    assert coupons.may_take(WITH_COUPONS, 10**9, with_coupon(5_000, "GCAUTUMN26").offers) == ()
    assert coupons.may_take(WITH_COUPONS, 500, data.offers) == ()
    assert coupons.may_take(WITH_COUPONS, 501, data.offers) == ("coupon_till",)
    assert coupons.may_take(WITH_COUPONS, 1_500, data.offers) == ("coupon_till",)
    refused = coupons.may_take(WITH_COUPONS, 1_501, data.offers)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.param("after_minor")) == (Code.COUPON_TILL_CAP, 2_501)


class Desk:
    """Head office with coupons and slips, loaded and stored as a database does."""

    def __init__(self) -> None:
        self.office = HeadOffice(programmes=(WITH_COUPONS,)).join(ANNA)
        self.records: dict[RecordKey, Record | None] = {}
        self.post_seq = 0

    def receive(self, till: Counter, body: Body, **loaded: Any) -> tuple[Outcome, tuple[str, ...]]:
        """Post one entry."""
        entry = till.write(body)
        members = {m: copied(self.office.members[m]) for m in members_of([entry])}
        books = Books((WITH_COUPONS,), members, {}, place_of(till), **loaded)
        keys = keys_of(body, till.place.store)
        books.records = {key: self.records.get(key) for key in keys}
        self.post_seq += 1
        result = post(entry, books, self.post_seq, body)
        self.records |= books.changed_records
        return result.outcome, tuple(code.value for code in result.codes)


def test_a_coupon_used_at_two_offline_shops_stays_with_the_second() -> None:
    """The second sale posts with an exception; nobody settles what it took off. Rows: FL-41;
    pitfall 25; golden case 13."""
    desk, a, b = Desk(), Counter("A", rules=WITH_COUPONS), Counter("B", rules=WITH_COUPONS)
    key = RecordKey(COUPON, ID)
    desk.records[key] = Coupon("spring", "ten")
    first, second = sold(a, with_coupon(6_000), None), sold(b, with_coupon(7_000), None)
    assert desk.receive(a, first) == (Outcome.POSTED, ())
    held = desk.records[key]
    assert isinstance(held, Coupon)
    assert (held.state, held.used_by) == ("used", f"{a.device}:1:1")
    assert desk.receive(b, second) == (Outcome.POSTED_EXCEPTION, ("coupon_used_twice",))
    assert desk.records[key] == held
    for other in (Coupon("spring", "ten", state="void"), None):
        desk.records[key] = other
        again = sold(b, with_coupon(8_000), None)
        assert desk.receive(b, again) == (Outcome.POSTED_EXCEPTION, ("coupon_unknown",))


def test_a_voided_sale_gives_its_coupon_and_slip_back() -> None:
    """Usable again by whoever comes; one that another sale used stays used. Rows: FL-41."""
    desk, a = Desk(), Counter("A", rules=WITH_COUPONS)
    keys = RecordKey(COUPON, ID), RecordKey(SLIP, f"A-store/{DAY}/S1")
    desk.records[keys[0]] = Coupon("spring", "ten")
    quoted = granted(
        selling.quote(
            WITH_COUPONS, "A", [BasketLine("", 1, 6_000)], None, None, HERE, [(ID, "ten")]
        )
    )
    data = granted(selling.pay(quoted, MALL_TENDER, 5_000, mall_sale(OPEN_FACTS, 5_000, "S1")))
    sale = sold(a, data, None)
    for taken_by_another in (False, True):
        assert desk.receive(a, sale)[0] is Outcome.POSTED
        if taken_by_another:
            desk.records[keys[0]] = Coupon("spring", "ten", state="used", used_by="another")
            desk.records[keys[1]] = SlipUsed("A-store", "another")
        ref = Ref(a.device, 1, a.seq, a.prev.hex())
        where = Where("A", "A1", DAY)
        undone = granted(reversals.void(ref, sale, where, {}))
        assert (undone.data.coupons, undone.data.slip) == ((ID,), "S1")
        void = a.body(Kind.VOID, data=plain(undone.data), effects=undone.effects)
        at = EntryRef(a.device, 1, a.seq)
        original = Original(at, a.prev, sale, place_of(a), desk.post_seq)
        assert desk.receive(a, void, originals={at: original}) == (Outcome.POSTED, ())
        coupon, slip = (desk.records[key] for key in keys)
        assert isinstance(coupon, Coupon)
        assert isinstance(slip, SlipUsed)
        assert (coupon.state == "open", slip.entry == "") == (not taken_by_another,) * 2
        sale = msgspec.structs.replace(sale, entry_id=member_id(99))


def test_effects_of_a_sale_with_offers_are_what_was_paid() -> None:
    """Earn base is what is paid after offers (golden case 10): 60.00 less 10.00 earns 50."""
    quoted = granted(
        selling.quote(
            WITH_COUPONS, "A", [BasketLine("", 1, 6_000)],
            selling.Buyer(ANNA, Tier("plain", words(), 0), NOTHING), None, HERE, [(ID, "ten")],
        )
    )  # fmt: skip
    assert (quoted.data.points_earned, quoted.data.earn_base_minor) == (50, 5_000)
    data = granted(selling.pay(quoted, "cash", 5_000))
    sales = [e for e in selling.effects(data, ANNA, "A", "A1", "CNY") if "sales" in e.account]
    assert [e.delta for e in sales] == [5_000]


# ---------------------------------------------------------------------------------- kinds of store
COUNTER_FACTS = StoreFacts(MALL_COUNTER, "百货", "Store", 300, "not_at_mall", "合同", "Contract")
OPEN_FACTS = StoreFacts(MALL_COUNTER, commission_per_mille=255)


@pytest.mark.parametrize(
    ("facts", "tender", "money", "slip", "stored", "code"),
    [
        (StoreFacts(), "cash", 100, "", 50, None),
        (StoreFacts(), MALL_TENDER, 100, "S1", 0, Code.TENDER_NOT_HERE),
        (COUNTER_FACTS, "cash", 100, "S1", 0, Code.TENDER_NOT_HERE),
        (COUNTER_FACTS, MALL_TENDER, 100, " ", 0, Code.MALL_SLIP_NEEDED),
        (COUNTER_FACTS, MALL_TENDER, 100, "S1", 0, None),
        (COUNTER_FACTS, MALL_TENDER, 100, "S1", 1, Code.STORED_VALUE_NOT_HERE),
        (OPEN_FACTS, "", 0, "", 100, None),
        (OPEN_FACTS, MALL_TENDER, 100, "S" * 41, 0, Code.TOO_LARGE),
    ],
)
def test_how_a_store_may_be_paid(
    facts: StoreFacts, tender: str, money: int, slip: str, stored: int, code: Code | None
) -> None:
    """No cash in our drawer at a mall counter; stored value there is a switch. Rows: FL-32, FL-33,
    FL-34.

    Rows: JF-06.
    """
    refused = may_pay(facts, tender, money, slip, stored)
    assert (refused.code if refused else None) == code


def test_a_mall_sale_names_slip_and_commission() -> None:
    """999.99 at 25.5 %: 254.99 (254.997). Rows: FL-33, FL-34."""
    assert mall_sale(OPEN_FACTS, 99_999, " s-1 2 ") == MallSale("S-12", 255, 25_499)
    assert mall_sale(OPEN_FACTS, 0, "S1") == MallSale("", 255, 0)
    assert mall_sale(StoreFacts(), 99_999, "S1") is None
    with pytest.raises(ValueError, match="kind of store"):
        StoreFacts("kiosk")


def at_mall(amount: int, slip: str) -> selling.SaleData:
    """A sale at a mall counter."""
    buyer = selling.Buyer(ANNA, Tier("plain", words(), 0), NOTHING)
    quoted = granted(selling.quote(WITH_COUPONS, "A", [BasketLine("", 1, amount)], buyer))
    return granted(selling.pay(quoted, MALL_TENDER, amount, mall_sale(OPEN_FACTS, amount, slip)))


def test_goods_paid_at_the_mall_earn_and_touch_no_drawer() -> None:
    """Rows: FL-33."""
    effects = selling.effects(at_mall(10_000, "S1"), ANNA, "A", "A1", "CNY")
    moved = {effect.account: effect.delta for effect in effects}
    assert moved["dealer/A/tender_mall"] == -10_000
    assert not any(account.startswith("till/") for account in moved)
    assert moved[f"member/{ANNA}/points"] == 100


def test_one_slip_stands_for_one_sale() -> None:
    """Unique per store and day as far as known; the second is an exception. Rows: FL-33."""
    desk, a = Desk(), Counter("A", rules=WITH_COUPONS)
    assert desk.receive(a, sold(a, at_mall(10_000, "S1"), ANNA)) == (Outcome.POSTED, ())
    twice = desk.receive(a, sold(a, at_mall(10_000, "S1"), ANNA))
    assert twice == (Outcome.POSTED_EXCEPTION, ("mall_slip_twice",))
    assert desk.receive(a, sold(a, at_mall(10_000, "S2"), ANNA)) == (Outcome.POSTED, ())
    a.day = date(2026, 12, 1)
    assert desk.receive(a, sold(a, at_mall(10_000, "S1"), ANNA))[1] == ()
    slips = sorted(key.key for key in desk.records if key.kind == SLIP)
    assert slips == [f"A-store/{day}/{slip}" for day, slip in (
        (DAY, "S1"), (DAY, "S2"), ("2026-12-01", "S1"))]  # fmt: skip


def test_totals_per_kind_of_store_and_tender() -> None:
    """Mall counter: 100.00 by the mall, commission 25.50; own shop: 50.00 + 40.00 cash, a coupon,
    30.00 given back. Rows: FL-33, WAT-36.

    Rows: BEST-02.
    """
    mall, shop = Counter("A", rules=WITH_COUPONS), Counter("B", rules=WITH_COUPONS)
    back = shop.body(
        Kind.RETURN,
        effects=(
            Effect("till/B1/cash", "CNY", 3_000),
            Effect("dealer/B/sales", "CNY", -3_000),
            Effect(f"member/{ANNA}/principal", "CNY", -700),
            Effect("dealer/B/points_tender", "CNY", -200),
            Effect("dealer/B/other", "CNY", 900),
            Effect(f"member/{ANNA}/points", "PTS", -1),
            Effect("till/B1/other", "CNY", 0),
        ),
    )
    bodies = [
        sold(mall, at_mall(10_000, "S1"), ANNA),
        sold(shop, with_coupon(6_000), None),
        sold(shop, with_coupon(4_000), None),
        back,
        shop.body(Kind.SALE, data={"lines": "none"}),
        shop.body(Kind.NOTE),
    ]
    found = store_totals.totals(bodies, {"A-store": OPEN_FACTS})
    assert found[MALL_COUNTER] == KindTotals(1, 1, 10_000, 2_550, {"mall": 10_000})
    assert found[OWN_SHOP] == KindTotals(
        2, 2, 9_000, 0, {"cash": 6_000, "stored_value": 700, "points": 200}, {"ten": 1_000}
    )
    assert found[OWN_SHOP].basket_minor == 4_500
    assert KindTotals().basket_minor == 0


# ------------------------------------------------------------------------- what a body says is read
def body(kind: Kind, data: Mapping[str, object]) -> Body:
    return Counter("A").body(kind, data=dict(data))


def test_coupons_and_slips_are_read_from_whatever_a_body_says() -> None:
    """Nothing a hostile body says may break posting."""
    used = {
        "offers": [{"coupon": "c1"}, {"coupon": "GCX1"}, {"coupon": 5}, 7, {}, {"coupon": "c1"}]
    }
    assert coupons_of(body(Kind.SALE, used)) == ("c1",)
    assert coupons_of(body(Kind.EXCHANGE, {"sale": used})) == ("c1",)
    assert coupons_of(body(Kind.EXCHANGE, {"sale": 5})) == ()
    assert coupons_of(body(Kind.RETURN, used)) == ()
    assert coupons_of(body(Kind.VOID, {"coupons": ["c1", 5]})) == ("c1",)
    assert coupons_of(body(Kind.SALE, {"offers": "c1"})) == ()
    assert slip_of(body(Kind.SALE, {"mall": {"slip": "S1"}})) == "S1"
    assert slip_of(body(Kind.SALE, {"mall": {"slip": 1}})) == ""
    assert slip_of(body(Kind.SALE, {"mall": 1})) == ""
    assert slip_of(body(Kind.VOID, {"slip": "S1"})) == "S1"

"""Price lists, prices by head office's code, coupons, kinds of store: what a sale says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.domain import coupons, crockford, overrides, reversals, selling, store_totals
from sync.domain.coupons import Coupon, Presented
from sync.domain.journal import Body, Effect, Kind
from sync.domain.lots import EntryRef
from sync.domain.occasions import Occasion
from sync.domain.offers import UsedOffer
from sync.domain.originals import Original, Ref
from sync.domain.overrides import OverrideCode
from sync.domain.posting import Books, Issue, Outcome, members_of, post
from sync.domain.price_lists import base_price, member_price
from sync.domain.pricing import BasketLine, price
from sync.domain.programme import Tier, in_force
from sync.domain.records import COUPON, SLIP, Record, RecordKey, keys_of
from sync.domain.refusals import Code, Refusal
from sync.domain.reversals import Where
from sync.domain.rulebook.offers import Audience, CouponCode, Goods, Offer, OfferStep, Promotions
from sync.domain.rulebook.prices import MALL_COUNTER, OWN_SHOP, PriceList
from sync.domain.store_kinds import MALL_TENDER, MallSale, StoreFacts, mall_sale, may_pay
from sync.domain.store_totals import KindTotals
from sync.domain.used_once import SlipUsed, coupons_of, slip_of
from tests.sync.domain.making import (
    DAY,
    NOTHING,
    RICH,
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
MALL = Occasion("A", DAY, "A-store", MALL_COUNTER, 600)
GOLD = Tier("gold", words(), 0, 900)
KEY = bytes(range(32))


# ------------------------------------------------------------------------------------- price lists
OWN = PriceList("own", {"skirt": 90_000})
RAISED = PriceList("mall", {"coat": 400_000}, per_mille=1_300, store_kinds=(MALL_COUNTER,))
YOUNGER = PriceList("mall-2", per_mille=1_250, store_kinds=(MALL_COUNTER,), starts=DAY)
VIP = PriceList("vip", {"skirt": 80_000}, members=True)
VIP_GOLD = PriceList("vip-gold", {"skirt": 75_000}, members=True, tiers=("gold",))
LISTS = (OWN, RAISED, YOUNGER, VIP, VIP_GOLD)


@pytest.mark.parametrize(
    ("occasion", "sku", "tag", "found"),
    [
        (HERE, "skirt", 100_000, (90_000, "own")),  # no kind of store named: everywhere
        (HERE, "scarf", 10_000, (10_000, "")),
        (MALL, "coat", 300_000, (400_000, "mall")),  # named by sku goes before a share
        (MALL, "scarf", 9_999, (12_498, "mall-2")),  # 12,498.75: the younger list, rounded down
        (MALL, "", 10_000, (10_000, "")),  # a plain amount stands in no list
    ],
)
def test_base_prices_by_kind_of_store(
    occasion: Occasion, sku: str, tag: int, found: tuple[int, str]
) -> None:
    """Mall prices are raised because the mall takes its share. Rows: FL-32, FL-33, BEST-16."""
    assert base_price(LISTS, occasion, sku, tag) == found


def test_the_closest_base_list_holds_and_only_in_its_time() -> None:
    """Store before dealer before kind of store, then the youngest, then the lowest id."""
    lists = [
        PriceList("d", {"a": 4}, store_kinds=(OWN_SHOP,)),
        PriceList("c", {"a": 3}, dealers=("A",)),
        PriceList("b", {"a": 2}, stores=("A-store",)),
        PriceList("z", {"a": 1}, stores=("A-store",)),
        PriceList("gone", {"a": 9}, stores=("A-store",), ends=date(2020, 1, 1)),
        PriceList("away", {"a": 9}, stores=("B-store",)),
        PriceList("else", {"a": 9}, dealers=("B",)),
    ]
    names = []
    while found := base_price(lists, HERE, "a", 10)[1]:
        names.append(found)
        lists = [one for one in lists if one.list != found]
    assert names == ["b", "z", "c", "d"]
    tiny = [PriceList("t", per_mille=1)]
    assert base_price(tiny, HERE, "a", 10) == (1, "t")  # nothing is given for nothing


def test_vip_lists_for_all_members_and_for_a_level() -> None:
    """Rows: FL-44, FL-42."""
    assert member_price(LISTS, HERE, "skirt", 90_000, "plain") == (80_000, "vip")
    assert member_price(LISTS, HERE, "skirt", 90_000, "gold") == (75_000, "vip-gold")
    assert member_price(LISTS, HERE, "coat", 90_000, "gold") is None
    share = (PriceList("all", per_mille=900, members=True),)
    assert member_price(share, HERE, "coat", 99, "gold") == (89, "all")
    assert member_price(share, HERE, "", 99, "gold") is None


def test_every_price_says_which_rule_gave_it() -> None:
    """Skirt: list 900.00, VIP gold 750.00. Coat: tag 1,000.00, 9 折 900.00; member-only 850.00.
    Rows: BEST-16, FL-44; pitfall 34."""
    rules = programme(price_lists=LISTS)
    basket = [
        BasketLine("skirt", 2, 100_000),
        BasketLine("coat", 1, 100_000),
        BasketLine("bag", 1, 100_000, 85_000),
    ]
    found = granted(price(rules, basket, GOLD, HERE))
    told = [(line.rule, line.unit_minor, line.price_minor) for line in found.lines]
    assert told == [
        ("price.vip", 90_000, 150_000),
        ("price.tier", 100_000, 90_000),
        ("price.member", 100_000, 85_000),
    ]
    assert [(s.rule, s.v, s.is_) for s in found.trace] == [
        ("price.list", rules.version, 90_000),
        ("price.vip", rules.version, 15_000),
        ("price.tier", rules.version, 10_000),
        ("price.member", rules.version, 15_000),
        ("price.total", rules.version, 325_000),
    ]
    assert [line.rule for line in granted(price(rules, basket, None, HERE)).lines] == [
        "price.list", "price.tag", "price.tag",
    ]  # fmt: skip
    nobody = granted(price(rules, basket[1:], GOLD))  # no occasion: no list is looked at
    assert [line.rule for line in nobody.lines] == ["price.tier", "price.member"]


def test_settings_of_price_lists() -> None:
    wrongs: tuple[Callable[[], PriceList], ...] = (
        lambda: PriceList("x", {"a": 0}),
        lambda: PriceList("x", per_mille=10_001),
        lambda: PriceList("x", tiers=("gold",)),
        lambda: PriceList("x", store_kinds=("kiosk",)),
        lambda: PriceList("x", starts=date(2026, 2, 2), ends=date(2026, 2, 1)),
    )
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"."):
            wrong()


# -------------------------------------------------------------------- prices by head office's word
def test_a_price_code_holds_for_its_till_day_product_and_price() -> None:
    """Stores cannot change a price; a code of head office can. Rows: FL-43."""
    code = overrides.code_for(KEY, "A1", DAY, "skirt", 58_400, 3)
    assert code.startswith("GP")
    assert code.endswith("0358400")
    read = overrides.read(f" {code[:5]}-{code[5:].lower()} ")
    assert read == OverrideCode(code[2:10], 3, 58_400)
    assert overrides.is_override(code)
    assert overrides.holds(KEY, "A1", DAY, "skirt", read)
    for till, day, sku, changed in (
        ("A2", DAY, "skirt", read),
        ("A1", date(2026, 1, 1), "skirt", read),
        ("A1", DAY, "coat", read),
        ("A1", DAY, "skirt", OverrideCode(read.mac, 4, 58_400)),
        ("A1", DAY, "skirt", OverrideCode(read.mac, 3, 58_300)),
    ):
        assert not overrides.holds(KEY, till, day, sku, changed)
    assert not overrides.holds(bytes(32), "A1", DAY, "skirt", read)
    # one entry may take it in: the same code, the same id
    ids = {overrides.entry_id("A1", DAY, "skirt", one) for one in (read, read)}
    assert len(ids) == 1
    assert ids.pop().version == 7
    assert overrides.entry_id("A1", DAY, "coat", read) != overrides.entry_id(
        "A1", DAY, "skirt", read
    )
    for price_minor, number in ((0, 0), (10**12, 0), (1, 100)):
        with pytest.raises(ValueError, match="price"):
            overrides.code_for(KEY, "A1", DAY, "skirt", price_minor, number)


@pytest.mark.parametrize(
    "raw",
    ["", "GP", "6901234500124", "GP12345678", "GPUUUUUUUU01100", "GP1234567801x", "GP123456780101",
     "GP1234567801", "GP12345678019999999999999", "GP12345678۰۱100", "GC123456780199"],
)  # fmt: skip
def test_what_is_no_price_code(raw: str) -> None:
    """A name space of its own (pitfall 28)."""
    known = overrides.read(raw)
    assert known is None or known.price_minor == 1  # GP123456780101 is one fen
    assert overrides.is_override(raw) is (known is not None)


def test_a_line_at_head_offices_price_says_so() -> None:
    """No member price goes below it; offers still count it. Rows: FL-43, BEST-16."""
    rules = programme(price_lists=LISTS)
    basket = [BasketLine("skirt", 1, 100_000, 10_000, override_minor=58_400, override="e-1")]
    quoted = granted(
        selling.quote(rules, "A", basket, selling.Buyer(ANNA, GOLD, NOTHING), None, HERE)
    )
    [line] = quoted.data.lines
    assert (line.rule, line.override, line.price_minor) == ("price.override", "e-1", 58_400)
    assert next((s.rule, s.of, s.is_) for s in quoted.priced.trace) == (
        "price.override", {"tag": 100_000}, 58_400,
    )  # fmt: skip
    wrong = [BasketLine("skirt", 1, 100_000, override_minor=0)]
    refused = selling.quote(rules, "A", wrong, None)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.AMOUNT_NOT_POSITIVE


# ------------------------------------------------------------------------------------- golden case
def test_golden_case_17_a_suspended_sale_is_decided_again() -> None:
    """Programme 1: 满 100 减 5. Programme 2 from 1 April: 满 100 减 10 and 9 折 for gold.

    A basket of 200.00 rung up on 31 March: 195.00 for anybody. Taken up again on 1 April by a gold
    member: 180.00 - 10.00 = 170.00. The entry names programme 2; an entry of 1 April that names
    programme 1 is flagged, and a return goes by what the entry says. Rows: FL-43; pitfall 34.
    """
    old = programme(
        promotions=Promotions(
            (Offer("steps", words(), "threshold", steps=(OfferStep(10_000, 500),)),)
        )
    )
    new = programme(
        version=2,
        effective_from=date(2026, 4, 1),
        promotions=Promotions(
            (Offer("steps", words(), "threshold", steps=(OfferStep(10_000, 1_000),)),)
        ),
        tiers=(Tier("plain", words(), 0), GOLD),
    )
    basket = [BasketLine("", 1, 20_000)]
    march, april = date(2026, 3, 31), date(2026, 4, 1)
    before, after = in_force((old, new), march), in_force((old, new), april)
    assert (before, after) == (old, new)
    first = granted(selling.quote(old, "A", basket, None, None, Occasion("A", march)))
    assert first.data.due_minor == 19_500
    again = granted(
        selling.quote(
            new, "A", basket, selling.Buyer(ANNA, GOLD, NOTHING), None, Occasion("A", april)
        )
    )
    assert again.data.due_minor == 17_000
    assert {step.v for step in again.trace} == {2}
    # head office settles by what the entry names, and flags a difference
    office = HeadOffice(programmes=(old, new)).join(ANNA, tier="gold")
    till = Counter("A", rules=old, day=april)
    late = till.write(sold(till, first.data, ANNA, programme=1))
    [result] = office.receive(till, late)
    assert Issue.RULE_MISMATCH in result.codes


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
    """One answer for whatever is not valid. Rows: FL-41, WAT-37, A-06; pitfall 25."""
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
    FL-34."""
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
    30.00 given back. Rows: FL-33, WAT-36."""
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


def test_a_used_offer_has_an_exact_part_of_every_line() -> None:
    """Two lines of 10.00 and 20.00 with 10.00 off: 3.33 and 6.67, so a return of the second gives
    13.33 back. Pitfall 3; golden case 5."""
    rules = programme(
        promotions=Promotions(
            (
                Offer(
                    "ten", words(), "threshold", Goods(), steps=(OfferStep(3_000, 1_000),),
                    audience=Audience(members=True),
                ),
            )
        )
    )  # fmt: skip
    basket = [BasketLine("", 1, 1_000), BasketLine("", 1, 2_000)]
    buyer = selling.Buyer(ANNA, Tier("plain", words(), 0), RICH)
    found = granted(selling.quote(rules, "A", basket, buyer, None, HERE))
    assert found.data.offers == (UsedOffer("ten", 1_000, (333, 667)),)
    assert [line.offers_minor for line in found.data.lines] == [333, 667]
    assert [line.price_minor for line in found.data.lines] == [667, 1_333]
    joining = selling.Buyer(ANNA, Tier("plain", words(), 0), RICH, joining=True)
    nobody = granted(selling.quote(rules, "A", basket, joining, None, HERE))
    assert nobody.data.offers == ()  # who joins by this purchase is nobody yet (golden case 2)

"""Price lists, prices by head office's code, and what a sale says of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.domain import overrides, selling
from sync.domain.journal import Body, Kind, read_body
from sync.domain.occasions import Occasion
from sync.domain.offers import UsedOffer
from sync.domain.overrides import OverrideCode
from sync.domain.posting import Issue
from sync.domain.price_lists import base_price, member_price
from sync.domain.pricing import BasketLine, price
from sync.domain.programme import Tier, in_force
from sync.domain.refusals import Code, Refusal
from sync.domain.rulebook.offers import Audience, Goods, Offer, OfferStep, Promotions
from sync.domain.rulebook.prices import MALL_COUNTER, OWN_SHOP, PriceList
from tests.sync.domain import reversing
from tests.sync.domain.making import (
    DAY,
    NOTHING,
    RICH,
    Counter,
    HeadOffice,
    granted,
    member_id,
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


def test_a_return_gives_the_exact_share_of_an_offer_back() -> None:
    """Lines of 10.00 and 20.00 with 10.00 off; the second comes back: 13.33, then the first: 6.67.
    Together what was paid, 20.00. Rows: WAT-27; pitfall 3; golden cases 5 and 9."""
    rules = programme(
        promotions=Promotions(
            (Offer("ten", words(), "threshold", steps=(OfferStep(3_000, 1_000),)),)
        )
    )
    basket = [BasketLine("", 1, 1_000), BasketLine("", 1, 2_000)]
    buyer = selling.Buyer(ANNA, Tier("plain", words(), 0), NOTHING)
    till = Counter("A", rules=rules)
    quoted = granted(selling.quote(rules, "A", basket, buyer, None, HERE))
    entry = till.write(sold(till, quoted.data, ANNA))
    second = read_body(reversing.give_back(till, entry, {1: 1}).body)
    first = read_body(reversing.give_back(till, entry, {0: 1}, {1: 1}).body)
    assert [back.data["money_minor"] for back in (second, first)] == [1_333, 667]

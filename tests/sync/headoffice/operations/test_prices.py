"""Coupons, price codes and kinds of store at head office, on real databases."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sync.domain import coupons, overrides, selling
from sync.domain.journal import Entry, Kind
from sync.domain.occasions import Occasion
from sync.domain.pricing import BasketLine, Product
from sync.domain.rulebook.offers import Offer, OfferStep, Promotions
from sync.domain.store_kinds import StoreFacts, mall_sale
from sync.headoffice.errors import InvalidError, NotFoundError
from sync.headoffice.operations import asking
from sync.headoffice.serving import Running
from tests.helpers.tills import TestTill
from tests.sync.domain.making import DAY, PROGRAMME, granted, plain, words

RULES = msgspec.structs.replace(
    PROGRAMME,
    version=2,
    promotions=Promotions(
        (Offer("ten", words(), "threshold", steps=(OfferStep(5_000, 1_000),), coupon=True),)
    ),
)
COUNTER = StoreFacts("mall_counter", commission_per_mille=300)


def do(chain: Running, name: str, /, **fields: str) -> Any:
    """Ask head office, as its people do."""
    return chain.call(lambda hq: asking.perform(hq, name, fields, "chen", hq.clock.now_ms()))


def refused(chain: Running, name: str, /, **fields: str) -> str:
    with pytest.raises((InvalidError, NotFoundError)) as caught:
        do(chain, name, **fields)
    return caught.value.code


def told(till: TestTill, key: str) -> Any:
    """What a till's feed says under the key of a small document; None: nothing."""
    found = [item for item in till.feed() if item.key == key]
    return msgspec.json.decode(found[-1].data)["data"] if found else None


def sale(till: TestTill, amount: int, *used: str, facts: StoreFacts | None = None) -> Entry:
    """A sale for nobody with coupons, by cash or at a mall counter under slip S1."""
    place = till.desk.place
    occasion = Occasion(place.dealer, DAY, place.store)
    quoted = granted(
        selling.quote(
            RULES, place.dealer, [BasketLine("", 1, amount)], None, None, occasion,
            [(coupons.id_of(code), "ten") for code in used],
        )
    )  # fmt: skip
    due = quoted.data.money_minor
    mall = mall_sale(facts, due, "S1") if facts else None
    data = granted(selling.pay(quoted, "mall" if facts else "cash", due, mall))
    effects = selling.effects(data, None, place.dealer, place.till, "CNY")
    return till.desk.write(
        till.desk.body(Kind.SALE, data=plain(data), effects=effects, programme=2)
    )


@pytest.fixture
def promoted(chain: Running) -> Running:
    """The chain with an offer by coupon."""
    chain.call(lambda hq: hq.setup.programme(RULES))
    return chain


def test_a_coupon_is_published_hashed_used_once_and_voided(
    promoted: Running, a1: TestTill, b1: TestTill
) -> None:
    """Three codes are told once. The first is used at A and at B: B's sale is an exception, no more
    is settled. The second is voided, then the rest of the batch. Rows: FL-41, WAT-37, A-06;
    pitfall 25."""
    made = do(promoted, "publish_coupons", batch="fair", offer="ten", count="3", ends="2030-01-01")
    codes = [made[f"code-{n}"] for n in (1, 2, 3)]
    keys = [f"coupon/{coupons.id_of(code)}" for code in codes]
    assert told(a1, keys[0]) == {"batch": "fair", "offer": "ten", "ends": "2030-01-01"}
    assert not any(codes[0][2:] in str(item.data) for item in a1.feed())
    assert a1.push(sale(a1, 6_000, codes[0])).results[0].codes == ()
    assert told(b1, keys[0])["state"] == "used"
    twice = b1.push(sale(b1, 7_000, codes[0])).results[0]
    assert (twice.outcome, twice.codes) == ("posted_exception", ("coupon_used_twice",))
    assert do(promoted, "void_coupon", code=codes[1]) == {"voided": 1}
    assert told(b1, keys[1])["state"] == "void"
    assert b1.push(sale(b1, 8_000, codes[1])).results[0].codes == ("coupon_unknown",)
    assert do(promoted, "void_coupon", batch="fair") == {"voided": 1}
    assert refused(promoted, "void_coupon", batch="fair") == "coupon"
    assert refused(promoted, "void_coupon", code=codes[0]) == "coupon"
    assert refused(promoted, "void_coupon") == "field_missing"


def test_a_batch_that_makes_no_sense_is_refused(promoted: Running) -> None:
    def publish(**changed: str) -> str:
        usual = {"batch": "b", "offer": "ten", "count": "1"}
        return refused(promoted, "publish_coupons", **{**usual, **changed})

    assert publish(offer="none") == "offer_unknown"
    for name, value in (
        ("count", "0"), ("count", "10001"), ("count", "x"), ("starts", "soon"), ("member", "anna"),
    ):  # fmt: skip
        assert publish(**{name: value}) == "field_invalid"
    do(promoted, "publish_coupons", batch="b", offer="ten", count="1")
    assert publish() == "batch_exists"


def test_a_price_code_of_head_office_holds_at_its_till(promoted: Running, a1: TestTill) -> None:
    """Rows: FL-43."""
    fields = {"till": "A1", "day": DAY.isoformat(), "sku": "SK-1", "price": "584.00"}
    code = overrides.read(do(promoted, "override_code", **fields)["code"])
    assert code is not None
    assert code.price_minor == 58_400
    assert overrides.holds(a1.secrets.token_key, "A1", DAY, "SK-1", code)
    second = overrides.read(do(promoted, "override_code", **fields, number="1")["code"])
    assert second is not None
    assert second.mac != code.mac
    for name, value, said in (
        ("price", "0", "field_invalid"),
        ("price", "much", "field_invalid"),
        ("day", "today", "field_invalid"),
        ("number", "100", "field_invalid"),
        ("till", "Z9", "till"),
    ):
        assert refused(promoted, "override_code", **{**fields, name: value}) == said


@pytest.mark.parametrize("barcode", ["GC0001", "gc-0001", "GP1234567800100"])
def test_no_goods_bear_the_code_of_a_coupon(chain: Running, barcode: str) -> None:
    """Pitfall 28."""
    goods = Product("SK-9", barcode, "裙", "Skirt", 100)
    with pytest.raises(InvalidError) as caught:
        chain.call(lambda hq: hq.setup.products([goods]))
    assert caught.value.code == "barcode_reserved"


def test_a_store_becomes_a_counter_and_is_reported_as_one(
    promoted: Running, a1: TestTill, b1: TestTill
) -> None:
    """60.00 twice by the mall at A, 30 % commission: 36.00; 40.00 in cash at B. The slip twice
    is an exception. Rows: FL-32, FL-33, FL-34."""
    store, other = a1.desk.place.store, b1.desk.place.store
    fields = {"store": store, "kind": "mall_counter", "commission_per_mille": "300"}
    do(promoted, "set_store_kind", **fields, note_zh="合同第 5 条", note_en="Contract, 5")
    assert told(a1, f"store/{store}")["note_en"] == "Contract, 5"
    assert told(b1, f"store/{store}") is None  # only its own tills are told
    assert a1.push(sale(a1, 6_000, facts=COUNTER)).results[0].codes == ()
    assert a1.push(sale(a1, 6_000, facts=COUNTER)).results[0].codes == ("mall_slip_twice",)
    b1.push(sale(b1, 4_000))
    found = do(promoted, "report_store_kinds")
    assert found["mall_counter"] == {
        "sales": 2, "pieces": 2, "goods": "120.00", "basket": "60.00", "commission": "36.00",
        "tenders": {"mall": "120.00"}, "offers": {},
    }  # fmt: skip
    assert found["own_shop"]["tenders"] == {"cash": "40.00"}
    assert do(promoted, "report_store_kinds", to="2000-01-01") == {}
    for name, value, said in (
        ("kind", "kiosk", "field_invalid"),
        ("commission_per_mille", "1001", "field_invalid"),
        ("stored_value", "perhaps", "field_invalid"),
        ("store", "Z9", "store"),
    ):
        assert refused(promoted, "set_store_kind", **{**fields, name: value}) == said
    do(promoted, "set_store_kind", store=other, kind="own_shop")

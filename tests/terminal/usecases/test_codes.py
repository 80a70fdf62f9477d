"""Coupons, prices by head office's code and mall counters, at a till."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.database.till.replica_rows import Change, ProgrammePack
from sync.domain import coupons, overrides
from sync.domain import programme as programmes
from sync.domain.coupons import Coupon
from sync.domain.journal import Kind
from sync.domain.overrides import OverrideData
from sync.domain.programme import Words
from sync.domain.refusals import Code, Refusal
from sync.domain.rulebook.offers import (
    Audience,
    CouponCode,
    Goods,
    Offer,
    OfferStep,
    Promotions,
    When,
)
from sync.domain.rulebook.prices import PriceList
from sync.domain.selling import SaleData
from sync.domain.store_kinds import StoreFacts
from sync.protocol.messages import Document
from terminal.text import Text
from terminal.usecases import codes, drafts, identify, printing, sell
from terminal.usecases.commits import Done
from terminal.usecases.drafts import SaleDraft
from terminal.usecases.identify import CodeFound, MemberCard
from terminal.usecases.outcome import Trouble
from terminal.usecases.sell import SaleQuote
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till
from tests.terminal.usecases.made import (
    DAY,
    NOON_MS,
    PRODUCT,
    PROGRAMME,
    TOKEN_KEY,
    Clock,
    light,
    read,
    till,
)

FIRST, SECOND = (coupons.new_code(bytes([*range(10), n])) for n in (1, 2))
RULES = msgspec.structs.replace(
    PROGRAMME,
    version=4,
    price_lists=(PriceList("counters", per_mille=1_300, store_kinds=("mall_counter",)),),
    promotions=Promotions(
        (
            Offer(
                "spring", Words("满 100 减 10", "10 off 100"), "threshold", coupon=True,
                stacking="sum", steps=(OfferStep(10_000, 1_000),),
            ),
            Offer(
                "noon", Words("午间", "Noon"), "percent", Goods(skus=("SK-1",)), per_mille=500,
                when=When(to_minute=12 * 60 + 1),
            ),
            Offer(
                "born", Words("生日", "Birthday"), "percent", per_mille=990, stacking="sum",
                audience=Audience(birthday="month"),
            ),
        ),
        (CouponCode("GCAUTUMN", "spring"),),
        coupon_soft_minor=1_500,
        coupon_hard_minor=2_500,
    ),
)  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counter(tmp_path: Path, clock: Clock) -> Iterator[Till]:
    made = till(tmp_path, light(5_000, 20_000, 0), clock=clock)
    data = programmes.to_bytes(RULES)
    pack = ProgrammePack(4, date(2026, 1, 1), data, "hq-1", bytes(64))
    made.database.replica.put_fetched([Change(9, "programme", "4", 4, pack)], NOON_MS)
    for code in (FIRST, SECOND):
        told(made, "coupon", coupons.id_of(code), Coupon("fair", "spring"))
    yield made
    made.database.close()


def told(made: Till, kind: str, name: str, document: msgspec.Struct, ver: int = 1) -> None:
    """Head office published a small document."""
    row = Document(msgspec.Raw(msgspec.json.encode(document)))
    change = Change(ver, "document", f"{kind}/{name}", ver, row)
    made.database.replica.put_fetched([change], NOON_MS)


def begun(counter: Till, *amounts: int) -> SaleDraft:
    draft = sell.open_sale(counter)
    assert isinstance(draft, SaleDraft)
    for amount in amounts:
        draft = draft.adding_amount(amount)
    return draft


def taken(counter: Till, draft: SaleDraft, raw: str) -> SaleDraft:
    found = codes.take_code(counter, draft, raw)
    assert isinstance(found, SaleDraft), found
    return found


def refusal(found: object) -> Code:
    assert isinstance(found, Refusal), found
    return found.code


def quoted(counter: Till, draft: SaleDraft) -> SaleQuote:
    found = sell.quote(counter, draft)
    assert isinstance(found, SaleQuote), found
    return found


def sold(found: Done | Refusal | Trouble) -> SaleData:
    assert isinstance(found, Done), found
    return found.data_as(SaleData)


def test_a_scan_is_a_code_before_it_is_anything_else(counter: Till) -> None:
    """Name spaces in a fixed order (pitfall 28): coupon, price code, card, product."""

    def scan(raw: str) -> object:
        read_in = CredentialRead(
            "wedge", Medium.BARCODE, raw, ReadMethod.READ, Strength.TOKEN, NOON_MS
        )
        return identify.scan(counter, read_in)

    assert scan(FIRST) == CodeFound(FIRST)
    assert scan("GC AUTUMN") == CodeFound("GCAUTUMN")
    assert scan("GP1234567800100") == CodeFound("GP1234567800100")
    assert not isinstance(scan(PRODUCT.barcode), CodeFound)
    assert isinstance(identify.scan(counter, read()), MemberCard)
    assert codes.is_code(FIRST)
    assert not codes.is_code(PRODUCT.barcode)
    assert refusal(codes.take_code(counter, begun(counter), "GP1")) is Code.UNKNOWN_CODE


def test_a_coupon_is_used_once_without_a_line_to_head_office(counter: Till) -> None:
    """Rows: FL-41, WAT-37; pitfall 25."""
    draft = taken(counter, begun(counter, 12_000), FIRST.lower())
    assert taken(counter, draft, FIRST) == draft  # shown twice, taken once
    assert quoted(counter, draft).quote.data.due_minor == 11_000
    data = sold(sell.sell(counter, draft, "cash", 11_000))
    assert [used.coupon for used in data.offers] == [coupons.id_of(FIRST)]
    again = codes.take_code(counter, begun(counter, 12_000), FIRST)
    assert refusal(again) is Code.COUPON_USED
    assert refusal(codes.take_code(counter, begun(counter, 1), "GC0")) is Code.COUPON_UNKNOWN
    # a sale that does not reach the offer leaves the coupon as it was
    little = taken(counter, begun(counter, 9_999), SECOND)
    assert sold(sell.sell(counter, little, "cash", 9_999)).offers == ()
    assert isinstance(codes.take_code(counter, begun(counter, 9_999), SECOND), SaleDraft)


def test_coupons_of_a_till_have_a_cap_until_head_office_knows(counter: Till) -> None:
    """10.00 each; soft mark 15.00, hard 25.00 (design.md section 5)."""
    thirds = coupons.new_code(bytes(11))
    told(counter, "coupon", coupons.id_of(thirds), Coupon("fair", "spring"))
    first = taken(counter, begun(counter, 12_000), FIRST)
    sold(sell.sell(counter, first, "cash", 11_000))
    second = taken(counter, begun(counter, 12_000), SECOND)
    assert quoted(counter, second).approver_for == ("coupon_till",)
    asked = sell.sell(counter, second, "cash", 11_000)
    assert refusal(asked) is Code.APPROVER_NEEDED
    sold(sell.sell(counter, second, "cash", 11_000, Approval("wang")))
    third = taken(counter, begun(counter, 12_000), thirds)
    found = quoted(counter, third)
    assert found.offline_refusal is not None
    assert found.offline_refusal.code is Code.COUPON_TILL_CAP
    too_much = sell.sell(counter, third, "cash", 11_000, Approval("wang"))
    assert refusal(too_much) is Code.COUPON_TILL_CAP
    shared = taken(counter, begun(counter, 12_000), "GCAUTUMN")  # free: nobody uses it up
    sold(sell.sell(counter, shared, "cash", 11_000))


def test_a_sale_holds_so_many_coupons(counter: Till) -> None:
    draft = begun(counter, 100)
    for n in range(codes.MAX_COUPONS):
        code = coupons.new_code(bytes([*range(10), 100 + n]))
        told(counter, "coupon", coupons.id_of(code), Coupon("fair", "spring"))
        draft = taken(counter, draft, code)
    assert refusal(codes.take_code(counter, draft, FIRST)) is Code.TOO_LARGE
    missing = msgspec.structs.replace(draft, programme=99)
    assert refusal(codes.take_code(counter, missing, FIRST)) is Code.PROGRAMME_MISSING


def test_one_piece_at_head_offices_price(counter: Till) -> None:
    """Three skirts at 2,680.00, one of them for 1,000.00 by a code. Rows: FL-43, BEST-16."""
    code = overrides.code_for(TOKEN_KEY, "A1-1", DAY, PRODUCT.sku, 100_000, 0)
    empty = begun(counter, 500)
    assert refusal(codes.take_code(counter, empty, code)) is Code.OVERRIDE_UNKNOWN
    draft = taken(counter, empty.adding(PRODUCT, 3), code)
    assert [(line.quantity, line.override_minor) for line in draft.lines] == [
        (1, None), (2, None), (1, 100_000),
    ]  # fmt: skip
    entry = counter.database.journal.entry(counter.database.journal.head().seq)
    assert entry is not None
    override = Done(entry, new=True)
    assert override.body.kind == Kind.PRICE_OVERRIDE
    assert override.data_as(OverrideData) == OverrideData(PRODUCT.sku, 100_000, 0)
    assert refusal(codes.take_code(counter, draft, code)) is Code.OVERRIDE_USED
    # one more of the same goods, and no more of the piece
    more = draft.adding(PRODUCT).with_quantity(2, 5)
    assert [line.quantity for line in more.lines] == [1, 3, 1]
    alone = draft.with_quantity(0, 0).with_quantity(0, 0)
    [line] = sold(sell.sell(counter, alone, "cash", 100_000)).lines
    assert (line.rule, line.price_minor, line.override) == (
        "price.override", 50_000, str(override.body.entry_id),
    )  # fmt: skip
    last = begun(counter).adding(PRODUCT)
    other = overrides.code_for(TOKEN_KEY, "A1-1", DAY, PRODUCT.sku, 90_000, 1)
    assert [line.quantity for line in taken(counter, last, other).lines] == [1]


def test_a_short_offer_holds_by_when_the_sale_began(counter: Till, clock: Clock) -> None:
    """Half price until 12:01: rung up at 12:00 and paid at 12:05, but not resumed then. Rows:
    WAT-35; golden case 17; pitfall 34."""
    draft = begun(counter).adding(PRODUCT)
    clock.pass_ms(5 * 60_000)
    assert quoted(counter, draft).quote.data.due_minor == 134_000
    again = sell.resume(counter, draft)
    assert isinstance(again, SaleDraft)
    assert quoted(counter, again).quote.data.due_minor == 268_000


def test_birthdays_are_known_from_the_full_profile(counter: Till) -> None:
    """Zhang was born on 14 March; today is in November. Rows: FL-42."""
    found = identify.scan(counter, read())
    assert isinstance(found, MemberCard)
    draft = begun(counter, 10_000).for_member(found.bearer)
    assert quoted(counter, draft).quote.data.due_minor == 9_000  # 9 折 only


MALL = StoreFacts("mall_counter", "百货", "Store", 300, "not_at_mall", "合同", "Contract")


def test_a_mall_counter_takes_no_money_of_its_own(counter: Till) -> None:
    """Rows: FL-32, FL-33, FL-34."""
    drawer = counter.database.counter.totals(1)
    told(counter, "store", "A1", MALL)
    draft = begun(counter).adding(PRODUCT)
    clock_noon = quoted(counter, draft)
    assert clock_noon.quote.data.tag_minor == 348_400  # 2,680.00 x 1.3
    due = clock_noon.quote.data.money_minor
    assert refusal(sell.sell(counter, draft, "cash", due)) is Code.TENDER_NOT_HERE
    assert refusal(sell.sell(counter, draft, "mall", due)) is Code.MALL_SLIP_NEEDED
    done = sell.sell(counter, draft.with_slip("s-17"), "mall", due)
    data = sold(done)
    assert data.mall is not None
    assert (data.mall.slip, data.mall.commission_minor) == ("S-17", due * 300 // 1000)
    assert isinstance(done, Done)
    again = begun(counter, 5_000).with_slip("S-17")
    assert refusal(sell.sell(counter, again, "mall", 5_000)) is Code.MALL_SLIP_USED
    totals = {row.tender: row.amount_minor for row in counter.database.counter.totals(1)}
    assert totals == {row.tender: row.amount_minor for row in drawer} | {"mall": due}
    found = identify.scan(counter, read())
    assert isinstance(found, MemberCard)
    stored = begun(counter, 5_000).for_member(found.bearer).paying(0, 1_000)
    assert quoted(counter, stored).most_stored_value_minor == 0
    refused = sell.sell(counter, stored.with_slip("S-18"), "mall", 10_000)
    assert refusal(refused) is Code.STORED_VALUE_NOT_HERE
    paper = printing.document_of(counter, done, Text("en"), copy=False)
    assert "S-17" in str(paper)


def test_offers_stand_on_the_receipt_by_name(counter: Till) -> None:
    """Each offer is listed (pitfall 33)."""
    draft = taken(counter, begun(counter, 12_000), "GCAUTUMN")
    done = sell.sell(counter, draft, "cash", 11_000)
    assert isinstance(done, Done)
    assert "10 off 100" in str(printing.document_of(counter, done, Text("en"), copy=False))
    assert "满 100 减 10" in str(printing.document_of(counter, done, Text("zh_CN"), copy=False))


def test_a_code_needs_a_shift(counter: Till) -> None:
    code = overrides.code_for(TOKEN_KEY, "A1-1", DAY, PRODUCT.sku, 100, 0)
    draft = begun(counter).adding(PRODUCT)
    counter.session = None
    assert refusal(codes.take_code(counter, draft, code)) is Code.NOT_SIGNED_IN
    assert drafts.open_drafts(counter)

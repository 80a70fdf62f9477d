"""Offers, coupons, price codes and mall counters on the sale screen."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.database.till.replica_rows import Change, ProgrammePack
from sync.domain import overrides
from sync.domain import programme as programmes
from sync.domain.programme import Words
from sync.domain.rulebook.offers import CouponCode, Offer, OfferStep, Promotions
from sync.domain.rulebook.prices import PriceList
from sync.domain.store_kinds import StoreFacts
from sync.protocol.messages import Document
from terminal.presenters.counter import Counter
from tests.terminal.usecases import made

RULES = msgspec.structs.replace(
    made.PROGRAMME,
    version=4,
    price_lists=(PriceList("vip", {"SK-1": 200_000}, members=True),),
    promotions=Promotions(
        (
            Offer(
                "steps", Words("满 4,000 减 200", "200 off 4,000"), "threshold", stacking="sum",
                steps=(OfferStep(400_000, 20_000),),
            ),
            Offer(
                "spring", Words("春季券", "Spring"), "threshold", stacking="sum", coupon=True,
                steps=(OfferStep(10_000, 1_000),),
            ),
        ),
        (CouponCode("GCAUTUMN26", "spring"),),
    ),
)  # fmt: skip


@pytest.fixture
def promoted(counter: Counter) -> Counter:
    data = programmes.to_bytes(RULES)
    pack = ProgrammePack(4, date(2026, 1, 1), data, "hq-1", bytes(64))
    change = Change(9, "programme", "4", 4, pack)
    counter.desk.till.database.replica.put_fetched([change], made.NOON_MS)
    return counter


def scan(counter: Counter, raw: str) -> None:
    read = CredentialRead(
        "wedge", Medium.BARCODE, raw, ReadMethod.READ, Strength.TOKEN, made.NOON_MS
    )
    counter.frame.device_event(read)


def labels(counter: Counter) -> list[tuple[str, str]]:
    return [(row.label, row.value) for row in counter.sale.view().totals]


def test_offers_total_by_name_with_their_arithmetic(promoted: Counter) -> None:
    """Two skirts at 2,680.00: 5,360.00, 满 4,000 减 200, coupon 10.00: 5,150.00. Rows: WAT-27,
    BEST-16; pitfall 33."""
    sale = promoted.sale
    scan(promoted, "GCAUTUMN26")
    assert sale.view().entry_error == promoted.desk.text("sale.need_line")
    scan(promoted, made.PRODUCT.barcode)
    scan(promoted, made.PRODUCT.barcode)
    scan(promoted, "GCAUTUMN26")
    shown = labels(promoted)
    assert [label for label, _ in shown[1:]] == ["春季券", "满 4,000 减 200"]
    assert sale.view().due == promoted.desk.text.money(515_000)
    assert {row.explain for row in sale.view().totals[1:]} == {"offers"}
    sale.explain_requested("offers")
    panel = sale.view().explain
    assert panel is not None
    assert "满 4,000 减 200" in panel.rows[1].label
    [line] = sale.view().lines
    assert (line.list_price, line.price) == ("5,360.00", "5,360.00")


def test_typed_coupons_and_refused_ones(promoted: Counter) -> None:
    sale = promoted.sale
    sale.entry_submitted("150")
    sale.entry_submitted("gcautumn26")
    assert sale.view().due == promoted.desk.text.money(14_000)
    scan(promoted, "GCNOSUCHCODE")
    assert promoted.frame.notice is not None
    assert "无效" in promoted.frame.notice.text
    assert sale.view().due == promoted.desk.text.money(14_000)


def test_a_vip_price_and_head_offices_price_are_named(promoted: Counter) -> None:
    """Rows: FL-43, FL-44, BEST-16."""
    scan(promoted, made.PRODUCT.barcode)
    promoted.frame.device_event(made.read())
    assert promoted.sale.view().lines[0].price_note == "贵宾价"
    code = overrides.code_for(made.TOKEN_KEY, "A1-1", made.DAY, "SK-1", 100_000, 0)
    scan(promoted, code)
    [line] = promoted.sale.view().lines
    assert (line.price_note, line.price) == ("总部改价", "1,000.00")


def test_codes_belong_to_the_sale(promoted: Counter) -> None:
    promoted.frame.go("top_up")
    scan(promoted, "GCAUTUMN26")
    assert promoted.frame.notice is not None
    assert promoted.frame.notice.text == promoted.desk.text("notice.code_not_here")


def test_a_mall_counter_asks_for_the_slip(promoted: Counter) -> None:
    """Rows: FL-33, FL-34."""
    facts = StoreFacts("mall_counter", commission_per_mille=300, note_zh="见合同第五条")
    row = Document(msgspec.Raw(msgspec.json.encode(facts)))
    change = Change(1, "document", "store/A1", 1, row)
    promoted.desk.till.database.replica.put_fetched([change], made.NOON_MS)
    sale = promoted.sale
    sale.entry_submitted("100")
    promoted.frame.device_event(made.read())
    assert [view.code for view in sale.view().tenders] == ["mall"]
    assert "见合同第五条" in sale.view().value_credit.amount
    sale.tender_chosen("mall")
    assert sale.view().entry_hint == promoted.desk.text("sale.mall_hint")
    sale.primary_pressed()
    assert sale.finished is None
    sale.entry_submitted("S-0001")
    sale.primary_pressed()
    assert sale.finished is not None

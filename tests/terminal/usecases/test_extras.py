"""Gifts on the shelf, virtual goods, events, feedback and product alerts at the counter."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.documents import Barcode, Row, Total
from sync.client.online import NoAnswer
from sync.domain.cards import card_number
from sync.domain.extras import Alert, EventData, FeedbackData, VirtualData, VirtualTold
from sync.domain.gift_stock import GiftStock, HoldData
from sync.domain.refusals import Code, Refusal
from sync.domain.service_orders import OpenData
from sync.protocol.messages import Granted
from terminal.operations import catalogue, filling
from terminal.operations.spec import Preview
from terminal.presenters.ringing import Ringing, Rung
from terminal.text import Text
from terminal.usecases import extras, gift_shelf, printing, redeem_gift, sell, service_orders
from terminal.usecases.commits import Done
from terminal.usecases.credentials import typed
from terminal.usecases.drafts import SaleDraft
from terminal.usecases.identify import MemberCard, identify
from terminal.usecases.till import Till
from tests.terminal.usecases.made import (
    NEW_SERIAL,
    PRODUCT,
    ZHANG,
    ZHANG_SERIAL,
    HeadOffice,
    light,
)
from tests.terminal.usecases.services_made import counter, document, filled, member, shelf, tell
from tests.terminal.usecases.test_redeem_gift import of


def refused(answer: object) -> Code:
    assert isinstance(answer, Refusal), answer
    return answer.code


def done(answer: object) -> Done:
    assert isinstance(answer, Done), answer
    return answer


# ---------------------------------------------------------------------------------------- gifts
def test_the_shelf_goes_down_with_own_gifts_and_others_are_named_instead(tmp_path: Path) -> None:
    """Rows: FL-10, FL-19, FL-26. Two scarves; one is kept; the mug is what there is instead."""
    made = counter(tmp_path)
    tell(made, shelf(9, "G1", 2), document(10, "gift_stock/B1/G1", GiftStock("B1", "G1", 9)))
    until = {"until": "2026-11-25"}
    hold = filled(made, "gift_hold", member(made), offer="G1", quantity="1", **until)
    assert done(gift_shelf.hold_gift(made, hold, None)).data_as(HoldData).quantity == 1
    assert gift_shelf.kept_for(made, ZHANG) == {"G1": 1}
    done(redeem_gift.redeem_gift(made, of(made)))
    assert (gift_shelf.shelves(made)["G1"].count, gift_shelf.kept_for(made, ZHANG)) == (1, {})
    done(redeem_gift.redeem_gift(made, of(made)))
    gone = redeem_gift.redeem_gift(made, of(made))
    assert isinstance(gone, Refusal)
    assert (gone.code, gone.param("left"), gone.param("instead")) == (
        Code.GIFT_OUT_OF_STOCK, 0, "G2"
    )  # fmt: skip
    mark = made.database.journal.mark_key
    tell(made, shelf(11, "G1", 4, marks={mark: 99}))
    assert gift_shelf.shelves(made)["G1"].count == 4  # own entries are inside
    made.database.close()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"offer": "G9", "quantity": "1"}, Code.GIFT_UNKNOWN),
        ({"offer": "G2", "quantity": "1"}, Code.GIFT_NOT_COUNTED),
        ({"offer": "G1", "quantity": "x"}, Code.FIELD_INVALID),
        ({"offer": "G1", "quantity": "1", "until": "soon"}, Code.FIELD_INVALID),
        ({"offer": "G1", "quantity": "1", "until": "2027-11-25"}, Code.HOLD_TOO_LONG),
        ({"offer": "G1", "quantity": "3"}, Code.GIFT_OUT_OF_STOCK),
    ],
)
def test_gifts_that_cannot_be_kept(tmp_path: Path, fields: dict[str, str], code: Code) -> None:
    """Rows: FL-19."""
    made = counter(tmp_path)
    tell(made, shelf(9, "G1", 2))
    draft = filled(made, "gift_hold", member(made), **fields)
    assert refused(gift_shelf.hold_gift(made, draft, None)) is code
    nobody = filled(made, "gift_hold", None, **fields)
    assert refused(gift_shelf.hold_gift(made, nobody, None)) is Code.MEMBER_NEEDED
    made.database.close()


# -------------------------------------------------------------------------------------- virtual
def virtual(made: Till, **fields: str) -> object:
    draft = filled(made, "virtual_order", member(made), **({"offer": "q-100"} | fields))
    return extras.order_virtual(made, draft, None)


def test_a_virtual_good_takes_points_only_with_head_offices_word(tmp_path: Path) -> None:
    """Rows: FL-55, FL-56: online only; offline a request that takes nothing."""
    office = HeadOffice(lambda _: Granted("a", 120, light(5000, version=2)))
    made = counter(tmp_path, online=office)
    order = done(virtual(made, recipient="13800138000"))
    assert order.data_as(VirtualData) == VirtualData("q-100", 1, 1_000, 1_000, 900)
    assert (order.body.basis.auth, office.asked[0].debit.points) == ("a", 1_000)
    assert b"13800138000" not in order.entry.body
    assert [blob.kind for blob in made.database.journal.blobs(order.seq)] == [extras.RECIPIENT]
    office.answer = lambda _: NoAnswer("timeout", unknown=True)
    assert refused(virtual(made)) is Code.HEAD_OFFICE_ONLY
    asked = done(virtual(made, request="yes"))
    assert asked.data_as(VirtualData).request
    assert (asked.body.effects, asked.body.claims) == ((), ())
    assert refused(virtual(made, quantity="x")) is Code.FIELD_INVALID
    assert refused(virtual(made, offer="none")) is Code.GIFT_UNKNOWN
    tell(made, document(9, f"virtual/{order.body.entry_id}", VirtualTold(
        str(order.body.entry_id), "q-100", ZHANG, 1_000, "issued", "QQ-1234")))  # fmt: skip
    spec = catalogue.named("virtual_order")
    draft = filled(made, "virtual_order", member(made), offer="q-100", request="yes")
    preview = spec.look(made, draft, None)
    assert refused(preview) is Code.MEMBER_NEEDED
    preview = spec.look(made, filled(made, "virtual_order", member(made)), _who(made))
    assert isinstance(preview, Preview)
    assert [(f.code, f.value) for f in preview.facts] == [("fact.virtual_issued", "QQ-1234")]
    made.database.close()


def _who(made: Till) -> MemberCard:
    found = identify(made, typed(made, card_number(ZHANG_SERIAL)))
    assert isinstance(found, MemberCard)
    return found


def test_without_points_only_a_request_is_taken(tmp_path: Path) -> None:
    made = counter(tmp_path / "a", 10)
    assert refused(virtual(made)) is Code.POINTS_SHORT
    assert done(virtual(made, request="yes")).data_as(VirtualData).request
    made.database.close()
    made = counter(tmp_path / "b", 5_000, uncovered=1)
    assert refused(virtual(made, request="yes")) is Code.MEMBER_NEGATIVE
    made.database.close()


# --------------------------------------------------------------------------------------- events
def test_attendees_are_deducted_in_one_go_each_once(tmp_path: Path) -> None:
    """Rows: FL-12, FL-13."""
    made = counter(tmp_path)
    card, other = card_number(ZHANG_SERIAL), card_number(NEW_SERIAL)
    draft = filled(made, "event_deduction", event="party", cards=f"{other} {card}", reason="came")
    spec = catalogue.named("event_deduction")
    preview = spec.look(made, draft, None)
    assert isinstance(preview, Preview)
    assert [fact.code for fact in preview.facts] == ["fact.attendee_card_unknown", "fact.attendee"]
    entry = done(extras.deduct_event(made, draft, None))
    assert entry.data_as(EventData) == EventData("party", 300, 1_500, "came")
    assert entry.body.member == ZHANG
    again = done(extras.deduct_event(made, draft, None))
    assert (again.entry, again.new) == (entry.entry, False)
    fresh = filled(made, "event_deduction", event="party", cards=card)
    assert refused(extras.deduct_event(made, fresh, None)) is Code.EVENT_ALREADY
    odd = filled(made, "event_deduction", event="picnic", cards=card)
    assert refused(extras.deduct_event(made, odd, None)) is Code.EVENT_UNKNOWN
    empty = filled(made, "event_deduction", event="party")
    assert refused(extras.deduct_event(made, empty, None)) is Code.FIELD_NEEDED
    assert refused(spec.look(made, odd, None)) is Code.EVENT_UNKNOWN
    made.database.close()


# ------------------------------------------------------------------------------ feedback, alerts
def test_stars_are_given_once_for_a_receipt(tmp_path: Path) -> None:
    """Rows: BEST-20, WAT-20."""
    made = counter(tmp_path)

    def give(receipt: str, stars: str) -> object:
        return extras.give_feedback(
            made, filled(made, "feedback", receipt=receipt, stars=stars), None
        )

    assert done(give("A1-1-000017", "5")).data_as(FeedbackData) == FeedbackData("A1-1-000017", 5)
    assert refused(give("A1-1-000017", "1")) is Code.FEEDBACK_GIVEN
    assert refused(give("A1-1-000018", "6")) is Code.FIELD_INVALID
    assert refused(give("nothing", "3")) is Code.FIELD_INVALID
    made.database.close()


def test_a_report_flags_a_product_here_at_once_and_everywhere_by_head_office(
    tmp_path: Path,
) -> None:
    """Rows: WAT-33."""
    made = counter(tmp_path)

    def report(product: str, what: str = "allergy", details: str = "") -> object:
        fields = {"product": product, "what": what, "details": details}
        return extras.report_product(made, filled(made, "product_alert", None, **fields), None)

    assert extras.alerts(made) == {}
    done(report("6901234500124", details="a rash"))
    assert extras.alerts(made) == {"SK-1": "allergy"}
    tell(made, document(9, "alert/SK-2", Alert("SK-2", "unsuitable", "open", 1, 1), "document"))
    assert extras.alerts(made) == {"SK-1": "allergy", "SK-2": "unsuitable"}
    assert refused(report("none")) is Code.PRODUCT_UNKNOWN
    assert refused(report("SK-1", "ugly")) is Code.FIELD_INVALID
    made.database.close()


def test_a_flagged_product_is_sold_only_after_the_warning_was_seen(tmp_path: Path) -> None:
    """Rows: WAT-33: the sale warns once per product, here and after a second press goes on."""
    made = counter(tmp_path)
    tell(made, document(9, "alert/SK-1", Alert("SK-1", "allergy", "open", 1, 1), "document"))
    draft = sell.open_sale(made)
    assert isinstance(draft, SaleDraft)
    draft = draft.adding(PRODUCT)
    warned = sell.sell(made, draft, "cash", 268_000)
    assert isinstance(warned, Refusal)
    assert (warned.code, warned.param("product")) == (Code.PRODUCT_ALERT, "SK-1")
    done(sell.sell(made, draft.knowing("SK-1"), "cash", 268_000))
    till_sale = Ringing(made)
    till_sale.change(lambda empty: empty.adding(PRODUCT), opens=True)
    first = till_sale.pay("cash", 268_000, None)
    assert isinstance(first, Rung)
    assert refused(first.refused) is Code.PRODUCT_ALERT
    done(till_sale.pay("cash", 268_000, None))
    made.database.close()


# ------------------------------------------------------------------------------------- receipts
def test_receipts_name_tags_and_prices(tmp_path: Path) -> None:
    """Rows: FL-07: the tags are printed with the receipt."""
    made = counter(tmp_path)
    draft = filled(
        made, "service_open", member(made), service="dry_cleaning", items="coat:2", fault="stain"
    )
    opened = done(service_orders.open_order(made, draft, None))
    code = opened.data_as(OpenData).code
    for language in ("zh_CN", "en"):
        words = Text(language)
        paper = printing.document_of(made, opened, words, copy=False)
        tags = [block.data for block in paper.blocks if isinstance(block, Barcode)]
        assert tags[:2] == [f"{code}-1", f"{code}-2"]
        assert any(isinstance(b, Row) and b.right == "coat stain" for b in paper.blocks)
        assert any(isinstance(b, Total) for b in paper.blocks)
    for step in ("at_cleaner", "back"):
        moved = filled(made, "service_step", order=code, step=step)
        done(service_orders.step_order(made, moved, None))
    out = filled(made, "service_close", order=code, outcome="done", tender="cash")
    closed = done(service_orders.close_order(made, out, None))
    assert printing.document_of(made, closed, Text("en"), copy=False).blocks
    asked = done(virtual(made, request="yes"))
    assert printing.document_of(made, asked, Text("en"), copy=False).blocks
    free = filled(
        made, "service_open", member(made), service="dry_cleaning", items="coat:1", free="yes"
    )
    freed = done(service_orders.open_order(made, free, None))
    assert printing.document_of(made, freed, Text("zh_CN"), copy=True).blocks
    made.database.close()


def test_the_forms_of_extras_ask_for_what_is_needed(tmp_path: Path) -> None:
    made = counter(tmp_path)
    tell(made, shelf(9, "G1", 2))
    for name, fields in (
        ("gift_hold", ["offer", "quantity", "until"]),
        ("virtual_order", ["offer", "quantity", "recipient", "request"]),
        ("event_deduction", ["event", "cards", "reason"]),
        ("feedback", ["receipt", "stars"]),
        ("product_alert", ["product", "what", "details"]),
    ):
        spec = catalogue.named(name)
        draft = filling.with_presets(spec, made, filled(made, name, member(made)))
        assert [field.name for field in filling.fields_of(spec, made, draft)] == fields
    spec = catalogue.named("gift_hold")
    draft = filling.with_presets(spec, made, filled(made, "gift_hold", member(made)))
    draft = filling.fill(spec, made, draft, {"offer": "G1"})
    assert draft.fields["until"] == "2026-11-21"
    preview = spec.look(made, draft, _who(made))
    assert isinstance(preview, Preview)
    assert [fact.value for fact in preview.facts] == [2, 0, 1, "2026-11-21"]
    made.database.close()

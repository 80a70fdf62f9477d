from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from sync.domain.joining import Eligibility, EnrolData, Purchase
from sync.domain.members import Balances, Profile
from sync.domain.refusals import Code, Refusal
from sync.domain.selling import SaleData
from sync.protocol.messages import Refused
from terminal.usecases import enrol, identify, search, sell, top_up
from terminal.usecases.commits import Done
from terminal.usecases.drafts import EnrolDraft, SaleDraft, TopUpDraft
from terminal.usecases.enrol import Enrolled, Form
from terminal.usecases.identify import MemberCard
from terminal.usecases.till import Till
from tests.terminal.usecases.made import NEW_SERIAL, PHONE, ZHANG, HeadOffice, read, till

FORM = Form("李娜", "139 1234 5678", 2, 29, consent=True)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Till]:
    made = till(tmp_path)
    yield made
    made.database.close()


def sale_of(counter: Till, amount_minor: int) -> SaleDraft:
    draft = sell.open_sale(counter)
    assert isinstance(draft, SaleDraft)
    return draft.adding_amount(amount_minor)


def begun(counter: Till, sale: SaleDraft | None) -> EnrolDraft:
    draft = enrol.open_enrolment(counter, sale)
    assert isinstance(draft, EnrolDraft)
    return draft


def test_joining_by_the_purchase_being_rung_up(counter: Till) -> None:
    sale = sale_of(counter, 300_000)
    draft = begun(counter, sale)
    made = enrol.enrol(counter, draft, FORM, read(NEW_SERIAL), sale)
    assert isinstance(made, Enrolled)
    body = made.done.body
    data = made.done.data_as(EnrolData)
    assert (data.qualifies_by, data.single_minor, data.tier) == ("joining.single", 300_000, "gold")
    assert (data.for_entry, body.member) == (sale.entry_id, draft.member)
    assert b"13912345678" not in made.done.entry.body
    assert "李".encode() not in made.done.entry.body
    (blob,) = counter.database.journal.blobs(made.done.seq)
    profile = msgspec.json.decode(blob.data, type=Profile)
    assert (profile.name, profile.phone, profile.birthday_day) == ("李娜", "+8613912345678", 29)
    assert body.attachments[0].sha256 == blob.sha256.hex()
    assert made.sale is not None
    sold = sell.sell(counter, made.sale, "wechat", 300_000)
    assert isinstance(sold, Done)
    assert sold.data_as(SaleData).joining
    assert sold.data_as(SaleData).points_earned == 3000


def test_a_new_member_is_found_at_once_by_card_and_phone(counter: Till) -> None:
    sale = sale_of(counter, 300_000)
    made = enrol.enrol(counter, begun(counter, sale), FORM, read(NEW_SERIAL), sale)
    assert isinstance(made, Enrolled)
    found = identify.scan(counter, read(NEW_SERIAL))
    assert isinstance(found, MemberCard)
    assert (found.member, found.name, found.age_ms) == (made.member.member, "李娜", None)
    assert found.standing.available == Balances()
    for text in ("13912345678", "5678"):
        hits = search.search(counter, text)
        assert isinstance(hits, search.Found)
        assert [hit.member for hit in hits.hits] == [made.member.member]


def test_the_same_draft_makes_one_member(counter: Till) -> None:
    sale = sale_of(counter, 300_000)
    draft = begun(counter, sale)
    first = enrol.enrol(counter, draft, FORM, read(NEW_SERIAL), sale)
    again = enrol.enrol(counter, draft, FORM, read(NEW_SERIAL), sale)
    assert isinstance(first, Enrolled)
    assert isinstance(again, Enrolled)
    assert (again.done.new, again.done.entry) == (False, first.done.entry)
    other = enrol.enrol(counter, begun(counter, sale), FORM, read(NEW_SERIAL), sale)
    assert isinstance(other, Refusal)
    assert other.code is Code.CARD_IN_USE


def test_who_may_not_join(counter: Till) -> None:
    sale = sale_of(counter, 299_999)
    found = enrol.eligibility(counter, sale)
    assert isinstance(found, Refusal)
    assert (found.code, found.param("single_minor")) == (Code.NOT_ELIGIBLE, 299_999)
    earlier = (Purchase(date(2026, 3, 1), 200_001),)
    why = enrol.eligibility(counter, sale, earlier)
    assert isinstance(why, Eligibility)
    assert why.rule == "joining.window"
    assert isinstance(enrol.eligibility(counter, None), Refusal)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (Form(" ", FORM.phone, consent=True), Code.NAME_NEEDED),
        (Form("李娜", "12", consent=True), Code.PHONE_INVALID),
        (Form("李娜", FORM.phone, 2, 30, consent=True), Code.BIRTHDAY_INVALID),
        (Form("李娜", FORM.phone, 2, 29, 2023, consent=True), Code.BIRTHDAY_INVALID),
        (Form("李娜", FORM.phone, 2, consent=True), Code.BIRTHDAY_INVALID),
        (Form("李娜", FORM.phone), Code.CONSENT_NEEDED),
    ],
)
def test_a_form_says_what_is_wrong(counter: Till, form: Form, code: Code) -> None:
    assert [refusal.code for refusal in enrol.form_errors(form)] == [code]
    sale = sale_of(counter, 300_000)
    found = enrol.enrol(counter, begun(counter, sale), form, read(NEW_SERIAL), sale)
    assert isinstance(found, Refusal)
    assert found.code is code


def test_a_card_of_another_block_is_refused(counter: Till) -> None:
    refused = enrol.card_refusal(counter, read(7001))
    assert isinstance(refused, Refusal)
    assert refused.code is Code.CARD_NOT_IN_BLOCK
    assert enrol.card_refusal(counter, read(NEW_SERIAL)) is None
    refused = enrol.card_refusal(counter, read())
    assert isinstance(refused, Refusal)
    assert refused.code is Code.CARD_IN_USE


def test_duplicates_are_advice_by_phone_and_by_name(counter: Till) -> None:
    by_phone = enrol.duplicates(counter, Form("王芳", PHONE))
    assert isinstance(by_phone, tuple)
    assert [(d.hit.member, d.why) for d in by_phone] == [(ZHANG, "phone")]
    by_name = enrol.duplicates(counter, Form("张文静", "13911112222"))
    assert isinstance(by_name, tuple)
    assert [(d.hit.member, d.why) for d in by_name] == [(ZHANG, "name")]
    assert enrol.duplicates(counter, Form("王芳", "13911112222")) == ()
    assert isinstance(by_phone[0].hit.member, UUID)


def newly_joined(counter: Till) -> MemberCard:
    sale = sale_of(counter, 300_000)
    made = enrol.enrol(counter, begun(counter, sale), FORM, read(NEW_SERIAL), sale)
    assert isinstance(made, Enrolled)
    found = identify.scan(counter, read(NEW_SERIAL))
    assert isinstance(found, MemberCard)
    return found


def test_what_a_new_member_topped_up_here_may_be_spent_here_unheard(tmp_path: Path) -> None:
    """Head office cannot know the member yet: it is not asked, and the draft stays alive."""
    office = HeadOffice(lambda _: Refused("card_unknown"))
    counter = till(tmp_path, online=office)
    found = newly_joined(counter)
    counter.offline = True
    loading = top_up.open_top_up(counter, found.bearer)
    assert isinstance(loading, TopUpDraft)
    assert isinstance(top_up.top_up(counter, top_up.of_amount(loading, 10_000), "cash"), Done)
    counter.offline = False
    sale = sale_of(counter, 5_000).for_member(found.bearer).paying(stored_value_minor=5_000)
    done = sell.sell(counter, sale, "", 0)
    assert isinstance(done, Done)
    assert done.data_as(SaleData).principal_minor == 4_500  # her tier pays 90 %
    assert (done.body.basis.mode, office.asked) == ("offline", [])
    counter.database.close()

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sync.client.online import NoAnswer
from sync.domain.journal import Basis
from sync.domain.members import Balances
from sync.domain.refusals import Code, Refusal
from sync.domain.selling import SaleData
from sync.protocol import codec
from sync.protocol.messages import FeedKind, Granted, MemberReply, Refused
from terminal.usecases import drafts, identify, sell, shift, sign_in
from terminal.usecases.commits import Done
from terminal.usecases.drafts import SaleDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.outcome import Trouble
from terminal.usecases.sell import SaleQuote
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till
from tests.terminal.usecases.made import (
    PIN,
    PRODUCT,
    ZHANG,
    Clock,
    HeadOffice,
    light,
    read,
    till,
)

MANAGER = Approval("wang")


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Till]:
    made = till(tmp_path, light(5000, 20_000, 2_000))
    yield made
    made.database.close()


def member(counter: Till) -> MemberCard:
    found = identify.scan(counter, read())
    assert isinstance(found, MemberCard)
    return found


def begun(counter: Till) -> SaleDraft:
    draft = sell.open_sale(counter)
    assert isinstance(draft, SaleDraft)
    return draft


def done(found: Done | Refusal | Trouble) -> Done:
    assert isinstance(found, Done), found
    return found


def test_a_sale_by_money_earns_at_member_price(counter: Till) -> None:
    """Rows: pitfall 29."""
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer)
    sold = done(sell.sell(counter, draft, "cash", 250_000))
    data = sold.data_as(SaleData)
    assert (data.due_minor, data.change_minor, data.points_earned) == (241_200, 8_800, 2412)
    assert (sold.number, sold.body.member, sold.body.operator) == ("A1-1-000002", ZHANG, "lin")
    assert sold.body.basis.mode == "offline"
    assert sold.body.programme == 3
    after = member(counter)
    assert after.standing.pending == Balances(2412, 0, 0, 241_200)
    assert after.standing.available == Balances(5000, 20_000, 2_000)


def test_the_same_draft_again_gives_the_same_entry(counter: Till) -> None:
    draft = begun(counter).adding(PRODUCT)
    first = done(sell.sell(counter, draft, "wechat", 268_000))
    again = done(sell.sell(counter, draft, "wechat", 268_000))
    assert (first.new, again.new) == (True, False)
    assert again.entry == first.entry
    assert again.data_as(SaleData) == first.data_as(SaleData)
    assert counter.database.journal.head().seq == first.seq
    assert drafts.open_drafts(counter) == ()


def test_a_draft_is_kept_as_it_grows(counter: Till) -> None:
    draft = begun(counter)
    assert drafts.open_drafts(counter) == (draft,)
    grown = draft.adding(PRODUCT).adding(PRODUCT).adding_amount(5_000)
    assert [line.quantity for line in grown.lines] == [2, 1]
    assert len(grown.with_quantity(1, 0).lines) == 1
    sell.save(counter, grown)
    assert drafts.open_drafts(counter) == (grown,)
    drafts.abandon(counter, grown)
    assert drafts.open_drafts(counter) == ()


def test_points_and_stored_value_pay_within_the_limits(counter: Till) -> None:
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(500, 10_000)
    quote = sell.quote(counter, draft)
    assert isinstance(quote, SaleQuote)
    assert (quote.most_points, quote.most_stored_value_minor) == (5000, 22_000)
    assert quote.approver_for == ()
    sold = done(sell.sell(counter, draft, "cash", 300_000))
    data = sold.data_as(SaleData)
    assert (data.points_face_minor, data.principal_minor, data.bonus_minor) == (5_000, 9_091, 909)
    after = member(counter).standing
    assert after.pending_debit == Balances(-500, -9_091, -909)
    assert after.available.points == 4500
    used = counter.database.pending.used(ZHANG, sold.body.business_date)
    assert (used.card_points_minor, used.card_stored_value_minor) == (5_000, 10_000)


def test_a_soft_mark_asks_for_an_approver(counter: Till) -> None:
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(600)
    found = sell.sell(counter, draft, "cash", 300_000)
    assert isinstance(found, Refusal)
    assert (found.code, found.param("marks")) == (Code.APPROVER_NEEDED, "points_op")
    approval = sign_in.approve(counter, "wang", PIN)
    assert approval == MANAGER
    sold = done(sell.sell(counter, draft, "cash", 300_000, MANAGER))
    assert sold.body.approver == "wang"


def test_a_hard_mark_refuses_whoever_approves(counter: Till) -> None:
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(1100)
    found = sell.sell(counter, draft, "cash", 300_000, MANAGER)
    assert isinstance(found, Refusal)
    assert found.code is Code.OFFLINE_CARD_DAY
    quote = sell.quote(counter, draft)
    assert isinstance(quote, SaleQuote)
    assert quote.offline_refusal == found


def test_refusals_leave_nothing_in_the_journal(counter: Till) -> None:
    draft = begun(counter)
    for found in (
        sell.sell(counter, draft, "cash", 0),
        sell.sell(counter, draft.adding(PRODUCT), "cash", 1),
        sell.sell(counter, draft.adding(PRODUCT), "wechat", 300_000),
        sell.sell(counter, draft.adding(PRODUCT).paying(100), "cash", 300_000),
    ):
        assert isinstance(found, Refusal)
    assert counter.database.journal.head().seq == 1


def test_nothing_is_sold_without_a_person_a_shift_and_a_programme(tmp_path: Path) -> None:
    counter = till(tmp_path, working=False)
    found = sell.open_sale(counter)
    assert isinstance(found, Refusal)
    assert found.code is Code.NOT_SIGNED_IN
    sign_in.sign_in(counter, "lin", PIN)
    found = sell.open_sale(counter)
    assert isinstance(found, Refusal)
    assert found.code is Code.SHIFT_NEEDED
    counter.database.close()


def test_head_office_is_asked_under_the_id_of_the_entry(tmp_path: Path) -> None:
    office = HeadOffice(lambda ask: Granted(f"auth-{ask.entry_id}", 120, light(5000, version=9)))
    counter = till(tmp_path, light(5000), online=office)
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(2000)
    sold = done(sell.sell(counter, draft, "cash", 300_000))
    (asked,) = office.asked
    assert asked.entry_id == sold.body.entry_id
    assert (asked.debit.points, asked.debit.points_settlement_minor) == (2000, 20_000)
    assert sold.body.basis.auth == f"auth-{draft.entry_id}"
    assert sold.body.basis.mode == "online"
    used = counter.database.pending.used(ZHANG, sold.body.business_date)
    assert used.till_at_risk_minor == 0
    assert member(counter).standing.row.version == 9
    counter.database.close()


def test_a_decline_kills_the_id_and_a_fresh_one_asks_again(tmp_path: Path) -> None:
    office = HeadOffice(lambda _: Refused("points_short", {"has": 1, "needs": 500}))
    counter = till(tmp_path, light(5000), online=office)
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(500)
    found = sell.sell(counter, draft, "cash", 300_000)
    assert found == Refusal(Code.POINTS_SHORT, (("has", 1), ("needs", 500)))
    found = sell.sell(counter, draft, "cash", 300_000)
    assert isinstance(found, Refusal)
    assert found.code is Code.ENTRY_DEAD
    assert len(office.asked) == 1
    fresh = drafts.renewed(counter, draft)
    assert fresh.entry_id != draft.entry_id
    assert fresh.lines == draft.lines
    sold = done(sell.sell(counter, fresh.paying(), "cash", 300_000))
    assert sold.body.entry_id == fresh.entry_id
    counter.database.close()


def test_no_answer_falls_back_to_the_limits_with_the_same_id(tmp_path: Path) -> None:
    office = HeadOffice(lambda _: NoAnswer("timeout", unknown=True))
    clock = Clock()
    counter = till(tmp_path, light(5000), online=office, clock=clock)
    bearer = member(counter).bearer
    draft = begun(counter).adding(PRODUCT).for_member(bearer).paying(500)
    sold = done(sell.sell(counter, draft, "cash", 300_000))
    assert sold.body.basis.auth_unknown
    assert sold.body.basis.mode == "offline"
    assert sold.body.entry_id == office.asked[0].entry_id
    second = begun(counter).adding(PRODUCT).for_member(bearer).paying(100)
    done(sell.sell(counter, second, "cash", 300_000))
    assert len(office.asked) == 1  # not kept waiting twice in a row
    clock.pass_ms(15_000)
    third = begun(counter).adding(PRODUCT).for_member(bearer).paying(100)
    sell.sell(counter, third, "cash", 300_000)
    assert len(office.asked) == 2
    assert office.asked[1].pending.points == 600
    counter.database.close()


def test_the_switch_keeps_head_office_out(tmp_path: Path) -> None:
    office = HeadOffice(lambda _: Granted("a", 120, light(5000)))
    counter = till(tmp_path, light(5000), online=office)
    counter.offline = True
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(500)
    assert done(sell.sell(counter, draft, "cash", 300_000)).body.basis.auth is None
    assert office.asked == []
    counter.offline = False
    second = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(100)
    assert done(sell.sell(counter, second, "cash", 300_000)).body.basis.auth == "a"
    counter.database.close()


def test_offline_for_three_days_stops_debits_and_nothing_else(tmp_path: Path) -> None:
    clock = Clock()
    counter = till(tmp_path, light(5000), clock=clock)
    clock.pass_ms(73 * 3_600_000)
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(500)
    found = sell.sell(counter, draft, "cash", 300_000)
    assert isinstance(found, Refusal)
    assert found.code is Code.OFFLINE_TOO_LONG
    done(sell.sell(counter, draft.paying(), "cash", 300_000))
    counter.database.close()


def test_a_short_balance_is_looked_up_once_more_when_online(tmp_path: Path) -> None:
    item = msgspec.structs.replace(
        codec.put(1, FeedKind.MEMBER, str(ZHANG), 9, light(900, version=9)), n=0
    )
    office = HeadOffice(
        lambda _: Granted("a", 120, light(900, version=9)),
        lambda _: MemberReply(hq_epoch=1, hq_time_ms=1, items=(item,)),
    )
    counter = till(tmp_path, light(100), online=office)
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(500)
    assert done(sell.sell(counter, draft, "cash", 300_000)).body.basis.auth == "a"
    counter.database.close()


def test_the_business_date_is_the_shifts_whatever_the_clock_says(tmp_path: Path) -> None:
    clock = Clock()
    counter = till(tmp_path, clock=clock)
    clock.pass_ms(20 * 3_600_000)
    sold = done(sell.sell(counter, begun(counter).adding(PRODUCT), "cash", 300_000))
    assert sold.body.business_date.isoformat() == "2026-11-21"
    assert sold.body.at.utc_ms == clock.at_ms
    counter.database.close()


@pytest.mark.allows_log("clock_set_back")
def test_a_clock_set_back_leaves_a_note_and_the_hybrid_clock_goes_on(tmp_path: Path) -> None:
    clock = Clock()
    counter = till(tmp_path, clock=clock)
    first = done(sell.sell(counter, begun(counter).adding(PRODUCT), "cash", 300_000))
    clock.at_ms -= 3_600_000
    second = done(sell.sell(counter, begun(counter).adding(PRODUCT), "cash", 300_000))
    third = done(sell.sell(counter, begun(counter).adding(PRODUCT), "cash", 300_000))
    assert (first.seq, second.seq, third.seq) == (2, 4, 5)
    note = counter.database.journal.entry(3)
    assert note is not None
    assert b'"behind_ms":3600000' in note.body
    stamps = [(d.body.at.hlc_ms, d.body.at.hlc_count) for d in (first, second, third)]
    assert stamps == sorted(set(stamps))
    counter.database.close()
    again = till(tmp_path, clock=clock, working=False)
    sign_in.sign_in(again, "lin", PIN)
    fourth = done(sell.sell(again, begun(again).adding(PRODUCT), "cash", 300_000))
    assert (fourth.body.at.hlc_ms, fourth.body.at.hlc_count) > stamps[-1]
    again.database.close()


@pytest.mark.allows_log("disk_full")
def test_a_full_disk_is_trouble_before_anything_is_asked_or_done(tmp_path: Path) -> None:
    office = HeadOffice(lambda _: Granted("a", 120, light(5000)))
    counter = till(tmp_path, light(5000), online=office)
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(500)
    counter.database.journal.file._free = lambda _: 0
    found = sell.sell(counter, draft, "cash", 300_000)
    assert isinstance(found, Trouble)
    assert (found.code, found.unknown) == ("disk_full", False)
    assert office.asked == []
    assert counter.database.journal.head().seq == 1
    closed = shift.close_shift(counter, 0)  # closing the day still works
    assert isinstance(closed, shift.ShiftReport)
    counter.database.close()


def test_the_basis_says_what_the_till_reckoned_with(counter: Till) -> None:
    draft = begun(counter).adding(PRODUCT).for_member(member(counter).bearer).paying(100)
    basis = done(sell.sell(counter, draft, "cash", 300_000)).body.basis
    assert basis == Basis(1, 6, "offline", 0, {"points": 5000, "principal": 20_000, "bonus": 2_000})

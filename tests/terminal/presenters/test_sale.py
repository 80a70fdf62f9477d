from __future__ import annotations

import pytest

from hardware.events import PrintResult, PrintState, ReadRejected
from sync.database.till.faults import DiskFullError
from sync.domain.refusals import Refusal
from terminal.presenters.counter import Counter
from tests.terminal.presenters.conftest import AtOnce
from tests.terminal.usecases import made


def ring(counter: Counter, amount: str = "100") -> None:
    counter.sale.entry_submitted(amount)


def serve(counter: Counter) -> None:
    counter.frame.device_event(made.read())
    assert counter.customer.card is not None


def test_the_button_says_what_is_missing(counter: Counter) -> None:
    assert "商品" in counter.sale.view().primary.reason
    ring(counter)
    assert "付款方式" in counter.sale.view().primary.reason
    counter.sale.primary_pressed()
    assert counter.sale.view().entry_error == counter.desk.text("sale.need_tender")
    counter.sale.tender_chosen("cash")
    counter.sale.entry_submitted("99")
    view = counter.sale.view()
    assert not view.primary.enabled
    assert view.cash is not None
    assert view.cash.tone == "warn"
    counter.sale.entry_submitted("100")
    assert counter.sale.view().primary.enabled


def test_a_second_enter_while_saving_takes_no_second_payment(
    counter: Counter, jobs: AtOnce
) -> None:
    ring(counter)
    counter.sale.tender_chosen("wechat")
    jobs.holding = True
    counter.sale.primary_pressed()
    assert counter.sale.view().primary.busy
    counter.sale.primary_pressed()
    counter.frame.device_event(made.read())
    assert "先完成" in counter.frame.notice.text if counter.frame.notice else False
    jobs.release()
    assert counter.sale.finished is not None
    assert counter.desk.till.database.journal.head().seq == 2


def test_quick_scans_are_all_rung_up_in_order(counter: Counter, jobs: AtOnce) -> None:
    jobs.holding = True
    for amount in ("10", "20", "30"):
        ring(counter, amount)
    jobs.release()
    assert [line.price for line in counter.sale.view().lines] == ["10.00", "20.00", "30.00"]


def test_too_many_points_are_refused_and_the_rest_holds(counter: Counter) -> None:
    serve(counter)
    ring(counter, "1000")
    counter.sale.entry_edited("9900")
    counter.sale.points_credit_pressed()
    assert isinstance(counter.desk.last_refusal, Refusal)
    assert counter.desk.last_refusal.code == "points_short"
    view = counter.sale.view()
    assert not view.points_credit.chosen
    assert len(view.lines) == 1


def test_credits_that_no_longer_fit_are_given_back_with_the_line(counter: Counter) -> None:
    serve(counter)
    ring(counter, "1000")
    ring(counter, "50")
    counter.sale.points_credit_pressed()
    assert counter.sale.view().points_credit.chosen
    counter.sale.line_removed("0")
    view = counter.sale.view()
    assert len(view.lines) == 1
    assert not view.points_credit.chosen


def test_the_last_line_off_ends_the_draft(counter: Counter) -> None:
    ring(counter)
    counter.sale.line_removed("0")
    assert counter.sale.draft is None
    assert counter.desk.till.database.counter.drafts() == []


def test_changing_the_member_takes_price_and_credits_along(counter: Counter) -> None:
    serve(counter)
    ring(counter, "1000")
    assert counter.sale.view().due == "¥900.00"
    counter.sale.value_credit_pressed()
    counter.sale.member_change_requested()
    view = counter.sale.view()
    assert view.due == "¥1,000.00"
    assert view.member.member is None
    assert not view.value_credit.enabled


@pytest.mark.allows_log("fault=disk_full")
def test_a_full_disk_is_said_and_loses_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring(counter)
    before = counter.sale.view().lines

    def full(*_: object) -> None:
        raise DiskFullError(file="journal.db")

    monkeypatch.setattr("terminal.presenters.ringing.drafts.keep", full)
    ring(counter, "20")
    assert counter.frame.notice is not None
    assert counter.frame.notice.code == "disk_full"
    assert counter.sale.view().lines == before


def test_a_receipt_that_failed_is_offered_again(counter: Counter) -> None:
    ring(counter)
    counter.sale.tender_chosen("alipay")
    counter.sale.primary_pressed()
    finished = counter.sale.finished
    assert finished is not None
    result = PrintResult(f"{finished.number}#1", "printer", PrintState.FAILED, 0, code="cover_open")
    counter.frame.device_event(result)
    assert counter.frame.notice is not None
    assert counter.frame.notice.action == "print_again"
    assert counter.sale.finished is not None
    assert counter.sale.finished.printing == "trouble"


def test_a_bank_card_is_refused_in_words(counter: Counter) -> None:
    counter.frame.device_event(ReadRejected("wedge", "payment_card", 0))
    assert counter.frame.notice is not None
    assert "银行卡" in counter.frame.notice.text


def test_a_typed_phone_number_finds_the_member(counter: Counter) -> None:
    counter.sale.entry_submitted("13800138000")
    assert counter.customer.card is not None
    assert counter.customer.card.member == made.ZHANG


def test_a_typed_name_lists_who_fits(counter: Counter) -> None:
    counter.sale.entry_submitted("张文")
    assert [m.name for m in counter.sale.view().member.find.matches] == ["张文静"]
    counter.sale.back_pressed()
    assert counter.sale.view().member.find.matches == ()


def test_a_typed_product_number_is_rung_up(counter: Counter) -> None:
    counter.sale.entry_submitted("2*sk-1")
    assert [line.quantity for line in counter.sale.view().lines] == ["2"]


def test_the_customer_who_qualifies_is_offered_membership_once(counter: Counter) -> None:
    ring(counter, "3000")
    assert counter.frame.notice is not None
    assert counter.frame.notice.action == "enrol"
    counter.frame.notice_dismissed()
    ring(counter, "10")
    assert counter.frame.notice is None


def test_a_bug_frees_what_was_busy_and_is_said_calmly(counter: Counter, jobs: AtOnce) -> None:
    ring(counter)
    counter.sale.tender_chosen("wechat")
    jobs.holding = True
    counter.sale.primary_pressed()
    jobs.held.clear()
    counter.crashed("20261121-120000-001")
    assert not counter.sale.view().primary.busy
    assert counter.frame.notice is not None
    assert counter.frame.notice.code == "20261121-120000-001"


def test_offline_only_what_may_be_used_is_offered(counter: Counter) -> None:
    counter.frame.synced_by_hand()
    counter.frame.look()
    assert counter.customer.offline
    serve(counter)
    ring(counter, "5000")
    counter.sale.points_credit_pressed()
    draft = counter.sale.draft
    assert draft is not None
    assert draft.points == 1000, "the limit of a card and day, not the balance of 1240"

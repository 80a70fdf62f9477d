from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.client.online import NoAnswer
from sync.domain.members import Balances
from sync.domain.refusals import Code, Refusal
from sync.domain.stored_value import TopUpData
from sync.protocol.messages import Granted, MemberReply
from terminal.usecases import drafts, identify, top_up
from terminal.usecases.commits import Done
from terminal.usecases.drafts import TopUpDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till
from terminal.usecases.top_up import TopUpQuote
from tests.terminal.usecases.made import HeadOffice, light, read, till


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Till]:
    made = till(tmp_path, light(0, 1_000, 100))
    yield made
    made.database.close()


def member(counter: Till) -> MemberCard:
    found = identify.identify(counter, read())
    assert isinstance(found, MemberCard)
    return found


def of(counter: Till, amount_minor: int) -> TopUpDraft:
    draft = top_up.open_top_up(counter, member(counter).bearer)
    assert isinstance(draft, TopUpDraft)
    return top_up.of_amount(draft, amount_minor)


def test_a_top_up_brings_its_bonus_and_may_be_spent_here(counter: Till) -> None:
    draft = of(counter, 30_000)
    quote = top_up.quote(counter, draft)
    assert isinstance(quote, TopUpQuote)
    assert (quote.top_up.data.bonus_minor, quote.left_minor) == (3_000, 500_000)
    done = top_up.top_up(counter, draft, "cash")
    assert isinstance(done, Done)
    assert done.data_as(TopUpData) == TopUpData(30_000, 3_000, "cash")
    standing = member(counter).standing
    assert standing.own_top_up == Balances(0, 30_000, 3_000)
    assert standing.available == Balances(0, 31_000, 3_100)
    again = top_up.top_up(counter, draft, "cash")
    assert isinstance(again, Done)
    assert not again.new
    (total,) = counter.database.counter.totals(1)
    assert (total.tender, total.amount_minor) == ("cash", 30_000)


def test_offline_caps_need_an_approver_then_refuse(counter: Till) -> None:
    found = top_up.top_up(counter, of(counter, 60_000), "wechat")
    assert isinstance(found, Refusal)
    assert found.code is Code.APPROVER_NEEDED
    approved = top_up.top_up(counter, of(counter, 60_000), "wechat", Approval("wang"))
    assert isinstance(approved, Done)
    assert approved.body.approver == "wang"
    found = top_up.top_up(counter, of(counter, 100_100), "wechat", Approval("wang"))
    assert isinstance(found, Refusal)
    assert found.code is Code.OFFLINE_TOP_UP


def test_the_balance_cap_counts_what_is_pending(counter: Till) -> None:
    for _ in range(4):
        assert isinstance(
            top_up.top_up(counter, of(counter, 100_000), "cash", Approval("wang")), Done
        )
    found = top_up.top_up(counter, of(counter, 100_000), "cash", Approval("wang"))
    assert isinstance(found, Refusal)
    assert found.code is Code.BALANCE_CAP


def test_online_only_the_tills_total_counts(tmp_path: Path) -> None:
    def never(_: object) -> Granted | NoAnswer:
        raise AssertionError("a top-up debits nobody")

    office = HeadOffice(never, lambda _: MemberReply(hq_epoch=1, hq_time_ms=1, items=()))
    counter = till(tmp_path, light(), online=office)
    done = top_up.top_up(counter, of(counter, 200_000), "wechat")
    assert isinstance(done, Done)
    assert (done.body.basis.mode, done.body.basis.auth) == ("online", None)
    counter.database.close()


def test_an_open_top_up_is_a_draft(counter: Till) -> None:
    draft = of(counter, 30_000)
    assert [d.entry_id for d in drafts.open_drafts(counter)] == [draft.entry_id]
    with pytest.raises(ValueError, match="tender"):
        top_up.top_up(counter, draft, "points")

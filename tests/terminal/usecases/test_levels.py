"""Levels, rates and people who are no members yet, at a till that may be offline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.database.till.replica_rows import Change
from sync.domain.joining import EnrolData, Prospect
from sync.domain.members import LotSummary
from sync.domain.programme import Earning, Levels, OfflineLimits, Programme, Ratio, Tier, Words
from sync.domain.refusals import Code, Refusal
from sync.domain.selling import SaleData
from sync.domain.tiers import Benefit
from sync.protocol.messages import Document
from terminal.presenters.lookups import Served, serve
from terminal.presenters.member_drawing import member_view
from terminal.text import Text
from terminal.usecases import enrol, identify, prospects, sell
from terminal.usecases.commits import Done
from terminal.usecases.drafts import EnrolDraft, SaleDraft
from terminal.usecases.enrol import Enrolled, Form
from terminal.usecases.identify import MemberCard
from terminal.usecases.levels import purchases_of
from terminal.usecases.prospects import Counting
from terminal.usecases.till import Till
from tests.terminal.usecases import made
from tests.terminal.usecases.made import (
    DAY,
    NEW_SERIAL,
    PHONE,
    ZHANG,
    changes,
    enrolled,
    light,
    read,
)

LEVELS = Levels(window="calendar", to_year_end=True)
TIERS = (
    Tier("gold", Words("金卡", "Gold"), 0, 1000, birthday_earn=Ratio(2, 1)),
    Tier("diamond", Words("钻石卡", "Diamond"), 2_000_000, 900, keep_minor=1_500_000),
)
RULES: Programme = msgspec.structs.replace(made.PROGRAMME, tiers=TIERS, levels=LEVELS)
FORM = Form("李娜", "139 1234 5678", consent=True)


def opened(folder: Path, rules: Programme = RULES, **row: Any) -> Till:
    """A working till with these rules and Zhang's row as told."""
    enrolled(folder)
    till = made.till(folder, working=False)
    told = msgspec.structs.replace(light(), **row)
    till.database.replica.apply(changes(told, rules), 1, 6, till.clock.utc_ms(), complete=True)
    till.database.close()
    return made.till(folder)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Till]:
    """Zhang has spent 13,820.00 this year and is diamond until its end."""
    row = light()
    extras = msgspec.structs.replace(
        row.extras,
        tier_to=date(2026, 12, 31),
        spend=((date(2026, 4, 2), 1_382_000),),
        benefits=(Benefit("birthday", date(2026, 11, 20), date(2026, 11, 22)),),
    )
    held = msgspec.structs.replace(row.balances, points=1_000, qualifying=1_382_000)
    waiting = (LotSummary(None, 300, date(2026, 11, 28)), LotSummary(None, 700))
    till = opened(tmp_path, tier="diamond", extras=extras, balances=held, lots=waiting)
    yield till
    till.database.close()


def zhang(till: Till) -> MemberCard:
    found = identify.scan(till, read())
    assert isinstance(found, MemberCard)
    return found


def rung(till: Till, amount: int, member: MemberCard | None = None) -> SaleDraft:
    draft = sell.open_sale(till)
    assert isinstance(draft, SaleDraft)
    draft = draft.adding_amount(amount)
    return draft.for_member(member.bearer) if member else draft


def sold(till: Till, draft: SaleDraft) -> SaleData:
    quoted = sell.quote(till, draft)
    assert isinstance(quoted, sell.SaleQuote), quoted
    done = sell.sell(till, draft, "wechat", quoted.quote.data.money_minor)
    assert isinstance(done, Done), done
    return done.data_as(SaleData)


def lines(till: Till, language: Literal["zh_CN", "en"]) -> list[str]:
    served = serve(till, zhang(till))
    assert isinstance(served, Served)
    view = member_view(Text(language), served, DAY, None, offline=True)
    return [line.text for line in view.lines]


def test_golden_case_7_the_pane_says_what_keeps_the_level(counter: Till) -> None:
    """1,180.00 more keeps diamond until 2027, as on the picture counter-sale.png.

    Rows: FL-27, FL-28, FL-53; golden case 7.
    """
    zh, en = lines(counter, "zh_CN"), lines(counter, "en")
    assert "再消费 ¥1,180 保级至 2027年" in zh
    assert "钻石卡有效至 2026年" in zh
    assert "¥1,180 more keeps the level until 2027" in en
    assert any("300" in line for line in zh)  # points that wait
    assert zhang(counter).standing.available.points == 700
    paid = sold(counter, rung(counter, 200_000, zhang(counter)))
    assert (paid.due_minor, paid.tier, paid.provisional) == (180_000, "diamond", False)
    assert "已达保级消费，至 2027年" in lines(counter, "zh_CN")


def test_golden_case_7_the_till_raises_a_level_from_the_next_sale_on(tmp_path: Path) -> None:
    """18,000.00 this year; 2,000.00 more at tag price reach diamond; the next sale, still offline,
    is at 9 折 and says that the level is provisional.

    Rows: FL-27; pitfall 11; golden case 7.
    """
    row = light()
    extras = msgspec.structs.replace(row.extras, spend=((date(2026, 4, 2), 1_800_000),))
    held = msgspec.structs.replace(row.balances, qualifying=1_800_000)
    till = opened(tmp_path, extras=extras, balances=held)
    first = sold(till, rung(till, 200_000, zhang(till)))
    assert (first.due_minor, first.tier, first.provisional) == (200_000, "gold", False)
    second = sold(till, rung(till, 10_000, zhang(till)))
    assert (second.due_minor, second.tier, second.provisional) == (9_000, "diamond", True)
    assert zhang(till).tier == TIERS[1]
    assert "已升为钻石卡，待总部确认" in lines(till, "zh_CN")
    till.database.close()


def test_fl_18_a_birthday_doubles_the_points(tmp_path: Path) -> None:
    """The window told by head office; without one, that of a profile held here. Rows: FL-18."""
    row = light()
    near = (Benefit("birthday", date(2026, 11, 20), date(2026, 11, 22)),)
    far = (Benefit("birthday", date(2027, 11, 20), date(2027, 11, 22)),)
    for number, (benefits, points) in enumerate(((near, 200), (far, 100), ((), 100))):
        folder = tmp_path / str(number)
        extras = msgspec.structs.replace(row.extras, benefits=benefits)
        till = opened(folder, extras=extras)
        paid = sold(till, rung(till, 10_000, zhang(till)))
        assert (paid.points_earned, paid.birthday) == (points, points == 200)
        till.database.close()


def test_caps_of_the_day_and_of_the_till(tmp_path: Path) -> None:
    """150 points a day: 100 and 50; at most 120 before head office knows: 100 and 20.

    Rows: FL-24; design.md section 5, earn cap.
    """
    by_day = msgspec.structs.replace(RULES, earning=Earning(Ratio(1, 1), day_cap_points=150))
    by_till = msgspec.structs.replace(RULES, offline=OfflineLimits(earn_hard_till_points=120))
    for rules, second in ((by_day, 50), (by_till, 20)):
        till = opened(tmp_path / str(second), rules)
        first = sold(till, rung(till, 10_000, zhang(till)))
        again = sold(till, rung(till, 10_000, zhang(till)))
        assert (first.points_earned, again.points_earned) == (100, second)
        assert again.earn_cap == second
        till.database.close()


def tell(till: Till, key: str, told: Prospect) -> None:
    """Head office told this till of a prospect."""
    row = Document(msgspec.Raw(msgspec.json.encode(told)))
    change = Change(9, "document", f"prospect/{key}", 9, row)
    till.database.replica.apply([change], 1, 9, till.clock.utc_ms(), complete=True)


def counting(till: Till, amount: int, phone: str = FORM.phone) -> Counting:
    found = prospects.by_phone(till, rung(till, amount), phone)
    assert isinstance(found, Counting), found
    return found


def test_golden_case_2_a_phone_adds_up_until_its_holder_may_join(counter: Till) -> None:
    """2,000.00 and 1,000.00 here offline, 1,999.99 not enough, 2,000.00 is: the enrolment cites
    what was spent, and no number stands in any body.

    Rows: FL-05, FL-06; pitfall 14; golden case 2.
    """
    for amount in (200_000, 100_000):
        found = counting(counter, amount)
        assert isinstance(found.may_join, Refusal)
        paid = sold(counter, found.sale)
        assert (paid.prospect, paid.points_earned) == (found.sale.prospect, 0)
    short = counting(counter, 199_999)
    assert isinstance(short.may_join, Refusal)
    assert short.may_join.param("window_minor") == 499_999
    enough = counting(counter, 200_000)
    assert not isinstance(enough.may_join, Refusal)
    draft = enrol.open_enrolment(counter, enough.sale)
    assert isinstance(draft, EnrolDraft)
    joined = enrol.enrol(counter, draft, FORM, read(NEW_SERIAL), enough.sale)
    assert isinstance(joined, Enrolled), joined
    data = joined.done.data_as(EnrolData)
    assert (data.window_minor, data.cited) == (500_000, ((DAY, 200_000), (DAY, 100_000)))
    assert data.prospect == enough.sale.prospect
    for entry in counter.database.journal.all_entries():
        assert b"13912345678" not in entry.body
    assert joined.sale is not None
    theirs = sold(counter, joined.sale)
    assert (theirs.prospect, theirs.points_earned) == ("", 2_000)
    refused = prospects.by_phone(counter, rung(counter, 100), FORM.phone)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.ALREADY_MEMBER


def test_golden_case_2_what_head_office_told_counts_once(counter: Till) -> None:
    """1,500.00 here and 2,000.00 elsewhere, told with this till's mark: 3,500.00, not 5,000.00.

    Rows: FL-06; pitfall 14; golden case 2.
    """
    key = counting(counter, 150_000).sale.prospect
    sold(counter, counting(counter, 150_000).sale)
    mark = {counter.database.journal.mark_key: counter.database.journal.head().seq}
    tell(counter, key, Prospect(((DAY, 350_000),), mark))
    assert [p.base_minor for p in counting(counter, 100).purchases] == [350_000]
    sold(counter, counting(counter, 5_000).sale)
    assert [p.base_minor for p in counting(counter, 100).purchases] == [350_000, 5_000]


def test_golden_case_2_nothing_counts_twice_for_joining(counter: Till) -> None:
    """The form's phone brings what it is known by, even where the sale did not name it; a prospect
    who joined elsewhere counts no more. Rows: FL-06; pitfall 14.
    """
    key = counting(counter, 300_000).sale.prospect
    sold(counter, counting(counter, 200_100).sale)
    sale = rung(counter, 299_900)
    draft = enrol.open_enrolment(counter, sale)
    assert isinstance(draft, EnrolDraft)
    joined = enrol.enrol(counter, draft, FORM, read(NEW_SERIAL), sale)
    assert isinstance(joined, Enrolled), joined
    assert joined.done.data_as(EnrolData).prospect == key
    tell(counter, key, Prospect(((DAY, 900_000),), joined=ZHANG))
    assert purchases_of(counter, key) == ()


def test_provisional_cards_and_wrong_numbers(counter: Till) -> None:
    """Rows: FL-06; pitfall 14."""
    paper = CredentialRead("wedge", Medium.BARCODE, "PROV-0001", ReadMethod.READ, Strength.TOKEN, 0)
    found = prospects.by_card(counter, rung(counter, 5_000), paper)
    assert isinstance(found, Counting)
    assert len(found.sale.prospect) == 32
    taken = prospects.by_card(counter, rung(counter, 5_000), read())
    assert isinstance(taken, Refusal)
    assert taken.code is Code.CARD_IN_USE
    for phone, code in (("12", Code.PHONE_INVALID), (PHONE, Code.ALREADY_MEMBER)):
        refused = prospects.by_phone(counter, rung(counter, 5_000), phone)
        assert isinstance(refused, Refusal)
        assert refused.code is code

from __future__ import annotations

from pathlib import Path

from sync.domain.redeeming import GiftData
from sync.domain.refusals import Code, Refusal
from sync.protocol.messages import Granted, Refused
from terminal.usecases import identify, redeem_gift
from terminal.usecases.commits import Done
from terminal.usecases.drafts import GiftDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.redeem_gift import GiftQuote
from terminal.usecases.till import Till
from tests.terminal.usecases.made import HeadOffice, light, read, till


def of(counter: Till, offer: str = "G1", quantity: int = 1) -> GiftDraft:
    found = identify.scan(counter, read())
    assert isinstance(found, MemberCard)
    draft = redeem_gift.open_gift(counter, found.bearer)
    assert isinstance(draft, GiftDraft)
    return redeem_gift.of_gift(draft, offer, quantity)


def test_a_gift_takes_points_once(tmp_path: Path) -> None:
    counter = till(tmp_path, light(5000))
    gifts = redeem_gift.gifts_here(counter)
    assert isinstance(gifts, tuple)
    assert [gift.offer for gift in gifts] == ["G1"]
    draft = of(counter)
    quote = redeem_gift.quote(counter, draft)
    assert isinstance(quote, GiftQuote)
    assert (quote.gift.points, quote.approver_for) == (1000, ())
    done = redeem_gift.redeem_gift(counter, draft)
    again = redeem_gift.redeem_gift(counter, draft)
    assert isinstance(done, Done)
    assert isinstance(again, Done)
    assert (again.new, again.entry) == (False, done.entry)
    assert done.data_as(GiftData) == GiftData("G1", 1, 1000, 9900, 5000)
    found = identify.scan(counter, read())
    assert isinstance(found, MemberCard)
    assert found.standing.available.points == 4000
    counter.database.close()


def test_two_gifts_a_day_reach_the_hard_limit_of_a_card(tmp_path: Path) -> None:
    counter = till(tmp_path, light(5000))
    for _ in range(2):
        assert isinstance(redeem_gift.redeem_gift(counter, of(counter)), Done)
    found = redeem_gift.redeem_gift(counter, of(counter))
    assert isinstance(found, Refusal)
    assert found.code is Code.OFFLINE_CARD_DAY
    counter.database.close()


def test_refusals_of_gifts(tmp_path: Path) -> None:
    counter = till(tmp_path, light(900))
    for draft, code in (
        (of(counter), Code.POINTS_SHORT),
        (of(counter, "G9"), Code.GIFT_UNKNOWN),
        (of(counter, "G1", 0), Code.AMOUNT_NOT_POSITIVE),
    ):
        found = redeem_gift.redeem_gift(counter, draft)
        assert isinstance(found, Refusal)
        assert found.code is code
    counter.database.close()


def test_online_lifts_the_limits_and_a_decline_holds(tmp_path: Path) -> None:
    office = HeadOffice(lambda _: Granted("a", 120, light(5000)))
    counter = till(tmp_path, light(5000), online=office)
    done = redeem_gift.redeem_gift(counter, of(counter, "G1", 4))
    assert isinstance(done, Done)
    assert done.body.basis.auth == "a"
    office.answer = lambda _: Refused("no_such_code")
    found = redeem_gift.redeem_gift(counter, of(counter))
    assert isinstance(found, Refusal)
    assert found.code is Code.DECLINED
    counter.database.close()

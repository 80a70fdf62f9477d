"""Head office's side of levels, points that end, adjustments and people who are no members yet."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest

from sync.domain import adjusting, expiring, posting_levels
from sync.domain.admission import Admitted
from sync.domain.books import Issue, MemberBook, Outcome
from sync.domain.joining import EnrolData, Prospect
from sync.domain.journal import Entry, Kind, read_body
from sync.domain.light_rows import light_row
from sync.domain.lots import EntryRef
from sync.domain.posting_run import Run
from sync.domain.programme import Earning, EarnRule, Levels, Programme, Ratio, Tier
from sync.domain.refusals import Code
from sync.domain.tiers import LevelState, TierChangeData, birthday_windows
from tests.sync.domain.making import (
    Counter,
    HeadOffice,
    member_id,
    place_of,
    plain,
    programme,
    words,
)

ANNA = member_id(1)
ONE = Ratio(1, 1)
DAY = date(2026, 11, 21)
TIERS = (
    Tier("plain", words(), 0),
    Tier("gold", words(), 1_000_000, 900, birthday_earn=Ratio(2, 1)),
    Tier("diamond", words(), 2_000_000, 850),
)
RULES = programme(tiers=TIERS, levels=Levels())
ENDING = programme(earning=Earning(ONE, expiry_years=0))


def scene(rules: Programme = RULES, **changes: Any) -> tuple[Counter, HeadOffice]:
    """A till of dealer A and a head office that knows Anna."""
    office = HeadOffice((rules,), **changes).join(ANNA)
    return Counter("A", rules=rules), office


def level(office: HeadOffice) -> tuple[str, date | None, date | None]:
    book = office.members[ANNA]
    return book.tier, book.level.since, book.level.to


# ------------------------------------------------------------------------------------------- up
def test_golden_case_7_the_sale_that_reaches_a_threshold_raises_the_level() -> None:
    """6,000.00 and 4,000.00 on one day: gold from that day, in the history with its figures, told
    to tills on the light row; the sale itself was at the price before.

    Rows: FL-23, FL-27, FL-28, BEST-12, WAT-08; golden case 7.
    """
    till, office = scene()
    office.receive(till, till.sale(ANNA, [600_000]))
    assert level(office) == ("plain", DAY, None)
    (made,) = office.receive(till, till.sale(ANNA, [400_000]))
    assert made.outcome is Outcome.POSTED
    assert level(office) == ("gold", DAY, date(2027, 11, 20))
    (change,) = office.levels
    assert (change.before, change.after, change.reason) == ("plain", "gold", "up")
    assert (change.spent_minor, change.from_minor, change.post_seq) == (1_000_000, 1_000_000, 2)
    row = light_row(office.members[ANNA], "", "", "")
    assert (row.tier, row.extras.tier_to) == ("gold", date(2027, 11, 20))
    assert row.extras.spend == ((DAY, 1_000_000),)


def test_pitfall_10_redemption_and_expiry_never_touch_what_counts() -> None:
    """Points leave, qualifying spend stays; without a sale nothing is judged.

    Rows: pitfall 10; golden case 7.
    """
    till, office = scene()
    office.receive(till, till.sale(ANNA, [999_999]))
    before = office.members[ANNA].level
    office.receive(till, till.gift(ANNA))
    assert office.members[ANNA].level == before
    assert office.members[ANNA].balances.qualifying == 999_999


def test_a_programme_without_rules_of_levels_changes_none() -> None:
    till, office = scene(programme(tiers=TIERS))
    office.receive(till, till.sale(ANNA, [9_000_000]))
    assert level(office) == ("plain", None, None)
    assert office.members[ANNA].level.spend == ((DAY, 9_000_000),)
    assert light_row(office.members[ANNA], "", "", "").extras.spend == ()


def test_the_books_go_by_the_programme_in_force_where_an_entry_names_none() -> None:
    """An opening balance names no programme; one of before any programme is judged by none."""
    till, office = scene(office=True)
    brought = till.moves(Kind.OPENING_BALANCE, ANNA, [("qualifying", 1_500_000)], programme=0)
    office.receive(till, brought)
    assert level(office)[0] == "gold"
    till, office = scene(office=True)
    old = till.body(Kind.OPENING_BALANCE, ANNA, programme=0, business_date=date(2019, 1, 1))
    office.receive(till, till.write(old))
    assert level(office) == ("plain", None, None)


# ---------------------------------------------------------------------------- what a sale claims
def test_a_level_the_member_never_had_is_flagged() -> None:
    """Diamond's price for a plain member is flagged; it earns as what the member is. A lower level
    than head office's is no fault. Rows: FL-27, FL-28, FL-34; pitfall 11.
    """
    till, office = scene()
    (wrong,) = office.receive(till, till.sale(ANNA, [10_000], tier="diamond"))
    assert wrong.codes == (Issue.TIER_MISMATCH,)
    office.members[ANNA].tier = "diamond"
    (late,) = office.receive(till, till.sale(ANNA, [10_000], tier="gold"))
    assert late.codes == ()


def test_a_sale_from_before_a_level_ended_may_still_claim_it() -> None:
    """Gold until yesterday: a sale of yesterday that comes today is fine, one of today is not."""
    till, office = scene()
    office.members[ANNA].level = LevelState(DAY, None, "gold")
    till.day = DAY - timedelta(days=1)
    (yesterday,) = office.receive(till, till.sale(ANNA, [10_000], tier="gold"))
    till.day = DAY
    (today,) = office.receive(till, till.sale(ANNA, [10_000], tier="gold"))
    assert (yesterday.codes, today.codes) == ((), (Issue.TIER_MISMATCH,))


def test_golden_case_10_points_that_do_not_follow_from_the_lines_are_flagged_and_stay() -> None:
    """A till of other rules gave 200 points for 100.00: they are posted as journalled, and flagged.

    Rows: FL-24; pitfall 34; golden cases 10 and 13.
    """
    double = programme(tiers=TIERS, earning=Earning(Ratio(2, 1)))
    office = HeadOffice((RULES,)).join(ANNA)
    till = Counter("A", rules=double)
    (made,) = office.receive(till, till.sale(ANNA, [10_000]))
    assert made.codes == (Issue.RULE_MISMATCH,)
    assert office.balances(ANNA).points == 200


def changed(entry: Entry, till: Counter, change: Any) -> Entry:
    """The same sale with other data, written again."""

    body = read_body(entry.body)
    data = change(dict(body.data))
    return till.write(msgspec.structs.replace(body, place=till.place, data=data))


def test_amounts_nobody_could_have_rung_up_are_flagged() -> None:
    """Negative bases make no points; data of another shape says nothing about them."""
    till, office = scene()

    def negative(data: dict[str, Any]) -> dict[str, Any]:
        return data | {"lines": [{**data["lines"][0], "money_minor": -5}]}

    spare = Counter("A", 2)
    (wrong,) = office.receive(till, changed(spare.sale(ANNA, [10_000]), till, negative))
    assert wrong.codes == (Issue.RULE_MISMATCH,)
    (odd,) = office.receive(till, changed(spare.sale(ANNA, [20_000]), till, lambda _: {"x": 1}))
    assert odd.codes == ()


def test_fl_18_birthday_points_are_believed_within_the_window_only() -> None:
    """Gold on her birthday earns double; a week later the same claim is flagged.

    Rows: FL-18, FL-28.
    """
    till, office = scene()
    book = office.members[ANNA]
    book.tier = "gold"
    told = birthday_windows(RULES.birthday, "1121", DAY)
    book.level = LevelState(DAY, birthday="1121", benefits=told)

    def birthday(data: dict[str, Any]) -> dict[str, Any]:
        return data | {"birthday": True}

    double = programme(tiers=TIERS, earning=Earning(Ratio(2, 1)))
    spare = Counter("A", 2, rules=double)
    sale = changed(spare.sale(ANNA, [10_000], tier="gold"), till, birthday)
    (fine,) = office.receive(till, sale)
    assert fine.codes == ()
    spare.day = till.day = DAY + timedelta(days=8)
    again = changed(spare.sale(ANNA, [10_000], tier="gold"), till, birthday)
    (wrong,) = office.receive(till, again)
    assert wrong.codes == (Issue.RULE_MISMATCH,)
    told = office.members[ANNA].level.benefits
    assert told[0].from_day == date(2027, 11, 14)  # the window has passed: the next two are told
    row = light_row(
        MemberBook(ANNA, "gold", "A", "A1", level=LevelState(benefits=told)), "", "", ""
    )
    assert (row.extras.benefits, row.extras.spend) == (told, ())


def test_the_cap_of_a_day_is_counted_over_all_tills() -> None:
    """At most 150 points a day: 100 at A and 100 at B are flagged, another day is not, and neither
    is a sale of a day before. Rows: FL-24; pitfall 5.
    """
    rules = programme(tiers=TIERS, earning=Earning(ONE, day_cap_points=150))
    a, b = Counter("A", rules=rules), Counter("B", rules=rules)
    office = HeadOffice((rules,)).join(ANNA)
    (first,) = office.receive(a, a.sale(ANNA, [10_000]))
    (second,) = office.receive(b, b.sale(ANNA, [10_000]))
    assert (first.codes, second.codes) == ((), (Issue.RULE_MISMATCH,))
    a.day = DAY - timedelta(days=1)
    b.day = DAY + timedelta(days=1)
    assert office.receive(a, a.sale(ANNA, [10_000]))[0].codes == ()
    assert office.receive(b, b.sale(ANNA, [10_000]))[0].codes == ()


def test_head_office_earns_by_the_same_rates() -> None:
    """A brand at double points needs the brand on the line. Rows: FL-24."""
    rules = programme(
        tiers=TIERS,
        earning=Earning(ONE, rules=(EarnRule("b", "factor", Ratio(2, 1), brands=("b",)),)),
    )
    till, office = scene(rules)
    spare = Counter("A", 2, rules=programme(tiers=TIERS, earning=Earning(Ratio(2, 1))))

    def branded(data: dict[str, Any]) -> dict[str, Any]:
        return data | {"lines": [{**data["lines"][0], "brand": "b"}]}

    sale = changed(spare.sale(ANNA, [10_000]), till, branded)
    assert office.receive(till, sale)[0].codes == ()


# ------------------------------------------------------------------------- what head office ends
def change_of(**changes: Any) -> dict[str, object]:
    usual: dict[str, Any] = {
        "before": "gold", "after": "plain", "since": date(2027, 11, 21), "to": None,
        "reason": "down", "spent_minor": 5, "from_minor": 1_000_000, "was_to": date(2027, 11, 20),
    }  # fmt: skip
    return plain(TierChangeData(**{**usual, **changes}))


def golden() -> tuple[Counter, HeadOffice]:
    till, office = scene(office=True)
    book = office.members[ANNA]
    book.tier, book.level = "gold", LevelState(DAY, date(2027, 11, 20), "plain")
    return till, office


def test_golden_case_7_head_office_lowers_a_level_by_an_entry() -> None:
    """Down with the day it holds from and the history; a till's entry of the kind changes nothing;
    what was decided on other ground changes nothing and is flagged.

    Rows: FL-27, pitfall 11; golden case 7.
    """
    till, office = golden()
    entry = till.write(till.body(Kind.TIER_CHANGE, ANNA, data=change_of(), programme=1))
    (made,) = office.receive(till, entry)
    assert made.outcome is Outcome.POSTED
    assert level(office) == ("plain", date(2027, 11, 21), None)
    assert office.members[ANNA].level.before == "gold"
    assert [x.reason for x in office.levels] == ["down"]
    again = till.write(till.body(Kind.TIER_CHANGE, ANNA, data=change_of(), programme=1))
    assert office.receive(till, again)[0].codes == (Issue.RULE_MISMATCH,)
    nobody = till.write(till.body(Kind.TIER_CHANGE, None, data=change_of(), programme=1))
    assert office.receive(till, nobody)[0].codes == ()
    assert len(office.levels) == 1
    office.office = False
    hostile = till.write(till.body(Kind.TIER_CHANGE, ANNA, data=change_of(), programme=1))
    assert office.receive(till, hostile)[0].codes == (Issue.NOT_ALLOWED_HERE,)


def test_a_level_that_is_kept_remembers_what_was_before_it() -> None:
    till, office = golden()
    data = change_of(after="gold", to=date(2028, 11, 20), reason="kept")
    office.receive(till, till.write(till.body(Kind.TIER_CHANGE, ANNA, data=data, programme=1)))
    assert level(office) == ("gold", date(2027, 11, 21), date(2028, 11, 20))
    assert office.members[ANNA].level.before == "plain"


def ended() -> tuple[Counter, HeadOffice, date]:
    """1,000 points of A and 500 of B that end with 2026; the day head office may end them."""
    a, b = Counter("A", rules=ENDING), Counter("B", rules=ENDING)
    office = HeadOffice((ENDING,)).join(ANNA)
    office.receive(a, a.sale(ANNA, [100_000]))
    office.receive(b, b.sale(ANNA, [50_000]))
    office.office = True
    a.day = date(2027, 1, 8)
    return a, office, a.day


def expiry(till: Counter, office: HeadOffice, lots: Any = None, **changes: Any) -> Entry:
    mine = office.members[ANNA].lots if lots is None else lots
    return till.write(
        till.body(
            Kind.EXPIRY,
            ANNA,
            **{
                "data": plain(expiring.data_of(mine)),
                "effects": expiring.effects(ANNA, mine),
                "claims": (expiring.claim(mine),),
                **changes,
            },
        )
    )


def test_points_that_ended_go_back_to_the_dealers_they_came_from() -> None:
    """1,000 of A and 500 of B end on 31 December and leave on 8 January; dealers settle nothing,
    but every lot's end stands in the allocations. Rows: pitfalls 6 and 22; sync-ledger.md 2.2.
    """
    till, office, day = ended()
    lots = office.members[ANNA].lots
    assert expiring.expired(lots, day - timedelta(days=1)) == []
    assert expiring.expired(lots, day) == lots
    assert [(e.account.split("/")[1], e.delta) for e in expiring.effects(ANNA, lots)][1:] == [
        ("A", 1_000),
        ("B", 500),
    ]
    (made,) = office.receive(till, expiry(till, office))
    assert made.outcome is Outcome.POSTED
    assert (office.balances(ANNA).points, office.members[ANNA].lots) == (0, [])
    assert [(a.quantity, a.amount_minor, a.debtor, a.creditor) for a in made.allocations] == [
        (1_000, 0, "A", "A"),
        (500, 0, "B", "B"),
    ]
    assert office.balances(ANNA).qualifying == 150_000  # pitfall 10
    assert office.nets() == {"A": (0, 0), "B": (0, 0)}


def test_an_expiry_whose_ground_has_changed_does_nothing() -> None:
    """A gift came in between; a lot named twice, not ended, unknown, or claims of another sum."""
    till, office, day = ended()
    stale = expiry(till, office)
    twice = expiry(till, office, lots=office.members[ANNA].lots[:1] * 2)
    first = office.members[ANNA].lots[0]
    unknown = plain(expiring.ExpiryData((expiring.ExpiredLot(77, 0, 1_500),)))
    strange = expiry(till, office, data=unknown)
    less = plain(expiring.data_of([first]))
    short = expiry(till, office, data=less)
    till.day = date(2026, 12, 30)
    early = expiry(till, office)
    for entry in (twice, strange, short, early):
        (made,) = office.receive(till, entry)
        assert made.codes == (Issue.RULE_MISMATCH,), entry
    till.day = day
    office.receive(till, till.gift(ANNA))
    (made,) = office.receive(till, stale)
    assert made.codes == (Issue.RULE_MISMATCH,)
    assert office.balances(ANNA).points == 500


def test_only_admitted_data_is_posted() -> None:
    """An entry is never admitted without its data; if it were, that is a bug and not a fact."""
    till, office = scene()
    books_of = office.members[ANNA]
    body = till.body(Kind.TIER_CHANGE, ANNA)

    class Nothing:
        members: ClassVar[dict[UUID, MemberBook]] = {ANNA: books_of}
        place = place_of(till)

    admitted, ref = Admitted(RULES, (), (), True), EntryRef(till.device, 1, 1)
    run = Run(body, admitted, ref, Nothing(), 1)  # type: ignore[arg-type]  # no more is looked at
    with pytest.raises(TypeError, match="level"):
        posting_levels.change_tier(run)
    with pytest.raises(TypeError, match="expiry"):
        posting_levels.expire(run, books_of)


# ------------------------------------------------------------------------------------ adjustments
def adjustment(till: Counter, points: int) -> Entry:
    return till.write(
        till.body(
            Kind.ADJUSTMENT,
            ANNA,
            data=plain(adjusting.AdjustmentData("a card was left behind")),
            effects=adjusting.effects(ANNA, "A", points),
            claims=adjusting.claims(points),
        )
    )


def test_adjustments_give_lots_and_take_from_lots_without_settling() -> None:
    """+300 borne by A; −200 takes from it and settles 0; −500 leaves 400 open, flagged.

    Rows: pitfall 34; FL-43.
    """
    till, office = scene(office=True)
    office.receive(till, adjustment(till, 300))
    (lot,) = office.members[ANNA].lots
    assert (lot.dealer, lot.quantity) == ("A", 300)
    (taken,) = office.receive(till, adjustment(till, -200))
    assert (taken.codes, [a.amount_minor for a in taken.allocations]) == ((), [0])
    (short,) = office.receive(till, adjustment(till, -500))
    assert short.codes == (Issue.OVERDRAFT,)
    assert office.balances(ANNA).points == -400
    office.office = False
    (hostile,) = office.receive(till, adjustment(till, 1_000))
    assert hostile.codes == (Issue.NOT_ALLOWED_HERE,)


def test_an_adjustment_needs_a_reason_and_two_people() -> None:
    """Rows: pitfall 34."""
    ok = ("wrong shoes", "wu", "he")
    assert adjusting.refused(5, *ok) is None
    for found, code in (
        (adjusting.refused(0, *ok), Code.AMOUNT_NOT_POSITIVE),
        (adjusting.refused(10**10, *ok), Code.TOO_LARGE),
        (adjusting.refused(5, "x" * 201, "wu", "he"), Code.TOO_LARGE),
        (adjusting.refused(5, "  ", "wu", "he"), Code.REASON_NEEDED),
        (adjusting.refused(5, "why", "wu", "wu"), Code.APPROVER_NEEDED),
        (adjusting.refused(5, "why", "wu", ""), Code.APPROVER_NEEDED),
        (adjusting.refused(5, "why", "", "he"), Code.APPROVER_NEEDED),
    ):
        assert found is not None
        assert found.code is code


# ---------------------------------------------------------------------------- no members yet
KEY = "ab" * 16
BEATA = member_id(2)


def for_prospect(till: Counter, amount: int, **changes: Any) -> Entry:
    """A sale to nobody that counts for somebody."""
    spare = Counter(till.dealer, 8, rules=till.rules, day=till.day, seq=till.seq)

    def told(data: dict[str, Any]) -> dict[str, Any]:
        line = {**data["lines"][0], "points_earned": 0}
        return data | {"prospect": KEY, "points_earned": 0, "lines": [line], **changes}

    body_entry = spare.sale(ANNA, [amount])

    body = read_body(body_entry.body)
    data = told(dict(body.data))
    return till.write(
        msgspec.structs.replace(body, place=till.place, member=None, effects=(), data=data)
    )


def enrolment(till: Counter, single: int, **changes: Any) -> Entry:
    data = EnrolData(
        "plain", "A", "A-store", "cd" * 16, "4417", "barcode", "v1", "joining.window", single,
        500_000, prospect=KEY,
    )  # fmt: skip
    return till.write(till.body(Kind.ENROL, BEATA, data=plain(data), **changes))


def test_golden_case_2_purchases_add_up_before_somebody_is_a_member() -> None:
    """2,000.00 at one till, 1,000.01 at another, 1,999.99 now: 5,000.00 makes a member, and what
    was counted counts for nobody any more.

    Rows: FL-05, FL-06; pitfall 14; golden case 2.
    """
    a, b = Counter("A"), Counter("B")
    office = HeadOffice()
    office.receive(a, for_prospect(a, 200_000))
    office.receive(b, for_prospect(b, 100_001))
    known = office.prospects[KEY]
    assert known.spend == ((DAY, 300_001),)
    assert sorted(known.marks.values()) == [1, 1]
    assert [p.base_minor for p in known.purchases()] == [300_001]
    (made,) = office.receive(a, enrolment(a, 199_999))
    assert made.codes == ()
    assert office.prospects[KEY].joined == BEATA
    assert office.prospects[KEY].purchases() == ()


def test_golden_case_2_an_enrolment_head_office_cannot_follow_is_flagged() -> None:
    """4,999.99 known in all; and a second one by purchases that already made a member.

    Rows: FL-06; pitfall 14; golden case 2.
    """
    till, office = Counter("A"), HeadOffice()
    office.receive(till, for_prospect(till, 300_000))
    (short,) = office.receive(till, enrolment(till, 199_999))
    assert short.codes == (Issue.RULE_MISMATCH,)
    office.prospects[KEY] = Prospect(((DAY, 900_000),), joined=ANNA)
    office.members.pop(BEATA)
    office.cards.clear()
    (again,) = office.receive(till, enrolment(till, 0))
    assert again.codes == (Issue.RULE_MISMATCH,)
    assert office.prospects[KEY].joined == ANNA
    office.members.pop(BEATA)
    office.cards.clear()
    (without,) = office.receive(till, enrolment(till, 0, programme=0))
    assert Issue.RULE_MISMATCH not in without.codes


def test_a_base_that_is_not_that_of_the_lines_counts_nothing() -> None:
    till, office = Counter("A"), HeadOffice()
    (made,) = office.receive(till, for_prospect(till, 300_000, earn_base_minor=900_000))
    assert made.codes == (Issue.RULE_MISMATCH,)
    assert office.prospects == {}

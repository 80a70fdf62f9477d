"""Leases at the till, through the use cases of a screen: spent first, never twice, gone for ever.

Rows: FL-27; pitfalls 1, 2, 4, 25; invariants 14, 17.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sync.client.till_store import ReplicaStore
from sync.database.till.replica_rows import Change
from sync.domain.leases import DOCUMENT, LeaseDocument, Right, document_name
from sync.domain.members import Extras, LightRow
from sync.domain.refusals import Code
from sync.protocol.messages import Document, FeedItem, FeedPage, Granted, Op
from terminal.usecases import identify
from terminal.usecases.commits import Done
from terminal.usecases.exposure import Exposure, exposure
from terminal.usecases.identify import MemberCard
from terminal.usecases.till import Till
from tests.terminal.usecases.made import (
    DAY,
    DEVICE,
    NOON_MS,
    ZHANG,
    HeadOffice,
    changes,
    light,
    read,
)
from tests.terminal.usecases.test_caps import HOUR_MS, Desk, code, rules

ME = f"{DEVICE}:1"
KEY = f"{DOCUMENT}/{document_name(ZHANG, 'A1')}"
ENDS_MS = NOON_MS + 7 * 24 * HOUR_MS


def right(lease: str, granted: int, **more: object) -> Right:
    made = Right(lease, ME, "A1-1", granted, granted, ENDS_MS)
    return msgspec.structs.replace(made, **more)


def row(version: int = 5, leased_points: int = 0, leased_minor: int = 0) -> LightRow:
    held = light(10**8, 350_000, version=version)
    extras = Extras(leased_points=leased_points, leased_minor=leased_minor)
    return msgspec.structs.replace(held, extras=extras)


def tell(till: Till, held: LightRow, *rights: Right, version: int = 5) -> None:
    """A page of the feed: the row, and the document of store A1."""
    data = msgspec.json.encode(LeaseDocument(ZHANG, version, rights))
    document = Document(msgspec.Raw(data))
    found = [*changes(held, rules()), Change(20, "local", KEY, 20, document)]
    till.database.replica.apply(found, 1, 20, till.clock.utc_ms(), complete=True)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Zhang has 3,500.00; this till may spend 200.00 and 1,000 points alone, others 50.00."""
    made = Desk(tmp_path)
    tell(
        made.till, row(leased_minor=25_000, leased_points=1_000),
        right("s-1", 20_000), right("p-1", 1_000),
    )  # fmt: skip
    yield made
    made.till.database.close()


def member(till: Till) -> MemberCard:
    found = identify.scan(till, read())
    assert isinstance(found, MemberCard)
    return found


def leases_of(answer: object) -> dict[str, int]:
    assert isinstance(answer, Done), answer
    return answer.body.basis.leases


def test_leases_are_spent_first_and_count_against_no_cap(desk: Desk) -> None:
    """Of 250.00 the lease covers 200.00; 50.00 count, to the fen. Then 150.00 are left of the day's
    200.00 of this card."""
    assert leases_of(desk.spend(stored=25_000)) == {"s-1": 20_000}
    used = desk.till.database.pending.used(ZHANG, DAY)
    assert (used.card_stored_value_minor, used.till_at_risk_minor, used.till_ops) == (
        5_000, 5_000, 1,
    )  # fmt: skip
    assert code(desk.spend(stored=15_001, approved=True)) == Code.OFFLINE_CARD_DAY
    assert leases_of(desk.spend(stored=15_000, approved=True)) == {}


def test_a_spend_within_leases_uses_no_cap_at_all(desk: Desk) -> None:
    assert leases_of(desk.spend(stored=20_000, points=1_000)) == {"s-1": 20_000, "p-1": 1_000}
    used = desk.till.database.pending.used(ZHANG, DAY)
    assert (used.till_at_risk_minor, used.till_ops, used.card_points_ops) == (0, 0, 0)


def test_a_lease_outlives_the_72_hours(desk: Desk) -> None:
    """Without head office for 100 hours: only what a lease covers goes on."""
    desk.clock.pass_ms(100 * HOUR_MS)
    assert code(desk.spend(stored=20_001)) == Code.OFFLINE_TOO_LONG
    assert leases_of(desk.spend(stored=20_000)) == {"s-1": 20_000}
    assert code(desk.spend(stored=1)) == Code.OFFLINE_TOO_LONG


def test_a_lease_ends_after_its_days_whatever_the_wall_clock_says(desk: Desk) -> None:
    desk.clock.pass_ms(7 * 24 * HOUR_MS)
    desk.clock.at_ms -= 5 * 24 * HOUR_MS
    assert code(desk.spend(stored=1)) == Code.OFFLINE_TOO_LONG


def test_a_right_is_not_spent_twice_although_head_office_has_it(desk: Desk) -> None:
    """Acknowledged, and told of in a newer row: what this till took stays taken."""
    desk.spend(stored=15_000)
    desk.acknowledge()
    seq = desk.till.database.journal.head().seq
    held = msgspec.structs.replace(
        row(6, leased_minor=10_000, leased_points=1_000), marks={ME: seq}
    )
    tell(desk.till, held, right("s-1", 20_000), right("p-1", 1_000))
    assert {one.lease: one.rest for one in member(desk.till).standing.leases} == {
        "s-1": 5_000,
        "p-1": 1_000,
    }
    assert leases_of(desk.spend(stored=6_000)) == {"s-1": 5_000}


def test_what_others_hold_is_not_available(desk: Desk) -> None:
    standing = member(desk.till).standing
    assert (standing.foreign.principal, standing.foreign.points) == (5_000, 0)
    assert standing.available.stored_value == 345_000


def page(n: int, rights: tuple[Right, ...]) -> FeedPage:
    data = msgspec.json.encode(LeaseDocument(ZHANG, n, rights))
    raw = msgspec.Raw(msgspec.json.encode(Document(msgspec.Raw(data))))
    return FeedPage(1, (FeedItem(n, "local", KEY, n, Op.PUT, raw),), n, False)


def test_an_end_once_seen_is_for_good(desk: Desk) -> None:
    """A replica that is fetched again may be older than what head office was told."""
    ReplicaStore(desk.till.database).apply_page(
        page(21, (right("s-1", 20_000, ended=True),)), desk.clock.utc_ms()
    )
    assert [one.rest for one in member(desk.till).standing.leases] == [0]
    ReplicaStore(desk.till.database).apply_page(
        page(22, (right("s-1", 20_000),)), desk.clock.utc_ms()
    )
    assert [one.rest for one in member(desk.till).standing.leases] == [0]


def test_what_head_office_takes_from_the_lease_stands_in_the_entry(desk: Desk) -> None:
    answered = HeadOffice(lambda _: Granted("a-1", 120, row(7), {"s-1": 300}))
    desk.till.online = answered
    done = desk.spend(stored=1_000)
    assert leases_of(done) == {"s-1": 300}
    assert [one.rest for one in member(desk.till).standing.leases if one.lease == "s-1"] == [19_700]


def test_the_worst_case_is_one_number_with_its_parts(desk: Desk) -> None:
    """200.00 and 1,000 points at a fen: 210.00 leases + 3,000.00 + 5,000.00 + 2,000.00 + 500.00 +
    2,000.00 = 12,710.00; after 50.00 beyond the lease the lease is worth 10.00."""
    found = exposure(desk.till)
    assert isinstance(found, Exposure)
    assert (found.worst.minor, dict(found.worst.parts)["leases"]) == (1_271_000, 21_000)
    desk.spend(stored=25_000)
    later = exposure(desk.till)
    assert isinstance(later, Exposure)
    assert (later.worst.minor, later.used.till_at_risk_minor, later.unsent) == (
        1_251_000, 5_000, found.unsent + 1,
    )  # fmt: skip


def test_a_clock_set_back_gains_no_hours(desk: Desk) -> None:
    """71 hours without head office, then the clock is set back by 20: two hours later it is too
    long all the same, also after a restart."""
    desk.clock.pass_ms(71 * HOUR_MS)
    assert leases_of(desk.spend(stored=1)) == {"s-1": 1}
    desk.clock.at_ms -= 20 * HOUR_MS
    assert desk.till.offline_ms() == 71 * HOUR_MS
    desk.clock.pass_ms(2 * HOUR_MS)
    assert desk.till.offline_ms() == 73 * HOUR_MS
    again = Till(desk.till.database, desk.clock, desk.till.random, boot="boot-2")
    assert again.offline_ms() == 71 * HOUR_MS


def test_head_offices_time_feeds_the_hybrid_clock(desk: Desk) -> None:
    """A wall clock an hour behind head office: entries are stamped with head office's time, and no
    note says that the clock was set back."""
    desk.till._hq_ms = desk.clock.utc_ms() + HOUR_MS  # what an acknowledgement brings
    done = desk.spend(stored=1)
    assert isinstance(done, Done)
    assert done.body.at.hlc_ms == desk.clock.utc_ms() + HOUR_MS
    assert done.body.at.utc_ms == desk.clock.utc_ms()
    assert desk.till.clock_set_back_ms() == 0


def test_who_owes_spends_nothing_offline_until_it_is_cured(desk: Desk) -> None:
    """Shown as negative; neither a lease nor the limits help; head office's next row, in which an
    earn or a top-up has covered it, does."""
    owing = msgspec.structs.replace(row(6, leased_minor=20_000), uncovered=5)
    tell(desk.till, owing, right("s-1", 20_000), version=6)
    assert member(desk.till).negative
    assert code(desk.spend(stored=1)) == Code.MEMBER_NEGATIVE
    tell(desk.till, row(7, leased_minor=20_000), right("s-1", 20_000), version=7)
    assert not member(desk.till).negative
    assert leases_of(desk.spend(stored=1)) == {"s-1": 1}


def test_a_negative_figure_alone_says_so_too(desk: Desk) -> None:
    """A negative figure is enough, whether or not a claim is known to be open."""
    poor = msgspec.structs.replace(row(6), balances=light(-10, 0).balances)
    tell(desk.till, poor, version=6)
    assert member(desk.till).negative
    cured = msgspec.structs.replace(row(7), balances=light(0, 100).balances)
    tell(desk.till, cured, version=7)
    assert not member(desk.till).negative

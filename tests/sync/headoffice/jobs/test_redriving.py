"""Quarantined entries post when what they lacked is there; until then they stay where they are."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
import structlog

from sync.database.headoffice.sessions import UnavailableError
from sync.domain import posting
from sync.domain.journal import Attachment, Kind
from sync.domain.members import Profile
from sync.headoffice.jobs import background
from sync.headoffice.jobs.redriving import redrive
from sync.headoffice.serving import Running, running
from sync.protocol import codec
from sync.protocol.messages import PushReply
from tests.helpers.servers import set_up
from tests.helpers.tills import TestTill, furnish, good, rows_of
from tests.sync.domain.making import member_id, programme
from tests.sync.headoffice.posting.test_push import outcomes, state_of

ANNA = member_id(1)


def drive(served: Running) -> int:
    return served.call(lambda hq: redrive(hq.database, hq.poster, hq.clock.now_ms()))


def test_an_unknown_programme_arrives(a1: TestTill) -> None:
    a1.push(a1.desk.enrol(ANNA))
    a1.desk.rules = programme(version=2)
    late = a1.desk.sale(ANNA, [10_000])
    assert outcomes(a1.push(late)) == [(2, "quarantined", ("unknown_programme",))]
    assert drive(a1.served) == 0
    a1.served.call(lambda hq: hq.setup.programme(programme(version=2)))
    assert drive(a1.served) == 1
    assert drive(a1.served) == 0
    again = codec.decode(good(a1.send([late])).content, PushReply)
    assert outcomes(again) == [(2, "posted", ())]
    assert state_of(a1.served)["unbalanced"] == []
    assert rows_of(a1.feed(), "member")[str(ANNA)].balances.points == 100


def test_a_profile_that_waited_is_opened_again(a1: TestTill, b1: TestTill) -> None:
    profile = msgspec.json.encode(Profile(ANNA, "张文静", "+8613800001234"))
    named = Attachment("profile", sha256(profile).hexdigest(), ANNA)
    early = b1.desk.write(b1.desk.body(Kind.PROFILE, ANNA, attachments=(named,)))
    assert outcomes(b1.push(early, blobs=[profile]))[0][1] == "quarantined"
    a1.push(a1.desk.enrol(ANNA))
    assert rows_of(a1.feed(), "member")[str(ANNA)].phone_tail == "1234"
    assert rows_of(a1.feed(), "profile")[str(ANNA)].name == "张文静"


def test_a_bug_of_ours_leaves_the_entry_where_it_is(
    a1: TestTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [
        a1.desk.sale(ANNA, [10_000]),
        a1.desk.write(a1.desk.body(Kind.FOLLOW_UP_OUTCOME, None)),
    ]
    a1.push(*waiting)

    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(posting, "admit", breaks)
    with structlog.testing.capture_logs() as logged:
        assert drive(a1.served) == 0
    assert len(logged) == 2


def test_the_jobs_of_a_serving_head_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "EVERY_S", 0.05)
    monkeypatch.setattr(background, "REDRIVE_EACH", 1)
    with running(set_up(tmp_path / "hq", scenario=False), tls=False) as served:
        furnish(served)
        with TestTill(served, "A1") as a1:
            a1.push(a1.desk.enrol(ANNA), *(a1.desk.sale(ANNA, [100]) for _ in range(5)))
            verified, rounds = 0, 0
            while verified < 6 and rounds < 200:
                served.call(lambda _: asyncio.sleep(0.02))
                verified, rounds = state_of(served)["devices"][0].verified_seq, rounds + 1
            assert verified == 6


def test_jobs_go_on_after_the_database_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = 0

    async def away(*_: object) -> list[object]:
        nonlocal rounds
        rounds += 1
        raise UnavailableError("planted")

    monkeypatch.setattr(background, "EVERY_S", 0.01)
    monkeypatch.setattr(background, "verify", away)
    office = SimpleNamespace(
        settings=SimpleNamespace(scenario=False),
        clock=SimpleNamespace(now_ms=int),
        database=None,
    )

    async def run() -> None:
        async with background.background(office):  # type: ignore[arg-type]  # what the jobs look at
            await asyncio.sleep(0.1)

    with structlog.testing.capture_logs() as logged:
        asyncio.run(run())
    assert rounds > 1
    assert {entry["event"] for entry in logged} == {"database"}

"""A chain seeded by entries of head office's own journal; the service's folder and its TLS."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from sync.client.transport import Transport
from sync.database.headoffice import ledger, reports
from sync.domain.cards import token_of
from sync.headoffice import keys as key_files
from sync.headoffice import service
from sync.headoffice.errors import InvalidError
from sync.headoffice.randomness import Seeded
from sync.headoffice.seeding import ChainDescription, Opening, SeedMember
from sync.headoffice.service import HeadOffice, Settings
from sync.headoffice.serving import running
from sync.headoffice.setup import StaffRow
from sync.protocol import wire
from sync.protocol.exchange import Call
from tests.helpers.servers import START_MS, opened, set_up
from tests.helpers.tills import chain_places
from tests.sync.domain.making import PROGRAMME

DAY = date(2026, 1, 10)
LI = SeedMember(
    "li", "李娜", "+8613800000601", "6688 0000 0000 1004", "C-store", tier="diamond",
    birthday_month=3, birthday_day=8, qualifying_minor=120_000,
    openings=(
        Opening("C-store", DAY, points=200),
        Opening("A-store", DAY, 300, 50_000, 5_000, expires_on=date(2026, 12, 31)),
    ),
)  # fmt: skip
WU = SeedMember("wu", "吴敏", "+8613800000602", "6688000000001012", "A-store")
CHAIN = ChainDescription(
    chain_places(),
    (PROGRAMME,),
    staff=(StaffRow("e1", "陈晓", "2580", ("A-store", "B-store")),),
    members=(LI, WU),
)


def test_members_bring_what_was_said_with_an_entry_behind_it(settings: Settings) -> None:
    with opened(settings) as (hq, runner):
        ids = runner.run(hq.seeder.seed(CHAIN, START_MS))

        async def look() -> None:
            async with hq.database.reading() as session:
                people = {m.member: m for m in await reports.members(session, list(ids.values()))}
                li = people[ids["li"]]
                assert (li.tier, li.name, li.home_store) == ("diamond", "李*", "C-store")
                held = li.balances
                assert (held.points, held.principal, held.bonus) == (500, 50_000, 5_000)
                assert held.qualifying == 120_000
                token = token_of(hq.keys.token_key, "6688000000001004")
                loaded = await ledger.load(session, [ids["li"]], [token], [], lock=False)
                lots = loaded.books[ids["li"]].lots
                assert [(x.dealer, x.account, x.quantity, x.expires_on) for x in lots] == [
                    ("C", "points", 200, None),
                    ("A", "bonus", 5_000, None),
                    ("A", "points", 300, date(2026, 12, 31)),
                    ("A", "principal", 50_000, None),
                ]
                (card,) = loaded.cards.values()
                assert (card.member, card.tail) == (ids["li"], "1004")
                assert await reports.exceptions(session) == []
                assert await reports.unbalanced(session) == []
                (device,) = await reports.devices(session)
                assert (device.till, device.entries) == ("HQ", 4)

        runner.run(look())
        more = ChainDescription(chain_places(), (PROGRAMME,), members=(WU,))
        with pytest.raises(InvalidError, match="card_in_use"):
            runner.run(hq.seeder.members(more, START_MS))


def test_the_same_seed_makes_the_same_chain(tmp_path: Path) -> None:
    async def ids(hq: HeadOffice) -> dict[str, object]:
        made: dict[str, object] = {**await hq.seeder.seed(CHAIN, START_MS)}
        async with hq.database.reading() as session:
            (device,) = await reports.devices(session)
        return {**made, "device": device.device, "head": device.head_hash}

    found = []
    for name in ("one", "two"):
        made = set_up(tmp_path / name, random=Seeded("story"))

        async def run(made: Settings = made) -> dict[str, object]:
            async with service.opened(made, Seeded("story|seed")) as hq:
                return await ids(hq)

        found.append(asyncio.run(run()))
    assert found[0] == found[1]


def test_setting_up_again_keeps_the_keys(tmp_path: Path) -> None:
    folder = tmp_path / "hq"
    first = service.init(folder, START_MS)
    kept = (folder / key_files.FILE).read_bytes()
    assert service.init(folder, START_MS) == first
    assert (folder / key_files.FILE).read_bytes() == kept
    assert (folder / key_files.FILE).stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        key_files.save(folder, key_files.load(folder))


def test_tills_pin_the_certificate_over_tls(tmp_path: Path) -> None:
    class SystemClock:
        def utc_ms(self) -> int:
            return START_MS

        def mono_ms(self) -> int:
            import time

            return time.monotonic_ns() // 1_000_000

    made = set_up(tmp_path / "hq")
    pin = key_files.fingerprint(made.folder)
    with running(made) as served:
        transport = Transport(served.base, [pin], SystemClock())
        answer = transport.send(Call("POST", wire.ENROL_BEGIN), {})
        transport.close()
        assert answer.status == 200


def test_a_clock_is_set_in_scenarios_only(tmp_path: Path) -> None:
    clock = service.Clock(scenario=True)
    clock.set(5)
    assert clock.now_ms() == 5
    with pytest.raises(RuntimeError):
        service.Clock(scenario=False).set(5)

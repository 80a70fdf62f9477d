"""The database against the books in memory: the same entries, any batches, the same ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from sync.database.headoffice import directory, ledger, reports, settlements
from sync.database.headoffice.rows import Device
from sync.database.headoffice.sessions import Session
from sync.domain.journal import Entry
from sync.headoffice.service import HeadOffice
from sync.protocol import frames
from sync.protocol.keys import Signer
from sync.protocol.messages import PushHeader
from tests.helpers.servers import KINDS, START_MS, opened, set_up
from tests.helpers.tills import DEALERS, SignedCounter, chain_places
from tests.sync.domain import making
from tests.sync.domain.making import PROGRAMME, member_id

MEMBERS = [member_id(number) for number in range(3)]
steps = st.lists(
    st.tuples(
        st.sampled_from(["enrol", "sale", "top_up", "gift", "spend", "points"]),
        st.integers(0, len(DEALERS) - 1),
        st.integers(0, len(MEMBERS) - 1),
        st.integers(1, 3_000),
    ),
    min_size=1,
    max_size=25,
)


class Play:
    """Four tills that write, a head office in memory and one on a database."""

    def __init__(self, hq: HeadOffice, runner: asyncio.Runner) -> None:
        self.hq, self.runner = hq, runner
        self.epoch = 0

    def begin(self) -> None:
        """Fresh tills; head office starts over in an empty database."""
        self.runner.run(_wipe(self.hq))
        self.epoch += 1
        self.tills = [_till(dealer) for dealer in DEALERS]
        self.memory = making.HeadOffice()
        self.runner.run(_enrol(self.hq, self.tills))

    def write(self, step: tuple[str, int, int, int]) -> tuple[SignedCounter, Entry]:
        what, till_number, member_number, amount = step
        till, member = self.tills[till_number], MEMBERS[member_number]
        if what == "enrol":
            return till, till.enrol(member)
        if what == "top_up":
            return till, till.top_up(member, amount * 100)
        if what == "gift":
            return till, till.gift(member)
        if what == "spend":
            return till, till.sale(member, [amount], stored_value_minor=amount)
        if what == "points" and till.dealer == "W":
            return till, till.sale(member, [amount + 1_000], points=100)
        return till, till.sale(member, [amount * 100])

    def post(self, batches: Sequence[tuple[SignedCounter, list[Entry]]]) -> None:
        for till, entries in batches:
            known = self.memory.receive(till, *entries)
            pairs = tuple((entry.signature, entry.body) for entry in entries)
            header = PushHeader(1, till.device, 1, entries[0].seq, len(pairs), 0)
            reply = self.runner.run(self.hq.poster.push(frames.Batch(header, pairs), START_MS))
            ours = [(r.outcome, tuple(c.value for c in r.codes)) for r in known]
            found = [(r.outcome, r.codes) for r in reply.results]
            assert found == ours


def _till(dealer: str) -> SignedCounter:
    signer = Signer(dealer.encode().ljust(32, b"k"), dealer)
    device = making.Counter(dealer).device
    return SignedCounter(dealer, 1, enrolled=device, signer=signer)


async def _enrol(hq: HeadOffice, tills: Sequence[SignedCounter]) -> None:
    async def work(session: Session) -> None:
        for till in tills:
            row = Device(
                till.device, 1, f"{till.dealer}1", till.place.store, till.dealer, "",
                till.signer.public, bytes(32), b"", till.prev, 0, till.prev, 0, "active",
            )  # fmt: skip
            await directory.add_device(session, row, START_MS)

    await hq.setup.places(chain_places())
    await hq.setup.programme(PROGRAMME)
    await hq.database.writing(work)


async def _wipe(hq: HeadOffice) -> None:
    import sqlalchemy as sa

    from sync.database.headoffice import tables
    from sync.database.headoffice.statements import query

    async def work(session: Session) -> None:
        for table in reversed(tables.metadata.sorted_tables):
            if table.name not in {"counter", "meta"}:
                await session.execute(query(sa.delete(table)))

    await hq.database.writing(work)


async def _books(hq: HeadOffice) -> dict[str, Any]:
    async with hq.database.reading() as session:
        found = await ledger.load(session, MEMBERS, [], [], lock=False)
        allocations = await settlements.allocations(session, 0, 1 << 62)
        return {
            "unbalanced": await reports.unbalanced(session),
            "books": {
                m: (b.balances, sorted(b.marks.items()), sum(lot.open for lot in b.lots),
                    sum(d.open for d in b.uncovered), sum(d.amount_minor for d in b.uncovered))
                for m, b in found.books.items()
            },
            "allocations": [
                (a.claim, a.kind, a.member, a.account, a.entry, a.lot_entry, a.quantity,
                 a.amount_minor, a.debtor, a.creditor)
                for a in allocations
            ],
        }  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def play(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Play]:
    """A head office for all examples of a test."""
    database = "sqlite"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        server.psql("DROP DATABASE IF EXISTS oracle;")
        server.psql("CREATE DATABASE oracle;")
        database = str(server.get_uri("oracle"))
    folder: Path = tmp_path_factory.mktemp("oracle") / request.param
    with opened(set_up(folder, database)) as (hq, runner):
        yield Play(hq, runner)


@pytest.mark.leaves_threads  # of the module's head office, which ends with the module
@examples(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, cuts=st.data())
def test_the_database_holds_what_the_rules_decided(
    play: Play, steps: list[tuple[str, int, int, int]], cuts: st.DataObject
) -> None:
    play.begin()
    first = play.tills[0]
    batches = [(first, [first.enrol(member) for member in MEMBERS])]
    for step in steps:
        till, entry = play.write(step)
        if batches and batches[-1][0] is till and cuts.draw(st.booleans()):
            batches[-1][1].append(entry)
        else:
            batches.append((till, [entry]))
    play.post(batches)
    found = play.runner.run(_books(play.hq))
    assert found["unbalanced"] == []
    assert found["books"] == {
        m: (b.balances, sorted(b.marks.items()), sum(lot.open for lot in b.lots),
            sum(d.open for d in b.uncovered), sum(d.amount_minor for d in b.uncovered))
        for m, b in play.memory.members.items()
    }  # fmt: skip
    assert found["allocations"] == [
        (a.claim, a.kind, a.member, a.account, a.entry, a.lot_entry, a.quantity, a.amount_minor,
         a.debtor, a.creditor)
        for a in play.memory.allocations
    ]  # fmt: skip

"""First contact by a ready replica file: a real till, a real head office, a process that builds."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from sync.client import till_store
from sync.client.channel import Channel
from sync.client.snapshot import SnapshotLoader
from sync.client.till_store import ReplicaStore
from sync.client.transport import Transport, Unreachable
from sync.database.headoffice import published
from sync.database.till.faults import StoreFault
from sync.database.till.replica_file import SCHEMA
from sync.database.till.replica_rows import Change
from sync.domain.checksums import ALL_TILLS, Checksum
from sync.domain.members import Balances
from sync.headoffice.feed import files, sums
from sync.headoffice.service import HeadOffice
from sync.headoffice.serving import Running, running
from sync.protocol import codec, keys, wire
from sync.protocol.errors import UntrustedError
from sync.protocol.exchange import Answer, Call
from sync.protocol.messages import BucketSum, FeedPage, SnapshotReply
from sync.protocol.records import (
    PURPOSE_MANIFEST,
    SEAL_SNAPSHOT,
    EnrolmentRecord,
    Form,
    Manifest,
    Scope,
)
from terminal.usecases.commits import Done
from tests.helpers.real_tills import RealTill, member, real_till, seed
from tests.helpers.servers import new_database, postgres_server, set_up
from tests.helpers.tills import TestTill, good

__all__ = ["new_database", "postgres_server"]
ANNA = 1001
PART = 40_000  # bytes: several parts even of a small file


class Line(Transport):
    """The line to head office, which breaks after `left` further bytes of parts."""

    left = 1 << 40

    def send(
        self,
        call: Call,
        headers: Mapping[str, str],
        *,
        sent: Callable[[], None] | None = None,
        sink: bytearray | None = None,
        interrupt: Callable[[], bool] | None = None,
        total_ms: int | None = None,
    ) -> Answer:
        before = len(sink) if sink is not None else 0
        answer = super().send(
            call, headers, sent=sent, sink=sink, interrupt=interrupt, total_ms=total_ms
        )
        if sink is not None:
            self.left -= len(sink) - before
            if self.left < 0:
                del sink[max(before, len(sink) + self.left) :]
                self.left = 1 << 40
                raise Unreachable("broken")
        return answer


@contextmanager
def loading(till: RealTill) -> Iterator[tuple[SnapshotLoader, Line]]:
    """The loader the till's sync has, on a line of its own."""
    database, clock = till.app.database, till.clock
    identity, own = database.journal.identity, database.keys
    record = codec.decode(identity.record, EnrolmentRecord)
    signer = keys.Signer(own.sign, keys.device_key_id(identity.device, identity.epoch))
    line = Line(till.settings.headoffice, (), clock, allow_plain_loopback=True, told_time=clock)
    with closing(line):
        channel = Channel(line, signer, clock, secrets.token_bytes)
        channel.renew(20_000)
        trusted = keys.ring(record.hq_keys, "snapshot")
        yield SnapshotLoader(channel, ReplicaStore(database), trusted, own.agree, clock), line


@pytest.fixture(params=["sqlite", "postgresql"])
def chain(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    new_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Running, dict[str, UUID]]]:
    """A head office that has a file for any chain, and 60 members."""
    monkeypatch.setattr(files, "PART_BYTES", PART)
    monkeypatch.setattr(files, "LEAST_ROWS", 1)
    monkeypatch.setattr(files, "FIRST_WAIT_S", 60.0)
    with running(set_up(tmp_path / "hq", new_database(request.param)), tls=False) as served:
        people = [member(f"m{n}", ANNA + n, 500, 20_000) for n in range(60)]
        yield served, seed(served, *people)


def manifest_of(till: TestTill, query: str) -> tuple[Manifest, bytes]:
    """The manifest it is told, and the key as sealed to it."""
    answer = good(till.call("GET", wire.SNAPSHOT + query)).content
    reply = codec.decode(answer, SnapshotReply)
    trusted = keys.ring(till.record.hq_keys, "snapshot")
    opened = keys.open_signed(reply.manifest, PURPOSE_MANIFEST, trusted)
    return codec.decode(opened, Manifest), reply.sealed_key


def path_of(served: Running) -> Path:
    """The newest file at head office."""
    found = (served.head_office.settings.folder / files.FOLDER).glob("*.db")
    return max(found, key=lambda path: path.stat().st_mtime_ns)


def test_a_new_till_takes_the_file(chain: tuple[Running, dict[str, UUID]], tmp_path: Path) -> None:
    served, people = chain
    with real_till(served, tmp_path / "till") as till:
        assert path_of(served).exists()
        assert till.app.database.replica.members_held() == len(people)
        assert isinstance(till.sell(10_000, ANNA), Done)
        till.sync()
        assert till.confirmed(people["m0"]) == till.expected(people["m0"])
        assert till.confirmed(people["m0"]).points != 500
    assert not list((tmp_path / "till").glob("snapshot-*"))


def test_the_same_file_for_every_till(chain: tuple[Running, dict[str, UUID]]) -> None:
    served, _ = chain
    wish = f"?form=sqlcipher&schema={SCHEMA}"
    with TestTill(served, "A2") as a2, TestTill(served, "B2") as b2:
        (mine, my_key), (theirs, their_key) = manifest_of(a2, wish), manifest_of(b2, wish)
        shared = [p.sha256 for p in mine.parts if p.scope is Scope.MEMBERS]
        assert shared == [p.sha256 for p in theirs.parts if p.scope is Scope.MEMBERS]
        assert len(shared) > 2
        assert mine.snapshot != theirs.snapshot
        key = keys.open_sealed(a2.agree_seed, SEAL_SNAPSHOT, my_key)
        assert key == keys.open_sealed(b2.agree_seed, SEAL_SNAPSHOT, their_key)
        with pytest.raises(UntrustedError):
            keys.open_sealed(b2.agree_seed, SEAL_SNAPSHOT, my_key)
        assert [
            manifest_of(a2, q)[0].form for q in ("", "?form=x", "?form=sqlcipher&schema=99")
        ] == [Form.ROWS] * 3


def test_a_broken_line_and_a_restart(
    chain: tuple[Running, dict[str, UUID]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(till_store, "FLUSH_S", 0.0)
    served, people = chain
    with real_till(served, tmp_path / "till") as till:
        before = till.app.database.replica.path
        with loading(till) as (loader, line):
            line.left = 2 * PART + 10_000  # breaks in the third part of the file or so
            with pytest.raises(Unreachable):
                list(loader.load(1))
            first = list(loader.load(1))  # from the very byte
            assert first[0].done_bytes > PART
        assert till.app.database.replica.path != before
        with loading(till) as (loader, line):
            served.call(newer)
            line.left = 2 * PART + 10_000
            with pytest.raises(Unreachable):
                list(loader.load(1))
        kept = till.app.database.replica.path
        till.close()
        till.open()  # killed half-way: the replica before is in use, and the parts are there
        assert till.app.database.replica.path == kept
        assert till.app.database.replica.members_held() == len(people)
        with loading(till) as (loader, _):
            assert next(iter(loader.load(1))).done_bytes > PART
            list(loader.load(1))
        assert till.app.database.replica.path != kept


async def newer(hq: HeadOffice) -> None:
    """A new file at once."""
    hq.files._kept.clear()
    await hq.files.newest(hq.clock.now_ms())


def test_other_bytes_are_not_taken(chain: tuple[Running, dict[str, UUID]], tmp_path: Path) -> None:
    served, people = chain
    with real_till(served, tmp_path / "till") as till, loading(till) as (loader, _):
        before = till.app.database.replica.path
        served.call(newer)
        file = path_of(served)
        whole = bytearray(file.read_bytes())
        whole[PART + 5] ^= 1
        file.write_bytes(whole)
        for _ in range(2):
            with pytest.raises(UntrustedError, match="part_hash"):
                list(loader.load(1))
        assert till.app.database.replica.path == before
        assert till.app.database.replica.members_held() == len(people)
        whole[PART + 5] ^= 1
        file.write_bytes(whole)
        list(loader.load(1))
        assert till.app.database.replica.path != before


def test_another_key_is_refused_and_the_file_fetched_again(
    chain: tuple[Running, dict[str, UUID]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, people = chain
    with real_till(served, tmp_path / "till") as till, loading(till) as (loader, _):
        before = till.app.database.replica.path
        served.call(newer)
        with monkeypatch.context() as patched:
            patched.setattr(keys, "open_sealed", lambda *_: bytes(32))
            with pytest.raises(StoreFault):
                list(loader.load(1))
        assert till.app.database.replica.path == before
        assert till.app.database.replica.members_held() == len(people)
        list(loader.load(1))
        assert till.app.database.replica.path != before
        assert till.app.database.replica.members_held() == len(people)


def test_pending_effects_survive_the_swap(
    chain: tuple[Running, dict[str, UUID]], tmp_path: Path
) -> None:
    """Invariants 12 and 18: what was shown before the swap is shown after it."""
    served, people = chain
    anna = people["m0"]
    with real_till(served, tmp_path / "till") as till:
        assert isinstance(till.sell(10_000, ANNA), Done)
        till.sync()
        till.offline = True
        assert isinstance(till.sell(10_000, ANNA), Done)
        assert isinstance(till.top_up(ANNA, 50_000), Done)
        shown, known = till.expected(anna), till.confirmed(anna)
        assert shown != known
        till.offline = False
        served.call(newer)
        with loading(till) as (loader, _):
            for _ in loader.load(1):
                assert till.expected(anna) == shown
        assert (till.expected(anna), till.confirmed(anna)) == (shown, known)
        till.sync()
        assert till.expected(anna) == till.confirmed(anna) == shown


@pytest.mark.parametrize("form", list(Form))
def test_a_replica_that_went_astray_is_fetched_again(
    chain: tuple[Running, dict[str, UUID]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: Form,
) -> None:
    """The next complete page says so; the same snapshot serves again."""
    served, people = chain
    if form is Form.ROWS:
        monkeypatch.setattr(served.head_office.files, "least_rows", 1 << 60)
    anna = people["m0"]
    with real_till(served, tmp_path / "till") as till:
        good_row = till.app.database.replica.light(anna)
        assert good_row is not None
        for _ in range(3):
            before = till.app.database.replica.path
            till.sync()
            assert till.app.database.replica.path == before
            wrong = msgspec.structs.replace(good_row.row, balances=Balances(1), version=99)
            change = Change(0, "member", str(anna), 99, wrong)
            till.app.database.replica.load([change], {})
            assert till.confirmed(anna) == Balances(1)
            till.sync()
            assert till.app.database.replica.path != before
            assert till.confirmed(anna) == good_row.row.balances
        till.close()
        till.open()
        assert till.confirmed(anna) == good_row.row.balances


def test_what_was_fetched_meanwhile_is_not_astray(
    chain: tuple[Running, dict[str, UUID]], tmp_path: Path
) -> None:
    served, people = chain
    with (
        real_till(served, tmp_path / "a") as till,
        real_till(served, tmp_path / "b", "B1") as other,
    ):
        replica = till.app.database.replica
        assert isinstance(other.sell(10_000, ANNA), Done)
        other.sync()
        store = ReplicaStore(till.app.database)
        newer_row = other.app.database.replica.light(people["m0"])
        assert newer_row is not None
        row = newer_row.row
        at = store.cursor()
        assert at is not None
        page = FeedPage(1, (), at.n, True, (BucketSum("all", 1, bytes(32)),))
        replica.put_fetched([Change(0, "member", str(row.member), row.version, row)], 1)
        assert store.apply_page(page, 1)
        assert not store.apply_page(page, 1)
        replica.keep("left_out", b"1")
        assert store.apply_page(page, 1)


def test_sums_are_those_of_the_rows_and_fold(
    chain: tuple[Running, dict[str, UUID]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, _ = chain
    with real_till(served, tmp_path / "till") as till:
        told = []
        for fold_at in (1 << 60, 1):
            monkeypatch.setattr(sums, "FOLD_AT", fold_at)
            assert isinstance(till.sell(10_000, ANNA), Done)
            till.sync()
            folded = served.call(lambda hq: hq.feed.sums.fold(hq.database))
            assert (folded > 0) == (fold_at == 1)
            told.append(served.call(told_sum))
            served.head_office.feed.sums = sums.FeedSums()  # another process
            assert served.call(told_sum) == told[-1]
            assert served.call(counted) == told[-1]
        assert told[0] != told[1]


async def told_sum(hq: HeadOffice) -> tuple[int, bytes]:
    """The checksum a complete page has."""
    n = await hq.database.last_visible("feed_n")
    async with hq.database.reading() as session:
        (found,) = await hq.feed.sums.at(session, n)
        assert await hq.feed.sums.at(session, n - 1) == ()
    return found.count, found.xor


async def counted(hq: HeadOffice) -> tuple[int, bytes]:
    """The same, of the rows themselves."""
    total = Checksum()
    async with hq.database.reading() as session:
        rows = await published.page(session, [ALL_TILLS], 0, 1 << 60, 1 << 30)
    for row in rows:
        total.change(row.kind, row.key, None, row.ver if row.op == "put" else None)
    return total.count, total.xor

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from sync.client import till_store
from sync.client.till_store import JournalStore, ReplicaStore, ports_of
from sync.database.till.database import TillDatabase
from sync.database.till.journal import Blob, NewEntry
from sync.database.till.replica_file import build_replica
from sync.domain.members import Balances, LightRow, Profile
from sync.domain.posting import Outcome
from sync.domain.programme import Programme, to_bytes
from sync.protocol import codec, frames
from sync.protocol.errors import MalformedError
from sync.protocol.exchange import Cursor
from sync.protocol.keys import Signer, countersign, sign_document, sign_programme
from sync.protocol.messages import (
    BlockRow,
    BucketSum,
    FeedItem,
    FeedKind,
    FeedPage,
    PushReply,
    PushResult,
    PushStatus,
)
from sync.protocol.records import (
    PURPOSE_ROSTER,
    Form,
    Manifest,
    Part,
    Roster,
    Scope,
    Signed,
    Staff,
)
from tests.sync.database.till.made import Bodies
from tests.terminal.usecases.made import DEVICE, HQ, NOON_MS, PROGRAMME, Clock, enrolled

BLOCKED = "ab" * 16


@pytest.fixture
def database(tmp_path: Path) -> Iterator[TillDatabase]:
    enrolled(tmp_path)
    made = TillDatabase(tmp_path)
    yield made
    made.close()


def member_item(n: int) -> FeedItem:
    row = LightRow(UUID(int=n), "gold", Balances(n), n)
    return codec.put(n, FeedKind.MEMBER, str(row.member), n, row)


def roster(signer: Signer = HQ) -> Signed:
    people = Roster(1, "A1", (Staff("lin", "林晓", ("cashier",), "$argon2id$"),))
    return sign_document(signer, PURPOSE_ROSTER, codec.canonical_bytes(people))


def global_items(programme: Signed | None = None) -> tuple[FeedItem, ...]:
    return (
        codec.put(1, FeedKind.BLOCK, BLOCKED, 1, BlockRow(BLOCKED, 1, "lost")),
        codec.put(2, FeedKind.PROGRAMME, "3", 2, programme or sign_programme(HQ, PROGRAMME)),
        codec.put(3, FeedKind.ROSTER, "A1", 3, roster()),
    )


def page(*items: FeedItem, complete: bool = True, buckets: tuple[BucketSum, ...] = ()) -> FeedPage:
    return FeedPage(1, items, max((i.n for i in items), default=0), complete, buckets)


# -- journal -------------------------------------------------------------------------------------


def test_a_batch_keeps_within_its_bounds_but_has_one_entry_at_least(database: TillDatabase) -> None:
    store, bodies = JournalStore(database, Clock()), Bodies()
    entries = [database.journal.append(bodies.earning(n + 1)).entry for n in range(5)]
    whole = store.batch(1, 500, 1 << 20)
    assert whole.entries == tuple((e.signature, e.body) for e in entries)
    assert whole.hashes == tuple(e.hash for e in entries)
    assert len(store.batch(2, 2, 1 << 20).entries) == 2
    assert len(store.batch(1, 500, 1).entries) == 1
    two = frames.raw_size(entries[0].body) + frames.raw_size(entries[1].body)
    assert len(store.batch(1, 500, two).entries) == 2
    assert store.batch(6, 500, 1 << 20).entries == ()
    assert store.oldest_unsent_ms() == bodies.at_ms - 4000


def test_attachments_travel_with_their_entry(database: TillDatabase) -> None:
    store = JournalStore(database, Clock())
    blob = Blob("profile", sha256(b"{}").digest(), None, b"{}")
    database.journal.append(NewEntry(Bodies().body(), (blob,)))
    assert store.batch(1, 10, 1 << 20).attachments == (b"{}",)


def test_an_acknowledgement_comes_back_as_it_came(database: TillDatabase) -> None:
    store = JournalStore(database, Clock())
    assert (store.acked(), store.hash_at(0)) == (None, database.journal.identity.genesis)
    entry = database.journal.append(Bodies().earning(1)).entry
    ack = countersign(HQ, DEVICE, 1, 1, entry.hash, 1, NOON_MS)
    result = PushResult(1, PushStatus.CREATED, Outcome.POSTED_EXCEPTION, None, ("overdraft",), 7)
    store.store_ack(PushReply((result,), ack))
    assert store.acked() == ack
    kept = database.outbox.result(1)
    assert kept is not None
    assert (kept.outcome, kept.codes, kept.post_seq) == ("posted_exception", ("overdraft",), 7)
    assert store.head() == (1, entry.hash)
    assert (store.hash_at(1), store.hash_at(2)) == (entry.hash, None)
    store.freeze("fork")
    assert database.frozen == "fork"


# -- feed ----------------------------------------------------------------------------------------


def test_a_page_brings_rows_and_moves_cursor_and_time(database: TillDatabase) -> None:
    store = ReplicaStore(database)
    assert store.cursor() is None
    assert store.apply_page(page(*global_items(), member_item(4)), NOON_MS)
    assert store.cursor() == Cursor(1, 4)
    assert database.replica.blocked(BLOCKED)
    assert [pack.data for pack in database.replica.programme_packs()] == [to_bytes(PROGRAMME)]
    assert [person.staff for person in database.replica.roster()] == ["lin"]
    held = database.replica.light(UUID(int=4))
    assert held is not None
    assert held.as_of_ms == NOON_MS
    assert database.outbox.last_contact_ms() == NOON_MS


@pytest.mark.allows_log("feed_item_untrusted")
def test_what_head_office_did_not_sign_is_not_believed(database: TillDatabase) -> None:
    stranger = Signer(bytes([5]) * 32)
    items = (
        codec.put(1, FeedKind.PROGRAMME, "4", 1, sign_programme(stranger, PROGRAMME)),
        codec.put(2, FeedKind.ROSTER, "A1", 2, roster(stranger)),
        member_item(3),
    )
    assert ReplicaStore(database).apply_page(page(*items), NOON_MS)
    assert database.replica.programme_packs() == []
    assert database.replica.roster() == []
    assert database.replica.light(UUID(int=3)) is not None


@pytest.mark.allows_log("programme_unknown")
def test_a_programme_of_a_later_release_is_kept_and_not_applied(database: TillDatabase) -> None:
    class Later(Programme, frozen=True, forbid_unknown_fields=True):
        surprise: int = 1

    fields = {name: getattr(PROGRAMME, name) for name in Programme.__struct_fields__}
    later = sign_document(HQ, b"guibin-programme-1", codec.canonical_bytes(Later(**fields)))
    ReplicaStore(database).apply_page(page(*global_items(later)), NOON_MS)
    (pack,) = database.replica.programme_packs()
    assert pack.data == later.data


def test_checksums_that_differ_are_told(database: TillDatabase) -> None:
    store = ReplicaStore(database)
    count, xor = 1, sha256(b"member\0" + str(UUID(int=4)).encode() + b"\0" + bytes(7) + b"\4")
    right = BucketSum("all", count, xor.digest())
    assert store.apply_page(page(member_item(4), buckets=(right,)), NOON_MS)
    wrong = BucketSum("all", 2, xor.digest())
    assert not store.apply_page(page(buckets=(wrong,)), NOON_MS)
    assert store.apply_page(page(complete=False, buckets=(wrong,)), NOON_MS)


# -- snapshot ------------------------------------------------------------------------------------


def manifest(form: Form, parts: list[tuple[Scope, bytes]]) -> Manifest:
    told = tuple(
        Part(index, scope, len(data), sha256(data).digest(), 1)
        for index, (scope, data) in enumerate(parts)
    )
    return Manifest(1, "s1", 1, 40, form, 1 if form is Form.SQLCIPHER else 0, NOON_MS, told)


def test_rows_are_loaded_part_by_part_and_go_on_after_a_restart(tmp_path: Path) -> None:
    enrolled(tmp_path)
    parts = [
        (Scope.GLOBAL, codec.encode_page(page(*global_items()))),
        (Scope.MEMBERS, codec.encode_page(page(member_item(10), member_item(11)))),
        (Scope.MEMBERS, codec.encode_page(page(member_item(12)))),
    ]
    told = manifest(Form.ROWS, parts)
    database = TillDatabase(tmp_path)
    store = ReplicaStore(database)
    assert store.snapshot_begin(told, b"") == frozenset()
    with pytest.raises(MalformedError):
        store.snapshot_part(told.parts[1], b"x" * told.parts[1].size)
    store.snapshot_part(told.parts[0], parts[0][1])
    store.snapshot_global(NOON_MS)
    assert [person.staff for person in database.replica.roster()] == [
        "lin"
    ]  # the first sale may be
    store.snapshot_part(told.parts[2], parts[2][1])
    assert database.replica.light(UUID(int=12)) is None
    database.close()
    database = TillDatabase(tmp_path)
    store = ReplicaStore(database)
    assert store.snapshot_begin(told, b"") == frozenset({0, 2})
    store.snapshot_part(told.parts[1], parts[1][1])
    store.snapshot_finish(NOON_MS)
    assert store.cursor() == Cursor(1, 40)
    assert database.replica.members_held() == 3
    assert [person.staff for person in database.replica.roster()] == ["lin"]
    database.close()


def test_a_ready_file_is_put_together_from_its_parts_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(till_store, "FLUSH_S", 0.0)
    folder = tmp_path / "till"
    enrolled(folder)
    key, made = bytes([7]) * 32, tmp_path / "made.db"
    members = [(LightRow(UUID(int=n), "gold", Balances(n), n), n) for n in range(1, 200)]
    build_replica(made, key, members, (), 1, 40)
    raw = made.read_bytes()
    third = len(raw) // 3
    pieces = [raw[:third], raw[third : 2 * third], raw[2 * third :]]
    parts = [(Scope.GLOBAL, codec.encode_page(page(*global_items())))]
    parts += [(Scope.MEMBERS, piece) for piece in pieces]
    told = manifest(Form.SQLCIPHER, parts)
    database = TillDatabase(folder)
    profile = Profile(UUID(int=5), "张文静", "+8613800138000")
    store = ReplicaStore(database)
    fetched = codec.put(1, FeedKind.PROFILE, str(UUID(int=5)), 1, profile)
    store.put_fetched([msgspec.structs.replace(fetched, n=0)], NOON_MS)
    assert store.snapshot_begin(told, key) == frozenset()
    for index in (0, 3, 1):
        store.snapshot_part(told.parts[index], parts[index][1])
    database.close()
    database = TillDatabase(folder)
    store = ReplicaStore(database)
    assert store.snapshot_begin(told, key) == frozenset({0, 1, 3})
    store.snapshot_part(told.parts[2], parts[2][1])
    store.snapshot_finish(NOON_MS)
    assert database.replica.members_held() == 199
    assert database.replica.profile(UUID(int=5)) == profile
    assert [person.staff for person in database.replica.roster()] == ["lin"]
    assert database.replica.blocked(BLOCKED)
    assert not list(folder.glob("snapshot-*"))
    database.close()


def test_the_ports_are_those_the_client_asks_for(database: TillDatabase) -> None:
    ports = ports_of(database, Clock(), random.Random(1).randbytes)
    assert ports.journal.head() == (0, database.journal.identity.genesis)
    assert ports.replica.cursor() is None

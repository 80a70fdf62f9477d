from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from sync.database.engine import IntegrityError, connect
from sync.database.till.counter import DraftRow
from sync.database.till.database import TillDatabase
from sync.database.till.faults import DiskFullError
from sync.database.till.journal import Blob, NewEntry
from sync.database.till.journal_tables import INSERT_ONLY
from sync.domain.journal import Attachment, Kind, Unbalanced, entry_hash, read_body
from tests.sync.database.till.made import MEMBER, Bodies, identity, opened


@pytest.fixture
def database(tmp_path: Path) -> Iterator[TillDatabase]:
    made = opened(tmp_path)
    yield made
    made.close()


def test_the_first_entry_follows_the_genesis_hash(database: TillDatabase) -> None:
    done = database.journal.append(Bodies().earning(10))
    entry = done.entry
    assert (done.new, entry.seq, entry.epoch) == (True, 1, 1)
    assert entry.prev == identity().genesis
    assert entry.hash == entry_hash(entry.device, 1, 1, entry.prev, entry.body)
    database.keys.signing.public_key().verify(entry.signature, entry.hash)


def test_entries_are_read_back_as_the_bytes_that_were_written(database: TillDatabase) -> None:
    bodies = Bodies()
    written = [database.journal.append(bodies.earning(n + 1)).entry for n in range(5)]
    assert database.journal.entries(0, 10) == written
    assert list(database.journal.all_entries(2, page=2)) == written[2:]
    assert database.journal.find(read_body(written[3].body).entry_id) == written[3]
    assert database.journal.entry(6) is None
    assert database.journal.head().hash == written[-1].hash


def test_the_same_entry_id_gives_the_entry_of_the_first_time(database: TillDatabase) -> None:
    new = Bodies().earning(10)
    first = database.journal.append(new)
    again = database.journal.append(new)
    assert (again.new, again.entry) == (False, first.entry)
    assert database.journal.head().seq == 1
    assert database.counter.totals(1) == database.counter.totals(1)


def test_shift_totals_count_a_double_submit_once(database: TillDatabase) -> None:
    new = Bodies().earning(10, cash=1000)
    database.journal.append(new)
    database.journal.append(new)
    (total,) = database.counter.totals(1)
    assert (total.tender, total.kind, total.count, total.amount_minor) == ("cash", "sale", 1, 1000)


@pytest.mark.parametrize("table", INSERT_ONLY)
@pytest.mark.parametrize("action", ["UPDATE {} SET seq = seq", "DELETE FROM {}"])
def test_what_was_written_can_be_neither_changed_nor_deleted(
    tmp_path: Path, table: str, action: str
) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    blob = Blob("profile", bytes(32), MEMBER, b"{}")
    for new in (bodies.spending(4, 200), bodies.topping_up(3000, 300)):
        database.journal.append(NewEntry(new.body, (blob,)))
    key = database.keys.database
    database.close()
    connection = connect(tmp_path / "journal.db", key)
    if table == "newcomer":
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("INSERT INTO newcomer VALUES (9, x'01', x'02', NULL, '', x'', x'')")
    if table == "lease_use":
        connection.execute("INSERT INTO lease_use VALUES ('p-1', 1, 5)")
    if table == "prospect_sale":
        connection.execute("INSERT INTO prospect_sale VALUES ('ab', 1, '2026-11-21', 5)")
    with pytest.raises(IntegrityError, match="written once"):
        connection.execute(action.format(table))
    connection.close()


def test_an_unbalanced_entry_is_never_written(database: TillDatabase) -> None:
    body = Bodies().earning(10).body
    with pytest.raises(Unbalanced):
        database.journal.append(NewEntry(msgspec.structs.replace(body, effects=body.effects[:1])))
    assert database.journal.head().seq == 0


def test_entry_effects_attachments_and_draft_are_one_transaction(tmp_path: Path) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    new = bodies.earning(10)
    database.counter.save_draft(
        DraftRow(new.body.entry_id, "sale", b"{}", dead=False, opened_ms=1, updated_ms=1)
    )
    twice = (Blob("profile", bytes(32), None, b"a"),)
    database.journal.append(NewEntry(new.body, twice, receipt=True))
    assert database.counter.drafts() == []
    assert database.journal.blobs(1) == list(twice)
    assert [job.seq for job in database.counter.unprinted()] == [1]
    database.close()


def test_a_full_file_refuses_with_nothing_written(tmp_path: Path) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    database.journal.append(bodies.earning(10))
    database.journal.file.limit_pages(1)
    written = 1
    try:
        for _ in range(200):
            database.journal.append(bodies.earning(10))
            written += 1
        pytest.fail("the file was never full")
    except DiskFullError:
        pass
    assert database.journal.head().seq == written
    database.journal.file.limit_pages(1_000_000)
    assert database.journal.append(bodies.earning(10)).entry.seq == written + 1
    assert database.check_now().broken is None
    database.close()


def test_too_little_room_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    database = opened(tmp_path, free=lambda _: (64 << 20) - 1)
    with pytest.raises(DiskFullError):
        database.require_fit()
    assert database.journal.append(NewEntry(Bodies().body())).new  # sync and closing go on
    database.close()


def test_watchers_hear_of_each_commit(database: TillDatabase) -> None:
    heard: list[int] = []
    database.journal.watch(lambda entry: heard.append(entry.seq))
    bodies = Bodies()
    new = bodies.earning(1)
    database.journal.append(new)
    database.journal.append(new)
    database.journal.append(bodies.earning(1))
    assert heard == [1, 2]


def test_attachments_are_named_by_the_body(database: TillDatabase) -> None:
    data = b'{"name":"x"}'
    digest = sha256(data)
    named = (Attachment("profile", digest.hexdigest(), MEMBER),)
    body = Bodies().body(Kind.PROFILE, member=MEMBER, attachments=named)
    database.journal.append(NewEntry(body, (Blob("profile", digest.digest(), MEMBER, data),)))
    (blob,) = database.journal.blobs(1)
    assert (blob.member, blob.data) == (MEMBER, data)
    assert database.check_now().broken is None
    assert isinstance(blob.member, UUID)

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sync.database.engine import connect
from sync.database.till.checking import Break, JournalCheck, check_entries
from sync.database.till.database import TillDatabase
from sync.database.till.faults import StoreFault, TamperedError
from sync.domain.journal import entry_hash
from tests.sync.database.till.made import Bodies, opened

NO_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


def tampered(folder: Path, *statements: str) -> TillDatabase:
    """Return the database after somebody with the key wrote into it."""
    database = opened(folder)
    bodies = Bodies()
    for n in range(6):
        database.journal.append(bodies.earning(n + 1, cash=100))
    database.journal.append(bodies.spending(2, 100))
    key = database.keys.database
    database.close()
    connection = connect(folder / "journal.db", key)
    connection.execute("PRAGMA foreign_keys = OFF")
    for (name,) in connection.execute(NO_TRIGGERS).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return opened(folder)


@pytest.mark.allows_log("journal_broken")
@pytest.mark.parametrize(
    ("statement", "seq", "rule"),
    [
        (
            "UPDATE entry SET body = CAST(replace(body, ':4,', ':9,') AS BLOB) WHERE seq = 4",
            4,
            "hash",
        ),
        ("UPDATE entry SET hash = zeroblob(32) WHERE seq = 3", 3, "hash"),
        ("UPDATE entry SET prev = zeroblob(32) WHERE seq = 3", 3, "prev"),
        ("UPDATE entry SET signature = zeroblob(64) WHERE seq = 5", 5, "signature"),
        ("DELETE FROM entry WHERE seq = 2", 2, "gap"),
        ("UPDATE entry SET kind = 'note' WHERE seq = 2", 2, "columns"),
        ("UPDATE entry SET business_date = '2026-11-20' WHERE seq = 6", 6, "columns"),
        ("UPDATE effect SET delta = delta + 1 WHERE seq = 1", 1, "effects"),
        ("DELETE FROM effect WHERE seq = 6", 6, "effects"),
        ("DELETE FROM exposure WHERE seq = 7", 7, "exposure"),
        ("UPDATE exposure SET points_minor = 1 WHERE seq = 7", 7, "exposure"),
    ],
)
def test_the_first_bad_entry_is_named(tmp_path: Path, statement: str, seq: int, rule: str) -> None:
    database = tampered(tmp_path, statement)
    checked = database.check_now()
    assert checked.broken == Break(seq, rule)
    assert checked.last == seq - 1
    with pytest.raises(TamperedError) as caught:
        database.require_fit()
    assert caught.value.params == {"seq": seq, "rule": rule}
    database.close()


def test_totals_and_stray_rows_are_found_by_the_whole_check(tmp_path: Path) -> None:
    database = tampered(tmp_path, "UPDATE shift_total SET amount_minor = 1")
    check = JournalCheck(database.journal, database.keys.public)
    assert check.whole().broken == Break(7, "totals")
    database.close()


def test_an_effect_of_no_entry_is_found(tmp_path: Path) -> None:
    database = tampered(
        tmp_path, "INSERT INTO effect VALUES (zeroblob(16), 99, 0, 'points', 5, 'sale')"
    )
    check = JournalCheck(database.journal, database.keys.public)
    assert check.whole().broken == Break(7, "effects")
    database.close()


def test_an_acknowledgement_of_another_history_is_found(tmp_path: Path) -> None:
    database = tampered(
        tmp_path,
        "INSERT INTO ack (seq, head_hash, hq_epoch, hq_time_ms, key_id, sig, stored_ms) "
        "VALUES (3, zeroblob(32), 1, 1, 'hq-1', zeroblob(64), 1)",
    )
    check = JournalCheck(database.journal, database.keys.public)
    assert check.whole().broken == Break(7, "ack")
    database.close()


def test_recomputed_hashes_without_the_key_fail_by_signature(tmp_path: Path) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    good = [database.journal.append(bodies.earning(n + 1)).entry for n in range(4)]
    forged, prev = [], good[0].prev
    for entry in good:
        body = entry.body.replace(b'"delta":2', b'"delta":7').replace(b'"delta":-2', b'"delta":-7')
        digest = entry_hash(entry.device, entry.epoch, entry.seq, prev, body)
        forged.append(replace(entry, body=body, prev=prev, hash=digest))
        prev = digest
    assert check_entries(good, database.keys.public, 1, good[0].prev).broken is None
    assert check_entries(forged, database.keys.public, 1, good[0].prev).broken == Break(
        2, "signature"
    )
    database.close()


def whole_check(folder: Path) -> None:
    """Open and check everything; opening or checking finds what is wrong."""
    found = opened(folder)
    try:
        checked = JournalCheck(found.journal, found.keys.public).whole()
    finally:
        found.close()
    if checked.broken is not None:
        raise TamperedError(seq=checked.broken.seq, rule=checked.broken.rule)


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_one_flipped_bit_on_disk_is_detected(tmp_path: Path, at: float) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    for _ in range(200):
        database.journal.append(bodies.earning(1, cash=100))
    database.close()
    path = tmp_path / "journal.db"
    raw = bytearray(path.read_bytes())
    raw[int(len(raw) * at)] ^= 0x10
    path.write_bytes(raw)
    with pytest.raises(StoreFault) as caught:
        whole_check(tmp_path)
    assert caught.value.code in ("journal_broken", "store_damaged", "store_key_wrong")


def test_the_tail_check_looks_at_the_last_entries_only(tmp_path: Path) -> None:
    database = tampered(tmp_path, "UPDATE entry SET signature = zeroblob(64) WHERE seq = 1")
    check = JournalCheck(database.journal, database.keys.public)
    assert check.tail(3).broken is None
    assert check.whole().broken == Break(1, "signature")
    database.close()

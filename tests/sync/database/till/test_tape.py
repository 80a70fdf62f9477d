from __future__ import annotations

import time
from pathlib import Path

import pytest

from sync.database.till.database import Safety, TillDatabase
from sync.database.till.faults import KeyWrongError
from sync.database.till.journal import Blob, NewEntry
from sync.database.till.tape import read_tape
from tests.sync.database.till.made import DEVICE, MEMBER, Bodies, opened


def wait_for(database: TillDatabase, seq: int) -> None:
    tape = database.tape
    assert tape is not None
    deadline = time.monotonic() + 5
    while tape.saved_seq < seq and time.monotonic() < deadline:
        time.sleep(0.005)
    assert tape.saved_seq == seq


def folders(tmp_path: Path) -> tuple[Path, Path]:
    stick = tmp_path / "stick"
    stick.mkdir()
    return tmp_path / "till", stick


def tape_of(stick: Path) -> Path:
    return stick / f"{DEVICE}-1.tape"


def test_every_entry_is_copied_with_its_attachments(tmp_path: Path) -> None:
    """Rows: pitfall 31."""
    folder, stick = folders(tmp_path)
    database = opened(folder, tape_folder=stick)
    bodies = Bodies()
    new = bodies.earning(1)
    database.journal.append(NewEntry(new.body, (Blob("profile", bytes(32), MEMBER, b"secret"),)))
    database.journal.append(bodies.earning(2))
    wait_for(database, 2)
    assert database.safety(2) is Safety.SAVED_TWICE
    frames = read_tape(tape_of(stick), database.keys.database)
    entries = database.journal.entries(0, 10)
    assert [(f.seq, f.body, f.hash) for f in frames] == [(e.seq, e.body, e.hash) for e in entries]
    assert frames[0].blobs == (("profile", bytes(32), MEMBER.bytes, b"secret"),)
    assert b"secret" not in tape_of(stick).read_bytes()
    with pytest.raises(KeyWrongError):
        read_tape(tape_of(stick), bytes(32))
    database.close()


def test_a_torn_tail_is_cut_and_what_is_missing_is_written_again(tmp_path: Path) -> None:
    folder, stick = folders(tmp_path)
    database = opened(folder, tape_folder=stick)
    bodies = Bodies()
    for _ in range(3):
        database.journal.append(bodies.earning(1))
    wait_for(database, 3)
    database.close()
    raw = tape_of(stick).read_bytes()
    tape_of(stick).write_bytes(raw[:-7])
    again = opened(folder, tape_folder=stick)
    again.journal.append(bodies.earning(1))
    wait_for(again, 4)
    assert [f.seq for f in read_tape(tape_of(stick), again.keys.database)] == [1, 2, 3, 4]
    again.close()


def test_a_flipped_bit_on_the_tape_ends_it_there(tmp_path: Path) -> None:
    folder, stick = folders(tmp_path)
    database = opened(folder, tape_folder=stick)
    bodies = Bodies()
    for _ in range(3):
        database.journal.append(bodies.earning(1))
    wait_for(database, 3)
    database.close()
    raw = bytearray(tape_of(stick).read_bytes())
    raw[len(raw) // 2] ^= 1
    tape_of(stick).write_bytes(raw)
    again = opened(folder, tape_folder=stick)
    wait_for(again, 3)
    assert [f.seq for f in read_tape(tape_of(stick), again.keys.database)] == [1, 2, 3]
    again.close()


@pytest.mark.allows_log("tape state=tape_absent")
def test_a_pulled_stick_stalls_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    database = opened(folder, tape_folder=tmp_path / "nowhere")
    assert database.journal.append(Bodies().earning(1)).new
    deadline = time.monotonic() + 5
    tape = database.tape
    assert tape is not None
    while not tape.trouble and time.monotonic() < deadline:
        time.sleep(0.005)
    assert tape.trouble == "tape_absent"
    assert database.safety(1) is Safety.SAVED
    database.close()


def test_a_tape_ahead_of_the_journal_is_put_aside(tmp_path: Path) -> None:
    """A journal restored from an old copy does not overwrite what the tape has of its lost end."""
    folder, stick = folders(tmp_path)
    database = opened(folder)
    database.close()
    old = (folder / "journal.db").read_bytes()
    database = opened(folder, tape_folder=stick)
    bodies = Bodies()
    for _ in range(2):
        database.journal.append(bodies.earning(1))
    wait_for(database, 2)
    key = database.keys.database
    database.close()
    (folder / "journal.db").write_bytes(old)
    again = opened(folder, tape_folder=stick)
    again.journal.append(bodies.earning(5))
    wait_for(again, 1)
    (aside,) = stick.glob("*.aside")
    assert [f.seq for f in read_tape(aside, key)] == [1, 2]
    assert [f.seq for f in read_tape(tape_of(stick), key)] == [1]
    again.close()

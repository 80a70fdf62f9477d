from __future__ import annotations

from pathlib import Path

from sync.database.till.replica_rows import Change, RosterPack
from sync.domain.journal import Kind, read_body
from sync.domain.refusals import Code, Refusal
from sync.protocol.records import Staff
from terminal.usecases import sign_in
from terminal.usecases.sign_in import Approval, Person
from terminal.usecases.till import Session, Till
from tests.terminal.usecases.made import _HASHER, NOON_MS, PIN, till


def code_of(found: object) -> Code:
    assert isinstance(found, Refusal)
    return found.code


def session_of(counter: Till) -> Session | None:
    return counter.session


def test_the_right_pin_signs_in(tmp_path: Path) -> None:
    counter = till(tmp_path, working=False)
    found = sign_in.sign_in(counter, "lin", PIN)
    assert isinstance(found, Session)
    assert (found.name, found.approver) == ("林晓", False)
    assert session_of(counter) == found
    sign_in.sign_out(counter)
    assert session_of(counter) is None
    counter.database.close()


def test_five_wrong_pins_lock_and_the_lock_is_journaled(tmp_path: Path) -> None:
    counter = till(tmp_path, working=False)
    for left in (4, 3, 2, 1):
        found = sign_in.sign_in(counter, "lin", "000000")
        assert isinstance(found, Refusal)
        assert (found.code, found.param("left")) == (Code.PIN_WRONG, left)
    assert code_of(sign_in.sign_in(counter, "lin", "000000")) is Code.STAFF_LOCKED
    assert code_of(sign_in.sign_in(counter, "lin", PIN)) is Code.STAFF_LOCKED
    (entry,) = counter.database.journal.entries(0, 10)
    body = read_body(entry.body)
    assert (body.kind, body.data) == (Kind.KEY_EVENT, {"event": "staff_locked", "staff": "lin"})
    people = sign_in.people(counter)
    assert isinstance(people, tuple)
    assert {p.staff: p.locked for p in people} == {"lin": True, "wang": False}
    counter.database.close()
    again = till(tmp_path, working=False)
    assert code_of(sign_in.sign_in(again, "lin", PIN)) is Code.STAFF_LOCKED  # also after a restart
    unlocked = sign_in.unlock(again, "lin", Approval("wang"))
    assert isinstance(unlocked, Person)
    assert isinstance(sign_in.sign_in(again, "lin", PIN), Session)
    again.database.close()


def test_a_right_pin_gives_all_tries_back(tmp_path: Path) -> None:
    counter = till(tmp_path, working=False)
    for _ in range(3):
        sign_in.sign_in(counter, "lin", "1")
        assert isinstance(sign_in.sign_in(counter, "lin", PIN), Session)
    tries = counter.database.counter.pin_tries("lin")
    assert tries is not None
    assert tries.failures == 0
    counter.database.close()


def test_a_new_verifier_from_head_office_lifts_the_lock(tmp_path: Path) -> None:
    counter = till(tmp_path, working=False)
    for _ in range(5):
        sign_in.sign_in(counter, "lin", "1")
    fresh = RosterPack(2, "A1", (Staff("lin", "林晓", ("cashier",), _HASHER.hash("135790")),))
    counter.database.replica.apply(
        [Change(7, "roster", "A1", 2, fresh)], 1, 7, NOON_MS, complete=True
    )
    assert isinstance(sign_in.sign_in(counter, "lin", "135790"), Session)
    assert code_of(sign_in.sign_in(counter, "wang", PIN)) is Code.PIN_WRONG  # left the roster
    counter.database.close()


def test_only_an_approver_approves(tmp_path: Path) -> None:
    counter = till(tmp_path, working=False)
    assert code_of(sign_in.approve(counter, "lin", PIN)) is Code.APPROVER_NEEDED
    assert code_of(sign_in.approve(counter, "wang", "1")) is Code.PIN_WRONG
    assert sign_in.approve(counter, "wang", PIN) == Approval("wang")
    counter.database.close()

"""Who works here: PINs checked against the roster's verifiers, locked after five wrong ones.

The verifier is argon2id, made at head office and kept sealed under this till's pepper. The lock is
an entry; it holds until a manager lifts it here or head office sends another verifier.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from sync.database.till.counter import PinTries
from sync.database.till.replica_rows import StaffRow
from sync.domain.journal import Kind
from sync.domain.refusals import Code, Refusal, refuse
from terminal.usecases.commits import Act, Posted, commit, local_basis
from terminal.usecases.outcome import use_case
from terminal.usecases.till import Session, Till

log = logging.getLogger("ui")

TRIES: Final = 5
_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of this store, for the tiles of the sign-in screen."""

    staff: str
    name: str
    roles: tuple[str, ...]
    approver: bool
    locked: bool
    language: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody with the right stands behind the next operation."""

    staff: str


class KeyEvent(msgspec.Struct, frozen=True):
    """Data of a key_event entry: staff_locked | staff_unlocked, of whom."""

    event: str
    staff: str


@use_case
def people(till: Till) -> tuple[Person, ...]:
    """Everybody who may sign in here."""
    tries = {found.staff: found for found in till.database.counter.all_pin_tries()}
    return tuple(
        Person(
            row.staff,
            row.name,
            row.roles,
            row.approver,
            _locked(tries.get(row.staff), row),
            row.language,
        )
        for row in till.database.replica.roster()
    )


@use_case
def sign_in(till: Till, staff: str, pin: str) -> Session | Refusal:
    """Begin to work. Refusals: pin_wrong (tries left), staff_locked."""
    found = _proven(till, staff, pin)
    if isinstance(found, Refusal):
        return found
    till.session = Session(found.staff, found.name, found.roles, found.approver, found.language)
    log.info("signed_in staff=%s", found.staff)
    return till.session


def sign_out(till: Till) -> None:
    """Stop working; drafts stay."""
    till.session = None


@use_case
def approve(till: Till, staff: str, pin: str) -> Approval | Refusal:
    """Stand behind an operation. Refusals: approver_needed (no right), pin_wrong, staff_locked."""
    row = till.database.replica.staff(staff)
    if row is None or not row.approver:
        return refuse(Code.APPROVER_NEEDED)
    found = _proven(till, staff, pin)
    return found if isinstance(found, Refusal) else Approval(found.staff)


@use_case
def unlock(till: Till, staff: str, approval: Approval) -> Person | Refusal:
    """Let somebody try again."""
    row = till.database.replica.staff(staff)
    if row is None:
        return refuse(Code.PIN_WRONG, left=0)
    till.database.counter.save_pin_tries(PinTries(staff, _mark(row), 0, locked=False))
    _journal(till, "staff_unlocked", staff, approval.staff)
    return Person(row.staff, row.name, row.roles, row.approver, locked=False, language=row.language)


def _proven(till: Till, staff: str, pin: str) -> StaffRow | Refusal:
    row = till.database.replica.staff(staff)
    if row is None or not row.verifier:
        return refuse(Code.PIN_WRONG, left=0)
    counter = till.database.counter
    tries = counter.pin_tries(staff)
    if _locked(tries, row):
        return refuse(Code.STAFF_LOCKED)
    mark = _mark(row)
    before = tries.failures if tries is not None and tries.verifier == mark else 0
    # The try is counted before it is judged: pulling the plug in between gives no free one.
    counter.save_pin_tries(PinTries(staff, mark, before + 1, locked=False))
    if _holds(row.verifier, pin):
        counter.save_pin_tries(PinTries(staff, mark, 0, locked=False))
        return row
    if before + 1 < TRIES:
        return refuse(Code.PIN_WRONG, left=TRIES - before - 1)
    counter.save_pin_tries(PinTries(staff, mark, before + 1, locked=True))
    _journal(till, "staff_locked", staff, None)
    return refuse(Code.STAFF_LOCKED)


def _holds(verifier: str, pin: str) -> bool:
    try:
        return _hasher.verify(verifier, pin)
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False


def _mark(row: StaffRow) -> bytes:
    return sha256(row.verifier.encode()).digest()


def _locked(tries: PinTries | None, row: StaffRow) -> bool:
    if tries is None or tries.verifier != _mark(row):
        return False
    return tries.locked or tries.failures >= TRIES


def _journal(till: Till, event: str, staff: str, approver: str | None) -> None:
    last = till.database.counter.last_shift()
    posted = Posted(last.number, last.business_date) if last else Posted(0, till.today())
    act = Act(
        Kind.KEY_EVENT, till.new_id(), KeyEvent(event, staff), local_basis(till), approver=approver
    )
    commit(till, act, posted)

"""A till's folder, open: journal, working state, outbox, pending sums, replica, tape, checks.

`create` makes the journal of a new epoch, `TillDatabase` opens it. One process per folder.
"""

from __future__ import annotations

import logging
import threading
import time
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from filelock import FileLock, Timeout

from sync.database.engine import connect, transaction
from sync.database.till.checking import Checked, JournalCheck
from sync.database.till.checkpoints import Checkpoints
from sync.database.till.counter import Counter, write_value
from sync.database.till.durable import sync_folder, write_durably
from sync.database.till.faults import (
    FROZEN_BY,
    InUseError,
    NotEnrolledError,
    StoreFault,
    TamperedError,
    mapped,
)
from sync.database.till.journal import Identity, Journal, identity_of
from sync.database.till.journal_file import FILE, FreeBytes, JournalFile, free_bytes
from sync.database.till.keys import KEYS_FILE, LoadedKeys, load_keys
from sync.database.till.outbox import Outbox
from sync.database.till.own_cards import OwnCards
from sync.database.till.replica import Replica
from sync.database.till.replica_lookup import Held
from sync.database.till.replicas import Replicas
from sync.database.till.schema import migrate, version_of
from sync.database.till.seals import Seal
from sync.database.till.standing import Pending
from sync.database.till.tape import Tape
from sync.database.till.turns import Turn
from sync.domain.cards import Card, Status
from sync.domain.leases import DOCUMENT, LeaseDocument
from sync.domain.members import Profile, Standing

log = logging.getLogger("journal")

LOCK: Final = "till.lock"
FROZEN: Final = "frozen"
CHECK_WAIT_S: Final = 30.0
_STAFF_PURPOSE: Final = b"guibin-staff-1"


class Safety(StrEnum):
    """How safe an entry is: on this disk, also on tape, also at head office."""

    SAVED = "saved"
    SAVED_TWICE = "saved_twice"
    CONFIRMED = "confirmed"


def lock_folder(folder: Path) -> FileLock:
    """Hold `folder` for this process; raises InUseError when another one does."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InUseError(file=LOCK) from None
    return lock


def create(folder: Path, keys: LoadedKeys, identity: Identity) -> None:
    """Make `journal.db` of a new epoch. A journal of an earlier epoch is put aside, never changed.

    Doing it again with the same identity changes nothing. Raises StoreFault.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    if path.exists():
        held = _identity_in(path, keys.keys.database)
        if held == identity:
            return
        if held is not None:
            raise InUseError(file=FILE, epoch=held.epoch)
    with mapped(FILE):
        connect(path, keys.keys.database).close()
        migrate(path, keys.keys.database)
        connection = connect(path, keys.keys.database)
        try:
            with transaction(connection):
                write_value(connection, "identity", msgspec.msgpack.encode(identity))
        finally:
            connection.close()


def put_aside(folder: Path, keys: LoadedKeys) -> Path | None:
    """Rename the journal so that a new epoch can begin; where it went, None when there is none.

    It stays readable under its own keys, of which a copy is kept beside it first. Raises
    StoreFault.
    """
    path = folder / FILE
    if not path.exists():
        return None
    with mapped(FILE):
        connection = connect(path, keys.keys.database)
        try:
            epoch = identity_of(connection).epoch
        finally:
            connection.close()  # the last one to close folds the write-ahead log into the file
    aside, held = folder / f"journal-{epoch}.db", folder / KEYS_FILE
    if held.exists():
        write_durably(folder / f"keys-{epoch}.bin", held.read_bytes())
    path.rename(aside)
    sync_folder(folder)
    return aside


def _keys_of(folder: Path) -> LoadedKeys:
    found = load_keys(folder)
    if found is None:
        raise NotEnrolledError(file="keys")
    return found


def _identity_in(path: Path, key: bytes) -> Identity | None:
    with mapped(FILE):
        connection = connect(path, key)
        try:
            return identity_of(connection) if version_of(connection) else None
        except StoreFault:
            return None
        finally:
            connection.close()


class TillDatabase:
    """Everything a till keeps, behind one lock on its folder. Threads may share it."""

    def __init__(
        self,
        folder: Path,
        loaded: LoadedKeys | None = None,
        *,
        tape_folder: Path | None = None,
        free: FreeBytes = free_bytes,
    ) -> None:
        """Open `folder` with its own keys, or `loaded` ones.

        Raises InUseError, NotEnrolledError, KeyWrongError, TooNewError, DamagedError.
        """
        self._lock = lock_folder(folder)
        try:
            found = loaded or _keys_of(folder)
            self.folder, self.keys, self.keys_in = folder, found.keys, found.wrapped_by
            self.turn = Turn()
            self._file = JournalFile(folder, found.keys.database, turn=self.turn, free=free)
        except BaseException:
            self._lock.release()
            raise
        try:
            self._compose(tape_folder)
        except BaseException:
            self._file.close()
            self._lock.release()
            raise

    def _compose(self, tape_folder: Path | None) -> None:
        self.journal = Journal(self._file, self.keys.signing.sign)
        self.counter = Counter(self._file)
        self.outbox = Outbox(self.journal)
        self.pending = Pending(self.journal, self.outbox)
        self.own_cards = OwnCards(self)
        self._check = JournalCheck(self.journal, self.keys.public)
        self._checked: Checked | None = None
        self._check_done = threading.Event()
        self._check_thread: threading.Thread | None = None
        seal = Seal(self.keys.pepper, _STAFF_PURPOSE)
        self.replicas = Replicas(self.folder, self.counter, seal, self.turn)
        self._checkpoints = Checkpoints(self._file)
        self._checkpoints.start()
        self.tape: Tape | None = None
        if tape_folder is not None:
            self.tape = Tape(self.journal, tape_folder, self.keys.database, lambda _: None)
            self.tape.start()

    @property
    def replica(self) -> Replica:
        """The replica in use now."""
        return self.replicas.current

    def close(self) -> None:
        """Stop the threads, close the files, let go of the folder."""
        if self.tape is not None:
            self.tape.stop()
        if self._check_thread is not None:
            self._check_thread.join(CHECK_WAIT_S)
        self._checkpoints.stop()
        self.replicas.close()
        self._file.close()
        self._lock.release()

    # -- checks ----------------------------------------------------------------------------------

    def start_check(self) -> None:
        """Check the end of the journal on a thread of its own: after first paint, before a sale."""
        self._check_thread = threading.Thread(target=self.check_now, name="journal-check")
        self._check_thread.start()

    def check_now(self) -> Checked:
        """Check the last 1000 entries here and now."""
        began = time.monotonic()
        self._checked = self._check.tail()
        self._check_done.set()
        broken = self._checked.broken
        took_ms = int((time.monotonic() - began) * 1000)
        log.info("journal_check last=%d took_ms=%d", self._checked.last, took_ms)
        if broken is not None:
            log.error("journal_broken seq=%d rule=%s", broken.seq, broken.rule)
        return self._checked

    @property
    def checked(self) -> Checked | None:
        """Outcome of the check, None while it runs or before."""
        return self._checked

    def require_fit(self) -> None:
        """Raise unless this till may sell: checked, whole, not frozen, room on the disk.

        Waits for a running check; starts one where none was. Raises TamperedError, DiskFullError,
        InUseError.
        """
        if self._checked is None:
            if self._check_thread is None:
                self.check_now()
            elif not self._check_done.wait(CHECK_WAIT_S):
                raise InUseError(file=FILE, what="check")
        broken = self._checked.broken if self._checked else None
        if broken is not None:
            raise TamperedError(seq=broken.seq, rule=broken.rule)
        reason = self.frozen
        if reason:
            raise FROZEN_BY.get(reason, TamperedError)(seq=0, rule=reason)
        self._file.check_room()

    @property
    def frozen(self) -> str:
        """Why head office stopped this epoch (fork, rollback), or empty."""
        return (self.counter.value(FROZEN) or b"").decode()

    def freeze(self, reason: str) -> None:
        """Stop sales of this epoch for good; nothing is deleted."""
        self.counter.keep(FROZEN, reason.encode(), sync=True)

    # -- members ---------------------------------------------------------------------------------

    def held(self, member: UUID) -> Held | None:
        """Head office's row of a member; one made here while it has none."""
        return self.replica.light(member) or self.pending.newcomer(member)

    def standing(self, member: UUID, now_ms: int = 0) -> Standing | None:
        """A member as this till sees one now; None when it does not know the member. `now_ms`: the
        latest any clock here allows, for what ends by itself."""
        held = self.held(member)
        if held is None:
            return None
        found = self.pending.standing(held, self.replica.merged_into(held.row.member))
        told = self.replica.documents(f"{DOCUMENT}/{held.row.member.hex}", LeaseDocument)
        return self.pending.leases_of(found, [document for _, document in told], now_ms)

    def profile(self, member: UUID) -> Profile | None:
        """Full profile, where this till holds it or made it."""
        return self.replica.profile(member) or self.pending.newcomer_profile(member)

    def card(self, token: str) -> Card | None:
        """The card of a token, with what this till did to cards that head office's rows do not show
        yet; the block list outranks its row."""
        return self.own_cards.card(token)

    def published_card(self, token: str) -> Card | None:
        """The card of a token as head office published it, or as it was issued here at joining."""
        found = self.replica.card(token)
        if found is not None:
            return found
        made = self.pending.newcomer_card(token)
        if made is not None and self.replica.blocked(token):
            return msgspec.structs.replace(made, status=Status.BLOCKED)
        return made

    def by_phone(self, phone_key: str) -> list[Held]:
        """Members with this phone (keyed hash), over all cards of the chain."""
        return _merged(self.replica.by_phone(phone_key), self.pending.newcomers_by_phone(phone_key))

    def by_phone_tail(self, tail: str) -> list[Held]:
        """Members whose phone ends in these four digits, over all cards of the chain."""
        return _merged(self.replica.by_phone_tail(tail), self.pending.newcomers_by_tail(tail))

    def safety(self, seq: int) -> Safety:
        """How safe entry `seq` is now."""
        if self.outbox.acked_seq() >= seq:
            return Safety.CONFIRMED
        if self.tape is not None and self.tape.saved_seq >= seq:
            return Safety.SAVED_TWICE
        return Safety.SAVED


def _merged(published: list[Held], made_here: list[Held]) -> list[Held]:
    known = {held.row.member for held in published}
    return published + [held for held in made_here if held.row.member not in known]

"""A small till to try things on: keys, an enrolled folder, bodies of entries."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from sync.database.till.database import TillDatabase, create
from sync.database.till.journal import Identity, NewEntry
from sync.database.till.keys import FileWrap, make_keys, save_keys
from sync.domain import accounts
from sync.domain.ids import uuid7
from sync.domain.journal import Basis, Body, Claim, Effect, Kind, Moment, Place

DEVICE = UUID("01980000-0000-7000-8000-00000000a101")
MEMBER = UUID("01980000-0000-7000-8000-0000000000aa")
DAY = date(2026, 11, 21)
NOON_MS = 1_795_233_600_000
PLACE = Place("A", "A1", "A1-1")


def identity(device: UUID = DEVICE, epoch: int = 1) -> Identity:
    """Return the identity of an enrolled till."""
    record = b'{"device":"' + str(device).encode() + b'"}'
    return Identity(device, epoch, sha256(record).digest(), record, "hq-test", bytes(64))


@cache
def _template() -> Path:
    """Return an enrolled folder to copy: migrating takes longer than most tests."""
    folder = Path(tempfile.mkdtemp(prefix="guibin-till-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    create(folder, save_keys(folder, make_keys(), FileWrap(folder)), identity())
    return folder


def enrolled(folder: Path) -> None:
    """Make `folder` one that holds keys, a journal, and nothing in it."""
    shutil.copytree(_template(), folder, dirs_exist_ok=True)


def opened(folder: Path, **options: object) -> TillDatabase:
    """Return the open database of a folder, enrolled first when it is not."""
    if not (folder / "journal.db").exists():
        enrolled(folder)
    return TillDatabase(folder, **options)  # type: ignore[arg-type]  # fields given by name


@dataclass
class Bodies:
    """Makes bodies one after the other."""

    at_ms: int = NOON_MS
    made: int = field(default=0)

    def body(self, kind: Kind = Kind.NOTE, **changes: object) -> Body:
        """Return a body of `kind` with whatever fields are to be other than plain."""
        self.made += 1
        self.at_ms += 1000
        fields: dict[str, object] = {
            "v": 1,
            "kind": kind.value,
            "entry_id": uuid7(self.at_ms, os.urandom(10)),
            "at": Moment(self.at_ms, 480, "boot", self.made, self.at_ms, 0),
            "business_date": DAY,
            "shift": 1,
            "place": PLACE,
            "operator": "lin",
            "approver": None,
            "member": None,
            "card": None,
            "presented": None,
            "basis": Basis(1, 0, "offline"),
            "programme": 0,
            "data": {},
            "effects": (),
            "claims": (),
            "attachments": (),
            "trace": (),
        }
        fields.update(changes)
        return Body(**fields)  # type: ignore[arg-type]  # fields given by name

    def earning(self, points: int, member: UUID = MEMBER, cash: int = 0) -> NewEntry:
        """Return a sale that earns `points`."""
        effects = [
            Effect(accounts.member(member, accounts.POINTS), accounts.PTS, points, 0),
            Effect(accounts.dealer("A", "points_issued"), accounts.PTS, -points),
        ]
        if cash:
            effects += [
                Effect(accounts.drawer("A1-1"), "CNY", -cash),
                Effect(accounts.dealer("A", "sales"), "CNY", cash),
            ]
        body = self.body(Kind.SALE, member=member, effects=tuple(effects))
        return NewEntry(body, receipt=True)

    def spending(self, points: int, settlement: int, member: UUID = MEMBER) -> NewEntry:
        """Return a gift taken for `points`."""
        effects = (
            Effect(accounts.member(member, accounts.POINTS), accounts.PTS, -points),
            Effect(accounts.dealer("A", "points_accepted"), accounts.PTS, points),
        )
        claims = (Claim("gift", accounts.POINTS, points, settlement, "G1"),)
        body = self.body(Kind.REDEEM_GIFT, member=member, effects=effects, claims=claims)
        return NewEntry(body)

    def topping_up(self, principal: int, bonus: int, member: UUID = MEMBER) -> NewEntry:
        """Return a top-up in cash."""
        effects = (
            Effect(accounts.drawer("A1-1"), "CNY", -principal),
            Effect(accounts.member(member, accounts.PRINCIPAL), "CNY", principal),
            Effect(accounts.dealer("A", "bonus_cost"), "CNY", -bonus),
            Effect(accounts.member(member, accounts.BONUS), "CNY", bonus),
        )
        return NewEntry(self.body(Kind.TOP_UP, member=member, effects=effects))

"""A till with programme, staff, products and members; head office absent or scripted."""

from __future__ import annotations

import atexit
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
from argon2 import PasswordHasher

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.client.online import NoAnswer
from sync.database.till.database import TillDatabase, create
from sync.database.till.journal import Identity
from sync.database.till.keys import FileWrap, make_keys, save_keys
from sync.database.till.replica_rows import Change, ProgrammePack, RosterPack
from sync.domain import programme as programmes
from sync.domain.cards import Block, Card, Status, card_number, phone_key_of, token_of
from sync.domain.members import Balances, LightRow, Profile
from sync.domain.pricing import Product
from sync.domain.programme import (
    Earning,
    Gift,
    Joining,
    PointsTender,
    Programme,
    Ratio,
    StoredValue,
    Tier,
    TopUpStep,
    Words,
)
from sync.domain.refusals import Refusal
from sync.protocol.keys import Signer, genesis, sign_enrolment
from sync.protocol.messages import (
    AuthAsk,
    Granted,
    MemberAsk,
    MemberReply,
    OriginalAsk,
    OriginalReply,
    Refused,
)
from sync.protocol.records import EnrolmentRecord, HqKey, Staff
from terminal.usecases import shift, sign_in
from terminal.usecases.till import Till

NOON_MS = 1_795_233_600_000  # 2026-11-21 12:00 in Shanghai
DAY = date(2026, 11, 21)
DEVICE = UUID("01980000-0000-7000-8000-00000000a101")
ZHANG = UUID("01980000-0000-7000-8000-0000000000aa")
ZHANG_SERIAL = 1001
NEW_SERIAL = 5003
PHONE = "+8613800138000"
TOKEN_KEY, PHONE_KEY = bytes(32), bytes([1]) * 32
PIN = "246810"
HQ = Signer(bytes([9]) * 32)
_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

PROGRAMME = Programme(
    version=3,
    effective_from=date(2026, 1, 1),
    name=Words("会员计划", "Membership"),
    tiers=(
        Tier("gold", Words("金卡", "Gold"), 0, 900),
        Tier("diamond", Words("钻石卡", "Diamond"), 2_000_000, 850, 950),
    ),
    joining=Joining(300_000, 500_000, 12, "gold", "2026-1"),
    earning=Earning(Ratio(1, 1)),
    points_tenders=(PointsTender("P1", 100, 1000, 1000),),
    gifts=(Gift("G1", Words("丝巾", "Silk scarf"), 1000, 5000, 9900),),
    stored_value=StoredValue((TopUpStep(30_000, 3_000),)),
)
PRODUCT = Product("SK-1", "6901234500124", "羊毛裙", "Wool skirt", 268_000)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at_ms: int = NOON_MS) -> None:
        self.at_ms, self.since_ms = at_ms, 0

    def utc_ms(self) -> int:
        """Return the wall clock."""
        return self.at_ms

    def mono_ms(self) -> int:
        """Return the time that never runs back."""
        return self.since_ms

    def pass_ms(self, ms: int) -> None:
        """Let time pass."""
        self.at_ms += ms
        self.since_ms += ms


@dataclass
class HeadOffice:
    """Answers as it was told to, and keeps the questions."""

    answer: Callable[[AuthAsk], Granted | Refused | NoAnswer]
    reply: Callable[[MemberAsk], MemberReply | NoAnswer] = lambda _: MemberReply(
        hq_epoch=1, hq_time_ms=NOON_MS, items=()
    )
    told: Callable[[OriginalAsk], OriginalReply | NoAnswer] = lambda _: NoAnswer(
        "timeout", unknown=False
    )
    asked: list[AuthAsk] = field(default_factory=list)

    def authorise(self, ask: AuthAsk) -> Granted | Refused | NoAnswer:
        """Answer a question about a debit."""
        self.asked.append(ask)
        return self.answer(ask)

    def original(self, ask: OriginalAsk) -> OriginalReply | NoAnswer:
        """Answer a question about an entry to be taken back."""
        return self.told(ask)

    def member(self, ask: MemberAsk) -> MemberReply | NoAnswer:
        """Answer a question about a member."""
        return self.reply(ask)


def record(sign_key: bytes, agree_key: bytes) -> EnrolmentRecord:
    """Return the enrolment record of till A1-1."""
    return EnrolmentRecord(
        1,
        DEVICE,
        1,
        sign_key,
        agree_key,
        "A",
        "A1",
        "A-shanghai",
        "A1-1",
        "上海淮海路店",
        "Shanghai Huaihai Road",
        "Asia/Shanghai",
        480,
        "CNY",
        0,
        bytes(32),
        (Block(5000, 5999),),
        1,
        (HqKey(HQ.key, HQ.public, ("root", "programme", "ack", "roster")),),
        NOON_MS,
    )


def enrolled(folder: Path) -> None:
    """Make the folder of an enrolled till."""
    shutil.copytree(_template(), folder, dirs_exist_ok=True)


@cache
def _template() -> Path:
    """Return an enrolled folder to copy: migrating takes longer than most tests."""
    folder = Path(tempfile.mkdtemp(prefix="guibin-till-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    keys = make_keys()
    whole = msgspec.structs.replace(keys, token=TOKEN_KEY, phone=PHONE_KEY)
    loaded = save_keys(folder, whole, FileWrap(folder))
    signed = sign_enrolment(HQ, record(whole.public, whole.agree_public))
    start = genesis(signed)
    create(folder, loaded, Identity(DEVICE, 1, start, signed.data, signed.key, signed.signature))
    return folder


def light(points: int = 0, principal: int = 0, bonus: int = 0, version: int = 1) -> LightRow:
    """Return the row of Zhang as head office has it."""
    return LightRow(
        ZHANG,
        "gold",
        Balances(points, principal, bonus),
        version,
        "张**",
        "8000",
        phone_key_of(PHONE_KEY, PHONE),
        "A1",
        "A",
    )


def changes(row: LightRow, programme: Programme = PROGRAMME) -> list[Change]:
    """Return what a first contact brings."""
    card = Card(
        token(ZHANG_SERIAL), ZHANG, Status.ACTIVE, card_number(ZHANG_SERIAL)[-4:], "barcode"
    )
    data = programmes.to_bytes(programme)
    pack = ProgrammePack(programme.version, programme.effective_from, data, "hq-1", bytes(64))
    verifier = _HASHER.hash(PIN)
    staff = (
        Staff("lin", "林晓", ("cashier",), verifier),
        Staff("wang", "王敏", ("manager",), verifier, approver=True),
    )
    profile = Profile(ZHANG, "张文静", PHONE, 3, 14)
    return [
        Change(1, "programme", str(programme.version), 1, pack),
        Change(2, "roster", "A1", 1, RosterPack(1, "A1", staff)),
        Change(3, "product", PRODUCT.sku, 1, PRODUCT),
        Change(4, "member", str(ZHANG), row.version, row),
        Change(5, "card", card.token, 1, card),
        Change(6, "profile", str(ZHANG), 1, profile),
    ]


def token(serial: int) -> str:
    """Return the token of one of the chain's cards."""
    return token_of(TOKEN_KEY, card_number(serial))


def read(serial: int = ZHANG_SERIAL) -> CredentialRead:
    """Return a scan of one of the chain's cards."""
    return CredentialRead(
        "wedge", Medium.BARCODE, card_number(serial), ReadMethod.READ, Strength.TOKEN, NOON_MS
    )


def till(
    folder: Path,
    row: LightRow | None = None,
    *,
    online: HeadOffice | None = None,
    clock: Clock | None = None,
    step: Callable[[str], None] = lambda _: None,
    working: bool = True,
) -> Till:
    """Return a till of store A1, signed in with an open shift unless not `working`."""
    fresh = not (folder / "journal.db").exists()
    if fresh:
        enrolled(folder)
    clock = clock or Clock()
    database = TillDatabase(folder)
    if fresh:
        database.replica.apply(changes(row or light()), 1, 6, clock.utc_ms(), complete=True)
    source = random.Random(7)
    made = Till(database, clock, source.randbytes, boot="boot-1", online=online, step=step)
    if working:
        assert not isinstance(sign_in.sign_in(made, "lin", PIN), Refusal)
        assert isinstance(shift.open_shift(made, 50_000), shift.OpenShift)
    return made

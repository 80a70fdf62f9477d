"""A till with services, virtual goods, events and counted gifts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec

from sync.database.till.replica_rows import Change, ProgrammePack
from sync.domain import programme as programmes
from sync.domain.gift_stock import GiftStock
from sync.domain.programme import Gift, Programme, Words
from sync.domain.rulebook.extras import Event, ExtraRules, VirtualGood
from sync.domain.rulebook.services import (
    Entitlement,
    Named,
    Services,
    ServiceStep,
    ServiceType,
)
from sync.protocol.messages import Document
from terminal.usecases import identify, operation
from terminal.usecases.drafts import Bearer, OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.till import Till
from tests.terminal.usecases.made import PROGRAMME, HeadOffice, light, read, till


def words(text: str) -> Words:
    """Return the same text in both languages."""
    return Words(text, text)


RULES: Programme = msgspec.structs.replace(
    PROGRAMME,
    version=4,
    gifts=(
        *PROGRAMME.gifts,
        Gift("G2", words("mug"), 800, 2000, 3000),
    ),
    services=Services(
        (
            ServiceType(
                "dry_cleaning",
                words("cleaning"),
                (
                    ServiceStep("received", words("received")),
                    ServiceStep("at_cleaner", words("at the cleaner")),
                    ServiceStep("back", words("back"), ready=True),
                ),
                3,
                4_500,
                3_000,
            ),
        ),
        (Entitlement("clean", words("clean"), "dry_cleaning", ("gold",), per_year=4),),
        (Named("coat", words("coat")), Named("suit", words("suit"))),
        (Named("black", words("black")),),
        (Named("stain", words("stain")),),
        free_soft_till_minor=6_000,
        free_hard_till_minor=9_000,
    ),
    extras=ExtraRules(
        (VirtualGood("q-100", words("coins"), "q_coins", 1_000, 900, 1_000),),
        (Event("party", words("party"), date(2026, 11, 20), 300, 1_500, "A"),),
    ),
)


def counter(
    folder: Path, points: int = 5_000, *, online: HeadOffice | None = None, **changes: object
) -> Till:
    """Return a till of A1 whose member has so many points."""
    row = msgspec.structs.replace(light(points), **changes)
    made = till(folder, row, online=online)
    pack = ProgrammePack(4, date(2026, 1, 1), programmes.to_bytes(RULES), "hq-1", bytes(64))
    tell(made, Change(7, "programme", "4", 2, pack))
    return made


def tell(made: Till, *changes: Change) -> None:
    """Let head office's rows arrive."""
    last = changes[-1].n
    made.database.replica.apply(changes, 1, last, made.clock.utc_ms(), complete=True)


def document(number: int, key: str, document: msgspec.Struct, kind: str = "local") -> Change:
    """Return a document as the feed brings it."""
    return Change(number, kind, key, number, Document(msgspec.Raw(msgspec.json.encode(document))))


def shelf(number: int, offer: str, count: int, **more: dict[str, int]) -> Change:
    """Return a gift count of store A1."""
    return document(number, f"gift_stock/A1/{offer}", GiftStock("A1", offer, count, (), **more))


def member(made: Till) -> Bearer:
    """Return Zhang at the counter."""
    found = identify.scan(made, read())
    assert isinstance(found, MemberCard)
    return found.bearer


def filled(
    made: Till, operation_name: str, bearer: Bearer | None = None, /, **fields: str
) -> OperationDraft:
    """Return a draft with its fields."""
    draft = operation.open_operation(made, operation_name, bearer)
    assert isinstance(draft, OperationDraft), draft
    return msgspec.structs.replace(draft, fields=fields)

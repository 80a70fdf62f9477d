"""Finding the entry that is to be taken back: by receipt number in this till's journal, by the QR
of any till's receipt, and asking head office what came back of it elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from sync.client.online import NoAnswer
from sync.domain import originals, receipt_summary
from sync.domain.journal import MAX_AMOUNT, Body, Entry, Kind, read_body
from sync.domain.kinds import KIND_RULES
from sync.domain.lots import EntryRef
from sync.domain.originals import Ref, Sold
from sync.domain.paying_out import CancelData
from sync.domain.pricing import MAX_LINES
from sync.domain.refund_limits import Refunded, refunded
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.reversals import ExchangeData, ReturnData, Where
from sync.protocol.keys import holds_for, purposed
from sync.protocol.messages import OriginalAsk
from terminal.usecases.commits import Done, done_at
from terminal.usecases.permission import day_of
from terminal.usecases.till import Till

JOURNAL: Final = "journal"
RECEIPT: Final = "receipt"
_NUMBER: Final = re.compile(r"(?P<till>.+)-(?P<seq>\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """The original as this till knows it. `done`: the entry, where it is its own; `gone`: pieces
    per line that came back, as far as it knows; `asked`: head office told just now."""

    sold: Sold
    source: str
    done: Done | None
    gone: Mapping[int, int]
    asked: bool = False

    @property
    def own(self) -> bool:
        """Whether it is of this till's own journal."""
        return self.source == JOURNAL


def ref_of(entry: Entry) -> Ref:
    """How another entry names this one."""
    return Ref(entry.device, entry.epoch, entry.seq, entry.hash.hex())


def here(till: Till) -> Where:
    """Where and on which business date this till takes things back."""
    return Where(till.place.dealer, till.place.till, day_of(till))


def own_entry(till: Till, text: str) -> Done | Refusal:
    """An entry of this till by its receipt number. Refusal: receipt_unknown."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None or match["till"].upper() != till.place.till.upper():
        return refuse(Code.RECEIPT_UNKNOWN)
    return done_at(till, int(match["seq"])) or refuse(Code.RECEIPT_UNKNOWN)


def find(till: Till, text: str) -> Found | Refusal:
    """The entry of a receipt; head office is not asked.

    Refusals: receipt_unknown, receipt_not_genuine, not_returnable.
    """
    if receipt_summary.is_code(text):
        return _by_code(till, text)
    done = own_entry(till, text)
    if isinstance(done, Refusal):
        return done
    return _own(till, done)


def _own(till: Till, done: Done) -> Found | Refusal:
    ref = ref_of(done.entry)
    sold = originals.sold_of(ref, done.body)
    if sold is None:
        return refuse(Code.NOT_RETURNABLE, kind=done.body.kind)
    return Found(sold, JOURNAL, done, gone_here(till, ref.entry))


def _by_code(till: Till, text: str) -> Found | Refusal:
    try:
        data, signature = receipt_summary.read_code(text)
        sold = receipt_summary.unpack(data)
    except receipt_summary.UnreadableSummary:
        return refuse(Code.RECEIPT_UNKNOWN)
    identity = till.database.journal.identity
    mine = sold.ref.entry[:2] == (identity.device, identity.epoch)
    if mine:
        done = done_at(till, sold.ref.seq)
        if done is None or done.entry.hash.hex() != sold.ref.hash:
            return refuse(Code.RECEIPT_NOT_GENUINE)
        return _own(till, done)
    key = till.database.replica.device_key(sold.ref.device, sold.ref.epoch)
    genuine = key is not None and not key.revoked
    if (
        key is None
        or not genuine
        or not holds_for(key.public, receipt_summary.PURPOSE, data, signature)
    ):
        return refuse(Code.RECEIPT_NOT_GENUINE)
    return Found(sold, RECEIPT, None, gone_here(till, sold.ref.entry))


def code_for(till: Till, done: Done) -> str:
    """Text of the QR on a receipt; "" for a kind that has none, or too many lines."""
    sold = originals.sold_of(ref_of(done.entry), done.body)
    data = receipt_summary.pack(sold) if sold is not None else None
    if data is None:
        return ""
    signature = till.database.journal.sign(purposed(receipt_summary.PURPOSE, data))
    return receipt_summary.code_of(data, signature)


def gone_here(till: Till, ref: EntryRef, after: int = 0) -> dict[int, int]:
    """Pieces per line that this till took back with entries above journal number `after`."""
    found: dict[int, int] = {}
    for body in _reversing(till, after):
        if _named(body) == ref:
            for item, quantity in _pieces(body).items():
                found[item] = found.get(item, 0) + quantity
    return found


def told(till: Till, ref: Ref) -> dict[int, int] | None:
    """Pieces per line of an entry that came back as far as head office knows, if it answers within
    2 seconds; own entries that it has not acknowledged count beside."""
    online = till.may_ask()
    if online is None:
        return None
    reply = online.original(OriginalAsk(ref.device, ref.epoch, ref.seq))
    if isinstance(reply, NoAnswer):
        till.answered(yes=False)
        return None
    till.answered(yes=True)
    gone = gone_here(till, ref.entry, till.database.outbox.acked_seq())
    for item, quantity in reply.gone.items():
        if item.isdecimal():
            gone[int(item)] = gone.get(int(item), 0) + quantity
    return gone


def asked(till: Till, found: Found) -> Found:
    """With what head office knows on top: what other shops took back."""
    elsewhere = told(till, found.sold.ref)
    if elsewhere is None:
        return found
    items = found.gone.keys() | elsewhere.keys()
    gone = {item: max(found.gone.get(item, 0), elsewhere.get(item, 0)) for item in items}
    return Found(found.sold, found.source, found.done, gone, asked=True)


def refunds_waiting(till: Till, member: UUID | None) -> Refunded:
    """Cash given back that head office has not acknowledged."""
    waiting = _reversing(till, till.database.outbox.acked_seq())
    return refunded(waiting, member, day_of(till))


def _reversing(till: Till, after: int) -> Iterator[Body]:
    for entry in till.database.journal.reversing(after):
        yield read_body(entry.body)


def _named(body: Body) -> EntryRef | None:
    rule = KIND_RULES.get(body.kind)
    if rule is None or not rule.original:
        return None
    return msgspec.convert(body.data["ref"], Ref).entry


def _pieces(body: Body) -> dict[int, int]:
    """Pieces per line that an entry took back; a void took everything."""
    if body.kind == Kind.VOID:
        return dict.fromkeys(range(MAX_LINES), MAX_AMOUNT)
    if body.kind == Kind.TOP_UP_CANCEL:
        return {0: msgspec.convert(body.data, CancelData).principal_minor}
    if body.kind == Kind.EXCHANGE:
        back = msgspec.convert(body.data, ExchangeData).back
    else:
        back = msgspec.convert(body.data, ReturnData)
    return {line.item: line.quantity for line in back.lines}

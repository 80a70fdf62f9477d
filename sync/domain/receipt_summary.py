"""What a receipt's QR says, so that any till takes goods back offline: the original in few bytes,
signed by the till that sold (mission.md, return by receipt QR).

`GBR1-` and base 32 (a QR code packs capitals and digits densely, and no reader changes them) of
64 bytes of signature and the summary. It names the original's hash: nothing else can be meant by
it. It tells the original only, not what came back since.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from binascii import Error
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from sync.domain.originals import PARTS, LineParts, Ref, Sold

PREFIX: Final = "GBR1"
PURPOSE: Final = b"guibin-receipt-1"
MAX_BYTES: Final = 900  # summary and signature; a longer one is not printed
SIGNATURE_BYTES: Final = 64


class _Line(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    item: int
    sku: str
    quantity: int
    parts: tuple[int, ...]  # in the order of originals.PARTS


class _Summary(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    device: bytes
    epoch: int
    seq: int
    hash: bytes
    kind: str
    dealer: str
    store: str
    till: str
    day: int
    programme: int
    member: bytes
    tender: str
    lines: tuple[_Line, ...]


_decoder = msgspec.msgpack.Decoder(_Summary)


class UnreadableSummary(ValueError):  # noqa: N818  # reads as what it says at every raise
    """The code is no receipt's, or damaged."""


def pack(sold: Sold) -> bytes | None:
    """The summary of an entry; None when it does not fit in MAX_BYTES with its signature."""
    lines = tuple(
        _Line(line.item, line.sku, line.quantity, tuple(getattr(line, name) for name in PARTS))
        for line in sold.lines
    )
    ref, member = sold.ref, sold.member
    data = msgspec.msgpack.encode(
        _Summary(
            ref.device.bytes, ref.epoch, ref.seq, bytes.fromhex(ref.hash), sold.kind, sold.dealer,
            sold.store, sold.till, sold.business_date.toordinal(), sold.programme,
            b"" if member is None else member.bytes, sold.tender, lines,
        )
    )  # fmt: skip
    return data if len(data) + SIGNATURE_BYTES <= MAX_BYTES else None


def unpack(data: bytes) -> Sold:
    """What a summary says. Raises UnreadableSummary; whether it is true, the signature says."""
    try:
        found = _decoder.decode(data)
        ref = Ref(UUID(bytes=found.device), found.epoch, found.seq, found.hash.hex())
        lines = tuple(
            LineParts(line.item, line.sku, line.quantity, *_parts(line)) for line in found.lines
        )
        return Sold(
            ref, found.kind, found.dealer, found.store, found.till, date.fromordinal(found.day),
            found.programme, UUID(bytes=found.member) if found.member else None, found.tender,
            lines,
        )  # fmt: skip
    except (msgspec.MsgspecError, ValueError, OverflowError) as error:
        raise UnreadableSummary(str(error)) from None


def _parts(line: _Line) -> tuple[int, ...]:
    if len(line.parts) != len(PARTS) or min(line.parts) < 0 or line.quantity < 1:
        raise ValueError("a line has all its parts, none below 0, and at least one piece")
    return line.parts


def code_of(data: bytes, signature: bytes) -> str:
    """Text of the QR code."""
    return f"{PREFIX}-{b32encode(signature + data).decode().rstrip('=')}"


def is_code(text: str) -> bool:
    """Whether a scan looks like a receipt's QR."""
    return text.strip().upper().startswith(PREFIX)


def read_code(text: str) -> tuple[bytes, bytes]:
    """(summary, signature) of a scanned code. Raises UnreadableSummary."""
    bare = "".join(text.split()).replace("-", "").upper().removeprefix(PREFIX)
    try:
        data = b32decode(bare + "=" * (-len(bare) % 8))
    except Error as error:
        raise UnreadableSummary(str(error)) from None
    return data[SIGNATURE_BYTES:], data[:SIGNATURE_BYTES]

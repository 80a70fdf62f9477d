"""Push body: zstd of length-prefixed frames (docs/protocol.md, "Push").

    u32be length | header JSON (PushHeader)
    per entry:       u32be length | 64 bytes signature | body bytes
    per attachment:  u32be length | blob bytes

Attachments are named by nothing but their SHA-256, which entry bodies cite; each is sent once per
push. The raw size of everything, prefixes included, is at most MAX_PUSH_RAW_BYTES.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from uuid import UUID

from sync.domain.journal import Entry, entry_hash
from sync.protocol import codec, wire
from sync.protocol.errors import MalformedError, OversizedError
from sync.protocol.messages import PUSH_VERSION, PushHeader

PREFIX_BYTES: Final = 4
MAX_HEADER_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """A decoded push: `entries` as (signature, body), `attachments` by SHA-256 (raw digest)."""

    header: PushHeader
    entries: tuple[tuple[bytes, bytes], ...]
    attachments: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def last_seq(self) -> int:
        """Seq of the last entry."""
        return self.header.from_seq + len(self.entries) - 1


def encode_push(
    device: UUID,
    epoch: int,
    from_seq: int,
    entries: Sequence[tuple[bytes, bytes]],
    attachments: Iterable[bytes] = (),
) -> bytes:
    """Push body (MEDIA_PUSH) of entries (signature, body) from `from_seq` on, with their blobs.

    Raises OversizedError("push_too_large") or MalformedError("push_counts") when it is beyond a
    bound of the wire.
    """
    blobs = list({sha256(blob).digest(): blob for blob in attachments}.values())
    if not 1 <= len(entries) <= wire.MAX_ENTRIES or len(blobs) > wire.MAX_ATTACHMENTS:
        raise MalformedError("push_counts", entries=len(entries), attachments=len(blobs))
    header = PushHeader(PUSH_VERSION, device, epoch, from_seq, len(entries), len(blobs))
    parts: list[bytes] = []
    _add(parts, codec.encode(header))
    for signature, body in entries:
        _check_size(len(signature) == wire.SIGNATURE_BYTES and len(body) <= wire.MAX_ENTRY_BYTES)
        _add(parts, signature, body)
    for blob in blobs:
        _check_size(len(blob) <= wire.MAX_ATTACHMENT_BYTES)
        _add(parts, blob)
    raw = b"".join(parts)
    _check_size(len(raw) <= wire.MAX_PUSH_RAW_BYTES)
    return codec.compress(raw)


def raw_size(body: bytes, attachments: Iterable[bytes] = ()) -> int:
    """Raw bytes an entry takes in a push, with its blobs; a batch fills up while the sum stays in
    bounds."""
    size = PREFIX_BYTES + wire.SIGNATURE_BYTES + len(body)
    return size + sum(PREFIX_BYTES + len(blob) for blob in attachments)


MAX_BATCH_BYTES: Final = wire.MAX_PUSH_RAW_BYTES - PREFIX_BYTES - MAX_HEADER_BYTES


def decode_push(data: bytes) -> Batch:
    """Batch of a push body; raises MalformedError and OversizedError, nothing else, whatever the
    bytes are."""
    raw = codec.decompress(data, wire.MAX_PUSH_BYTES, wire.MAX_PUSH_RAW_BYTES)
    reader = _Reader(raw)
    header = codec.decode(reader.frame(MAX_HEADER_BYTES), PushHeader)
    if header.from_seq + header.entries - 1 >= 1 << 63:
        raise MalformedError("push_counts", entries=header.entries)
    entries = tuple(reader.entry() for _ in range(header.entries))
    attachments: dict[bytes, bytes] = {}
    for _ in range(header.attachments):
        blob = reader.frame(wire.MAX_ATTACHMENT_BYTES)
        attachments[sha256(blob).digest()] = blob
    if not reader.at_end:
        raise MalformedError("frame_left_over")
    return Batch(header, entries, attachments)


def entries_of(batch: Batch, prev: bytes) -> list[Entry]:
    """The batch as entries, prev and hash recomputed from `prev` (hash of seq from_seq - 1, or
    genesis)."""
    head, made = batch.header, []
    for seq, (signature, body) in enumerate(batch.entries, start=head.from_seq):
        digest = entry_hash(head.device, head.epoch, seq, prev, body)
        made.append(Entry(head.device, head.epoch, seq, prev, body, digest, signature))
        prev = digest
    return made


class _Reader:
    """Walks length-prefixed frames."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._raw)

    def frame(self, limit: int) -> bytes:
        start = self._at + PREFIX_BYTES
        if start > len(self._raw):
            raise MalformedError("frame_truncated")
        length = int.from_bytes(self._raw[self._at : start], "big")
        if length > limit:
            raise OversizedError("frame_too_large", limit=limit)
        if start + length > len(self._raw):
            raise MalformedError("frame_truncated")
        self._at = start + length
        return self._raw[start : self._at]

    def entry(self) -> tuple[bytes, bytes]:
        frame = self.frame(wire.SIGNATURE_BYTES + wire.MAX_ENTRY_BYTES)
        if len(frame) <= wire.SIGNATURE_BYTES:
            raise MalformedError("frame_truncated")
        return frame[: wire.SIGNATURE_BYTES], frame[wire.SIGNATURE_BYTES :]


def _add(parts: list[bytes], *pieces: bytes) -> None:
    parts.append(sum(map(len, pieces)).to_bytes(PREFIX_BYTES, "big"))
    parts.extend(pieces)


def _check_size(holds: bool) -> None:
    if not holds:
        raise OversizedError("push_too_large", limit=wire.MAX_PUSH_RAW_BYTES)

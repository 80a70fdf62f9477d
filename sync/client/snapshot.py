"""First contact: the signed manifest, then its parts, hashed and resumable; the global part first.

A part that broke off goes on from its last byte (Range) while this process lives; after a restart
the replica says which parts it has. Nothing is written in clear: parts of form rows go from memory
into the encrypted replica, parts of form sqlcipher are encrypted as they travel.

A ready file is asked for first. Where the line, as measured so far, would need more than ten
minutes for the rest of it, rows are asked for instead: compressed they are a third of its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sync.client.channel import Channel
from sync.client.ports import Clock, TillReplica
from sync.protocol import codec, keys, wire
from sync.protocol.errors import MalformedError, UntrustedError
from sync.protocol.exchange import Call, content
from sync.protocol.messages import SnapshotReply
from sync.protocol.records import (
    PURPOSE_MANIFEST,
    SEAL_SNAPSHOT,
    Form,
    Manifest,
    Part,
    Scope,
)

PARTIAL: Final = 206
FILE_MS: Final = 600_000
MEASURED_BYTES: Final = 256 * 1024
MEASURED_MS: Final = 10_000
_ORDER: Final = (Scope.GLOBAL, Scope.MEMBERS, Scope.PROFILES)


class _SlowLineError(Exception):
    """The rest of the file would take too long."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes loaded of all; `sellable`: the global part is in, so the first sale is allowed."""

    done_bytes: int
    all_bytes: int
    sellable: bool


class SnapshotLoader:
    """Loads a snapshot into the replica. Kept between attempts, so that a broken part goes on."""

    def __init__(
        self,
        channel: Channel,
        replica: TillReplica,
        trusted: dict[str, bytes],
        agree_seed: bytes,
        clock: Clock,
    ) -> None:
        self._channel, self._replica, self._clock = channel, replica, clock
        self._trusted, self._agree_seed = trusted, agree_seed
        self._broken: tuple[str, int] = ("", 0)
        self._kept = bytearray()
        self._wanted = Form.SQLCIPHER
        self.form: Form | None = None  # of the snapshot that was last begun
        self._got_bytes = self._took_ms = 0

    def load(self, hq_epoch: int) -> Iterator[Progress]:
        """Load everything that is missing, yielding after each part so that the caller can push in
        between; the replica is switched when the iterator ends.

        `hq_epoch`: what hello said; a snapshot of another epoch is of no use. Raises Unreachable,
        ProtocolErrors and whatever the replica raises; a later call goes on.
        """
        try:
            yield from self._load(hq_epoch)
        except _SlowLineError:
            self._wanted = Form.ROWS  # until the next start
            yield from self._load(hq_epoch)

    def _load(self, hq_epoch: int) -> Iterator[Progress]:
        manifest, key = self._manifest()
        if manifest.hq_epoch != hq_epoch:
            raise MalformedError("snapshot_epoch", hq_epoch=manifest.hq_epoch)
        self.form = manifest.form
        have = self._replica.snapshot_begin(manifest, key)
        everything = sum(part.size for part in manifest.parts)
        done = sum(part.size for part in manifest.parts if part.index in have)
        sellable = False
        for part in manifest.parts:
            if part.scope is not Scope.GLOBAL and not sellable:
                self._replica.snapshot_global(self._clock.utc_ms())
                sellable = True
                yield Progress(done, everything, sellable)
            if part.index not in have:
                self._check_line(manifest, everything - done)
                self._replica.snapshot_part(part, self._part(manifest, part))
                done += part.size
                yield Progress(done, everything, sellable)
        if not sellable:
            self._replica.snapshot_global(self._clock.utc_ms())
        self._replica.snapshot_finish(self._clock.utc_ms())
        yield Progress(everything, everything, sellable=True)

    def _check_line(self, manifest: Manifest, left: int) -> None:
        known = self._got_bytes >= MEASURED_BYTES or self._took_ms >= MEASURED_MS
        slow = left * self._took_ms > FILE_MS * max(self._got_bytes, 1)
        if manifest.form is Form.SQLCIPHER and known and slow:
            raise _SlowLineError

    def _manifest(self) -> tuple[Manifest, bytes]:
        asked = f"{wire.SNAPSHOT}?form={self._wanted}&schema={self._replica.schema}"
        answer = self._channel.send(Call("GET", asked))
        reply = codec.decode(content(answer, wire.MEDIA_JSON), SnapshotReply)
        data = keys.open_signed(reply.manifest, PURPOSE_MANIFEST, self._trusted)
        manifest = codec.decode(data, Manifest)
        check_manifest(manifest)
        if manifest.form is Form.ROWS:
            return manifest, b""
        return manifest, keys.open_sealed(self._agree_seed, SEAL_SNAPSHOT, reply.sealed_key)

    def _part(self, manifest: Manifest, part: Part) -> bytes:
        if self._broken != (manifest.snapshot, part.index):
            self._broken, self._kept = (manifest.snapshot, part.index), bytearray()
        data = bytes(self._kept)
        if len(data) < part.size:
            data = self._fetch(manifest, part, len(data))
        self._broken = ("", 0)
        if len(data) != part.size or sha256(data).digest() != part.sha256:
            raise UntrustedError("part_hash", index=part.index)
        return data

    def _fetch(self, manifest: Manifest, part: Part, start: int) -> bytes:
        target = wire.PART.format(snapshot=manifest.snapshot, index=part.index)
        call = Call("GET", target, accept=wire.MEDIA_PART, limit=part.size)
        headers = {"range": f"bytes={start}-"} if start else {}
        began = self._clock.mono_ms()
        try:
            answer = self._channel.send(call, headers=headers, sink=self._kept)
        finally:
            self._got_bytes += len(self._kept) - start
            self._took_ms += self._clock.mono_ms() - began
        body = content(answer, wire.MEDIA_PART)
        return bytes(self._kept[:start]) + body if answer.status == PARTIAL else body


def check_manifest(manifest: Manifest) -> None:
    """MalformedError("manifest") unless parts are numbered 0, 1, 2..., global ones first, profiles
    last."""
    scopes = [part.scope for part in manifest.parts]
    in_order = sorted(scopes, key=_ORDER.index) == scopes
    if not in_order or [part.index for part in manifest.parts] != list(range(len(scopes))):
        raise MalformedError("manifest")

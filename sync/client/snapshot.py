"""First contact: the signed manifest, then its parts, hashed and resumable; the global part first.

A part that broke off goes on from its last byte (Range) while this process lives; after a restart
the replica says which parts it has. Nothing is written in clear: parts of form rows go from memory
into the encrypted replica, parts of form sqlcipher are encrypted as they travel.
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

    def load(self, hq_epoch: int) -> Iterator[Progress]:
        """Load everything that is missing, yielding after each part so that the caller can push in
        between; the replica is switched when the iterator ends.

        `hq_epoch`: what hello said; a snapshot of another epoch is of no use. Raises Unreachable,
        ProtocolErrors and whatever the replica raises; a later call goes on.
        """
        manifest, key = self._manifest()
        if manifest.hq_epoch != hq_epoch:
            raise MalformedError("snapshot_epoch", hq_epoch=manifest.hq_epoch)
        have = self._replica.snapshot_begin(manifest, key)
        everything = sum(part.size for part in manifest.parts)
        done = sum(part.size for part in manifest.parts if part.index in have)
        sellable = False
        for part in manifest.parts:
            if part.scope is Scope.MEMBERS and not sellable:
                self._replica.snapshot_global(self._clock.utc_ms())
                sellable = True
                yield Progress(done, everything, sellable)
            if part.index not in have:
                self._replica.snapshot_part(part, self._part(manifest, part))
                done += part.size
                yield Progress(done, everything, sellable)
        if not sellable:
            self._replica.snapshot_global(self._clock.utc_ms())
        self._replica.snapshot_finish(self._clock.utc_ms())
        yield Progress(everything, everything, sellable=True)

    def _manifest(self) -> tuple[Manifest, bytes]:
        answer = self._channel.send(Call("GET", wire.SNAPSHOT))
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
        answer = self._channel.send(call, headers=headers, sink=self._kept)
        body = content(answer, wire.MEDIA_PART)
        return bytes(self._kept[:start]) + body if answer.status == PARTIAL else body


def check_manifest(manifest: Manifest) -> None:
    """MalformedError("manifest") unless parts are numbered 0, 1, 2..., the global ones first."""
    scopes = [part.scope for part in manifest.parts]
    in_order = sorted(scopes, key=lambda scope: scope is Scope.MEMBERS) == scopes
    if not in_order or [part.index for part in manifest.parts] != list(range(len(scopes))):
        raise MalformedError("manifest")

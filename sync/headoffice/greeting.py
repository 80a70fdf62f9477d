"""Hello: where a till and head office stand, and what follows from it (sync-ledger.md 2.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sync.database.headoffice import leases, ledger
from sync.database.headoffice.rows import Device
from sync.database.headoffice.sessions import Database, Session
from sync.headoffice.keys import HeadOfficeKeys
from sync.headoffice.posting.push import Poster
from sync.headoffice.randomness import Randomness
from sync.protocol import codec, keys
from sync.protocol.errors import UntrustedError
from sync.protocol.hello import HeadOfficeView, decide
from sync.protocol.messages import Ack, Action, HelloAsk, HelloReply
from sync.protocol.records import PURPOSE_HELLO, Signed
from sync.protocol.requests import make_nonce
from sync.protocol.versions import agree

_NONCE_BYTES: Final = 8
CASES: Final = {
    Action.FORK: "fork",
    Action.ROLLBACK: "rollback",
    Action.LOST_DATA: "lost_data",
}


@dataclass(frozen=True, slots=True)
class Greeter:
    """Answers hellos. A case for a person is opened where the histories do not agree."""

    database: Database
    keys: HeadOfficeKeys
    poster: Poster
    random: Randomness

    def nonce(self, device: Device, now_ms: int) -> str:
        """A session nonce for the requests of that till."""
        random = self.random("nonce", _NONCE_BYTES)
        return make_nonce(self.keys.nonce_key, device.device, now_ms // 1000, random)

    async def greet(self, ask: HelloAsk, now_ms: int) -> Signed:
        """The signed reply; raises TooOldError and UntrustedError("key_unknown")."""
        protocol = agree(ask.protocols)

        async def work(session: Session) -> tuple[Device, Action]:
            device = await ledger.device(session, ask.device, ask.epoch, lock=True)
            if device is None:
                raise UntrustedError("key_unknown")
            await self.poster.shelf.refresh(session)
            last_ack = self._own_ack(ask, device)
            action = await self._action(session, ask, device, last_ack)
            if action in (Action.PUSH, Action.IN_SYNC):
                await self._note(session, ask, device)
            if action is Action.FORK:
                await ledger.set_state(session, device.device, device.epoch, "forked")
            if action in CASES:
                row = (
                    device.device.bytes, device.epoch, ask.head_seq, CASES[action], None, now_ms,
                    "open", ask.head_hash.hex(),
                )  # fmt: skip
                await session.write(ledger.ADD_EXCEPTIONS, [row])
            return device, action

        device, action = await self.database.writing(work)
        reply = self._reply(protocol, ask, device, action, now_ms)
        return keys.sign_document(self.keys.signer("ack"), PURPOSE_HELLO, codec.encode(reply))

    async def _note(self, session: Session, ask: HelloAsk, device: Device) -> None:
        """How far the till has applied the feed, and where its journal ended then: it proves which
        ends of leases it saw before."""
        epoch, _, n = (ask.cursor or "").partition(".")
        if epoch == str(self.poster.hq_epoch) and n.isascii() and n.isdigit():
            seq = ask.head_seq
            await leases.put_proof(session, device.device, device.epoch, int(n), seq)

    async def _action(
        self, session: Session, ask: HelloAsk, device: Device, last_ack: Ack | None
    ) -> Action:
        if device.state == "forked":
            return Action.FORK
        view = HeadOfficeView(
            self.poster.hq_epoch,
            device.head_seq,
            device.head_hash,
            await _hash_at(session, device, ask.head_seq),
            await _hash_at(session, device, last_ack.seq) if last_ack else None,
        )
        return decide(ask, last_ack, view)

    def _own_ack(self, ask: HelloAsk, device: Device) -> Ack | None:
        """The till's last acknowledgement, if it is ours and about this epoch."""
        ack = ask.last_ack
        if ack is None or (ack.device, ack.epoch) != (device.device, device.epoch):
            return None
        signer = self.keys.signer("ack")
        try:
            keys.check_ack(ack, {signer.key: signer.public})
        except UntrustedError:
            return None
        return ack

    def _reply(
        self, protocol: str, ask: HelloAsk, device: Device, action: Action, now_ms: int
    ) -> HelloReply:
        hq_epoch = self.poster.hq_epoch
        ack = keys.countersign(
            self.keys.signer("ack"), device.device, device.epoch, device.head_seq,
            device.head_hash, hq_epoch, now_ms,
        )  # fmt: skip
        versions = [programme.version for programme in self.poster.shelf.programmes]
        return HelloReply(
            protocol=protocol,
            device=device.device,
            epoch=device.epoch,
            hq_epoch=hq_epoch,
            acked_seq=device.head_seq,
            acked_hash=device.head_hash,
            hq_time_ms=now_ms,
            nonce_back=ask.nonce,
            nonce=self.nonce(device, now_ms),
            action=action,
            limits_version=max(versions, default=0),
            ack=ack,
        )


async def _hash_at(session: Session, device: Device, seq: int) -> bytes | None:
    if seq == 0:
        return device.genesis
    if seq == device.head_seq:
        return device.head_hash
    found = await ledger.recorded(session, device.device, device.epoch, seq, seq)
    return found[0].hash if found else None

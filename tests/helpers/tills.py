"""A till for tests of head office: joins over HTTP, writes by the rules, signs and pushes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx

from sync.domain.journal import Entry, Place, entry_hash
from sync.headoffice.serving import Running
from sync.headoffice.setup import DealerRow, Places, StoreRow, TillRow
from sync.protocol import codec, frames, keys, wire
from sync.protocol.messages import (
    Ack,
    EnrolAsk,
    EnrolChallenge,
    EnrolReply,
    FeedItem,
    FeedPage,
    HelloAsk,
    HelloReply,
    Problem,
    PushReply,
)
from sync.protocol.records import PURPOSE_HELLO, SEAL_SECRETS, ChainSecrets, Signed
from sync.protocol.requests import sign_request
from sync.protocol.versions import SUPPORTED
from tests.sync.domain.making import PROGRAMME, Counter

T = TypeVar("T")
OWN_NONCE = "n" * 22
NOBODY = UUID(int=0)
DEALERS = ("A", "B", "C", "W")


def chain_places(tills_each: int = 2) -> Places:
    """Dealers A, B, C and W with one store each, named as `making.Counter` names them."""
    return Places(
        [DealerRow(d, f"经销商{d}", f"Dealer {d}") for d in DEALERS],
        [StoreRow(f"{d}-store", d, f"{d}店", f"{d} store", group=f"{d}-city") for d in DEALERS],
        [
            TillRow(f"{d}{number}", f"{d}-store", 100 * number, 100 * number + 99)
            for d in DEALERS
            for number in range(1, tills_each + 1)
        ],
    )


def furnish(served: Running) -> None:
    """Places and the programme of the golden cases."""
    served.call(lambda hq: hq.setup.places(chain_places()))
    served.call(lambda hq: hq.setup.programme(PROGRAMME))


@dataclass
class SignedCounter(Counter):
    """A counter whose entries are signed under its enrolment."""

    enrolled: UUID = NOBODY
    epoch: int = 1
    signer: keys.Signer = field(default_factory=lambda: keys.Signer(bytes(32), "test"))

    @property
    def device(self) -> UUID:
        return self.enrolled

    @property
    def place(self) -> Place:
        return Place(self.dealer, f"{self.dealer}-store", f"{self.dealer}{self.number}")

    def write_bytes(self, data: bytes) -> Entry:
        """An entry of whatever bytes, next in the chain, signed."""
        self.seq += 1
        prev = self.prev
        self.prev = entry_hash(self.device, self.epoch, self.seq, prev, data)
        signature = self.signer.sign(self.prev)
        return Entry(self.device, self.epoch, self.seq, prev, data, self.prev, signature)


class TestTill:
    """One till on one connection."""

    __test__ = False

    def __init__(self, served: Running, name: str, *, seed: str = "") -> None:
        self.served, self.name = served, name
        self.http = httpx.Client(base_url=served.base, trust_env=False, timeout=30)
        self.sign_seed = sha256(f"sign {name} {seed}".encode()).digest()
        self.agree_seed = sha256(f"agree {name} {seed}".encode()).digest()
        self.nonce, self.counter = OWN_NONCE, 0
        self.last_ack: Ack | None = None
        self.entries: list[Entry] = []
        self.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    # -- joining -------------------------------------------------------------------------------

    def enrol_ask(self, code: str, nonce: str) -> EnrolAsk:
        signer = keys.Signer(self.sign_seed, "new")
        agree = keys.agreement_public(self.agree_seed)
        proof = keys.prove_possession(signer, code, nonce, agree)
        return EnrolAsk(code, nonce, signer.public, agree, proof, "test", "machine", 1)

    def post_plain(self, target: str, body: bytes = b"") -> httpx.Response:
        headers = {"content-type": wire.MEDIA_JSON} if body else {}
        return self.http.post(target, content=body, headers=headers)

    def join(self) -> None:
        """Enrol with a fresh code."""
        code = self.served.call(lambda hq: hq.enrolment.make_code(self.name, hq.clock.now_ms()))
        challenge = codec.decode(self.post_plain(wire.ENROL_BEGIN).content, EnrolChallenge)
        ask = codec.encode(self.enrol_ask(code, challenge.nonce))
        reply = codec.decode(good(self.post_plain(wire.ENROL, ask)).content, EnrolReply)
        self.record = keys.open_enrolment(reply.record)
        self.genesis = keys.genesis(reply.record)
        opened = keys.open_sealed(self.agree_seed, SEAL_SECRETS, reply.sealed)
        self.secrets = codec.decode(opened, ChainSecrets)
        self.device, self.epoch = self.record.device, self.record.epoch
        self.signer = keys.Signer(self.sign_seed, keys.device_key_id(self.device, self.epoch))
        self.ack_keys = keys.ring(self.record.hq_keys, "ack")
        self.desk = SignedCounter(
            self.record.dealer, int(self.name[1:]), enrolled=self.device, epoch=self.epoch,
            signer=self.signer, prev=self.genesis,
        )  # fmt: skip
        self.entries = []
        self.hello()

    # -- signed requests -----------------------------------------------------------------------

    def call(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        media: str = wire.MEDIA_JSON,
        **headers: str,
    ) -> httpx.Response:
        """A signed request."""
        self.counter += 1
        made = sign_request(self.signer, method, target, body, self.nonce, self.counter, 1)
        if body:
            made["content-type"] = media
        return self.http.request(method, target, content=body, headers={**made, **headers})

    def ask(self, target: str, message: object) -> httpx.Response:
        """POST a message."""
        return self.call("POST", target, codec.encode(message))

    def hello_ask(self, **changes: Any) -> HelloAsk:
        head = self.entries[-1] if self.entries else None
        usual: dict[str, Any] = {
            "protocols": SUPPORTED,
            "app": "test",
            "db_schema": "1",
            "device": self.device,
            "epoch": self.epoch,
            "head_seq": head.seq if head else 0,
            "head_hash": head.hash if head else self.genesis,
            "boot": "boot",
            "wall_ms": 1,
            "nonce": OWN_NONCE,
            "last_ack": self.last_ack,
        }
        return HelloAsk(**{**usual, **changes})

    def hello(self, **changes: Any) -> HelloReply:
        """Say hello and go on under head office's nonce."""
        self.nonce, self.counter = OWN_NONCE, 0
        signed = codec.decode(good(self.ask(wire.HELLO, self.hello_ask(**changes))).content, Signed)
        reply = codec.decode(keys.open_signed(signed, PURPOSE_HELLO, self.ack_keys), HelloReply)
        self.nonce, self.counter = reply.nonce, 0
        return reply

    def send(self, entries: Sequence[Entry], blobs: Sequence[bytes] = ()) -> httpx.Response:
        """Push entries as they are."""
        pairs = [(entry.signature, entry.body) for entry in entries]
        body = frames.encode_push(self.device, self.epoch, entries[0].seq, pairs, blobs)
        return self.call("POST", wire.PUSH, body, wire.MEDIA_PUSH)

    def push(self, *entries: Entry, blobs: Sequence[bytes] = ()) -> PushReply:
        """Push and take the acknowledgement."""
        reply = codec.decode(good(self.send(entries, blobs)).content, PushReply, 1 << 24)
        keys.check_ack(reply.ack, self.ack_keys)
        self.last_ack = reply.ack
        known = {entry.seq for entry in self.entries}
        self.entries += [entry for entry in entries if entry.seq not in known]
        return reply

    def page(self, cursor: str, limit: int = 500, wait: int = 0) -> FeedPage:
        """One feed page."""
        target = f"{wire.FEED}?cursor={cursor}&limit={limit}&wait={wait}"
        return codec.decode_page(good(self.call("GET", target)).content)

    def feed(self, n: int = 0, limit: int = 500) -> list[FeedItem]:
        """Everything after feed number `n`."""
        found: list[FeedItem] = []
        while True:
            page = self.page(f"1.{n}", limit)
            found += page.items
            n = page.next
            if page.complete:
                return found


def good(response: httpx.Response) -> httpx.Response:
    """The response, which is a success."""
    assert response.status_code in (200, 206), (response.status_code, response.content[:300])
    return response


def problem(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which is a proper problem body."""
    assert response.headers["content-type"] == wire.MEDIA_PROBLEM, response.headers
    return response.status_code, codec.decode(response.content, Problem).code


def rows_of(items: Sequence[FeedItem], kind: str) -> dict[str, Any]:
    """Typed rows of a kind by key, the last one of each."""
    return {item.key: codec.row(item) for item in items if item.kind == kind}

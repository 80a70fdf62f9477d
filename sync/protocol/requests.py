"""Signed requests: RFC 9421 over @method, @path, @query and content-digest (RFC 9530), with keyid
and nonce.

Scheme and host stay out, so that head office may stand behind a proxy; TLS pins who is spoken to.
`created` is evidence only and never checked here: a dead clock battery must not lock a till out
(sync-ledger.md 2.7). Replay: a repeated push, hello or feed request changes nothing; an
authorisation or admin request is taken once, by its rising nonce counter.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)

from sync.protocol.errors import UntrustedError
from sync.protocol.keys import Signer

LABEL: Final = "guibin"
COMPONENTS: Final = ("@method", "@path", "@query", "content-digest")
SIGNED_HEADERS: Final = ("Content-Digest", "Signature-Input", "Signature")
_ORIGIN: Final = "https://head-office"
_TARGET: Final = re.compile(r"/[A-Za-z0-9/_.~-]*(\?[A-Za-z0-9=&_.~%-]*)?")
_INPUT: Final = re.compile(
    r'guibin=\("@method" "@path" "@query" "content-digest"\)'
    r';created=[0-9]{1,12};keyid="[A-Za-z0-9_.:/-]{1,96}";alg="ed25519"'
    r';nonce="[A-Za-z0-9_-]{16,128}\.[0-9]{1,18}"'
)
_SIGNATURE: Final = re.compile(r"guibin=:[A-Za-z0-9+/]{86}==:")
_DIGEST: Final = re.compile(r"sha-256=:[A-Za-z0-9+/]{43}=:")
_NONCE_MAC_BYTES: Final = 16
_NONCE_RANDOM_BYTES: Final = 8
_NONCE_BYTES: Final = 4 + _NONCE_RANDOM_BYTES + _NONCE_MAC_BYTES


@dataclass(frozen=True, slots=True)
class Verified:
    """Who signed a request: `key` id, `nonce` of the session, `counter` within it, `created_s` as
    the sender's clock had it (evidence, not checked)."""

    key: str
    nonce: str
    counter: int
    created_s: int


def sign_request(
    signer: Signer, method: str, target: str, body: bytes, nonce: str, counter: int, created_s: int
) -> dict[str, str]:
    """Headers that sign a request: Content-Digest, Signature-Input, Signature.

    `target`: path and query as sent ("/v1/feed?cursor=1.20"); `body`: bytes as sent (b"" for none);
    `nonce`: the session nonce (the till's own for hello), `counter` >= 1 rises with each request of
    the session.
    """
    message = _Message(method, target, {})
    _signer(signer).sign(
        message,
        key_id=signer.key,
        created=datetime.fromtimestamp(created_s, UTC),
        nonce=f"{nonce}.{counter}",
        label=LABEL,
        covered_component_ids=COMPONENTS[:-1],
        body=body,
    )
    return message.headers


def verify_request(
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    public_of: Callable[[str], bytes | None],
) -> Verified:
    """Check a request's signature; `public_of` gives the Ed25519 key of a key id, None when it is
    not known.

    `headers`: all of the request's, any case. Raises UntrustedError: "unsigned" (no or repeated
    signature headers, or not of the agreed form), "digest", "key_unknown", "signature".
    """
    found = _signature_headers(headers)
    if not _TARGET.fullmatch(target) or not method.isascii() or not method.isupper():
        raise UntrustedError("unsigned")
    digest = base64.b64encode(sha256(body).digest()).decode()
    if not hmac.compare_digest(found["Content-Digest"], f"sha-256=:{digest}:"):
        raise UntrustedError("digest")
    keys = _PublicKeys(public_of)
    verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=keys)
    try:
        results = verifier.verify(
            _Message(method, target, found), max_age=None, require_components=COMPONENTS
        )
    except (InvalidSignature, HTTPMessageSignaturesException):
        raise UntrustedError("signature" if keys.known else "key_unknown") from None
    parameters = results[0].parameters
    nonce, _, counter = str(parameters["nonce"]).partition(".")
    return Verified(str(parameters["keyid"]), nonce, int(counter), int(parameters["created"]))


def _signature_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    wanted = {name.lower(): name for name in SIGNED_HEADERS}
    found: dict[str, str] = {}
    for name, value in headers:
        known = wanted.get(name.lower())
        if known is None:
            continue
        if known in found:
            raise UntrustedError("unsigned")
        found[known] = value
    for name, form in (
        ("Content-Digest", _DIGEST),
        ("Signature-Input", _INPUT),
        ("Signature", _SIGNATURE),
    ):
        if not form.fullmatch(found.get(name, "")):
            raise UntrustedError("unsigned")
    return found


# -- nonces ------------------------------------------------------------------------------------


def make_nonce(secret: bytes, device: UUID, now_s: int, random: bytes) -> str:
    """A session nonce any head-office process can check without storing it: issue time, 8 random
    bytes, and a MAC over both and the device under `secret` (32 bytes, shared by head office's
    processes)."""
    if len(random) != _NONCE_RANDOM_BYTES:
        raise ValueError(f"{_NONCE_RANDOM_BYTES} random bytes are needed")
    head = now_s.to_bytes(4, "big") + random
    return base64.urlsafe_b64encode(head + _nonce_mac(secret, device, head)).rstrip(b"=").decode()


def check_nonce(secret: bytes, device: UUID, nonce: str, now_s: int, ttl_s: int) -> None:
    """UntrustedError("nonce") unless head office gave this nonce to this device at most `ttl_s`
    seconds ago: the till says hello again and goes on."""
    try:
        raw = base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
    except ValueError:
        raise UntrustedError("nonce") from None
    head, mac = raw[:-_NONCE_MAC_BYTES], raw[-_NONCE_MAC_BYTES:]
    if len(raw) != _NONCE_BYTES or not hmac.compare_digest(_nonce_mac(secret, device, head), mac):
        raise UntrustedError("nonce")
    if not 0 <= now_s - int.from_bytes(head[:4], "big") <= ttl_s:
        raise UntrustedError("nonce")


def check_once(last_counter: int | None, counter: int) -> None:
    """UntrustedError("replayed") unless `counter` is above the last one taken in this session
    (None: none yet)."""
    if last_counter is not None and counter <= last_counter:
        raise UntrustedError("replayed")


def _nonce_mac(secret: bytes, device: UUID, head: bytes) -> bytes:
    mac = hmac.new(secret, b"guibin-nonce-1" + device.bytes + head, sha256)
    return mac.digest()[:_NONCE_MAC_BYTES]


# -- the library, without its clock ------------------------------------------------------------


@dataclass(slots=True)
class _Message:
    """What the library takes for a request."""

    method: str
    target: str
    headers: dict[str, str]

    @property
    def url(self) -> str:
        return _ORIGIN + self.target


class _Verifier(HTTPMessageVerifier):
    def validate_created_and_expires(self, sig_input: object, max_age: object = None) -> None:
        """Reads no clock: times are not checked (module docstring)."""


class _PublicKeys(HTTPSignatureKeyResolver):
    def __init__(self, public_of: Callable[[str], bytes | None]) -> None:
        self._public_of, self.known = public_of, False

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        raw = self._public_of(key_id)
        self.known = raw is not None
        return None if raw is None else Ed25519PublicKey.from_public_bytes(raw)


def _signer(signer: Signer) -> HTTPMessageSigner:
    own = MappingKeyResolver(public_keys={}, private_keys={signer.key: signer.private})
    return HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=own)

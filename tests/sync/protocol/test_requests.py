"""Signed requests: RFC 9421 with the library, without its clock."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol import requests
from sync.protocol.errors import UntrustedError
from tests.sync.protocol import samples
from tests.sync.protocol.samples import NONCE

TILL = samples.till_signer()
TARGET = "/v1/feed?cursor=1.20&limit=500&wait=25"


def public_of(key: str) -> bytes | None:
    return TILL.public if key == TILL.key else None


def signed(target: str = TARGET, body: bytes = b"", nonce: str = NONCE) -> dict[str, str]:
    return requests.sign_request(TILL, "POST", target, body, nonce, 7, 1_700_000_000)


@given(st.binary(max_size=200), st.integers(1, 10**17), st.integers(0, 10**10))
def test_a_signed_request_verifies(body: bytes, counter: int, created_s: int) -> None:
    headers = requests.sign_request(TILL, "POST", TARGET, body, NONCE, counter, created_s)
    got = requests.verify_request("POST", TARGET, headers.items(), body, public_of)
    assert got == requests.Verified(TILL.key, NONCE, counter, created_s)


def test_the_signature_base_is_that_of_the_rfc() -> None:
    """Computed here from RFC 9421 section 2.5, without the library."""
    headers = signed(body=b"abc")
    digest = base64.b64encode(sha256(b"abc").digest()).decode()
    parameters = headers["Signature-Input"].removeprefix("guibin=")
    base = "\n".join(
        (
            '"@method": POST',
            '"@path": /v1/feed',
            '"@query": ?cursor=1.20&limit=500&wait=25',
            f'"content-digest": sha-256=:{digest}:',
            f'"@signature-params": {parameters}',
        )
    )
    signature = base64.b64encode(TILL.sign(base.encode())).decode()
    assert headers["Signature"] == f"guibin=:{signature}:"
    assert 'keyid="till/' in parameters
    assert f'nonce="{NONCE}.7"' in parameters


def test_head_office_may_stand_behind_a_proxy_that_lowers_names() -> None:
    headers = [("host", "elsewhere"), *((name.lower(), v) for name, v in signed().items())]
    assert requests.verify_request("POST", TARGET, headers, b"", public_of).counter == 7


@pytest.mark.parametrize(
    ("method", "target", "body", "code"),
    [
        ("GET", TARGET, b"", "signature"),
        ("POST", "/v1/feed?cursor=1.21&limit=500&wait=25", b"", "signature"),
        ("POST", "/v1/push", b"", "signature"),
        ("POST", TARGET, b"x", "digest"),
        ("post", TARGET, b"", "unsigned"),
        ("POST", "/v1/feed?x=ü", b"", "unsigned"),
        ("POST", "//evil\n", b"", "unsigned"),
    ],
)
def test_what_is_signed_may_not_change(method: str, target: str, body: bytes, code: str) -> None:
    with pytest.raises(UntrustedError, match=code):
        requests.verify_request(method, target, signed().items(), body, public_of)


def test_an_unknown_key() -> None:
    with pytest.raises(UntrustedError, match="key_unknown"):
        requests.verify_request("POST", TARGET, signed().items(), b"", lambda key: None)


def test_another_key() -> None:
    with pytest.raises(UntrustedError, match="signature"):
        requests.verify_request(
            "POST", TARGET, signed().items(), b"", lambda key: samples.hq_signer().public
        )


def test_missing_and_repeated_headers() -> None:
    headers = signed()
    for name in headers:
        with pytest.raises(UntrustedError, match="unsigned"):
            requests.verify_request(
                "POST", TARGET, [(k, v) for k, v in headers.items() if k != name], b"", public_of
            )
        with pytest.raises(UntrustedError, match="unsigned"):
            requests.verify_request(
                "POST", TARGET, [*headers.items(), (name, headers[name])], b"", public_of
            )


@given(st.sampled_from(requests.SIGNED_HEADERS), st.text(max_size=300), st.booleans())
def test_garbage_in_headers(name: str, value: str, append: bool) -> None:
    """Planted: without the agreed forms, http_sf raises its own errors on some of these."""
    headers = signed()
    headers[name] = headers[name] + value if append else value
    if headers == signed():
        return
    with pytest.raises(UntrustedError):
        requests.verify_request("POST", TARGET, headers.items(), b"", public_of)


def test_fewer_components_are_not_taken() -> None:
    headers = signed()
    headers["Signature-Input"] = headers["Signature-Input"].replace(' "@query"', "")
    with pytest.raises(UntrustedError, match="unsigned"):
        requests.verify_request("POST", TARGET, headers.items(), b"", public_of)


def test_nonces() -> None:
    secret, now = b"s" * 32, 1_700_000_000
    nonce = requests.make_nonce(secret, samples.DEVICE, now, b"r" * 8)
    requests.check_nonce(secret, samples.DEVICE, nonce, now + 3_600, 3_600)
    assert requests.verify_request(
        "POST", TARGET, signed(nonce=nonce).items(), b"", public_of
    ).nonce == nonce  # fmt: skip
    for key, device, given_nonce, at in (
        (b"t" * 32, samples.DEVICE, nonce, now),
        (secret, samples.OTHER, nonce, now),
        (secret, samples.DEVICE, nonce, now + 3_601),
        (secret, samples.DEVICE, nonce, now - 1),
        (secret, samples.DEVICE, NONCE, now),
        (secret, samples.DEVICE, nonce[:-3], now),
        (secret, samples.DEVICE, "ü", now),
        (secret, samples.DEVICE, "a", now),
    ):
        with pytest.raises(UntrustedError, match="nonce"):
            requests.check_nonce(key, device, given_nonce, at, 3_600)
    with pytest.raises(ValueError, match="random"):
        requests.make_nonce(secret, samples.DEVICE, now, b"")


def test_once() -> None:
    requests.check_once(None, 1)
    requests.check_once(6, 7)
    for counter in (6, 5):
        with pytest.raises(UntrustedError, match="replayed"):
            requests.check_once(6, counter)

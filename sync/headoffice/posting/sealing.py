"""Personal data at head office: every blob is sealed under a key of its member.

Erasing a member drops the key; journal copies hold ids only and still verify.
"""

from __future__ import annotations

import secrets
from typing import Final
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sync.domain.members import Profile

PROFILE: Final = "profile"
KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_profile = msgspec.json.Decoder(Profile)


class ErasedError(Exception):
    """The key is gone or another one: the blob cannot be read any more."""


def new_key() -> bytes:
    """A fresh key for a member."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, member: UUID, plain: bytes) -> bytes:
    """Nonce and ciphertext, bound to the member."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, plain, member.bytes)


def unseal(key: bytes, member: UUID, sealed: bytes) -> bytes:
    """The plain blob; raises ErasedError when it does not open."""
    try:
        return ChaCha20Poly1305(key).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], member.bytes
        )
    except (InvalidTag, ValueError):
        raise ErasedError from None


def read_profile(blob: bytes, member: UUID) -> Profile | None:
    """The profile in a blob; None when it is none, or of another member."""
    try:
        profile = _profile.decode(blob)
    except msgspec.MsgspecError:
        return None
    fits = profile.member == member and "\0" not in profile.name + profile.phone
    return profile if fits else None

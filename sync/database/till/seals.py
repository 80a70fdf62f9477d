"""Sealing small secrets inside the databases under a device secret (staff PIN verifiers)."""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync.database.till.faults import KeyWrongError

NONCE_BYTES: Final = 12


class Seal:
    """AES-256-GCM under `secret` (32 bytes), bound to `purpose`."""

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        """Keep the key and what it is for."""
        self._box, self._purpose = AESGCM(secret), purpose

    def close(self, plain: bytes) -> bytes:
        """Nonce and ciphertext of `plain`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._box.encrypt(nonce, plain, self._purpose)

    def open(self, sealed: bytes) -> bytes:
        """What was closed; raises KeyWrongError under another secret or when it was changed."""
        try:
            return self._box.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._purpose)
        except InvalidTag:
            raise KeyWrongError(what="seal") from None

"""Who signed a request: the till's key, its state, and the nonce of its session."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from sync.database.headoffice import ledger
from sync.database.headoffice.rows import Device
from sync.database.headoffice.sessions import Database
from sync.headoffice.errors import ForbiddenError
from sync.headoffice.keys import HeadOfficeKeys
from sync.protocol import wire
from sync.protocol.errors import UntrustedError
from sync.protocol.keys import read_device_key_id
from sync.protocol.requests import Verified, check_nonce, verify_request

CACHE_S: Final = 1.0
CACHE_SIZE: Final = 10_000
_KEY_ID: Final = re.compile(r';keyid="([A-Za-z0-9_.:/-]{1,96})"')


@dataclass(frozen=True, slots=True)
class Caller:
    """The till that signed, and what it signed with."""

    device: Device
    verified: Verified


class Devices:
    """Checks signatures. A till's row is remembered for a second, so that revoking takes hold."""

    def __init__(self, database: Database, keys: HeadOfficeKeys) -> None:
        self._database, self._keys = database, keys
        self._seen: dict[str, tuple[float, Device]] = {}

    async def caller(
        self, request: Request, body: bytes, now_ms: int, *, own_nonce: bool = False
    ) -> Caller:
        """The till behind a request. `own_nonce`: its nonce need not come from head office.

        Raises UntrustedError.
        """
        found = _KEY_ID.search(request.headers.get("signature-input", ""))
        if found is None:
            raise UntrustedError("unsigned")
        device = await self._device(found[1])
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope["raw_path"].decode("latin-1")
        verified = verify_request(
            request.method,
            f"{path}?{query}" if query else path,
            request.headers.items(),
            body,
            lambda key: device.sign_key if key == found[1] else None,
        )
        if not own_nonce:
            check_nonce(
                self._keys.nonce_key, device.device, verified.nonce, now_ms // 1000,
                wire.NONCE_TTL_S,
            )  # fmt: skip
        return Caller(device, verified)

    async def _device(self, key: str) -> Device:
        now = time.monotonic()
        kept = self._seen.get(key)
        if kept is not None and now - kept[0] < CACHE_S:
            return kept[1]
        which, epoch = read_device_key_id(key)
        async with self._database.reading() as session:
            device = await ledger.device(session, which, epoch)
        if device is None:
            raise UntrustedError("key_unknown")
        if len(self._seen) >= CACHE_SIZE:
            self._seen.clear()
        self._seen[key] = (now, device)
        return device

    def forget(self) -> None:
        """Read every till's row again."""
        self._seen.clear()


def check_active(device: Device) -> None:
    """ForbiddenError("device_<state>") unless the till may be told anything."""
    if device.state != "active":
        raise ForbiddenError(f"device_{device.state}")

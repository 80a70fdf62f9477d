"""The till's secrets: signing and agreement keys, database key, pepper, the chain's hash keys.

They are sealed under a wrapping key. The wrapping key lives in the operating system's key store
where there is a real one, else in a file only this user may read, and then the health page says so.
Never a store that only pretends (keyrings.alt, the "null" and "fail" back ends).
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sync.database.till.durable import write_durably
from sync.database.till.faults import KeyWrongError
from sync.database.till.seals import Seal

KEYS_FILE: Final = "keys.bin"
WRAP_FILE: Final = "keys.wrap"
SERVICE: Final = "guibin-till"
KEY_BYTES: Final = 32
_PURPOSE: Final = b"guibin-till-keys-1"


class TillKeys(msgspec.Struct, frozen=True):
    """Secrets of one epoch, 32 bytes each. `sign`: Ed25519 seed; `agree`: X25519 private key;
    `database`: key of journal.db; `pepper`: seals staff verifiers; `token`, `phone`: the chain's
    HMAC keys (empty before enrolment); `replica`: key of the replica in use."""

    sign: bytes
    agree: bytes
    database: bytes
    pepper: bytes
    token: bytes = b""
    phone: bytes = b""

    def __repr__(self) -> str:
        """Show nothing."""
        return "TillKeys(...)"

    @property
    def public(self) -> bytes:
        """Ed25519 public key, 32 bytes."""
        return self.signing.public_key().public_bytes_raw()

    @property
    def agree_public(self) -> bytes:
        """X25519 public key, 32 bytes."""
        return X25519PrivateKey.from_private_bytes(self.agree).public_key().public_bytes_raw()

    @property
    def signing(self) -> Ed25519PrivateKey:
        """The signing key object; `signing.sign` signs an entry's hash."""
        return Ed25519PrivateKey.from_private_bytes(self.sign)


class WrapStore(Protocol):
    """Where the wrapping key lives."""

    @property
    def name(self) -> str:
        """Return "keyring" or "file"."""
        ...

    def load(self, label: str) -> bytes | None:
        """Return the wrapping key kept under `label`."""
        ...

    def save(self, label: str, key: bytes) -> None:
        """Keep the wrapping key; raises KeyWrongError when the store refuses."""
        ...


class FileWrap:
    """A 0600 file beside the keys: no better than the disk, and said so."""

    name = "file"

    def __init__(self, folder: Path) -> None:
        """Keep it in `folder`."""
        self._path = folder / WRAP_FILE

    def load(self, label: str) -> bytes | None:  # noqa: ARG002  # one key per folder
        """Return the wrapping key."""
        return self._path.read_bytes() if self._path.exists() else None

    def save(self, label: str, key: bytes) -> None:  # noqa: ARG002  # one key per folder
        """Keep the wrapping key."""
        write_durably(self._path, key)


class KeyringWrap:
    """The operating system's key store."""

    name = "keyring"

    def load(self, label: str) -> bytes | None:
        """Return the wrapping key."""
        import keyring  # noqa: PLC0415  # it looks for back ends on import
        from keyring.errors import KeyringError  # noqa: PLC0415  # imported with it

        try:
            kept = keyring.get_password(SERVICE, label)
        except KeyringError:
            return None
        return base64.b64decode(kept) if kept else None

    def save(self, label: str, key: bytes) -> None:
        """Keep the wrapping key."""
        import keyring  # noqa: PLC0415  # it looks for back ends on import
        from keyring.errors import KeyringError  # noqa: PLC0415  # imported with it

        try:
            keyring.set_password(SERVICE, label, base64.b64encode(key).decode())
        except KeyringError as error:
            raise KeyWrongError(what="keyring") from error


def best_store(folder: Path) -> WrapStore:
    """The operating system's key store if there is a real one, else the file."""
    try:
        import keyring  # noqa: PLC0415  # it looks for back ends on import
        from keyring.backends import fail, null  # noqa: PLC0415  # imported with it
    except ImportError:
        return FileWrap(folder)
    backend = keyring.get_keyring()
    pretends = isinstance(backend, fail.Keyring | null.Keyring)
    if pretends or type(backend).__module__.startswith("keyrings.alt"):
        return FileWrap(folder)
    return KeyringWrap()


@dataclass(frozen=True, slots=True)
class LoadedKeys:
    """Secrets, and where their wrapping key came from ("keyring" or "file")."""

    keys: TillKeys
    wrapped_by: str


class _Kept(msgspec.Struct, frozen=True):
    wrapped_by: str
    label: str
    sealed: bytes


def make_keys() -> TillKeys:
    """Fresh secrets from the operating system's generator."""
    return TillKeys(*(os.urandom(KEY_BYTES) for _ in range(4)))


def save_keys(folder: Path, keys: TillKeys, store: WrapStore | None = None) -> LoadedKeys:
    """Seal `keys` in `folder` (made when missing), durably. Raises KeyWrongError, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    store = store or best_store(folder)
    label = str(folder.resolve())
    wrapping = store.load(label)
    if wrapping is None:
        wrapping = os.urandom(KEY_BYTES)
        store.save(label, wrapping)
    sealed = Seal(wrapping, _PURPOSE).close(msgspec.msgpack.encode(keys))
    write_durably(folder / KEYS_FILE, msgspec.msgpack.encode(_Kept(store.name, label, sealed)))
    return LoadedKeys(keys, store.name)


def load_keys(folder: Path) -> LoadedKeys | None:
    """The secrets of `folder`, None when it has none. KeyWrongError when they do not open."""
    path = folder / KEYS_FILE
    if not path.exists():
        return None
    kept = msgspec.msgpack.decode(path.read_bytes(), type=_Kept)
    store: WrapStore = FileWrap(folder) if kept.wrapped_by == "file" else KeyringWrap()
    wrapping = store.load(kept.label)
    if wrapping is None:
        raise KeyWrongError(what=kept.wrapped_by)
    plain = Seal(wrapping, _PURPOSE).open(kept.sealed)
    return LoadedKeys(msgspec.msgpack.decode(plain, type=TillKeys), kept.wrapped_by)

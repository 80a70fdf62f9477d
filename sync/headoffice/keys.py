"""Head office's keys: made once by `init`, kept in one file that only its owner may read.

They stand outside the database, so that a copy of the database signs nothing. The certificate is
self-signed: tills pin the SHA-256 of its exact bytes.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync.headoffice.randomness import Randomness
from sync.protocol.keys import Signer
from sync.protocol.records import HqKey

FILE: Final = "keys.json"
CERTIFICATE: Final = "tls-certificate.pem"
PRIVATE_KEY: Final = "tls-key.pem"
USES: Final = ("root", "programme", "ack", "roster", "snapshot")
SECRET_BYTES: Final = 32
CERTIFICATE_DAYS: Final = 3650


class HeadOfficeKeys(msgspec.Struct, frozen=True):
    """Private seeds and secrets, 32 bytes each.

    `seeds`: Ed25519 by use; `token_key`, `phone_key`: keyed hashes of the chain; `nonce_key`:
    session nonces; `database_key`: the SQLite file; `admin_token`: of the admin routes.
    """

    seeds: dict[str, bytes]
    token_key: bytes
    phone_key: bytes
    nonce_key: bytes
    database_key: bytes
    ledger_seed: bytes
    admin_token: str

    def signer(self, use: str) -> Signer:
        """The Ed25519 key for root | programme | ack | roster | snapshot."""
        return Signer(self.seeds[use])

    def public(self) -> tuple[HqKey, ...]:
        """The public keys tills pin."""
        signers = [(use, self.signer(use)) for use in USES]
        return tuple(HqKey(signer.key, signer.public, (use,)) for use, signer in signers)


def make(random: Randomness) -> HeadOfficeKeys:
    """Fresh keys."""

    def secret(purpose: str) -> bytes:
        return random(purpose, SECRET_BYTES)

    return HeadOfficeKeys(
        {use: secret(f"key.{use}") for use in USES},
        secret("token"),
        secret("phone"),
        secret("nonce"),
        secret("database"),
        secret("ledger"),
        secret("admin").hex(),
    )


def save(folder: Path, keys: HeadOfficeKeys) -> None:
    """Write the key file; FileExistsError when there is one: keys are never overwritten."""
    _write_private(folder / FILE, msgspec.json.encode(keys))


def load(folder: Path) -> HeadOfficeKeys:
    """Keys of a folder; FileNotFoundError when it was not set up."""
    return msgspec.json.decode((folder / FILE).read_bytes(), type=HeadOfficeKeys)


def make_certificate(folder: Path, host: str, now_ms: int) -> bytes:
    """Write a self-signed certificate and its key; the SHA-256 of its DER bytes, to be pinned."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Guibin head office")])
    start = dt.datetime.fromtimestamp(now_ms // 1000, dt.UTC) - dt.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.SubjectAlternativeName([_host(host)]), critical=False)
        .sign(private, hashes.SHA256())
    )
    (folder / PRIVATE_KEY).unlink(missing_ok=True)  # of a set-up that broke off before this line
    _write_private(
        folder / PRIVATE_KEY,
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    (folder / CERTIFICATE).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return fingerprint(folder)


def fingerprint(folder: Path) -> bytes:
    """SHA-256 of the certificate's DER bytes: what a till pins."""
    made = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
    return sha256(made.public_bytes(serialization.Encoding.DER)).digest()


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_private(path: Path, data: bytes) -> None:
    if path.exists():
        raise FileExistsError(path)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    part.rename(path)

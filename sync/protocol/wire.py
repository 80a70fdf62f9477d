"""Addresses, media types, bounds and constrained types of the wire (docs/protocol.md).

Every list, text and number a peer can send has its bound here; nothing is decompressed or decoded
beyond it.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from sync.domain.journal import MAX_BLOB_BYTES, MAX_BLOBS, MAX_BODY_BYTES

# Addresses. The number in the path is the frozen transport; dated versions are agreed in hello.
ENROL_BEGIN: Final = "/v1/enrol/begin"
ENROL: Final = "/v1/enrol"
NONCE: Final = "/v1/nonce"
HELLO: Final = "/v1/hello"
PUSH: Final = "/v1/push"
FEED: Final = "/v1/feed"
SNAPSHOT: Final = "/v1/snapshot"
PART: Final = "/v1/snapshot/{snapshot}/{index}"
AUTH: Final = "/v1/auth"
MEMBER: Final = "/v1/member"
ORIGINAL: Final = "/v1/original"

# Media types: a reply of any other kind is not head office speaking (captive portals: HTML).
MEDIA_JSON: Final = "application/vnd.guibin+json"
MEDIA_PUSH: Final = "application/vnd.guibin.push+zstd"
MEDIA_FEED: Final = "application/vnd.guibin.feed+zstd"
MEDIA_PART: Final = "application/vnd.guibin.part"
MEDIA_PROBLEM: Final = "application/problem+json"

# Business time of a scenario; a head office outside scenario mode refuses it.
TIME_HEADER: Final = "guibin-time-ms"

# Bounds, bytes and counts.
MAX_JSON_BYTES: Final = 1 << 20
MAX_REPLY_BYTES: Final = 16 << 20
MAX_SMALL_BYTES: Final = 64 * 1024
MAX_ENTRIES: Final = 500
MAX_PUSH_RAW_BYTES: Final = 512 * 1024
MAX_PUSH_BYTES: Final = MAX_PUSH_RAW_BYTES + 64 * 1024
MAX_ENTRY_BYTES: Final = MAX_BODY_BYTES
MAX_ATTACHMENT_BYTES: Final = MAX_BLOB_BYTES
MAX_ATTACHMENTS_PER_ENTRY: Final = MAX_BLOBS
MAX_ATTACHMENTS: Final = MAX_ENTRIES * MAX_ATTACHMENTS_PER_ENTRY
MAX_PAGE_ITEMS: Final = 500
MAX_APPLY_ROWS: Final = 100
MAX_PAGE_RAW_BYTES: Final = 4 << 20
MAX_PAGE_BYTES: Final = 5 << 20
MAX_PART_BYTES: Final = 4 << 20
MAX_PART_RAW_BYTES: Final = 32 << 20
MAX_PARTS: Final = 4096
MAX_WAIT_S: Final = 25
SIGNATURE_BYTES: Final = 64
HASH_BYTES: Final = 32
KEY_BYTES: Final = 32
NONCE_TTL_S: Final = 3600
ENROL_CODE_CHARS: Final = 13
CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_I64: Final = (1 << 63) - 1

Digest = Annotated[bytes, msgspec.Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
PublicKey = Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
Signature = Annotated[bytes, msgspec.Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=_I64)]
EntrySeq = Annotated[int, msgspec.Meta(ge=1, le=_I64)]
Epoch = Annotated[int, msgspec.Meta(ge=1, le=(1 << 32) - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=(1 << 31) - 1)]
Amount = Annotated[int, msgspec.Meta(ge=0, le=_I64)]
Signed = Annotated[int, msgspec.Meta(ge=-_I64, le=_I64)]
Millis = Annotated[int, msgspec.Meta(ge=0, le=_I64)]
Minutes = Annotated[int, msgspec.Meta(ge=-18 * 60, le=18 * 60)]
Whole = Annotated[int, msgspec.Meta(ge=-_I64 - 1, le=_I64)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Code = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9_]{1,64}\Z")]
KeyId = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_.:/-]{1,96}\Z")]
Nonce = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_-]{16,128}\Z")]
EnrolCode = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-HJKMNP-TV-Z]{13}\Z")]
Dated = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
CursorText = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,10}\.[0-9]{1,19}\Z")]
Blob = Annotated[bytes, msgspec.Meta(max_length=MAX_JSON_BYTES)]


def tidy_code(typed: str) -> str:
    """A one-time code as typed, in its one spelling: upper case, no dashes or spaces, I and L read
    as 1, O as 0."""
    plain = "".join(typed.split()).replace("-", "").upper()
    return plain.translate(str.maketrans("ILO", "110"))

"""Canonical JSON: sorted keys, no white space, UTF-8 in NFC, integers only, no duplicate keys
(design.md section 6).

Bytes are written once and stored; nothing is ever re-encoded to be hashed. `decode` accepts exactly
what `encode` can write, so two different byte strings never mean the same value.
"""

from __future__ import annotations

from collections.abc import Mapping
from unicodedata import is_normalized, normalize

import msgspec

type_error = (
    "only objects with text keys, lists, text, integers, true, false and null have a canonical form"
)
MAX_DEPTH = 32
_INT_LIMIT = 1 << 63
_TEXT = frozenset({str})
_NUL = "\0"  # no database column of text holds it everywhere
_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder()

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]


class NotCanonical(ValueError):  # noqa: N818  # reads as what it says at every raise
    """The bytes, or the value, have no canonical form; the text says which rule is broken."""


def encode(value: object) -> bytes:
    """Canonical bytes of `value` (objects, lists, text, integers, booleans, null, msgspec structs).

    Text is normalised to NFC. Raises NotCanonical for floats, non-text keys, the character NUL,
    lone surrogates, integers beyond 64 bits and depth above MAX_DEPTH.
    """
    try:
        plain = msgspec.to_builtins(value)
        if is_plain(plain, 0):
            data = _encoder.encode(plain)
            if b"\\u0000" not in data and is_normalized("NFC", data.decode()):
                return data
        return _encoder.encode(_normal(plain, 0))
    except (TypeError, RecursionError, UnicodeEncodeError) as error:
        raise NotCanonical(f"{type_error}: {error}") from None


def write(value: object) -> bytes:
    """Sorted JSON of `value` as it is, nothing normalised and nothing refused: for comparing."""
    return _encoder.encode(value)


def decode(data: bytes) -> Json:
    """Value of canonical `data`; NotCanonical for anything `encode` would not have written."""
    try:
        value: Json = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotCanonical(f"not JSON: {error}") from None
    if not is_plain(value, 0):
        _check(value, 0)
    if _encoder.encode(value) != data:
        raise NotCanonical(
            "keys unsorted or repeated, or white space or escapes that are not canonical"
        )
    # A combining mark after an escape such as \n makes the whole look denormalised when no text is.
    if b"\\u0000" in data or not is_normalized("NFC", data.decode()):
        _check_text(value)
    return value


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotCanonical(f"nested deeper than {MAX_DEPTH}")
    kind = type(value)
    if kind is dict:
        for item in value.values():  # type: ignore[attr-defined]  # kind is dict
            _check(item, depth + 1)
    elif kind is list:
        for item in value:  # type: ignore[attr-defined]  # kind is list
            _check(item, depth + 1)
    elif kind is int:
        if not -_INT_LIMIT <= value < _INT_LIMIT:  # type: ignore[operator]  # kind is int
            raise NotCanonical("an integer is beyond 64 bits")
    elif value is not None and kind not in (str, bool):
        raise NotCanonical(type_error)


def _check_text(value: object) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
    elif isinstance(value, str) and _normal_text(value) != value:
        raise NotCanonical("text is not in normal form NFC")


def is_plain(value: object, depth: int) -> bool:
    """Whether nothing but the normal form of its text is left to ask of `value`: the usual case,
    where `_normal` would only copy it. What is not plain goes there, and is refused there.
    """
    kind = type(value)
    if depth == MAX_DEPTH or (kind is not dict and kind is not list and kind is not tuple):
        return False
    items = value
    if kind is dict:
        if not _TEXT.issuperset(map(type, value)):  # type: ignore[call-overload]  # it is a dict
            return False
        items = value.values()  # type: ignore[attr-defined]  # it is a dict
    for item in items:  # type: ignore[attr-defined]  # a dict's values, a list or a tuple
        kind = type(item)
        if kind is str or kind is bool or item is None:
            continue
        if kind is int:
            if not -_INT_LIMIT <= item < _INT_LIMIT:
                return False
        elif not is_plain(item, depth + 1):
            return False
    return True


def _normal(value: object, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise NotCanonical(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        return _normal_text(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise NotCanonical(type_error)
        plain = {_normal_text(key): _normal(item, depth + 1) for key, item in value.items()}
        if len(plain) != len(value):
            raise NotCanonical("two keys are the same text in NFC")
        return plain
    if isinstance(value, list | tuple):
        return [_normal(item, depth + 1) for item in value]
    _check(value, depth)
    return value


def _normal_text(text: str) -> str:
    if _NUL in text:
        raise NotCanonical("text holds the character NUL")
    return normalize("NFC", text)

"""What "@..." stands for in the fields of a step: numbers and ids that are made while playing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from sync.lab.records import Happened

MARK: Final = "@"
KINDS: Final = ("qr", "answer", "member", "card")
_WORD: Final = re.compile(r"(?<![^\s,;:])@[^\s,;]+")

Value = str | int | bool


class UnresolvedError(ValueError):
    """A step that was to be referred to left nothing to refer to."""


def text_of(value: Value) -> str:
    """A value of a file as the text of a field: true is a tick."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value)


def references(value: Value) -> Sequence[tuple[str, str]]:
    """(kind, name) of everything a value refers to; kind "" is a receipt number."""
    found = _WORD.findall(value) if isinstance(value, str) else []
    return [_parts(word)[:2] for word in found]


def resolved(
    value: Value,
    happened: Sequence[Happened],
    members: Mapping[str, object],
    credentials: Mapping[str, str],
) -> str:
    """The text with everything it refers to put in. Raises UnresolvedError."""

    def stands_for(match: re.Match[str]) -> str:
        kind, name, rest = _parts(match[0])
        if kind in ("member", "card"):
            known = members if kind == "member" else credentials
            if name not in known:
                raise UnresolvedError(f"{name} never became a member")
            return str(known[name])
        found = next((h for h in happened if h.step == name), None)
        if found is None:
            raise UnresolvedError(f"{name} was not played before this step")
        if kind == "answer":
            if rest not in found.answer:
                raise UnresolvedError(f"{name} answered no {rest!r}: {found.outcome} {found.code}")
            return str(found.answer[rest])
        if kind == "qr":
            if not found.qr:
                raise UnresolvedError(f"{name} has no receipt with a QR code")
            return found.qr
        if found.seq is None:
            raise UnresolvedError(f"{name} made no entry: {found.outcome} {found.code}")
        return receipt_number(found.till, found.seq)

    return _WORD.sub(stands_for, text_of(value))


def receipt_number(till: str, seq: int) -> str:
    """What a receipt says: till and journal number, A1-2-000017."""
    return f"{till}-{seq:06d}"


def _parts(word: str) -> tuple[str, str, str]:
    """Kind, name and the rest of "@name", "@kind:name" or "@answer:name:key"."""
    kind, colon, name = word.removeprefix(MARK).partition(":")
    if not colon or kind not in KINDS:
        return "", word.removeprefix(MARK), ""
    name, _, rest = name.partition(":")
    return kind, name, rest

"""Notes about a member (FL-61): what a note is about stands in the entry, its text travels as an
attachment, because it is personal.
"""

from __future__ import annotations

from typing import Final

import msgspec

from sync.domain.journal import Short
from sync.domain.refusals import Code, Refusal, refuse

MAX_CHARS: Final = 500
BLOB: Final = "note"  # kind of the attachment that holds the text
ABOUT: Final = ("member", "taste", "product_feedback", "visit")


class NoteData(msgspec.Struct, frozen=True):
    """Data of a note entry. `about`: one of ABOUT; head office reports on product_feedback."""

    about: Short


class NoteText(msgspec.Struct, frozen=True):
    """The attachment of a note."""

    text: str


def note(about: str, text: str) -> tuple[NoteData, NoteText] | Refusal:
    """A note of 1 to MAX_CHARS characters about a known thing. Refusals: field_needed,
    field_invalid."""
    plain = text.strip()
    if not plain:
        return refuse(Code.FIELD_NEEDED, field="text")
    if len(plain) > MAX_CHARS:
        return refuse(Code.FIELD_INVALID, field="text")
    if about not in ABOUT:
        return refuse(Code.FIELD_INVALID, field="about")
    return NoteData(about), NoteText(plain)

"""What a database gives posting of the entries that those of a batch take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from sync.domain.journal import Entry, UnreadableBody, read_body
from sync.domain.kinds import KIND_RULES
from sync.domain.lots import EntryRef
from sync.domain.originals import Original, Ref
from sync.domain.posting import Books

if TYPE_CHECKING:
    from tests.sync.domain.making import HeadOffice


def load(office: HeadOffice, books: Books, entries: Sequence[Entry]) -> None:
    """Originals as head office holds them, closed lots included."""
    for entry in entries:
        ref = _named(entry)
        kept = None if ref is None else office.kept.get(ref)
        if ref is None:
            continue
        if kept is None:
            books.awaited.add(ref)
            continue
        original, place, post_seq = kept
        body = read_body(original.body)
        gone: dict[int, int] = {}
        for back in office.taken_back:
            if back.original == ref:
                gone[back.item] = gone.get(back.item, 0) + back.quantity
        made = Original(ref, original.hash, body, place, post_seq, taken_back=gone)
        made.note(office.allocations)
        books.originals[ref] = made
        if body.member is None or body.member not in books.members:
            continue
        book = books.members[books.real(body.member)]
        held = {lot.key for lot in book.lots}
        numbers = {a.lot.post_seq for a in made.drawn} | {post_seq}
        book.lots += [
            replace(lot)
            for key, lot in office.lots.items()
            if key[0] in numbers and key not in held and books.real(lot.member) == book.member
        ]


def _named(entry: Entry) -> EntryRef | None:
    try:
        body = read_body(entry.body)
        rule = KIND_RULES.get(body.kind)
        if rule is None or not rule.original:
            return None
        return msgspec.convert(body.data.get("ref"), Ref).entry
    except (UnreadableBody, msgspec.ValidationError):
        return None

"""What head office's people do about members: the same person twice, points given away (golden case
19; pitfall 13). Nothing is merged by itself: phones only propose."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sync.database.headoffice import ledger, people
from sync.database.headoffice.rows import Loaded
from sync.domain.journal import MAX_AMOUNT, Kind
from sync.domain.merging import MergeData, TransferData, UnmergeData
from sync.headoffice.errors import InvalidError
from sync.headoffice.operations.spec import Answer, Ask, OfficeOperation
from sync.headoffice.operations.writing import body_of, member_named, write
from sync.headoffice.service import HeadOffice

_WHO: Final = "A member's id, or a card of theirs"


async def _pair(
    head_office: HeadOffice, ask: Ask, first: str, second: str
) -> tuple[UUID, UUID, Loaded]:
    one = await member_named(head_office, ask.fields[first])
    other = await member_named(head_office, ask.fields[second])
    async with head_office.database.reading() as session:
        loaded = await ledger.load(session, [one, other], [], [], lock=False)
    for member in (one, other):
        if member not in loaded.books:
            raise InvalidError("member_unknown", member=str(member))
    return one, other, loaded


async def _merge(head_office: HeadOffice, ask: Ask) -> Answer:
    one, other, loaded = await _pair(head_office, ask, "one", "other")
    if one == other:
        raise InvalidError("same_member")
    for member in (one, other):
        if loaded.books[member].alias_of is not None:
            raise InvalidError("merged_already", member=str(member))
    async with head_office.database.reading() as session:
        joined = await people.joined(session, [one, other])
    survivor, alias = (one, other) if joined[one] <= joined[other] else (other, one)
    made = body_of(head_office, ask, Kind.MERGE, MergeData(alias), survivor)
    await write(head_office, ask, [made])
    return {"member": str(survivor), "alias": str(alias)}


async def _unmerge(head_office: HeadOffice, ask: Ask) -> Answer:
    alias = await member_named(head_office, ask.fields["alias"])
    async with head_office.database.reading() as session:
        loaded = await ledger.load(session, [alias], [], [], lock=False)
        brought = await people.brought(session, alias)
    book = loaded.books.get(alias)
    survivor = book.alias_of if book is not None else None
    if survivor is None:
        raise InvalidError("not_merged", member=str(alias))
    if loaded.books[survivor].alias_of is not None:
        raise InvalidError("merged_on", member=str(survivor))
    made = body_of(head_office, ask, Kind.UNMERGE, UnmergeData(alias, brought), survivor)
    await write(head_office, ask, [made])
    return {"member": str(survivor), "alias": str(alias)}


async def _duplicates(head_office: HeadOffice, _ask: Ask) -> Answer:
    async with head_office.database.reading() as session:
        found = await people.same_phone(session)
    return {
        "pairs": [
            {"member": str(members[0]), "alias": str(other)}
            for members in found
            for other in members[1:]
        ]
    }


async def _transfer(head_office: HeadOffice, ask: Ask) -> Answer:
    source, target, loaded = await _pair(head_office, ask, "from", "to")
    points = ask.fields["points"].strip()
    if not points.isascii() or not points.isdigit() or not 0 < int(points[:20]) <= MAX_AMOUNT:
        raise InvalidError("field_invalid", field="points")
    wanted, held = int(points), loaded.books[source].balances.points
    if loaded.books[source].alias_of is not None or source == target:
        raise InvalidError("same_member" if source == target else "merged_already")
    if held < wanted:
        raise InvalidError("points_short", has=held, needs=wanted)
    data = TransferData(target, wanted)
    await write(head_office, ask, [body_of(head_office, ask, Kind.TRANSFER, data, source)])
    return {"from": str(source), "to": str(target), "points": wanted}


OPERATIONS: Final = (
    OfficeOperation("duplicates", {}, _duplicates),
    OfficeOperation("merge", {"one": _WHO, "other": "The same person's other membership"}, _merge),
    OfficeOperation("unmerge", {"alias": "The member that was merged away, or a card"}, _unmerge),
    OfficeOperation(
        "transfer",
        {"from": _WHO, "to": "Who gets the points, likewise", "points": "How many"},
        _transfer,
    ),
)

"""Two members who are one person, and points given from one to another: what such entries say."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec

from sync.domain.journal import MAX_AMOUNT, Body, Kind

Units = Annotated[int, msgspec.Meta(gt=0, le=MAX_AMOUNT)]
Spend = Annotated[int, msgspec.Meta(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]


class MergeData(msgspec.Struct, frozen=True):
    """`alias` is the same person as the entry's member, who was posted earlier and stays."""

    alias: UUID


class UnmergeData(msgspec.Struct, frozen=True):
    """`alias` is somebody else after all. `qualifying`: the spend it had brought along."""

    alias: UUID
    qualifying: Spend


class TransferData(msgspec.Struct, frozen=True):
    """`points` go from the entry's member to `to`."""

    to: UUID
    points: Units


_DATA = {
    Kind.MERGE: MergeData,
    Kind.UNMERGE: UnmergeData,
    Kind.TRANSFER: TransferData,
}


def also_named(body: Body) -> set[UUID]:
    """Members that an entry names beside its own, whose books must be there to post it."""
    kind = _DATA.get(Kind(body.kind))
    if kind is None:
        return set()
    try:
        data = msgspec.convert(body.data, kind)
    except msgspec.ValidationError:
        return set()  # quarantined
    return {data.to if isinstance(data, TransferData) else data.alias}

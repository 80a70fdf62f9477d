"""Feed, member look-up, holds and session counters: what the online routes read and write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.headoffice import rows, tables
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import among, insert, query, upsert
from sync.domain.cards import Card
from sync.domain.members import Balances

t = tables
P = sa.bindparam
_GRANTED: sa.ColumnElement[Any] = sa.literal_column("'granted'")


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A row of the feed."""

    n: int
    kind: str
    key: str
    ver: int
    op: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FeedSum:
    """Difference a publication made of the checksum; `whole`: of everything up to `n`."""

    n: int
    whole: int
    count: int
    xor: bytes


@dataclass(frozen=True, slots=True)
class Hold:
    """An answer to a request to debit. `state`: granted | refused | consumed."""

    entry_id: UUID
    member: UUID
    held: Balances
    state: str
    auth: str
    expires_ms: int
    code: str = ""
    params: str = "{}"


_FEED_COLUMNS = tuple(t.feed.c[n] for n in ("n", "kind", "key", "ver", "op", "data"))
PAGE: Final = query(
    sa.select(*_FEED_COLUMNS)
    .where(t.feed.c.n > P("after"), t.feed.c.n <= P("upto"), among(t.feed.c.bucket, "buckets"))
    .order_by(t.feed.c.n)
    .limit(P("limit"))
)
ROWS_OF: Final = query(
    sa.select(*_FEED_COLUMNS)
    .where(
        among(t.feed.c.kind, "kinds"),
        among(t.feed.c.bucket, "buckets"),
        t.feed.c.n > P("after"),
        t.feed.c.n <= P("upto"),
        t.feed.c.op == P("op"),
    )
    .order_by(t.feed.c.n)
    .limit(P("limit"))
)
ROW: Final = query(
    sa.select(*_FEED_COLUMNS).where(t.feed.c.kind == P("kind"), t.feed.c.key == P("key"))
)
ROWS_BY_KEY: Final = query(
    sa.select(*_FEED_COLUMNS)
    .where(
        t.feed.c.kind == P("kind"),
        t.feed.c.key > P("after"),
        t.feed.c.bucket == P("bucket"),
        t.feed.c.op == P("op"),
    )
    .order_by(t.feed.c.key)
    .limit(P("limit"))
)
SOME_ROWS: Final = query(
    sa.select(t.feed.c.n)
    .where(among(t.feed.c.kind, "kinds"), t.feed.c.bucket == P("bucket"))
    .limit(P("limit"))
)
SUMS: Final = query(
    sa.select(t.feed_sum).where(t.feed_sum.c.n > P("after")).order_by(t.feed_sum.c.n)
)
DROP_SUMS: Final = query(sa.delete(t.feed_sum).where(t.feed_sum.c.n <= P("upto")))
ADD_SUM: Final = insert(t.feed_sum)
BY_PHONE: Final = query(
    sa.select(t.member.c.member)
    .where(t.member.c.phone_key == P("phone_key"))
    .order_by(t.member.c.joined_post_seq)
    .limit(P("limit"))
)
CARDS_OF: Final = query(
    sa.select(t.card)
    .where(t.card.c.member == P("member"))
    .order_by(t.card.c.token)
    .limit(P("limit"))
)
CARD: Final = query(sa.select(t.card).where(t.card.c.token == P("token")))
_HOLD_COLUMNS = tuple(
    t.hold.c[n]
    for n in (
        "entry_id", "member", "points", "principal", "bonus", "state", "auth", "expires_ms",
        "code", "params",
    )
)  # fmt: skip
HOLD: Final = query(sa.select(*_HOLD_COLUMNS).where(t.hold.c.entry_id == P("entry_id")))
HELD: Final = query(
    sa.select(
        *(sa.cast(sa.func.coalesce(sa.func.sum(t.hold.c[n]), P("none")), sa.BigInteger)
          for n in ("points", "principal", "bonus"))
    ).where(
        t.hold.c.member == P("member"), t.hold.c.state == _GRANTED,
        t.hold.c.expires_ms > P("now_ms"), t.hold.c.entry_id != P("entry_id"),
    )
)  # fmt: skip
PUT_HOLD: Final = upsert(t.hold)
NONCE: Final = query(
    sa.select(t.session_nonce.c.counter).where(t.session_nonce.c.nonce == P("nonce"))
)
PUT_NONCE: Final = upsert(t.session_nonce)


async def page(
    session: Session, buckets: list[str], after: int, upto: int, limit: int
) -> list[FeedEntry]:
    """Rows with `after` < n <= `upto`, in order."""
    found = await session.fetch(PAGE, buckets=buckets, after=after, upto=upto, limit=limit)
    return [FeedEntry(*row) for row in found]


async def rows_of(
    session: Session, kinds: list[str], buckets: list[str], after: int, upto: int, limit: int
) -> list[FeedEntry]:
    """Live rows of some kinds, in order of n."""
    found = await session.fetch(
        ROWS_OF, kinds=kinds, buckets=buckets, after=after, upto=upto, op="put", limit=limit
    )
    return [FeedEntry(*row) for row in found]


async def rows_by_key(
    session: Session, kind: str, bucket: str, after: str, limit: int
) -> list[FeedEntry]:
    """Live rows of a kind with key > `after`, in order of their keys."""
    found = await session.fetch(
        ROWS_BY_KEY, kind=kind, after=after, bucket=bucket, op="put", limit=limit
    )
    return [FeedEntry(*row) for row in found]


async def at_least(session: Session, kinds: list[str], bucket: str, count: int) -> bool:
    """Whether there are that many rows of some kinds."""
    return len(await session.fetch(SOME_ROWS, kinds=kinds, bucket=bucket, limit=count)) >= count


async def sums_after(session: Session, after: int) -> list[FeedSum]:
    """What publications changed of the checksum, in order of their numbers."""
    return [FeedSum(*row) for row in await session.fetch(SUMS, after=after)]


async def put_whole(session: Session, kept: FeedSum) -> None:
    """One row for everything up to its number."""
    await session.execute(DROP_SUMS, upto=kept.n)
    await session.write(ADD_SUM, [(kept.n, 1, kept.count, kept.xor)])


async def row(session: Session, kind: str, key: str) -> FeedEntry | None:
    """The latest value of one key."""
    found = await session.fetch(ROW, kind=kind, key=key)
    return FeedEntry(*found[0]) if found else None


async def member_by_phone(session: Session, phone_key: str) -> UUID | None:
    """The earliest member with that phone."""
    found = await session.fetch(BY_PHONE, phone_key=phone_key, limit=1)
    return UUID(bytes=found[0][0]) if found else None


async def cards_of(session: Session, member: UUID, limit: int) -> list[Card]:
    """Cards of a member."""
    found = await session.fetch(CARDS_OF, member=member.bytes, limit=limit)
    return [rows.card_of(row) for row in found]


async def card(session: Session, token: str) -> Card | None:
    """A card by its token."""
    found = await session.fetch(CARD, token=token)
    return rows.card_of(found[0]) if found else None


async def hold(session: Session, entry_id: UUID) -> Hold | None:
    """What was answered for that entry id before."""
    found = await session.fetch(HOLD, entry_id=entry_id.bytes)
    if not found:
        return None
    entry, member, points, principal, bonus, *rest = found[0]
    return Hold(UUID(bytes=entry), UUID(bytes=member), Balances(points, principal, bonus), *rest)


async def held(session: Session, member: UUID, but: UUID, now_ms: int) -> Balances:
    """What live holds of a member reserve, those of entry id `but` left out."""
    found = await session.fetch(
        HELD, member=member.bytes, now_ms=now_ms, entry_id=but.bytes, none=0
    )
    return Balances(*(int(value) for value in found[0]))


async def put_hold(session: Session, kept: Hold) -> None:
    """Store an answer."""
    amounts = kept.held
    row = (
        kept.entry_id.bytes, kept.member.bytes, amounts.points, amounts.principal, amounts.bonus,
        kept.state, kept.auth, kept.expires_ms, kept.code, kept.params,
    )  # fmt: skip
    await session.write(PUT_HOLD, [row])


async def last_counter(session: Session, nonce: str) -> int | None:
    """Counter of the last request taken under a session nonce."""
    found = await session.fetch(NONCE, nonce=nonce)
    return found[0][0] if found else None


async def put_counter(session: Session, nonce: str, counter: int, now_ms: int) -> None:
    """Remember the counter."""
    await session.write(PUT_NONCE, [(nonce, counter, now_ms)])

"""Gives, renews and takes back leases: books change, tills come and go, ends are proved.

`sync.domain.leases` decides; here members are looked up whose books changed or whose leases end,
and what changed is published: the store's document and the member's row, together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from sync.database.headoffice import directory, leases, ledger, published
from sync.database.headoffice.rows import FeedRow, Loaded
from sync.database.headoffice.sessions import Database, Session
from sync.domain import leases as rules
from sync.domain.ids import RANDOM_BYTES, uuid7
from sync.domain.leases import DOCUMENT, Lease, LeaseDocument, Right, State, document_name
from sync.domain.light_rows import light_row
from sync.domain.members import Balances
from sync.domain.posting import MemberBook
from sync.domain.programme import Programme, in_force
from sync.headoffice.feed.rows import document_row, member_row, store_bucket
from sync.headoffice.posting.push import Poster
from sync.headoffice.randomness import Randomness
from sync.protocol.messages import FeedKind

SWEPT: Final = "leases_swept"  # feed number up to which books were looked at
MOST: Final = 200
ROUNDS: Final = 10  # a serving head office looks again in seconds


@dataclass(frozen=True, slots=True)
class Leasing:
    """Head office's side of leases."""

    database: Database
    poster: Poster
    random: Randomness

    async def sweep(self, now_ms: int, rounds: int = ROUNDS, most: int = MOST) -> int:
        """Look at members whose books changed and whose leases end, `most` of each in one
        transaction, at most `rounds` of them; how many leases changed."""
        changed = 0
        for _ in range(rounds):
            found, looked = await self._round(now_ms, most)
            changed += found
            if not found and looked < most:
                break
        return changed

    async def _round(self, now_ms: int, most: int) -> tuple[int, int]:
        """How many leases changed, and how many members' books had."""

        async def work(session: Session) -> tuple[int, int]:
            await self.poster.shelf.refresh(session)
            programme = in_force(self.poster.shelf.programmes, utc_day(now_ms))
            if programme is None:
                return 0, 0
            after = int(await directory.meta(session, SWEPT) or 0)
            moved = await leases.changed(session, after, most)
            before_ms = now_ms + programme.leases.renew_ms
            members = {member for member, _ in moved}
            over_ms = now_ms - programme.leases.grace_ms
            members.update(await leases.due(session, before_ms, over_ms, most))
            count = await self._look(session, programme, sorted(members), now_ms)
            if moved:
                await directory.put_meta(session, SWEPT, str(moved[-1][1]).encode())
            return count, len(moved)

        return await self.database.writing(work)

    async def recall(self, member: UUID, now_ms: int, but_store: str = "") -> int:
        """Take back what tills of other stores hold of a member; how many leases end."""

        async def work(session: Session) -> int:
            loaded = await self._load(session, [member], now_ms)
            book = loaded.books.get(member)
            if book is None:
                return 0
            ended = [
                lease
                for asset in rules.ASSETS
                for lease in rules.recalled(book.leases, asset, now_ms, but_store)
            ]
            await self._publish(session, loaded, [member], ended)
            return len(ended)

        return await self.database.writing(work)

    async def exposure(self, now_ms: int) -> tuple[Programme | None, dict[str, int]]:
        """The programme in force, and per working till what its leases are worth at most; ends that
        are not proved count."""
        await self.database.writing(self.poster.shelf.refresh)
        programme = in_force(self.poster.shelf.programmes, utc_day(now_ms))
        async with self.database.reading() as session:
            tills = await leases.holders(session)
            held = {one.till: 0 for store in tills.values() for one in store}
            for lease in await leases.live(session):
                value = rules.value_of(programme, lease.asset, lease.rest) if programme else 0
                held[lease.till] = held.get(lease.till, 0) + value
        return programme, held

    async def _look(
        self, session: Session, programme: Programme, members: Sequence[UUID], now_ms: int
    ) -> int:
        loaded = await self._load(session, members, now_ms)
        holders, proofs = await leases.holders(session), await leases.proofs(session)
        reserved = await leases.held(session, members, now_ms)
        changed: dict[str, Lease] = {}
        for book in loaded.books.values():
            shut = await self._proved(session, book, proofs)
            made = rules.plan(
                programme, book, book.leases, holders.get(book.home_store, []),
                reserved.get(book.member, Balances()), now_ms, self._ids(now_ms),
            )  # fmt: skip
            changed.update((lease.lease, lease) for lease in [*shut, *made])
        owners = sorted({lease.member for lease in changed.values()})
        await self._publish(session, loaded, owners, list(changed.values()))
        return len(changed)

    async def _proved(
        self, session: Session, book: MemberBook, proofs: dict[str, leases.Proof]
    ) -> list[Lease]:
        """Close what tills have seen the end of: they had applied the document as it stands now,
        and head office has all they did before."""
        ending = {(one.holder, one.store) for one in book.leases if one.state is State.ENDING}
        found: list[Lease] = []
        for holder, store in sorted(ending):
            name = document_name(book.member, store)
            row = await published.row(session, FeedKind.LOCAL, f"{DOCUMENT}/{name}")
            proof = proofs.get(holder)
            if row and proof and rules.proves(proof.n, row.n, proof.seq, proof.head_seq):
                found += rules.proved(book.leases, holder)
        return found

    async def _load(self, session: Session, members: Sequence[UUID], now_ms: int) -> Loaded:
        loaded = await ledger.load(session, members, [], [])
        for book in loaded.books.values():
            book.leases.clear()
        ids = [member.bytes for member in loaded.books]
        if ids:
            await leases.load_into(session, ids, loaded.books, max(now_ms - rules.DAY_MS, 1))
        return loaded

    async def _publish(
        self, session: Session, loaded: Loaded, members: Iterable[UUID], changed: Sequence[Lease]
    ) -> None:
        """Store leases and tell tills: under a posting number of its own, so that row and document
        say which is newer."""
        if not changed:
            return
        wanted = list(members)
        await leases.put(session, changed)
        numbers = await session.draw("post_seq", len(wanted))
        feed: list[FeedRow] = []
        for member, number in zip(wanted, numbers, strict=True):
            book, person = loaded.books[member], loaded.people[member]
            book.version = number
            stores = {lease.store for lease in changed if lease.member == member}
            feed += [_document(book, store) for store in sorted(stores)]
            if book.alias_of is not None:
                continue
            row = light_row(book, person.name, person.phone_tail, person.phone_key, person.flags)
            feed.append(member_row(row))
        books = [loaded.books[member] for member in wanted]
        await ledger.save(session, ledger.Changes(books=books, feed=feed), 0)

    def _ids(self, now_ms: int) -> Callable[[str], str]:
        return lambda asset: rules.lease_id(
            asset, uuid7(now_ms, self.random("lease", RANDOM_BYTES))
        )


def _document(book: MemberBook, store: str) -> FeedRow:
    rights = tuple(
        Right(
            lease.lease, lease.holder, lease.till, lease.granted, lease.value_minor,
            lease.expires_ms, lease.state is not State.LIVE,
        )
        for lease in sorted(book.leases, key=lambda one: one.lease)
        if lease.store == store
    )  # fmt: skip
    made = LeaseDocument(book.member, book.version, rights)
    name = document_name(book.member, store)
    return document_row(DOCUMENT, name, made, store_bucket(store))


def utc_day(now_ms: int) -> date:
    """The day at Greenwich: near enough for jobs."""
    return datetime.fromtimestamp(now_ms // 1000, UTC).date()

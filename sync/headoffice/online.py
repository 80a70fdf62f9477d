"""Questions with a cashier waiting: may this entry debit this member, and who is this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from sync.database.headoffice import ledger, originals, published
from sync.database.headoffice.published import Hold
from sync.database.headoffice.rows import Loaded
from sync.database.headoffice.sessions import Database, Session
from sync.domain import accounts, leases
from sync.domain.books import MemberBook
from sync.domain.business_day import CUTOFF_HOUR, OFFSET_MIN, business_date
from sync.domain.light_rows import light_row
from sync.domain.limits import Debit, authorise
from sync.domain.lots import EntryRef, unvested
from sync.domain.members import Balances, LightRow
from sync.domain.refusals import Code, Refusal, refuse
from sync.headoffice.feed.pages import feed_items
from sync.headoffice.feed.rows import card_row, member_row
from sync.headoffice.orders_online import ORDERS_BY, orders_asked_for
from sync.headoffice.randomness import Randomness
from sync.protocol import codec
from sync.protocol.messages import (
    AuthAsk,
    Debits,
    FeedItem,
    FeedKind,
    Granted,
    MemberAsk,
    MemberReply,
    Op,
    OriginalAsk,
    OriginalReply,
    Refused,
)
from sync.protocol.requests import Verified, check_once

HOLD_TTL_MS: Final = 120_000
MAX_CARDS: Final = 40
_AUTH_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Online:
    """Answers from posted books less what other requests have reserved."""

    database: Database
    random: Randomness
    hq_epoch: int

    async def authorise(
        self, ask: AuthAsk, asked: Verified, now_ms: int, holder: str = ""
    ) -> Granted | Refused:
        """Hold the debit for two minutes, or decline it, which ends that entry id for good.
        `holder`: "device:epoch" of the asker, whose own leases count as free.

        Raises UntrustedError("replayed") for a request that was taken before.
        """

        async def work(session: Session) -> Granted | Refused:
            check_once(await published.last_counter(session, asked.nonce), asked.counter)
            await published.put_counter(session, asked.nonce, asked.counter, now_ms)
            loaded = await ledger.load(session, [ask.member], [], [ask.entry_id])
            about = msgspec.structs.replace(ask, member=loaded.real(ask.member))
            row = _light_row(loaded, about.member)
            before = await published.hold(session, ask.entry_id)
            held = _balances(ask.debit)
            if before is not None and before.state == "refused":
                return _refused(before, row)
            used = before is not None and before.state == "consumed"
            if used or ask.entry_id in loaded.taken:
                return Refused(Code.ENTRY_DEAD.value, {}, row)
            decided = await self._decide(session, about, loaded, now_ms, holder)
            refusal = decided if isinstance(decided, Refusal) else None
            own = {} if isinstance(decided, Refusal) else decided
            answer = self._answer(about, held, before, refusal, now_ms)
            await published.put_hold(session, answer)
            if refusal is not None or row is None:
                return _refused(answer, row)
            return Granted(answer.auth, HOLD_TTL_MS // 1000, row, own)

        return await self.database.writing(work)

    async def _decide(
        self, session: Session, ask: AuthAsk, loaded: Loaded, now_ms: int, holder: str
    ) -> Refusal | dict[str, int]:
        """No, or the units that come out of the asker's own leases, by lease."""
        book = loaded.books.get(ask.member)
        debit = ask.debit
        if book is None:
            return refuse(Code.CARD_UNKNOWN)
        if not (debit.points or debit.principal_minor or debit.bonus_minor):
            return refuse(Code.AMOUNT_NOT_POSITIVE)
        reserved = await published.held(session, ask.member, ask.entry_id, now_ms)
        reserved += _balances(ask.pending)
        value = debit.principal_minor + debit.bonus_minor
        wanted = Debit(debit.points, debit.points_settlement_minor, value)
        foreign = Balances(
            *(
                leases.outstanding((one for one in book.leases if one.holder != holder), asset)
                for asset in leases.ASSETS
            )
        )
        refusal = authorise(
            _vested(book, now_ms),
            reserved,
            wanted,
            debit.principal_minor,
            debit.bonus_minor,
            foreign,
        )
        if refusal is not None:
            return refusal
        own: dict[str, int] = {}
        for asset, units in ((leases.POINTS, debit.points), (leases.STORED_VALUE, value)):
            held, kept = leases.held(book.balances, asset), leases.held(reserved, asset)
            own |= leases.from_own(held, kept, book.leases, asset, holder, units)
        return own

    def _answer(
        self,
        ask: AuthAsk,
        held: Balances,
        before: Hold | None,
        refusal: Refusal | None,
        now_ms: int,
    ) -> Hold:
        auth = before.auth if before else self.random("auth", _AUTH_BYTES).hex()
        if refusal is None:
            return Hold(ask.entry_id, ask.member, held, "granted", auth, now_ms + HOLD_TTL_MS)
        params = msgspec.json.encode(dict(refusal.params)).decode()
        return Hold(
            ask.entry_id, ask.member, held, "refused", auth, now_ms, refusal.code.value, params
        )

    async def member(self, ask: MemberAsk, now_ms: int) -> MemberReply:
        """A member's light row, cards and profile; empty when there is no such member. Service
        orders where those were asked for."""
        async with self.database.reading() as session:
            if ask.by in ORDERS_BY:
                return MemberReply(self.hq_epoch, now_ms, await orders_asked_for(session, ask))
            found = await self._find(session, ask)
            if found is None:
                return MemberReply(self.hq_epoch, now_ms, ())
            loaded = await ledger.load(session, [found], [], [], lock=False)
            merged, found = found, loaded.real(found)
            row = _light_row(loaded, found)
            if row is None:
                return MemberReply(self.hq_epoch, now_ms, ())
            fresh = member_row(row)
            items = [_item(fresh.kind, fresh.key, row.version, fresh.data)]
            alias = await published.row(session, FeedKind.ALIAS, str(merged))
            if merged != found and alias is not None:
                items.append(_item(alias.kind, alias.key, alias.ver, alias.data))
                gone = await published.row(session, FeedKind.MEMBER, str(merged))
                if gone is not None:
                    null = msgspec.Raw(b"null")
                    items.append(FeedItem(0, gone.kind, gone.key, gone.ver, Op.TOMB, null))
            cards = await published.cards_of(session, found, MAX_CARDS)
            if merged != found:
                cards += await published.cards_of(session, merged, MAX_CARDS)
            for card in cards:
                stored = await published.row(session, FeedKind.CARD, card.token)
                made = card_row(card)
                items.append(_item(made.kind, made.key, stored.ver if stored else 0, made.data))
            profile = await published.row(session, FeedKind.PROFILE, str(found))
            if profile is not None:
                opened = await feed_items(session, [profile])
                items += [_item(o.kind, o.key, o.ver, bytes(o.data)) for o in opened]
        return MemberReply(self.hq_epoch, now_ms, tuple(items))

    async def original(self, ask: OriginalAsk, now_ms: int) -> OriginalReply:
        """What came back of an entry; nothing is reserved: the till's entry is a fact soon."""
        async with self.database.reading() as session:
            ref = EntryRef(ask.device, ask.epoch, ask.seq)
            kept = await ledger.recorded(session, ask.device, ask.epoch, ask.seq, ask.seq)
            gone = await originals.gone_of(session, ref)
        posted = bool(kept) and kept[0].post_seq is not None
        told = {str(item): quantity for item, quantity in gone.items()}
        return OriginalReply(self.hq_epoch, now_ms, posted, told)

    async def _find(self, session: Session, ask: MemberAsk) -> UUID | None:
        if ask.by == "token":
            card = await published.card(session, ask.value)
            return card.member if card else None
        if ask.by == "phone_key":
            return await published.member_by_phone(session, ask.value)
        try:
            return UUID(ask.value)
        except ValueError:
            return None


def member_of(answer: MemberReply) -> LightRow | None:
    """The light row of a reply; None when there is no such member."""
    for item in answer.items:
        row = codec.row(item) if item.kind == FeedKind.MEMBER and item.op is Op.PUT else None
        if isinstance(row, LightRow):
            return row
    return None


def _light_row(loaded: Loaded, member: UUID) -> LightRow | None:
    book = loaded.books.get(member)
    if book is None:
        return None
    person = loaded.people[member]
    return light_row(book, person.name, person.phone_tail, person.phone_key, person.flags)


def _vested(book: MemberBook, now_ms: int) -> Balances:
    """What may be spent today: points that have to wait are not there yet (pitfall 7)."""
    today = business_date(now_ms, OFFSET_MIN, CUTOFF_HOUR)
    return book.balances.plus(accounts.POINTS, -unvested(book.lots, accounts.POINTS, today))


def _balances(debits: Debits) -> Balances:
    return Balances(debits.points, debits.principal_minor, debits.bonus_minor)


def _refused(answer: Hold, row: LightRow | None) -> Refused:
    return Refused(answer.code, msgspec.json.decode(answer.params), row)


def _item(kind: str, key: str, ver: int, data: bytes) -> FeedItem:
    return FeedItem(0, kind, key, ver, Op.PUT, msgspec.Raw(data))

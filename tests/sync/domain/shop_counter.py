"""A random shop life: what is done at a counter beside sales."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sync.domain import (
    card_limits,
    extras,
    gift_stock,
    limits,
    originals,
    paying_out,
    redeeming,
    reversals,
    selling,
    service_orders,
    stored_value,
)
from sync.domain.card_changes import BlockData, NewCard, ReplaceData
from sync.domain.cards import CardLimits, Status
from sync.domain.journal import Basis, Entry, Kind, body_bytes, read_body
from sync.domain.merging import TransferData
from sync.domain.originals import Ref, Sold
from sync.domain.records import FREE, FreeUsed, RecordKey
from sync.domain.refusals import Refusal
from tests.sync.domain.making import effects_of, plain, plain_amounts, stored_claim
from tests.sync.domain.shop_life import Life
from tests.sync.domain.shop_rules import GIFTS
from tests.sync.domain.shop_till import PRESENTED, Till

LIMITS = CardLimits(400, 900, 5_000, 500, 1_000, 8_000)


def ref_to(entry: Entry) -> Ref:
    """How a later entry names this one."""
    return Ref(entry.device, entry.epoch, entry.seq, entry.hash.hex())


class Counters(Life):
    """Everything a cashier may do."""

    # ------------------------------------------------------------------------- money and gifts
    def top_up(self) -> Entry | None:
        """Stored value is loaded."""
        till = self.pick_till()
        member = self.pick_member(till)
        standing = till.standing(member, self.now_ms) if member else None
        if standing is None:
            return None
        amount = self.random.choice((300, 1_000, 1_777, 5_000))
        if not till.online and isinstance(
            limits.top_up_offline(till.rules.offline, amount, till.used(standing.row.member)),
            Refusal,
        ):
            return None
        tender = self.random.choice(("cash", "wechat"))
        account = selling.money_account(till.dealer, till.place.till, tender)
        made = stored_value.top_up(
            till.rules, str(member), till.dealer, account, tender, amount,
            standing.confirmed + standing.pending_credit,
        )  # fmt: skip
        if isinstance(made, Refusal):
            return None
        basis = Basis(1, 0, "online" if till.online else "offline")
        entry = till.keep(
            self.body(
                till, Kind.TOP_UP, member, data=plain(made.data), effects=made.effects,
                trace=made.trace, basis=basis,
            )
        )  # fmt: skip
        self.loaded.append(entry)
        return entry

    def gift(self) -> Entry | None:
        """Points for a gift."""
        till, offer = self.pick_till(), self.random.choice(GIFTS)
        member = self.pick_member(till)
        standing = till.standing(member, self.now_ms) if member else None
        if standing is None:
            return None
        made = redeeming.gift(
            till.rules, str(member), till.dealer, offer, self.random.randint(1, 2),
            standing.available.points,
        )  # fmt: skip
        return self._taken(till, Kind.REDEEM_GIFT, member, made)

    def _taken(self, till: Till, kind: str, member: UUID | None, made: Any) -> Entry | None:
        """A decided debit, if it is allowed."""
        if isinstance(made, Refusal) or member is None:
            return None
        entry_id = till.entry_id()
        allowed = self.debit(till, member, made.claims, entry_id)
        if allowed is None:
            return None
        return till.keep(
            self.body(
                till, kind, member, entry_id=entry_id, data=plain(made.data), effects=made.effects,
                claims=made.claims, trace=made.trace, **allowed,
            )
        )  # fmt: skip

    def hold_gift(self) -> Entry | None:
        """A gift is kept for somebody."""
        till, random = self.pick_till(), self.random
        member = self.pick_member(till)
        if member is None:
            return None
        until = till.day + timedelta(days=random.randint(0, 10))
        data = gift_stock.HoldData(random.choice(GIFTS[:2]), random.randint(0, 3), until)
        key = RecordKey("gift_stock", f"{till.place.store}/{data.offer}")
        stock = self.office.records[key]
        assert isinstance(stock, gift_stock.GiftStock)
        if till.online and gift_stock.may_hold(
            till.rules, till.dealer, stock, data, till.day, member
        ):
            return None
        return till.keep(self.body(till, Kind.GIFT_HOLD, member, data=plain(data)))

    def order_virtual(self) -> Entry | None:
        """A virtual good; without head office it is a request."""
        till = self.pick_till()
        member = self.pick_member(till)
        standing = till.standing(member, self.now_ms) if member else None
        if standing is None or member is None:
            return None
        made = extras.virtual_order(
            till.rules, member, till.dealer, self.random.choice(("q-coins", "film")),
            self.random.randint(1, 2), standing.available.points, request=not till.online,
        )  # fmt: skip
        entry = self._taken(till, Kind.VIRTUAL_ORDER, member, made)
        if entry is not None:
            self.orders.append((str(read_body(entry.body).entry_id), member))
        return entry

    def attend(self) -> Entry | None:
        """An event takes its points, once."""
        till = self.pick_till()
        member = self.pick_member(till)
        standing = till.standing(member, self.now_ms) if member else None
        if standing is None or member is None:
            return None
        code = f"e{self.random.randrange(8)}"
        made = extras.event_deduction(till.rules, member, code, standing.available.points)
        return self._taken(till, Kind.EVENT_DEDUCTION, member, made)

    def cash_out(self) -> Entry | None:
        """What is left is paid out; only with head office."""
        till = self.pick_till()
        member = self.pick_member(till)
        standing = till.standing(member, self.now_ms) if member else None
        if standing is None or not till.online:
            return None
        where = reversals.Where(till.dealer, till.place.till, till.day)
        made = paying_out.cash_out(till.rules, str(member), standing.available, where)
        return self._taken(till, Kind.CASH_OUT, member, made)

    def cancel(self) -> Entry | None:
        """A top-up is cancelled; only with head office."""
        till = self.pick_till()
        if not self.loaded or not till.online:
            return None
        entry = self.random.choice(self.loaded[-80:])
        sold = self._sold(entry)
        standing = till.standing(sold.member, self.now_ms) if sold and sold.member else None
        if sold is None or standing is None:
            return None
        gone = self.office.back.get(originals_ref(entry), {}).get(0, 0)
        where = reversals.Where(till.dealer, till.place.till, till.day)
        made = paying_out.cancel(till.rules, sold, gone, standing.available, where)
        return self._taken(till, Kind.TOP_UP_CANCEL, sold.member, made)

    # ------------------------------------------------------------------------------ taking back
    def _sold(self, entry: Entry) -> Sold | None:
        return originals.sold_of(ref_to(entry), read_body(entry.body))

    def _gone(self, till: Till, entry: Entry) -> dict[int, int]:
        """What the till knows of, and head office, if it can be asked."""
        mine = till.gone(entry)
        if till.online:
            for item, pieces in self.office.back.get(originals_ref(entry), {}).items():
                mine[item] = max(mine.get(item, 0), pieces)
        return mine

    def give_back(self) -> Entry | None:
        """Goods come back, at any till, with a receipt that head office may not know yet."""
        till, random = self.pick_till(), self.random
        if not self.sold:
            return None
        entry = random.choice(self.sold[-150:])
        sold = self._sold(entry)
        assert sold is not None
        gone = self._gone(till, entry)
        left = originals.left_of(sold, gone)
        wanted = {item: random.randint(0, n) for item, n in left.items()}
        where = reversals.Where(till.dealer, till.place.till, till.day)
        back = reversals.take_back(till.rules, sold, wanted, gone, where, "receipt")
        if isinstance(back, Refusal):
            return None
        if random.random() < 0.3:
            return self._exchange(till, sold, back, where)
        self._touch(sold.member)
        return till.keep(
            self.body(
                till, Kind.RETURN, sold.member, data=plain(back.data), effects=back.effects,
                trace=back.trace,
            )
        )  # fmt: skip

    def _touch(self, member: UUID | None) -> None:
        if member is not None:
            self.risk(self._real(member))

    def _exchange(
        self, till: Till, sold: Sold, back: reversals.Back, where: reversals.Where
    ) -> Entry | None:
        """Against other goods, sometimes paid with what the member has."""
        member, buyer, wish = sold.member, None, selling.Wish()
        standing = till.standing(member, self.now_ms) if member else None
        if member is not None:
            if standing is None:
                return None
            buyer = self.buyer(till, member, standing)
            wish = self.wish(till, standing, 900)
        amounts = [self.random.randint(1, 4_000) for _ in range(self.random.randint(1, 2))]
        quoted = selling.quote(till.rules, till.dealer, plain_amounts(*amounts), buyer, wish)
        if isinstance(quoted, Refusal):
            return None
        entry_id = till.entry_id()
        allowed = self.debit(till, member, quoted.claims, entry_id) if member else {}
        if allowed is None:
            return None
        self._touch(member)
        data, effects = reversals.exchange(back, quoted.data, member, where, "cash", "CNY")
        entry = till.keep(
            self.body(
                till, Kind.EXCHANGE, member, entry_id=entry_id, data=plain(data), effects=effects,
                claims=quoted.claims, **allowed,
            )
        )  # fmt: skip
        self.sold.append(entry)
        return entry

    def void(self) -> Entry | None:
        """One of the till's last entries never happened."""
        till = self.pick_till()
        if not till.journal:
            return None
        entry = self.random.choice(till.journal[-6:])
        body = till.said[entry.seq - 1]
        if body is None or body.kind == Kind.OPENING_BALANCE:
            return None
        where = reversals.Where(till.dealer, till.place.till, till.day)
        made = reversals.void(ref_to(entry), body, where, self._gone(till, entry))
        if isinstance(made, Refusal):
            return None
        self._touch(body.member)
        return till.keep(
            self.body(till, Kind.VOID, body.member, data=plain(made.data), effects=made.effects)
        )

    # ----------------------------------------------------------------------------------- cards
    def card(self) -> Entry | None:
        """A card is issued, bound, blocked, unblocked or replaced."""
        till, random = self.pick_till(), self.random
        member = self.pick_member(till)
        card = till.card_of(member, random.choice) if member else None
        if member is None or card is None:
            return None
        kind = random.choice(
            (Kind.CARD_ISSUE, Kind.CARD_BIND, Kind.CARD_BLOCK, Kind.CARD_UNBLOCK,
             Kind.CARD_UNBLOCK, Kind.CARD_REPLACE)
        )  # fmt: skip
        self.tokens += 1
        token = f"n{self.tokens:031x}" if random.random() < 0.95 else card.token
        data: NewCard | BlockData | ReplaceData = BlockData()
        if kind == Kind.CARD_ISSUE:
            if card_limits.may_have(LIMITS, card, till.rules.cards.supplementary) is not None:
                return None
            data = NewCard(token, token[-4:], "rfid", LIMITS)
        elif kind == Kind.CARD_BIND:
            data = NewCard(token, token[-4:], "ic")
        elif kind == Kind.CARD_REPLACE:
            data = ReplaceData(token, token[-4:], "barcode")
        elif (kind == Kind.CARD_BLOCK) is not (card.status is Status.ACTIVE):
            return None
        return till.keep(
            self.body(till, kind, member, card=card.token, data=plain(data), approver="boss")
        )

    def transfer(self) -> Entry | None:
        """Points to somebody else, with the card and with head office."""
        till, random = self.pick_till(), self.random
        member, to = self.pick_member(till), self.pick_member(till)
        card = till.card_of(member, random.choice) if member else None
        standing = till.standing(member, self.now_ms) if member else None
        if standing is None or card is None or member is None or to in (None, member):
            return None
        if not till.online or standing.available.points < 1:
            return None
        points, entry_id = random.randint(1, standing.available.points), till.entry_id()
        if self.debit(till, member, (), entry_id, extra=points) is None:
            return None
        assert to is not None
        self.risk(self._real(member), self._real(to))  # its own unsent entries do not show it
        data = plain(TransferData(to, points))
        return till.keep(
            self.body(
                till, Kind.TRANSFER, member, entry_id=entry_id, card=card.token, data=data,
                presented=PRESENTED,
            )
        )  # fmt: skip

    # -------------------------------------------------------------------------------- services
    def take_in(self) -> Entry | None:
        """Garments are taken in; free for whom it is."""
        till, random = self.pick_till(), self.random
        member = self.pick_member(till) if random.random() < 0.8 else None
        row = till.rows.get(member) if member else None
        service, count = (
            random.choice(("dry_cleaning", "repair", "complaint")),
            random.randint(1, 3),
        )
        free = None
        if row is not None:
            known = till.rules.services.free_for(row.tier, service)
            key = RecordKey(FREE, f"{known.code if known else ''}/{member}/{till.day.year}")
            had = self.office.records.get(key) if till.online else None
            used = had.used if isinstance(had, FreeUsed) else 0
            found = service_orders.free_right(till.rules, row.tier, service, count, used)
            free = None if isinstance(found, Refusal) else found
        entry_id = till.entry_id()
        made = service_orders.taken_in(
            till.rules, entry_id, till.day, service, [("coat", "black", ("stain",))] * count, free
        )
        assert not isinstance(made, Refusal)
        data, trace = made
        self.services.append((data.code, member, free is not None))
        return till.keep(
            self.body(
                till, Kind.SERVICE_OPEN, member, entry_id=entry_id, data=plain(data), trace=trace
            )
        )

    def serve(self) -> Entry | None:
        """Garments move on, or are handed out; also by tills that know too little."""
        till, random = self.pick_till(), self.random
        if not self.services:
            return None
        code, member, _ = random.choice(self.services[-25:])
        order = self.office.records.get(RecordKey("order", code))
        if isinstance(order, service_orders.ServiceOrder) and random.random() < 0.5:
            kind = till.rules.services.type_of(order.service)
            if kind is not None and order.is_ready(kind):
                outcome = random.choice(("done", "done", "done", "cancelled", "compensated"))
                made = service_orders.CloseData(
                    code, outcome, entitlement=order.entitlement, year=order.opened_on.year
                )
                return till.keep(self.body(till, Kind.SERVICE_CLOSE, member, data=plain(made)))
        steps = ("at_cleaner", "back", "in_work", "waiting_part", "done", "answered")
        step = service_orders.StepData(code, random.choice(steps))
        return till.keep(self.body(till, Kind.SERVICE_STEP, member, data=plain(step)))

    def say(self) -> Entry:
        """Feedback, or a product somebody could not bear."""
        till, random = self.pick_till(), self.random
        if random.random() < 0.5:
            stars = extras.FeedbackData(f"r{random.randrange(500)}", random.randint(1, 5))
            return till.keep(self.body(till, Kind.FEEDBACK, None, data=plain(stars)))
        alert = extras.AlertData("tea", "allergy")
        return till.keep(self.body(till, Kind.PRODUCT_ALERT, None, data=plain(alert)))

    # ---------------------------------------------------------------------------------- spoilt
    def spoil(self) -> Entry | None:
        """Bytes nobody reads, a claim that is no debit, an entry id that is taken."""
        till, random = self.pick_till(), self.random
        member = self.pick_member(till)
        which = random.randrange(3)
        if which == 0 or member is None:
            entry = till.keep_bytes(random.randbytes(40))
        elif which == 1:
            body = self.body(
                till, Kind.SALE, member, effects=effects_of(member, [("bonus", -5)]),
                claims=(stored_claim("principal", 5),),
            )  # fmt: skip
            entry = till.keep_bytes(body_bytes(body))
        else:
            old = next((b for b in till.said[: till.sent] if b is not None), None)
            if old is None or old.entry_id not in self.office.posted_ids:
                return None
            body = self.body(till, Kind.NOTE, None, entry_id=old.entry_id, data={"about": "x"})
            entry = till.keep_bytes(body_bytes(body))
        self.spoilt.add(entry.hash)
        return entry


def originals_ref(entry: Entry) -> Any:
    """An entry's place."""
    return ref_to(entry).entry

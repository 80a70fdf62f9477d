"""What is asked of head office's books after every entry of a random shop life, and at its end.

The order of lots, the sums and what may be taken back are written down here again, from the design.
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final
from uuid import UUID

import msgspec

from sync.domain import clearing
from sync.domain.books import Books, Issue, MemberBook, Outcome, Result
from sync.domain.journal import Body, Entry, Kind, check_balanced, member_effects
from sync.domain.losses import LOSS
from sync.domain.lots import LEASED_PART, Allocation, Lot, LotKey
from sync.domain.originals import pieces_of
from sync.domain.posting_extras import PASSED_ON
from sync.domain.posting_reversals import CLAWBACK, GRACE, REFUND
from sync.domain.service_orders import SERVICE
from tests.sync.domain.shop_office import Office, Seen
from tests.sync.domain.shop_rules import DEALERS

BUCKETS: Final = ("points", "principal", "bonus")
NO_LOT: Final = frozenset({LOSS, REFUND, SERVICE})  # lines that bind no units of a lot
IN_ORDER: Final = frozenset(
    {"gift", "points_tender", "stored_value", "virtual", "event", "adjustment", "cash_out"}
)
# Kinds that move what their effects do not tell: lots change hands, or only those still there go.
MOVES_ITSELF: Final = frozenset({Kind.MERGE, Kind.UNMERGE, Kind.TRANSFER, Kind.EXPIRY, Kind.LOSS})
# Two tills that each took a part back may have dealt out the fen otherwise; the office's count.
TAKE_BACK: Final = frozenset(
    {Kind.RETURN, Kind.EXCHANGE, Kind.VOID, Kind.TOP_UP_CANCEL, Kind.CASH_OUT}
)


@dataclass
class Judge:
    """Looks at each posting of an office. `given`: units each lot gave; `claimed`: units and fen by
    claim and lot; `posted`: sums of the lines of every account."""

    office: Office
    given: Count[LotKey] = field(default_factory=Count)
    claimed: dict[tuple[int, int, LotKey], tuple[int, int]] = field(default_factory=dict)
    posted: Count[tuple[UUID, str]] = field(default_factory=Count)
    lines: set[tuple[int, int]] = field(default_factory=set)
    risky: set[tuple[UUID, str]] = field(default_factory=set)

    def watch(self, books: Books, entry: Entry, body: Body | None) -> Seen:
        """Before an entry is posted; what it returns looks at it afterwards."""
        member = body.member if body else None
        real = None if member is None else books.real(member)
        book = None if real is None else books.members.get(real)
        before = [replace(lot) for lot in book.lots] if book else []
        held = {m: b.balances for m, b in books.members.items()}
        first, records = len(books.postings), len(books.changed_records)

        def judge(result: Result) -> None:
            if result.outcome is Outcome.QUARANTINED:
                assert len(books.postings) == first, "a quarantined entry moved something"
                assert len(books.changed_records) == records
                assert held == {m: b.balances for m, b in books.members.items()}
                assert not result.allocations
                return
            assert body is not None
            check_balanced(body.effects, "CNY")
            self._told(result, body, books, first)
            self._allocations(result, body, books)
            if body.kind != Kind.EXCHANGE:
                self._order(result, before, body)
            touched = dict.fromkeys(p.member for p in books.postings[first:])
            for each in {*touched} | ({real} if real else set()):
                self.book(books.members[each])

        return judge

    def _told(self, result: Result, body: Body, books: Books, first: int) -> None:
        """Invariants 9 and 10: the lines of an entry are what its effects say, unless it is flagged
        or its kind says otherwise; every line is on an account that exists."""
        moved: Count[tuple[UUID, str]] = Count()
        for line in books.postings[first:]:
            assert line.account in (*BUCKETS, "qualifying")
            assert line.post_seq == result.post_seq
            moved[(line.member, line.account)] += line.delta
            self.posted[(line.member, line.account)] += line.delta
        if body.kind in (Kind.MERGE, Kind.UNMERGE, Kind.TRANSFER):
            for account in (*BUCKETS, "qualifying"):
                assert not sum(n for (_, name), n in moved.items() if name == account)
        back = body.kind in TAKE_BACK and Issue.RULE_MISMATCH in result.codes
        if back or body.kind in MOVES_ITSELF or set(result.codes) - HARMLESS:
            return
        told: Count[tuple[UUID, str]] = Count()
        for owner, name, delta in member_effects(body.effects):
            told[(books.real(owner), name)] += delta
        assert {k: v for k, v in moved.items() if v} == {k: v for k, v in told.items() if v}, (
            "what was posted is not what the entry says",
            moved,
            told,
        )

    def _allocations(self, result: Result, body: Body, books: Books) -> None:
        """Invariants 10, 27, 28 and 30 on the lines an entry made."""
        lots = {lot.key: lot for b in books.members.values() for lot in b.lots}
        flagged = {Issue.LOT_EXPIRED, Issue.LOT_UNVESTED} & set(result.codes)
        for a in result.allocations:
            assert (a.post_seq, a.part) not in self.lines, "two lines of one name"
            self.lines.add((a.post_seq, a.part))
            if a.kind in NO_LOT:
                continue
            self.given[a.lot] += a.quantity
            key = (a.claim_post_seq, a.claim, a.lot)
            units, fen = self.claimed.get(key, (0, 0))
            self.claimed[key] = units, fen = units + a.quantity, fen + a.amount_minor
            assert units >= 0, "more came back to a lot than was taken"
            assert fen >= 0, "more fen came back than were settled"
            assert units or not fen, "fen of a line outlive its units"
            lot = lots.get(a.lot)
            if lot is None:
                assert a.quantity < 0 or a.kind in (GRACE, PASSED_ON)  # of another member by now
                continue
            assert lot.account == a.account
            drawn = a.kind in IN_ORDER and a.quantity > 0 and a.claim_post_seq == a.post_seq
            if drawn and a.lot.post_seq < a.post_seq and not lot.usable_on(body.business_date):
                assert flagged, ("a lot was used in silence on a day that is not its own", lot, a)
        for lot in lots.values():
            known = None if lot.key in books.split_lots else self.office.lots.get(lot.key)
            left = (known or lot).quantity - self.given[lot.key]
            assert 0 <= lot.open == left, ("a lot gave what it does not hold", lot, left)

    def _order(self, result: Result, before: Sequence[Lot], body: Body) -> None:
        """Invariant 29, in the order of golden case 6: usable lots first, then by end, business
        date, posting."""
        old = {lot.key for lot in before}
        taken: Count[LotKey] = Count()
        for a in result.allocations:
            mine = a.claim_post_seq == a.post_seq and a.quantity > 0
            if a.kind in IN_ORDER and mine and a.lot in old:
                taken[a.lot] += a.quantity
        if not taken:
            return
        day = body.business_date
        for account in BUCKETS:
            queue = sorted(
                (lot for lot in before if lot.account == account and lot.open),
                key=lambda lot: (
                    (lot.expires_on is not None and lot.expires_on < day)
                    or (lot.usable_from is not None and lot.usable_from > day),
                    lot.expires_on is None,
                    lot.expires_on or day,
                    lot.business_date,
                    lot.key,
                ),
            )
            short = False
            for lot in queue:
                assert not (short and taken[lot.key]), "a later lot gave before an earlier one"
                short = short or taken[lot.key] < lot.open

    def book(self, book: MemberBook) -> None:
        """Invariant 11 on one member, and 15 where every debit was covered."""
        for account in (*BUCKETS, "qualifying"):
            balance = getattr(book.balances, account)
            assert balance == self.posted[(book.member, account)], "a balance is not its postings"
            if account == "qualifying":
                continue
            held = sum(lot.open for lot in book.lots if lot.account == account)
            owed = sum(debt.open for debt in book.uncovered if debt.account == account)
            assert balance == held - owed, "a balance is not its open lots less what is owed"
            assert not (held and owed), "an open lot stands beside an open claim"
        for debt in book.uncovered:
            assert debt.open >= 0
            assert debt.amount_minor >= 0
            assert debt.open or not debt.amount_minor

    # ------------------------------------------------------------------------------- at the end
    def all_books(self) -> None:
        """Everything head office holds (11, 27, 28, 30)."""
        office = self.office
        for member in office.members.values():
            self.book(member)
            assert member.alias_of is None or not any(lot.open for lot in member.lots)
        for lot in office.lots.values():
            left = lot.quantity - self.given[lot.key]
            assert 0 <= lot.open == left, ("a lot gave what it does not hold", lot, left)
        self.claims_settle()
        self.nothing_comes_back_twice()

    def claims_settle(self) -> None:
        """Invariant 27: the fen of a claim's lines, and what of it is open, are its value; less
        only where it was taken back."""
        worth: Count[tuple[int, int]] = Count()
        for a in self.office.allocations:
            if a.kind in NO_LOT or a.kind in (CLAWBACK, GRACE, PASSED_ON):
                continue
            worth[(a.claim_post_seq, a.claim % LEASED_PART)] += a.amount_minor
        for (post_seq, number), debt in self.office.uncovered.items():
            if debt.open and debt.kind != CLAWBACK:
                worth[(post_seq, number % LEASED_PART)] += debt.amount_minor
        for ref, (_, _, post_seq) in self.office.kept.items():
            body, codes = self.office.bodies[ref], self.office.codes[ref]
            back = ref in self.office.back or body.kind in (
                Kind.VIRTUAL_ORDER, Kind.VIRTUAL_OUTCOME
            )  # fmt: skip
            if {Issue.RULE_MISMATCH, Issue.EVENT_TWICE, Issue.VIRTUAL_ORDER} & set(codes):
                continue  # worth something else, or nothing
            for index, claim in enumerate(body.claims):
                settled = worth[(post_seq, index)]
                exact = claim.settlement_minor == settled
                assert exact or (back and 0 <= settled < claim.settlement_minor), (
                    body.kind, claim, settled
                )  # fmt: skip

    def nothing_comes_back_twice(self) -> None:
        """Invariant 30: no piece twice; what came back whole has no line left that settles."""
        found: dict[Any, Count[int]] = {}
        for back in self.office.taken_back:
            found.setdefault(back.original, Count())[back.item] += back.quantity
        for ref, gone in found.items():
            body, (_, _, post_seq) = self.office.bodies[ref], self.office.kept[ref]
            pieces = pieces_of(body)
            assert all(0 < gone[item] <= pieces[item] for item in gone)
            if body.kind == Kind.TOP_UP or gone != pieces:
                continue
            for a in self.office.by_claim[post_seq]:
                if a.kind in ("points_tender", "stored_value", "gift"):
                    left = self.claimed[(a.claim_post_seq, a.claim, a.lot)]
                    assert left == (0, 0), "a line is left of what came back whole"
            for debt in self.office.uncovered.values():
                if debt.post_seq == post_seq and debt.kind != CLAWBACK:
                    assert not debt.open, "a claim is open on what came back whole"


# Flags that change nothing about what is posted.
HARMLESS: Final = frozenset(
    {
        Issue.MEMBER_MERGED, Issue.RULE_MISMATCH, Issue.OVERDRAFT, Issue.LOT_EXPIRED,
        Issue.LOT_UNVESTED, Issue.CARD_BLOCKED, Issue.CARD_UNKNOWN, Issue.CARD_LIMIT,
        Issue.TIER_MISMATCH, Issue.LEASE_BEYOND, Issue.COUPON_UNKNOWN, Issue.COUPON_USED_TWICE,
        Issue.GIFT_STOCK, Issue.PLACE_MISMATCH,
    }
)  # fmt: skip


@dataclass
class Runs:
    """Clearing runs, cut at any watermark and approved."""

    office: Office
    random: Random
    approved: list[tuple[str, int, int, bytes, bytes, str]] = field(default_factory=list)

    @property
    def upto(self) -> int:
        """The watermark of the last one."""
        return self.approved[-1][2] if self.approved else 0

    def cut(self, upto: int) -> None:
        """A draft, the same in whatever order its lines come (25), whose nets are zero (24)."""
        label = f"run {len(self.approved) + 1}"
        found = [a for a in self.office.allocations if a.post_seq > self.upto]
        draft = clearing.run(label, self.upto, upto, found, DEALERS)
        self.approved.append((label, self.upto, upto, *_bytes(draft), draft.digest))
        assert sum(p.net_minor for p in draft.positions) == 0, "nets do not sum to zero"
        for p in draft.positions:
            lines = [line.allocation for line in draft.lines]
            owes = sum(a.amount_minor for a in lines if a.debtor == p.dealer)
            gets = sum(a.amount_minor for a in lines if a.creditor == p.dealer)
            assert p.net_minor == owes - gets, "a net is not the sum of its lines"
        self._again(self.approved[-1], found)

    def _again(self, run: tuple[str, int, int, bytes, bytes, str], among: list[Allocation]) -> None:
        label, after, upto, lines, sums, digest = run
        mixed = among.copy()
        self.random.shuffle(mixed)
        again = clearing.run(label, after, upto, mixed, DEALERS)
        assert (*_bytes(again), again.digest) == (lines, sums, digest), "a run's bytes changed"

    def end(self) -> None:
        """Every line is in exactly one run (23), approved bytes are what they were (26)."""
        if self.upto < self.office.next_seq - 1:
            self.cut(self.office.next_seq - 1)
        count: Count[int] = Count()
        for run in self.approved:
            inside = [a for a in self.office.allocations if run[1] < a.post_seq <= run[2]]
            count.update(id(a) for a in inside)
            self._again(run, inside)
            assert run[3].count(b"\n") == len(inside) + 1
        assert count == Count(id(a) for a in self.office.allocations)


def _bytes(run: clearing.Run) -> tuple[bytes, bytes]:
    return clearing.lines_csv(run.lines), clearing.positions_csv(run.positions)


def compare(one: Office, other: Office) -> None:
    """Invariants 33 to 35: an office that got every entry alone, none of the spoilt ones, and all
    clocks wrong, holds the same books."""
    assert one.next_seq == other.next_seq
    for key, lot in one.lots.items():
        assert lot == other.lots[key], (lot, other.lots[key])
    assert one.lots.keys() == other.lots.keys()
    assert one.uncovered == other.uncovered
    for member, book in one.members.items():
        assert _sorted(book) == _sorted(other.members[member])
    assert one.members.keys() == other.members.keys()
    assert one.cards == other.cards
    assert one.allocations == other.allocations
    assert one.postings == other.postings
    assert one.prospects == other.prospects
    assert one.records.keys() == other.records.keys()
    for name, record in one.records.items():
        assert _timeless(record) == _timeless(other.records[name])


def _sorted(book: MemberBook) -> MemberBook:
    return replace(
        book,
        lots=sorted(book.lots, key=lambda lot: lot.key),
        uncovered=sorted(book.uncovered, key=lambda debt: (debt.post_seq, debt.claim)),
    )


def _timeless(record: Any) -> Any:
    """A record without the times that are only told."""
    told: Iterable[str] = getattr(record, "__struct_fields__", ())
    without = {name: 0 for name in ("at_ms", "since_ms") if name in told}
    if "history" in told:
        without["history"] = 0
    return msgspec.structs.replace(record, **without) if without else record

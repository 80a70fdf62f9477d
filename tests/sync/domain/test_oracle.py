"""Posting against a second ledger written from the design: thousands of random histories."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from sync.domain import clearing
from sync.domain.business_day import months_before
from sync.domain.journal import Claim, Kind
from sync.domain.lots import Allocation
from sync.domain.posting import Issue, Outcome
from sync.domain.programme import (
    Earning,
    Gift,
    PointsTender,
    Programme,
    Ratio,
    StoredValue,
)
from tests.sync.domain.making import Counter, HeadOffice, member_id, programme, words
from tests.sync.domain.oracle import Credit, Debit, Line, NaiveLedger, Operation

ANNA = member_id(1)
FIRST = date(2026, 1, 10)
HISTORIES = 300  # per seed
GIFT_POINTS, GIFT_FEN, UNIT_POINTS, UNIT_FEN = 3, 100, 2, 37


def rules(funded_by: str, months: int | None) -> Programme:
    return programme(
        points_tenders=(PointsTender("tender", UNIT_POINTS, 50, UNIT_FEN),),
        gifts=(Gift("sample", words(), GIFT_POINTS, GIFT_FEN, 130),),
        earning=Earning(Ratio(1, 1), expiry_months=months),
        stored_value=StoredValue((), funded_by),
    )


def operation(random: Random) -> Operation:
    """A gift, a top-up or a sale that does everything at once."""
    dealer = random.choice("ABC")
    day = FIRST + timedelta(days=random.randrange(90))
    kind = random.randrange(4)
    if kind == 0:
        number = random.randrange(1, 5)
        return Operation(
            dealer, day, (Debit("points", number * GIFT_POINTS, number * GIFT_FEN),), ()
        )
    if kind == 1:
        loaded = (Credit("principal", random.randrange(1, 40)),)
        bonus = random.randrange(0, 12)
        return Operation(dealer, day, (), (*loaded, *([Credit("bonus", bonus)] if bonus else [])))
    debits = []
    if random.random() < 0.4:
        units = random.randrange(1, 6)
        debits.append(Debit("points", units * UNIT_POINTS, units * UNIT_FEN))
    for account in ("principal", "bonus"):
        if random.random() < 0.4:
            spent = random.randrange(1, 25)
            debits.append(Debit(account, spent, spent))
    earned = [Credit("points", random.randrange(1, 6)) for _ in range(random.randrange(3))]
    return Operation(dealer, day, tuple(debits), tuple(earned))


def posted(office: HeadOffice, tills: dict[str, Counter], found: Operation) -> None:
    """The operation as an entry, posted alone."""
    till = tills[found.dealer]
    till.day = found.day
    moves = [(d.account, -d.units) for d in found.debits] + [
        (c.account, c.units) for c in found.credits
    ]
    if any(c.account != "points" for c in found.credits):
        office.receive(till, till.moves(Kind.TOP_UP, ANNA, moves))
        return
    gift = not found.credits and [d.account for d in found.debits] == ["points"]
    gift = gift and found.debits[0].fen % GIFT_FEN == 0
    claims = []
    for account, units, fen in found.debits:
        if account != "points":
            claims.append(Claim("stored_value", account, units, units))
        elif gift:
            claims.append(Claim("gift", account, units, fen, "sample"))
        else:
            claims.append(Claim("points_tender", account, units, fen, "tender"))
    kind = Kind.REDEEM_GIFT if gift else Kind.SALE
    office.receive(till, till.moves(kind, ANNA, moves, claims))


def compare(random: Random, histories: int, operations: int | None = None) -> set[Issue]:
    """Post random histories here and there; every issue that occurred. `operations`: stop after so
    many, however many histories that takes."""
    seen: set[Issue] = set()
    played = 0
    while histories > 0 if operations is None else played < operations:
        histories -= 1
        funded_by = random.choice(["redeeming", "issuing", "headoffice"])
        months = random.choice([None, 1, 2])
        pack = rules(funded_by, months)
        office = HeadOffice((pack,)).join(ANNA)
        tills = {dealer: Counter(dealer, rules=pack) for dealer in "ABC"}
        days = [FIRST + timedelta(days=n) for n in range(90)]
        naive = NaiveLedger(
            funded_by, {day: months_before(day, -months) if months else None for day in days}
        )
        for _ in range(random.randrange(1, 14)):
            found = operation(random)
            posted(office, tills, found)
            naive.replay(found)
            played += 1
        assert [line_of(a) for a in office.allocations] == naive.lines
        for result, issues in zip(office.results, naive.issues, strict=True):
            assert set(result.codes) == issues
            assert result.outcome is (Outcome.POSTED_EXCEPTION if issues else Outcome.POSTED)
            seen |= issues
        for account in ("points", "principal", "bonus"):
            assert getattr(office.balances(ANNA), account) == naive.balance(account)
        assert sum(d.amount_minor for d in office.members[ANNA].uncovered) == naive.owed_fen()
        nets_agree(office, naive)
    return seen


@pytest.mark.parametrize("seed", range(8))
def test_random_histories(seed: int) -> None:
    seen = compare(Random(seed), HISTORIES)
    assert seen == {Issue.OVERDRAFT, Issue.SPLIT_MISMATCH, Issue.LOT_EXPIRED}


def line_of(a: Allocation) -> Line:
    """An allocation as the oracle writes it down."""
    return Line(
        a.post_seq,
        a.claim_post_seq,
        a.claim,
        a.lot.post_seq,
        a.account,
        a.quantity,
        a.amount_minor,
        a.debtor,
        a.creditor,
    )


def nets_agree(office: HeadOffice, naive: NaiveLedger) -> None:
    """Clearing of what was posted against the oracle's own sums."""
    run = clearing.run("all", 0, office.next_seq, office.allocations, "ABC")
    for position in run.positions:
        owed = sum(line.fen for line in naive.lines if line.debtor == position.dealer)
        due = sum(line.fen for line in naive.lines if line.creditor == position.dealer)
        assert position.net_minor == owed - due

"""The invariants that hold of one decision, as functions over drawn values.

Each is run as it is by `test_invariants.py`, and under its planted bugs by `test_planted.py`,
where it has to fail. Those that are about sequences of entries are in `ledger_machine.py`. What a
property calls it calls through its module, so that a planted bug reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.domain import (
    earning,
    journal,
    parts,
    pricing,
    redeeming,
    selling,
    stored_value,
)
from sync.domain.journal import Effect, Entry
from sync.domain.members import Balances
from sync.domain.pricing import BasketLine
from sync.domain.programme import (
    Earning,
    PointsTender,
    Programme,
    Ratio,
    StoredValue,
    Tier,
    TopUpStep,
)
from tests.sync.domain.making import (
    GENESIS,
    NOTHING,
    PROGRAMME,
    Counter,
    HeadOffice,
    granted,
    member_id,
    programme,
    words,
)

ANNA = member_id(1)
Check = Callable[..., None]


class Property:
    """A check with the values it is tried on."""

    def __init__(self, check: Check, **drawn: st.SearchStrategy[Any]) -> None:
        self.name, self.check, self.drawn = check.__name__, check, drawn

    def holds(self, how: settings | None = None) -> None:
        """Run the check on drawn values; raises what the check raises."""
        run = given(**self.drawn)(self.check)
        (how(run) if how else run)()


PROPERTIES: dict[str, Property] = {}


def tried_on(**drawn: st.SearchStrategy[Any]) -> Callable[[Check], Check]:
    """Enter a check into PROPERTIES with the values it is tried on."""

    def enter(check: Check) -> Check:
        PROPERTIES[check.__name__] = Property(check, **drawn)
        return check

    return enter


# ------------------------------------------------------------------------------ chains: 4, 5, 6, 7
bodies = st.lists(st.binary(max_size=12), min_size=1, max_size=50)
cuts = st.tuples(st.integers(0, 50), st.integers(0, 50))


def sent(device: UUID, written: Sequence[bytes], first: int = 1) -> list[Entry]:
    """The entries of a chain, as a till stores them."""
    hashes = journal.chain(device, 1, GENESIS, first, written)
    befores = [GENESIS, *hashes]
    return [
        Entry(device, 1, seq, before, body, made, b"")
        for seq, (before, body, made) in enumerate(
            zip(befores, written, hashes, strict=False), start=first
        )
    ]


def verifies(entries: Sequence[Entry], device: UUID, seq: int = 1, prev: bytes = GENESIS) -> bool:
    """What a receiver does: recompute every hash from what it holds already, trusting nothing."""
    remade = journal.chain(device, 1, prev, seq, [entry.body for entry in entries])
    return remade == [entry.hash for entry in entries]


@tried_on(written=bodies, cut=cuts)
def invariant_4_a_gap_never_verifies(written: list[bytes], cut: tuple[int, int]) -> None:
    entries = sent(ANNA, written)
    first, last = sorted(min(at, len(entries)) for at in cut)
    rest = entries[:first] + entries[last:]
    assert verifies(rest, ANNA) is (first == last or last == len(entries))
    if first < len(entries):
        moved = replace(entries[first], seq=entries[first].seq + 1)
        assert not verifies([moved], ANNA, moved.seq, moved.prev)


@tried_on(written=bodies, at=st.integers(0, 49), bit=st.integers(0, 12 * 8 - 1))
def invariant_5_one_changed_bit_anywhere_is_found(written: list[bytes], at: int, bit: int) -> None:
    entries = sent(ANNA, written)
    assert verifies(entries, ANNA)
    at %= len(entries)
    body = entries[at].body or b"\0"
    flipped = bytearray(body)
    flipped[bit // 8 % len(body)] ^= 1 << bit % 8
    forged = list(entries)
    forged[at] = replace(entries[at], body=bytes(flipped))
    assert not verifies(forged, ANNA)
    # also when the forger makes the hashes of its own entry anew: the next one still names the old
    remade = sent(ANNA, [*written[:at], bytes(flipped), *written[at + 1 :]])
    assert remade[-1].hash != entries[-1].hash
    for forged_prev in (bytes(32)[:-1] + b"\1", entries[at].hash):
        assert not verifies(entries, ANNA, 1, forged_prev)
    assert not verifies(entries, member_id(2))


@tried_on(
    written=bodies, keep=st.integers(0, 12), tail=st.binary(max_size=4), at=st.integers(0, 49)
)
def invariant_6_two_entries_of_one_place_have_two_hashes(
    written: list[bytes], keep: int, tail: bytes, at: int
) -> None:
    entries = sent(ANNA, written)
    at %= len(entries)
    other = written[at][:keep] + tail
    fork = sent(ANNA, [*written[:at], other])[-1]
    assert (fork.hash == entries[at].hash) is (other == written[at])


@tried_on(amounts=st.lists(st.integers(1, 99_999), min_size=1, max_size=8), cut=cuts)
def invariant_7_pushed_again_changes_nothing(amounts: list[int], cut: tuple[int, int]) -> None:
    office, till = HeadOffice().join(ANNA), Counter("A")
    entries = [till.sale(ANNA, [amount]) for amount in amounts]
    office.receive(till, *entries)
    first, last = sorted(min(at, len(entries)) for at in cut)
    before = (office.balances(ANNA), list(office.postings), dict(office.lots), office.next_seq)
    office.receive(till, *entries[first:last])
    assert (office.balances(ANNA), office.postings, office.lots, office.next_seq) == before
    again = [journal.entry_hash(e.device, e.epoch, e.seq, e.prev, e.body) for e in entries]
    assert again == [entry.hash for entry in entries]


# ---------------------------------------------------------------------------------- entries: 9, 10
ASSETS = {"points": "PTS", "qualifying": "QSP", "principal": "CNY", "bonus": "CNY"}
tender = st.builds(
    PointsTender,
    st.just("tender"),
    st.integers(1, 500),
    st.integers(1, 5_000),
    st.integers(0, 5_000),
    max_share_per_mille=st.integers(0, 1_000),
)
rules_of_sales = st.builds(
    lambda num, den, paid, price, deeper: programme(
        earning=Earning(Ratio(num, den)),
        points_tenders=(paid,),
        tiers=(Tier("plain", words(), 0, price, deeper),),
    ),
    st.integers(0, 5),
    st.integers(1, 7),
    tender,
    st.integers(1, 1_000),
    st.integers(1, 1_000),
)
lines = st.builds(
    BasketLine,
    st.just("sku"),
    st.integers(1, 5),
    st.integers(1, 300_000),
    st.none() | st.integers(0, 300_000),
)
baskets = st.lists(lines, min_size=1, max_size=8)
balances = st.builds(Balances, *[st.integers(0, 500_000)] * 3)


def sold(
    rules: Programme, basket: list[BasketLine], held: Balances, units: int, wanted: int
) -> selling.Quote:
    """A sale of the basket with points and stored value, as much of either as is allowed."""
    tier, offer = rules.tiers[0], rules.points_tenders[0]
    priced = granted(pricing.price(rules, basket, tier))
    most = redeeming.most_points(rules, "A", held.points, priced.price_minor)
    wish = selling.Wish(min(units * offer.unit_points, most), min(wanted, held.stored_value))
    return granted(selling.quote(rules, "A", basket, selling.Buyer(ANNA, tier, held), wish))


sales = {
    "rules": rules_of_sales,
    "basket": baskets,
    "held": balances,
    "units": st.integers(0, 20),
    "wanted": st.integers(0, 600_000),
}


def sums_of(effects: Sequence[Effect]) -> dict[str, int]:
    """Sum of the effects per asset."""
    sums: dict[str, int] = {}
    for effect in effects:
        sums[effect.asset] = sums.get(effect.asset, 0) + effect.delta
    return sums


@tried_on(**sales)
def invariant_9_effects_sum_to_zero_per_asset(**case: Any) -> None:
    quoted = sold(**case)
    data = granted(selling.pay(quoted, "cash", quoted.data.money_minor))
    for member in (ANNA, None) if not quoted.claims else (ANNA,):
        shown = data if member else replace_earned(data)
        effects = selling.effects(shown, member, "A", "A1", "CNY")
        assert not any(sums_of(effects).values())
        assert all(effect.delta for effect in effects)
        journal.check_balanced(effects)
    much = programme(stored_value=StoredValue((TopUpStep(100, 50),), balance_cap_minor=10**9))
    load = granted(
        stored_value.top_up(much, str(ANNA), "A", "till/A1/cash", "cash", data.tag_minor, NOTHING)
    )
    assert not any(sums_of(load.effects).values())
    taken = granted(redeeming.gift(PROGRAMME, str(ANNA), "A", "umbrella", case["units"] + 1, 10**9))
    assert not any(sums_of(taken.effects).values())


def replace_earned(data: selling.SaleData) -> selling.SaleData:
    """The same sale to somebody who is no member."""
    return msgspec.structs.replace(data, points_earned=0)


@tried_on(**sales)
def invariant_10_each_account_keeps_one_asset(**case: Any) -> None:
    quoted = sold(**case)
    data = granted(selling.pay(quoted, "cash", quoted.data.money_minor))
    effects = selling.effects(data, ANNA, "A", "A1", "CNY")
    for effect in effects:
        kind, _, name = effect.account.split("/")
        if kind == "member":
            assert effect.asset == ASSETS[name]
        else:
            assert (effect.asset == "PTS") == (name in ("points_accepted", "points_issued"))
            assert (effect.asset == "QSP") == (name == "qualifying_counted")
    # a conversion has two legs: the debit in one asset, and a claim with its value in the other
    debits = {"points": 0, "principal": 0, "bonus": 0}
    for claim in quoted.claims:
        debits[claim.account] += claim.quantity
        assert claim.account == "points" or claim.settlement_minor == claim.quantity
    legs = dict.fromkeys(debits, 0)
    for effect in effects:
        name = effect.account.rpartition("/")[2]
        if name in legs and effect.delta < 0 and effect.account.startswith("member/"):
            legs[name] -= effect.delta
    assert legs == debits


@tried_on(**sales)
def golden_5_and_10_shares_of_the_lines(**case: Any) -> None:
    quoted = sold(**case)
    data = quoted.data
    columns = {
        "stored_value_discount_minor": data.stored_value_discount_minor,
        "points_face_minor": data.points_face_minor,
        "principal_minor": data.principal_minor,
        "bonus_minor": data.bonus_minor,
        "money_minor": data.money_minor,
        "points_used": data.points_used,
        "points_earned": data.points_earned,
        "member_discount_minor": data.member_discount_minor,
    }
    for name, whole in columns.items():
        shares = [getattr(line, name) for line in data.lines]
        assert sum(shares) == whole, name
        assert min(shares) >= 0, name
    for line in data.lines:
        assert line.price_minor == (
            line.stored_value_discount_minor
            + line.points_face_minor
            + line.principal_minor
            + line.bonus_minor
            + line.money_minor
        )
    assert data.due_minor == (
        data.points_face_minor + data.principal_minor + data.bonus_minor + data.money_minor
    )
    assert data.earn_base_minor == data.money_minor + data.principal_minor
    ratio = case["rules"].points_per_yuan("A")
    assert data.points_earned == int(Fraction(data.earn_base_minor, 100) * ratio)
    assert data.principal_minor <= case["held"].principal
    assert data.bonus_minor <= case["held"].bonus


@tried_on(
    due=st.integers(0, 2_000) | st.integers(0, 10**9),
    per_mille=st.integers(1, 1_000),
    limit=st.integers(0, 2_000) | st.integers(0, 10**9),
)
def golden_8_deeper_price_is_the_largest(due: int, per_mille: int, limit: int) -> None:
    found = stored_value.deeper_price(due, per_mille, limit)

    def charged(gross: int) -> int:  # the design's own words
        return gross - (gross * (1_000 - per_mille)) // 1_000

    assert 0 <= found.gross_minor <= due
    assert found.charged_minor == charged(found.gross_minor) <= limit
    assert found.discount_minor == found.gross_minor - found.charged_minor >= 0
    if found.gross_minor < due:
        assert charged(found.gross_minor + 1) > limit
        assert found.charged_minor == limit  # nothing of a balance is left behind


@tried_on(
    total=st.integers(-(10**7), 10**7),
    weights=st.lists(st.integers(0, 50) | st.fractions(0, 9, max_denominator=30), max_size=9),
)
def golden_5_parts_sum_exactly(total: int, weights: list[int | Fraction]) -> None:
    whole = sum(weights)
    if not whole:
        return
    found = parts.spread(total, weights)
    assert sum(found) == total
    remainders = []
    for part, weight in zip(found, weights, strict=True):
        exact = Fraction(weight) * abs(total) / whole
        assert abs(part) in (int(exact), int(exact) + 1)
        assert (weight == 0) <= (part == 0)
        remainders.append((exact - int(exact), abs(part) > int(exact)))
    # whoever got one more had at least the remainder of whoever did not, ties to the first
    for i, (mine, more) in enumerate(remainders):
        for theirs, theirs_more in remainders[i + 1 :]:
            assert not (theirs_more and not more and theirs <= mine)
            assert not (more and not theirs_more and theirs > mine)


@tried_on(
    bases=st.lists(st.integers(0, 10**6), min_size=1, max_size=9),
    ratio=st.fractions(0, 5, max_denominator=9),
)
def golden_1_earned_is_rounded_down_once(bases: list[int], ratio: Fraction) -> None:
    earned = earning.earn(bases, [ratio] * len(bases), 1)
    assert earned.points.count == int(sum(bases) * ratio / 100)
    assert sum(earned.by_line) == earned.points.count
    assert min(earned.by_line) >= 0

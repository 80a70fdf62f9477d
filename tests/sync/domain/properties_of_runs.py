"""More of `properties.py`: clearing runs, canonical bytes, and one entry against the books."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sync.domain import canonical, clearing, journal, posting
from sync.domain.journal import Kind
from sync.domain.lots import Allocation, EntryRef, LotKey
from sync.domain.posting import Outcome
from tests.sync.domain.making import Counter, HeadOffice, effects_of
from tests.sync.domain.properties import ANNA, ASSETS, PROPERTIES, tried_on

__all__ = ["PROPERTIES"]

# -------------------------------------------------------------------------------- clearing: 24, 25
dealers = st.sampled_from(["A", "B", "C", "HQ"])


def allocation(at: tuple[int, int], debtor: str, creditor: str, fen: int) -> Allocation:
    """An allocation of which clearing looks at the place, the two parties and the fen."""
    ref = EntryRef(ANNA, 1, 1)
    return Allocation(
        post_seq=at[0],
        part=at[1],
        claim_post_seq=1,
        claim=0,
        kind="gift",
        offer="umbrella",
        member=ANNA,
        account="points",
        entry=ref,
        store="s",
        lot=LotKey(1, 0),
        lot_entry=ref,
        lot_dealer="A",
        lot_store="s",
        quantity=1,
        amount_minor=fen,
        debtor=debtor,
        creditor=creditor,
    )


made = st.builds(
    lambda found: [allocation(at, *rest) for at, *rest in found],
    st.lists(
        st.tuples(
            st.tuples(st.integers(1, 9), st.integers(0, 3)),
            dealers,
            dealers,
            st.integers(0, 10**7),
        ),
        unique_by=lambda found: found[0],
        max_size=20,
    ),
)
watermarks = st.tuples(st.integers(0, 10), st.integers(0, 10)).map(sorted)


@tried_on(made=made, between=watermarks)
def invariant_24_nets_sum_to_zero(made: list[Allocation], between: list[int]) -> None:
    run = clearing.run("r", between[0], between[1], made, ["A", "B", "C"])
    assert sum(position.net_minor for position in run.positions) == 0
    total = sum(line.allocation.amount_minor for line in run.lines)
    pays = sum(position.pays_minor + position.own_minor for position in run.positions)
    receives = sum(position.receives_minor + position.own_minor for position in run.positions)
    assert pays == receives == total
    inside = [a for a in made if between[0] < a.post_seq <= between[1]]
    assert total == sum(a.amount_minor for a in inside)
    for dealer in ("A", "B", "C"):
        [mine] = [p for p in run.positions if p.dealer == dealer]
        owed = sum(a.amount_minor for a in inside if a.debtor == dealer)
        earned = sum(a.amount_minor for a in inside if a.creditor == dealer)
        assert mine.net_minor == owed - earned


@tried_on(made=made, between=watermarks, random=st.randoms(use_true_random=False))
def invariant_25_a_run_is_the_same_bytes(
    made: list[Allocation], between: list[int], random: Any
) -> None:
    first = clearing.run("r", between[0], between[1], made, ["A", "B", "C"])
    shuffled = list(made)
    random.shuffle(shuffled)
    again = clearing.run("r", between[0], between[1], shuffled, ["C", "B", "A"])
    assert clearing.lines_csv(first.lines) == clearing.lines_csv(again.lines)
    assert clearing.positions_csv(first.positions) == clearing.positions_csv(again.positions)
    assert first.digest == again.digest


# ------------------------------------------------------------------------------------- bytes, doubt
letters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
text = st.text(letters, max_size=6) | st.sampled_from(["e\u0301", "\n\u0301", "\u0301", "\\u0000"])
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=10,
)
spoilers = st.sampled_from(
    [
        (b":", b": "),
        (b",", b" ,"),
        (b"{", b'{"":0,'),
        (b"1", b"1.0"),
        (b'"', b'"e\xcc\x81'),
        (b"e", b"\\u0065"),
    ]
)


@tried_on(value=json, spoiled=spoilers)
def canonical_bytes_are_the_only_ones(value: Any, spoiled: tuple[bytes, bytes]) -> None:
    try:
        data = canonical.encode(value)
    except canonical.NotCanonical:  # two keys that are one in NFC
        return
    try:
        assert canonical.encode(canonical.decode(data)) == data
    except canonical.NotCanonical:
        raise AssertionError(f"written but not read again: {data!r}") from None
    other = data.replace(*spoiled)
    if other == data:
        return
    try:
        found = canonical.decode(other)
    except canonical.NotCanonical:
        return
    assert canonical.encode(found) == other
    assert found != canonical.decode(data)


@tried_on(
    kind=st.sampled_from([Kind.SALE, Kind.REDEEM_GIFT, Kind.TOP_UP, Kind.NOTE, Kind.VOID]),
    moves=st.lists(
        st.tuples(st.sampled_from(sorted(ASSETS)), st.integers(-2_000, 2_000)), max_size=4
    ),
    claims=st.lists(
        st.builds(
            journal.Claim,
            st.sampled_from(["gift", "points_tender", "stored_value"]),
            st.sampled_from(sorted(ASSETS)),
            st.integers(-1, 2_000),
            st.integers(-1, 2_000),
            st.sampled_from(["umbrella", ""]),
        ),
        max_size=3,
    ),
)
def golden_13_posted_or_quarantined_and_the_books_stay_balanced(
    kind: str, moves: list[tuple[str, int]], claims: list[journal.Claim]
) -> None:
    office, till = HeadOffice().join(ANNA), Counter("A")
    till_entry = till.write_bytes(
        canonical.encode(till.body(kind, ANNA, effects=effects_of(ANNA, moves), claims=claims))
    )
    [result] = office.receive(till, till_entry)
    book = office.members[ANNA]
    if result.outcome is Outcome.QUARANTINED:
        assert book == posting.MemberBook(ANNA, "plain", "A", "A-store")
    for name in ("points", "principal", "bonus"):
        lots = sum(lot.open for lot in book.lots if lot.account == name)
        owed = sum(debt.open for debt in book.uncovered if debt.account == name)
        assert getattr(book.balances, name) == lots - owed
        if result.outcome is not Outcome.QUARANTINED:
            assert getattr(book.balances, name) == sum(d for n, d in moves if n == name)

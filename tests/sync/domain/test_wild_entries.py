"""Nothing an entry says makes posting raise or unbalances the books."""

from __future__ import annotations

from hypothesis import given, reject
from hypothesis import strategies as st

from sync.domain import canonical
from sync.domain.journal import Body, Claim, Effect
from sync.domain.kinds import KIND_RULES
from sync.domain.posting import Outcome, Result
from tests.sync.domain.making import (
    Counter,
    HeadOffice,
    plain,
)
from tests.sync.domain.scenes import ANNA, BEN, HUGE, NOBODY, office, told

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-HUGE, HUGE) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner),
    max_leaves=8,
)
amounts = st.integers(-3, 3) | st.sampled_from([1_000, -1_000, HUGE, -HUGE])
names = st.sampled_from(["points", "principal", "bonus", "qualifying", "gold"])
any_effect = st.builds(
    Effect,
    st.builds("member/{}/{}".format, st.sampled_from([ANNA, BEN, NOBODY, "x"]), names)
    | st.sampled_from(["dealer/A/sales", "till/A1/cash", "", "/", "member"]),
    st.sampled_from(["PTS", "CNY", "QSP", "USD", ""]),
    amounts,
)
any_claim = st.builds(
    Claim,
    st.sampled_from(["gift", "points_tender", "stored_value", "present"]),
    names,
    amounts,
    amounts,
    st.sampled_from(["umbrella", "points-w", ""]),
    amounts,
)


@st.composite
def wild_bodies(draw: st.DrawFn) -> bytes:
    """A body with anything in it, mostly of the right shape, now and then with a field swapped."""
    till = Counter("B")
    effects = draw(st.lists(any_effect, max_size=4))
    sums: dict[str, int] = {}
    for effect in effects:
        sums[effect.asset] = sums.get(effect.asset, 0) - effect.delta
    if draw(st.booleans()):
        effects += [
            Effect("dealer/A/other", asset, delta)
            for asset, delta in sums.items()
            if abs(delta) <= HUGE
        ]
    body: Body = till.body(
        draw(st.sampled_from(sorted(KIND_RULES))),
        draw(st.sampled_from([ANNA, NOBODY, None])),
        effects=tuple(effects),
        claims=tuple(draw(st.lists(any_claim, max_size=3))),
        programme=draw(st.sampled_from([0, 1, 2])),
        card=draw(st.sampled_from([None, "token"])),
    )
    built = plain(body)
    if draw(st.booleans()):
        built[draw(st.sampled_from(sorted(built)))] = draw(json)
    try:
        return canonical.encode(built)
    except canonical.NotCanonical:  # two drawn keys that are one in NFC
        reject()


@given(bodies=st.lists(wild_bodies() | st.binary(max_size=40), min_size=1, max_size=4))
def test_nothing_an_entry_says_makes_posting_raise(bodies: list[bytes]) -> None:
    books, till = office(), Counter("B")
    for data in bodies:
        before = told(books)
        [result] = books.receive(till, till.write_bytes(data))
        if result.outcome is Outcome.QUARANTINED:
            assert told(books) == before
        else:
            stays_bookkeeping(books, result)


def stays_bookkeeping(books: HeadOffice, result: Result) -> None:
    """Balances are open lots less what is uncovered, and the result names a number."""
    assert result.post_seq == books.next_seq - 1
    for book in books.members.values():
        for name in ("points", "principal", "bonus"):
            lots = sum(lot.open for lot in book.lots if lot.account == name)
            owed = sum(debt.open for debt in book.uncovered if debt.account == name)
            assert getattr(book.balances, name) == lots - owed

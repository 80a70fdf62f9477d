"""What always holds of prices: over random settings and sales of `comparing_prices`, by seed.

Each is run as it is by `test_invariants.py`, and under its planted bugs by `test_planted.py`.
"""

from __future__ import annotations

from random import Random

import msgspec
from hypothesis import strategies as st

from sync.domain.programme import Programme
from tests.sync.domain.comparing_prices import Case, Dice, draw, shown
from tests.sync.domain.properties import tried_on
from tests.sync.domain.properties_of_runs import PROPERTIES

__all__ = ["PROPERTIES"]

seeds = st.integers(0, 10**6)


def priced_with(case: Case, rules: Programme) -> int:
    """Amount due by other settings."""
    return Case(rules, case.sale).by_engine().price_minor


@tried_on(seed=seeds)
def golden_18_never_below_zero_and_shares_are_exact(seed: int) -> None:
    """Pitfall 3: each offer's parts of the lines are its amount, no line goes below nothing."""
    found = draw(seed).by_engine()
    by_line = [0] * len(found.lines)
    for used in found.offers:
        assert used.off_minor > 0
        assert sum(used.by_line) == used.off_minor
        assert min(used.by_line) >= 0
        by_line = [sums + part for sums, part in zip(by_line, used.by_line, strict=True)]
    for line, off in zip(found.lines, by_line, strict=True):
        assert line.offers_minor == off
        assert line.price_minor >= 0
        tag = line.unit_minor * line.quantity
        assert tag == line.price_minor + line.member_discount_minor + line.offers_minor
    assert found.price_minor == sum(line.price_minor for line in found.lines)
    assert found.tag_minor == found.price_minor + found.member_discount_minor + found.offers_minor


@tried_on(seed=seeds)
def golden_18_one_more_offer_never_raises_the_amount_due(seed: int) -> None:
    """WAT-28: whoever may choose from more pays no more."""
    case = draw(seed)
    known = case.rules.promotions.offers
    more = Dice(seed + 1).offer("zz")
    wider = msgspec.structs.replace(case.rules.promotions, offers=(*known, more))
    fewer = msgspec.structs.replace(case.rules.promotions, offers=known[1:])
    due = case.by_engine().price_minor
    assert priced_with(case, msgspec.structs.replace(case.rules, promotions=wider)) <= due
    assert priced_with(case, msgspec.structs.replace(case.rules, promotions=fewer)) >= due


@tried_on(seed=seeds)
def golden_18_order_of_lines_and_offers_decides_nothing(seed: int) -> None:
    """The same goods and the same offers in another order cost the same by the same offers."""
    case, dice = draw(seed), Random(seed)
    lines, known = list(case.sale.lines), list(case.rules.promotions.offers)
    before = shown(case.by_engine())
    dice.shuffle(lines)
    dice.shuffle(known)
    promotions = msgspec.structs.replace(case.rules.promotions, offers=tuple(known))
    rules = msgspec.structs.replace(case.rules, promotions=promotions)
    sale = type(case.sale)(**{**vars(case.sale), "lines": tuple(lines)})
    assert shown(Case(rules, sale).by_engine()) == before

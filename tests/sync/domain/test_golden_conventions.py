"""Golden cases 14 and 16: what law sets is a setting, and how a statement is read."""

from __future__ import annotations

from sync.domain import clearing
from sync.domain.programme import Returns, StoredValue
from tests.sync.domain.making import PROGRAMME, Counter, HeadOffice, member_id

ANNA = member_id(1)


def test_golden_case_14_limits_of_the_law_are_settings_with_a_default() -> None:
    """Pitfalls 19, 20: the cap of a registered card, and the days to take a top-up back."""
    assert StoredValue().balance_cap_minor == 500_000
    assert StoredValue(balance_cap_minor=100_000).balance_cap_minor == 100_000
    assert Returns().cancel_days == 7
    assert Returns(cancel_days=14).cancel_days == 14


def test_golden_case_16_a_statement_is_the_dealers_view() -> None:
    """1000 points of A buy the 50.00 gift at B: A pays 50.00, B receives 50.00; net = pays -
    receives, positive: the dealer pays; head office is the counterparty of both, and nets are 0.
    """
    office = HeadOffice().join(ANNA)
    a, b = Counter("A"), Counter("B")
    office.receive(a, a.sale(ANNA, [100_000]))
    office.receive(b, b.gift(ANNA, "umbrella"))
    run = clearing.run("2026-11", 0, office.next_seq, office.allocations, "AB")
    seen = {p.dealer: (p.pays_minor, p.receives_minor, p.net_minor) for p in run.positions}
    assert seen == {"A": (5_000, 0, 5_000), "B": (0, 5_000, -5_000)}
    assert sum(p.net_minor for p in run.positions) == 0
    assert clearing.positions_csv(run.positions).decode().splitlines() == [
        "dealer,pays,receives,net,own",
        "A,50.00,0.00,50.00,0.00",
        "B,0.00,50.00,-50.00,0.00",
    ]
    assert PROGRAMME.gift("umbrella", "B") is not None

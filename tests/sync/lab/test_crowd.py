"""The demo chain's made-up members: always the same, all different, all usable."""

from pathlib import Path

from sync.domain.cards import serial_of
from sync.lab.crowd import members
from sync.lab.demo import read_chain

DEMO = Path(__file__).parents[3] / "resources" / "demo"


def test_the_demo_chain_is_the_one_we_promise() -> None:
    chain = read_chain(DEMO / "chain.toml")
    assert (len(chain.dealers), len(chain.stores)) == (3, 5)
    assert len(members(chain, DEMO)) > 3000
    for product in chain.products:
        digits = [int(sign) for sign in product.barcode]
        assert sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0  # EAN-13


def test_members_are_the_same_every_time_and_all_different() -> None:
    chain = read_chain(DEMO / "chain.toml")
    first, again = members(chain, DEMO), members(chain, DEMO)
    assert first == again
    for key in ("id", "phone", "card"):
        assert len({getattr(member, key) for member in first}) == len(first)


def test_members_have_cards_of_the_chain_and_balances_of_the_programme() -> None:
    chain = read_chain(DEMO / "chain.toml")
    tiers = {tier.code: tier.threshold_minor for tier in chain.programmes[0].tiers}
    cap = chain.programmes[0].stored_value.balance_cap_minor
    for member in members(chain, DEMO):
        assert serial_of(member.card) is not None
        assert tiers[member.tier] <= member.qualifying or member.tier == "vip"
        assert all(o.points >= 0 and 0 <= o.principal + o.bonus <= cap for o in member.opening)
    blocks = [till.cards for till in chain.tills if till.cards]
    serials = {serial_of(member.card) for member in members(chain, DEMO)}
    for block in blocks:
        assert not serials & set(range(block.first, block.first + block.count))

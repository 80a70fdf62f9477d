"""Every order and batching of the steps a file names, each once, in its variant."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sync.lab.checking import read
from sync.lab.orders import fits, plays
from sync.lab.scenario import Variant

ORDERS = """
[orders]
steps = ["a", "b", "c"]
batches = [1, 500]

[[variant]]
name = "c-last"
where = [["a", "c"], ["b", "c"]]

[[variant]]
name = "other"

[[step]]
id = "a"
do = "sync"
at = 2026-11-03 10:00:00

[[step]]
do = "expect"
at = 2026-11-03 10:30:00
exceptions = []

[[step]]
id = "b"
do = "sync"
at = 2026-11-03 11:00:00

[[step]]
id = "c"
do = "sync"
at = 2026-11-03 12:00:00
"""


def test_a_file_without_orders_is_played_once_as_it_stands(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    scenario = read(scenario_file(base))
    [play] = plays(scenario)
    assert [numbered.step for numbered in play.steps] == list(scenario.steps)
    assert (play.order, play.variant, play.name) == (None, None, "play")


def test_every_order_is_played_with_every_batch(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    found = list(plays(read(scenario_file(base + ORDERS))))
    assert {(play.order, play.batch) for play in found} == {
        (order, batch) for order in permutations("abc") for batch in (1, 500)
    }
    assert len(found) == 12
    assert len({play.name for play in found}) == 12


def test_steps_take_each_others_places_and_times(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    scenario = read(scenario_file(base + ORDERS))
    play = next(p for p in plays(scenario) if p.order == ("c", "a", "b"))
    moved = [(numbered.step.id, numbered.step.at.hour) for numbered in play.steps]
    assert moved == [("first", 10), ("c", 10), ("", 10), ("a", 11), ("b", 12)]
    assert [scenario.steps[numbered.number].id for numbered in play.steps] == [
        numbered.step.id for numbered in play.steps
    ]


def test_an_order_belongs_to_the_first_variant_it_fits(
    base: str, scenario_file: Callable[[str], Path]
) -> None:
    for play in plays(read(scenario_file(base + ORDERS))):
        assert play.order is not None
        assert play.variant == ("c-last" if play.order[-1] == "c" else "other")


@given(st.permutations("abcd"))
def test_a_pair_fits_exactly_one_of_two_opposite_variants(order: list[str]) -> None:
    one, other = Variant(name="x", where=(("a", "b"),)), Variant(name="y", where=(("b", "a"),))
    assert fits(one, tuple(order)) != fits(other, tuple(order))

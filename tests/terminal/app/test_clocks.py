"""A story's clock and randomness: moved by hand, the same every time."""

from hypothesis import given
from hypothesis import strategies as st

from terminal.app.clocks import SeededRandom, StoryClock, SystemClock, boot_id, system_random


def test_a_storys_clock_stands_still_until_it_is_moved() -> None:
    clock = StoryClock(1_000)
    assert (clock.utc_ms(), clock.mono_ms()) == (1_000, 0)
    clock.move(5_000)
    assert (clock.utc_ms(), clock.mono_ms()) == (5_000, 4_000)


@given(st.lists(st.integers(0, 10**13), max_size=20))
def test_monotonic_time_never_runs_back_whatever_the_wall_clock_does(times: list[int]) -> None:
    clock, last = StoryClock(10**12), 0
    for at in times:
        clock.move(at)
        assert clock.utc_ms() == at
        assert clock.mono_ms() >= last
        last = clock.mono_ms()


@given(st.text(max_size=5), st.lists(st.integers(0, 100), max_size=10))
def test_the_same_seed_draws_the_same_bytes(seed: str, sizes: list[int]) -> None:
    one, other = SeededRandom(seed), SeededRandom(seed)
    drawn = [one(size) for size in sizes]
    assert drawn == [other(size) for size in sizes]
    assert [len(data) for data in drawn] == sizes
    long = [data for data in drawn if len(data) >= 16]
    assert len(set(long)) == len(long)


def test_another_seed_draws_other_bytes() -> None:
    assert SeededRandom("1|A1-1|1")(32) != SeededRandom("1|A1-1|2")(32)


def test_the_systems_own_are_what_they_say() -> None:
    clock = SystemClock()
    assert clock.mono_ms() <= clock.mono_ms()
    assert clock.utc_ms() > 1_700_000_000_000
    assert len(system_random(16)) == 16
    assert boot_id(1_795_140_000_000, bytes(16)).version == 7

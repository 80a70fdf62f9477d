from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from terminal.input.burst import BurstDecoder, BurstSettings, Decision, Replay, Scan, Swallow

Fed = tuple[int, str]  # a running number and a character ("" for what was attached)


def type_in(
    decoder: BurstDecoder[str], text: str, *, start_ms: int = 1000, gap_ms: int = 2
) -> list[Decision[str]]:
    decisions: list[Decision[str]] = []
    for index, char in enumerate(text):
        decisions.extend(decoder.feed(char, start_ms + index * gap_ms, char))
    return decisions


def scans(decisions: Sequence[Decision[str]]) -> list[str]:
    return [decision.text for decision in decisions if isinstance(decision, Scan)]


def replayed(decisions: Sequence[Decision[str]]) -> str:
    return "".join("".join(d.items) for d in decisions if isinstance(d, Replay))


def test_a_burst_that_ends_in_enter_is_a_scan() -> None:
    decoder: BurstDecoder[str] = BurstDecoder(BurstSettings())
    decisions = type_in(decoder, "6901234500124\r")
    assert decisions == [Scan("6901234500124", tuple("6901234500124\r"), prefixed=False)]
    assert not decoder.holding


@pytest.mark.parametrize(("gap_ms", "is_scan"), [(0, True), (50, True), (51, False)])
def test_the_pace_decides(gap_ms: int, is_scan: bool) -> None:
    decoder: BurstDecoder[str] = BurstDecoder(BurstSettings())
    decisions = type_in(decoder, "123456\r", gap_ms=gap_ms)
    assert bool(scans(decisions)) is is_scan
    assert replayed(decisions) == ("" if is_scan else "123456\r")


@pytest.mark.parametrize(("code", "is_scan"), [("12345", False), ("123456", True)])
def test_short_bursts_are_typing(code: str, is_scan: bool) -> None:
    decisions = type_in(BurstDecoder(BurstSettings()), code + "\r")
    assert bool(scans(decisions)) is is_scan


def test_slow_typing_comes_back_key_by_key() -> None:
    decoder: BurstDecoder[str] = BurstDecoder(BurstSettings())
    for index, char in enumerate("wang"):
        before = "wang"[index - 1] if index else ""
        assert replayed(decoder.feed(char, 200 * index, char)) == before
    assert decoder.flush() == (Replay(("g",)),)
    assert decoder.flush() == ()


def test_typing_before_a_scan_is_kept_apart_by_the_pause() -> None:
    decoder: BurstDecoder[str] = BurstDecoder(BurstSettings())
    decisions = type_in(decoder, "ab", start_ms=0, gap_ms=90)
    decisions += type_in(decoder, "6901234500124\r", start_ms=200)
    assert scans(decisions) == ["6901234500124"]
    assert replayed(decisions) == "ab"


def test_a_prefix_keeps_them_apart_without_a_pause() -> None:
    decoder: BurstDecoder[str] = BurstDecoder(BurstSettings(prefix="~]"))
    decisions = type_in(decoder, "ab~~]12\r")
    assert scans(decisions) == ["12"]
    assert replayed(decisions) == "ab~"


def test_a_prefixed_scan_may_be_slow() -> None:
    decoder: BurstDecoder[str] = BurstDecoder(BurstSettings(prefix="~", by_pace=False))
    assert scans(type_in(decoder, "~4417\r", gap_ms=200)) == ["4417"]
    assert replayed(type_in(decoder, "441700\r", start_ms=9000)) == "441700\r"


def test_a_suffix_ends_a_scan_without_enter_and_is_not_part_of_it() -> None:
    decoder: BurstDecoder[str] = BurstDecoder(BurstSettings(prefix="~", suffix="#"))
    assert scans(type_in(decoder, "~4417#")) == ["4417"]
    assert scans(type_in(decoder, "6901234500124#\r", start_ms=9000)) == ["6901234500124"]


def test_the_second_half_of_cr_lf_is_swallowed_and_a_later_enter_is_not() -> None:
    decoder: BurstDecoder[str] = BurstDecoder(BurstSettings())
    assert len(type_in(decoder, "123456\r")) == 1
    assert decoder.may_follow(1013)
    assert decoder.feed("\n", 1014, "\n") == [Swallow(("\n",))]
    assert decoder.feed("\n", 1016, "\n") == [Replay(("\n",))]
    assert not decoder.may_follow(1017)


def test_what_is_longer_than_any_code_is_handed_back() -> None:
    decoder: BurstDecoder[str] = BurstDecoder(BurstSettings(length_max=20))
    decisions = type_in(decoder, "x" * 21)
    assert replayed(decisions) == "x" * 21


def test_settings_that_recognise_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="prefix"):
        BurstSettings(by_pace=False)


def test_nothing_can_be_attached_to_nothing() -> None:
    with pytest.raises(ValueError, match="held"):
        BurstDecoder[str](BurstSettings()).attach("release")


def test_a_scan_does_not_show_its_text() -> None:
    (scan,) = type_in(BurstDecoder(BurstSettings()), "8812000123450004\r")
    assert "8812" not in repr(scan)


KEYS = st.tuples(
    st.sampled_from("0a%~]~]#\r\n\t"),
    st.sampled_from([0, 0, 0, 1, 2, 5, 20, 49, 50, 51, 120, 250, 251, -30]),
    st.sampled_from(["key", "key", "key", "key", "attach", "flush"]),
)
SETTINGS = st.builds(
    BurstSettings,
    prefix=st.sampled_from(["", "~", "~]", "~~"]),
    suffix=st.sampled_from(["", "#", "##"]),
    length_min=st.integers(1, 8),
    length_max=st.integers(8, 30),
)


@given(keys=st.lists(KEYS, max_size=60), settings=SETTINGS)
@example(
    keys=[("a", 0, "key"), ("", 0, "attach"), ("~", 0, "key"), ("1", 0, "key"), ("\r", 0, "key")],
    settings=BurstSettings(prefix="~"),
)
@example(keys=[("~", 0, "key")] * 3 + [("\r", 0, "key")], settings=BurstSettings(prefix="~~"))
def test_every_key_comes_out_once_and_in_order(
    keys: list[tuple[str, int, str]], settings: BurstSettings
) -> None:
    """Replayed plus swallowed is what was fed.

    Planted bugs this was seen to catch: a terminator after a short burst handing back itself
    only; `_release` counting a key's release as a character of its own.
    """
    decoder: BurstDecoder[Fed] = BurstDecoder(settings)
    fed: list[Fed] = []
    out: list[Fed] = []
    t_ms = 1000
    for char, gap_ms, what in keys:
        decisions: Sequence[Decision[Fed]] = ()
        if what == "flush":
            decisions = decoder.flush()
        elif what == "attach":
            if decoder.holding:
                fed.append((len(fed), ""))
                decoder.attach(fed[-1])
        else:
            t_ms += gap_ms
            fed.append((len(fed), char))
            decisions = decoder.feed(char, t_ms, fed[-1])
        for decision in decisions:
            out.extend(decision.items)
            if isinstance(decision, Scan):
                before = settings.prefix if decision.prefixed else ""
                after = "".join(char for _, char in decision.items)
                assert after.startswith(before + decision.text)
                after = after.removeprefix(before + decision.text)
                assert after in {a + b for a in ("", settings.suffix) for b in ("", *"\r\n\t")}
        assert out == fed[: len(out)]
    for decision in decoder.flush():
        out.extend(decision.items)
    assert out == fed


@given(
    code=st.text(st.sampled_from("0123456789ABCXYZabc-./"), min_size=6, max_size=60),
    gaps=st.lists(st.integers(0, 50), min_size=60, max_size=60),
    terminator=st.sampled_from("\r\n\t"),
)
def test_every_burst_is_a_scan_with_exactly_its_text(
    code: str, gaps: list[int], terminator: str
) -> None:
    """A burst is never cut or merged, however its pace varies within the limit."""
    decoder: BurstDecoder[str] = BurstDecoder(BurstSettings())
    decisions: list[Decision[str]] = []
    t_ms = 5
    for char, gap_ms in zip(code + terminator, [*gaps, 0], strict=False):
        t_ms += gap_ms
        decisions.extend(decoder.feed(char, t_ms, char))
    assert scans(decisions) == [code]
    assert replayed(decisions) == ""

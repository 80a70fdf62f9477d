"""The programme, limits without head office, canonical bytes and the journal's own edges."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain import canonical, journal
from sync.domain.journal import Effect, Kind, Presented
from sync.domain.limits import (
    Allowed,
    Debit,
    Used,
    authorise,
    debit_offline,
    top_up_offline,
    worst_case_minor,
)
from sync.domain.lots import take
from sync.domain.members import Balances
from sync.domain.programme import (
    Earning,
    Gift,
    Joining,
    OfflineLimits,
    PointsTender,
    Programme,
    Ratio,
    StoredValue,
    Tier,
    TopUpStep,
    from_bytes,
    in_force,
    to_bytes,
)
from sync.domain.refusals import Code, Refusal
from tests.sync.domain.making import GENESIS, PROGRAMME, Counter, member_id, programme, words

ANNA = member_id(1)
LIMITS = OfflineLimits()
DAY_MS = 24 * 3_600_000


# --------------------------------------------------------------------------------------- programme
def test_the_programme_in_force_is_the_highest_version_of_the_day() -> None:
    """Rows: JF-03; pitfall 34."""
    first = programme(version=1, effective_from=date(2026, 1, 1))
    second = programme(version=2, effective_from=date(2026, 6, 1))
    early = programme(version=3, effective_from=date(2026, 3, 1))
    assert in_force([first, second], date(2026, 5, 31)) == first
    assert in_force([first, second], date(2026, 6, 1)) == second
    assert in_force([first, second, early], date(2026, 6, 1)) == early
    assert in_force([first], date(2025, 12, 31)) is None


def test_a_programme_comes_back_from_its_bytes() -> None:
    assert from_bytes(to_bytes(PROGRAMME)) == PROGRAMME


def test_a_field_this_release_does_not_know_is_never_ignored() -> None:
    for path in ((), ("earning",), ("tiers", 0), ("stored_value", "steps", 0)):
        built = msgspec.json.decode(to_bytes(PROGRAMME))
        inner: Any = built
        for step in path:
            inner = inner[step]
        inner["moon"] = 1
        with pytest.raises(ValueError, match="cannot apply the programme"):
            from_bytes(canonical.encode(built))
    with pytest.raises(ValueError, match="white space"):
        from_bytes(to_bytes(PROGRAMME) + b" ")


@pytest.mark.parametrize(
    ("build", "match"),
    [
        (lambda: Ratio(1, 0), "den > 0"),
        (lambda: Ratio(-1, 1), "num >= 0"),
        (lambda: Tier("x", words(), -1), "threshold_minor"),
        (lambda: Tier("x", words(), 0, 0), "price_per_mille"),
        (lambda: Tier("x", words(), 0, 1_000, 1_001), "stored_value_per_mille"),
        (lambda: Joining(-1, 0), "single_minor"),
        (lambda: Joining(0, 0, 0), "window_months"),
        (lambda: Earning(Ratio(1, 1), {}, 0), "expiry_months"),
        (lambda: PointsTender("x", 0, 1, 1), "unit_points"),
        (lambda: PointsTender("x", 1, 0, 1), "face_minor"),
        (lambda: PointsTender("x", 1, 1, -1), "settlement_minor"),
        (lambda: PointsTender("x", 1, 1, 1, (), 1_001), "max_share_per_mille"),
        (lambda: Gift("x", words(), 0, 1, 1), "points"),
        (lambda: Gift("x", words(), 1, 10**12 + 1, 1), "settlement_minor"),
        (lambda: TopUpStep(0, 1), "from_minor"),
        (lambda: StoredValue((), "nobody"), "bonus_funded_by"),
        (lambda: StoredValue((), "issuing", -1), "balance_cap_minor"),
        (lambda: programme(version=0), "version"),
        (lambda: programme(business_day_cutoff_hour=24), "cutoff_hour"),
        (lambda: programme(currency="PTS"), "currency"),
        (lambda: programme(currency="yuan"), "currency"),
        (lambda: programme(tiers=()), "tier codes"),
        (lambda: programme(tiers=(PROGRAMME.tiers[0],) * 2), "tier codes"),
        (lambda: programme(gifts=PROGRAMME.gifts * 2), "offer ids"),
        (lambda: programme(joining=Joining(0, 0, 12, "moon")), "is no tier"),
    ],
)
def test_rules_that_make_no_sense_are_no_programme(build: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        build()


def test_the_first_tier_is_the_lowest_unless_it_is_named() -> None:
    assert PROGRAMME.first_tier.code == "plain"
    unnamed = programme(joining=Joining(0, 0))
    assert unnamed.first_tier == unnamed.tiers[0]
    assert programme(joining=Joining(0, 0, 12, "diamond")).first_tier.code == "diamond"
    assert PROGRAMME.tier("moon") is None


def test_gifts_are_given_where_they_are_offered() -> None:
    rules = programme(gifts=(Gift("bag", words(), 1, 1, 1, ("B", "C")),))
    assert rules.gift("bag", "B")
    assert rules.gift("bag", "A") is None


def test_a_programme_is_a_programme() -> None:
    assert isinstance(PROGRAMME, Programme)


# ------------------------------------------------------------------------------------------ limits
PROVEN = Presented("ic", "r", "read", "authenticated")
TOKEN = Presented("barcode", "r", "read", "token")


def offline(debit: Debit, used: Used | None = None, **changes: Any) -> Allowed | Refusal:
    usual: dict[str, Any] = {
        "presented": PROVEN,
        "age_ms": 0,
        "offline_ms": 0,
        "negative": False,
    }
    return debit_offline(LIMITS, debit, used or Used(), **{**usual, **changes})


@pytest.mark.parametrize(
    ("debit", "used", "changes", "refused"),
    [
        (Debit(1), Used(), {"negative": True}, Code.MEMBER_NEGATIVE),
        (Debit(1), Used(), {"age_ms": None}, Code.OFFLINE_TOO_LONG),
        (Debit(1), Used(), {"offline_ms": 3 * DAY_MS + 1}, Code.OFFLINE_TOO_LONG),
        (Debit(1), Used(), {"offline_ms": 3 * DAY_MS}, None),
        (Debit(0, 0, 10_001), Used(), {"presented": None}, Code.OFFLINE_NOT_AUTHENTICATED),
        (Debit(0, 0, 10_001), Used(), {"presented": TOKEN}, Code.OFFLINE_NOT_AUTHENTICATED),
        (Debit(0, 0, 10_000), Used(), {"presented": TOKEN}, None),
        (
            Debit(0, 0, 10_001),
            Used(),
            {"presented": msgspec.structs.replace(TOKEN, pin=True)},
            None,
        ),
        (Debit(1, 10_000), Used(), {}, None),
        (Debit(1, 10_001), Used(), {}, Code.OFFLINE_CARD_DAY),
        (Debit(1, 1), Used(card_points_minor=10_000), {}, Code.OFFLINE_CARD_DAY),
        (Debit(0, 0, 1), Used(card_stored_value_minor=20_000), {}, Code.OFFLINE_CARD_DAY),
        (Debit(0, 0, 1), Used(card_points_minor=10_001), {}, None),
        (Debit(0, 0, 100), Used(till_at_risk_minor=299_900), {}, None),
        (Debit(0, 0, 100), Used(till_at_risk_minor=299_901), {}, Code.OFFLINE_TILL),
        (Debit(1, 1), Used(till_ops=99), {}, None),
        (Debit(1, 1), Used(till_ops=100), {}, Code.OFFLINE_TILL),
    ],
)
def test_what_may_be_spent_offline(
    debit: Debit, used: Used, changes: dict[str, Any], refused: Code | None
) -> None:
    answer = offline(debit, used, **changes)
    assert (answer.code if isinstance(answer, Refusal) else None) is refused


@pytest.mark.parametrize(
    ("debit", "used", "marks"),
    [
        (Debit(100, 5_000), Used(), ()),
        (Debit(100, 5_001), Used(), ("points_op",)),
        (Debit(100, 500), Used(card_points_ops=1), ()),
        (Debit(100, 500), Used(card_points_ops=2), ("points_ops",)),
        (Debit(0, 0, 10_001), Used(card_points_ops=2), ("stored_value_op",)),
        (Debit(0, 0, 1), Used(till_at_risk_minor=100_000), ("till",)),
    ],
)
def test_soft_marks_need_an_approver(debit: Debit, used: Used, marks: tuple[str, ...]) -> None:
    assert offline(debit, used) == Allowed(marks)


@given(
    debits=st.lists(
        st.builds(Debit, st.integers(0, 5), st.integers(0, 9_000), st.integers(0, 15_000)),
        max_size=60,
    )
)
def test_debits_of_a_till_never_pass_the_hard_mark(debits: list[Debit]) -> None:
    used, sum_minor, ops = Used(), 0, 0
    for debit in debits:
        if isinstance(offline(debit, used), Allowed):
            sum_minor, ops = sum_minor + debit.at_risk_minor, ops + 1
            used = Used(till_at_risk_minor=sum_minor, till_ops=ops)
    assert sum_minor <= LIMITS.at_risk_hard_minor
    assert ops <= LIMITS.at_risk_hard_ops


@pytest.mark.parametrize(
    ("amount", "used", "answer"),
    [
        (50_000, 0, Allowed()),
        (50_001, 0, Allowed(("top_up_op",))),
        (100_001, 0, Code.OFFLINE_TOP_UP),
        (100_000, 400_000, Allowed(("top_up_op",))),
        (100_000, 400_001, Code.OFFLINE_TOP_UP),
    ],
)
def test_top_ups_offline(amount: int, used: int, answer: Allowed | Code) -> None:
    """Rows: pitfall 20."""
    found = top_up_offline(LIMITS, amount, Used(till_top_up_minor=used))
    assert (found.code if isinstance(found, Refusal) else found) == answer


def test_a_till_beyond_its_cap_has_nothing_left() -> None:
    found = top_up_offline(LIMITS, 1, Used(till_top_up_minor=600_000))
    assert isinstance(found, Refusal)
    assert found.param("cap_minor") == 0


@pytest.mark.parametrize(
    ("held", "reserved", "debit", "stored", "refused"),
    [
        (Balances(100), Balances(), Debit(100), (0, 0), None),
        (Balances(100), Balances(1), Debit(100), (0, 0), Code.POINTS_SHORT),
        (Balances(-5), Balances(), Debit(1), (0, 0), Code.POINTS_SHORT),
        (Balances(-5, 100), Balances(), Debit(), (60, 40), None),
        (Balances(0, 0, 100), Balances(), Debit(), (60, 40), None),
        (Balances(0, 50, 49), Balances(), Debit(), (60, 40), Code.STORED_VALUE_SHORT),
        (Balances(0, 100), Balances(0, 1), Debit(), (60, 40), Code.STORED_VALUE_SHORT),
        (Balances(5, -9), Balances(), Debit(5), (0, 0), None),
    ],
)
def test_what_head_office_authorises(
    held: Balances,
    reserved: Balances,
    debit: Debit,
    stored: tuple[int, int],
    refused: Code | None,
) -> None:
    answer = authorise(held, reserved, debit, *stored)
    assert (answer.code if answer else None) is refused
    if answer:
        assert int(answer.params[0][1]) >= 0


def test_the_worst_case_is_a_number() -> None:
    assert worst_case_minor(LIMITS) == 300_000 + 500_000


# ------------------------------------------------------------------------------ bytes and journal
@pytest.mark.parametrize(
    "value",
    [
        1.0,
        [float("nan")],
        {1: 2},
        {"a": {2: 3}},
        1 << 63,
        [-(1 << 63) - 1],
        "a\0",
        {"a\0": 1},
        "\ud800",
        object(),
        {"é": 1, "e\u0301": 2},
    ],
    ids=repr,
)
def test_what_has_no_canonical_form(value: object) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.encode(value)


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_depth_is_bounded_the_same_both_ways() -> None:
    deepest = canonical.encode(nested(canonical.MAX_DEPTH))
    assert canonical.decode(deepest) == nested(canonical.MAX_DEPTH)
    assert canonical.decode(canonical.encode({"a": nested(31)})) == {"a": nested(31)}
    in_objects: object = 1
    for _ in range(canonical.MAX_DEPTH):
        in_objects = {"a": in_objects}
    assert canonical.decode(canonical.encode(in_objects)) == in_objects
    with pytest.raises(canonical.NotCanonical):
        canonical.encode({"a": in_objects})
    for depth in (canonical.MAX_DEPTH + 1, 100_000):
        with pytest.raises(canonical.NotCanonical):
            canonical.encode(nested(depth))
        with pytest.raises(canonical.NotCanonical):
            canonical.decode(b"[" * depth + b"1" + b"]" * depth)


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'"\\u0041"',
        b"-0",
        b"1.0",
        b"1e3",
        b"9223372036854775808",
        b'"\\u0000"',
        b'{"\\u0000":1}',
        b'"e\xcc\x81"',
        b'{"e\xcc\x81":1}',
        b'["e\xcc\x81"]',
        b'"\xff"',
        b"",
    ],
)
def test_bytes_that_encode_would_not_write(data: bytes) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(data)


@pytest.mark.parametrize("text", ["\n\u0301", "\\u0000", "\u0301", "é", "张文静\t\u0308", "\x7f"])
def test_text_that_only_looks_odd(text: str) -> None:
    assert canonical.decode(canonical.encode({text: [text]})) == {text: [text]}


def test_text_is_written_in_normal_form() -> None:
    assert canonical.encode(["e\u0301", ("x",), None, True]) == '["é",["x"],null,true]'.encode()


@pytest.mark.parametrize(
    ("epoch", "seq", "prev"),
    [(0, 1, GENESIS), (1 << 32, 1, GENESIS), (1, 0, GENESIS), (1, 1 << 63, GENESIS), (1, 1, b"")],
)
def test_places_no_chain_has(epoch: int, seq: int, prev: bytes) -> None:
    with pytest.raises(ValueError, match="seq"):
        journal.entry_hash(ANNA, epoch, seq, prev, b"")


def test_a_till_writes_only_what_head_office_reads() -> None:
    """Rows: BEST-47."""
    till = Counter("A")
    refused: list[dict[str, Any]] = [
        {"operator": "e" * 65},
        {"kind": "gamble"},
        {"effects": (Effect("bank/1/gold", "PTS", 0),)},
        {"data": {"note": "x" * journal.MAX_BODY_BYTES}},
        {"effects": (Effect(f"member/{ANNA}/points", "PTS", 5),)},
    ]
    for changes in refused:
        body = till.body(**{"kind": Kind.SALE, "member": ANNA, **changes})
        with pytest.raises(ValueError, match=r"length|not known|account|bytes|sum"):
            journal.body_bytes(body)


def test_a_body_comes_back_from_its_bytes() -> None:
    till = Counter("A")
    body = till.body(Kind.NOTE, ANNA, presented=PROVEN, data={"note": "é\n\u0301"})
    assert journal.read_body(journal.body_bytes(body)) == body


def test_a_currency_that_is_known_is_the_only_one() -> None:
    effects = (
        Effect(f"member/{ANNA}/principal", "USD", 5),
        Effect("till/A1/cash", "USD", -5),
    )
    journal.check_balanced(effects)
    with pytest.raises(journal.Unbalanced, match="USD on"):
        journal.check_balanced(effects, "CNY")


def test_nothing_is_taken_from_lots_for_nothing() -> None:
    for quantity in (0, -1):
        assert take([], quantity, date(2026, 1, 1)) == ([], False)

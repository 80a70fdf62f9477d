"""Opening import: what is read, what is asked, what would happen (FL-03, BEST-24, A-18; pitfalls 8,
13)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.importing import (
    Decision,
    ImportMapping,
    Known,
    Plan,
    ProblemCode,
    Totals,
    plan,
    read,
)
from sync.domain.phones import e164

ANNA = UUID(int=1)
HEADINGS = [
    "卡号",
    "姓名",
    "手机",
    "等级",
    "积分",
    "本金",
    "赠送",
    "累计",
    "到期",
    "生日",
    "介质",
    "门店",
]
COLUMNS = dict(
    zip(
        (
            *("card", "name", "phone", "tier", "points", "principal", "bonus", "qualifying"),
            *("expires_on", "birthday", "medium", "store"),
        ),
        HEADINGS,
        strict=True,
    )
)
KNOWN = Known(
    {"+8613800138000": ANNA},
    frozenset({"COLD"}),
    frozenset({"B1", "B2"}),
    frozenset({"gold"}),
    e164,
)


def mapping(**changes: object) -> ImportMapping:
    given_ = {"store": "B1", "columns": COLUMNS, "tiers": {"金卡": "gold"}} | changes
    return msgspec.convert(given_, ImportMapping)


def row(card: str = "C1", **cells: str) -> list[str]:
    found = dict.fromkeys(COLUMNS, "") | {"card": card} | cells
    return [found[name] for name in COLUMNS]


def planned(*rows: list[str], decisions: dict[int, str] | None = None, **changes: object) -> Plan:
    made = mapping(**changes)
    found, problems = read(made, HEADINGS, rows, KNOWN)
    return plan(made, found, problems, KNOWN, decisions or {})


def test_a_whole_row_is_read_to_the_fen() -> None:
    """Rows: FL-03; pitfall 8. 1,234.50 yuan are 123450 fen, through no float.

    Rows: BEST-32.
    """
    made = planned(
        row(
            "6688 0001", name="王芳", phone="139 1234 5678", tier="金卡", points="1,200",
            principal="¥1,234.50", bonus="100", qualifying="5000.0", expires_on="2027-06-30",
            birthday="5月20日", medium="magstripe", store="B2",
        )
    )  # fmt: skip
    assert made.ready
    taken = made.taken[0].row
    assert (taken.card, taken.phone, taken.tier, taken.store) == (
        "66880001", "+8613912345678", "gold", "B2",
    )  # fmt: skip
    assert (taken.points, taken.principal_minor, taken.bonus_minor) == (1200, 123_450, 10_000)
    assert (taken.qualifying_minor, taken.birthday, taken.medium) == (500_000, (5, 20), "magstripe")
    assert taken.expires_on == date(2027, 6, 30)
    assert made.totals == Totals(1, 1200, 123_450, 10_000)


def test_what_a_row_does_not_say_comes_from_the_mapping() -> None:
    made = planned(row(), [], ["", " "], expires_on="2028-01-31", unit="fen")
    taken = made.taken[0].row
    assert (taken.store, taken.medium, taken.expires_on) == ("B1", "barcode", date(2028, 1, 31))
    assert (taken.phone, taken.birthday, len(made.taken)) == ("", None, 1)
    assert planned(row(principal="250"), unit="fen").totals.principal_minor == 250


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"card": ""}, "card", ProblemCode.CARD_MISSING),
        ({"card": "9" * 65}, "card", ProblemCode.CARD_UNREADABLE),
        ({"card": "C\x001"}, "card", ProblemCode.CARD_UNREADABLE),
        ({"phone": "12"}, "phone", ProblemCode.PHONE_INVALID),
        ({"points": "12.5"}, "points", ProblemCode.AMOUNT_INVALID),
        ({"points": "many"}, "points", ProblemCode.AMOUNT_INVALID),
        ({"principal": "1.005"}, "principal", ProblemCode.AMOUNT_INVALID),
        ({"principal": "9" * 15}, "principal", ProblemCode.AMOUNT_INVALID),
        ({"bonus": "-1"}, "bonus", ProblemCode.AMOUNT_NEGATIVE),
        ({"expires_on": "30.6.2027"}, "expires_on", ProblemCode.DATE_INVALID),
        ({"birthday": "2月30日"}, "birthday", ProblemCode.DATE_INVALID),
        ({"birthday": "soon"}, "birthday", ProblemCode.DATE_INVALID),
        ({"tier": "platinum"}, "tier", ProblemCode.TIER_UNKNOWN),
        ({"store": "Z9"}, "store", ProblemCode.STORE_UNKNOWN),
    ],
)
def test_what_cannot_be_read_is_named(
    cells: dict[str, str], column: str, code: ProblemCode
) -> None:
    """Every problem says line and column; nothing of that row is taken."""
    made = planned(row(**({"name": "x"} | cells)))
    assert [(p.line, p.column, p.code) for p in made.problems] == [(2, column, code)]
    assert not made.ready
    assert not made.taken


def test_a_card_in_use_is_refused() -> None:
    assert [p.code for p in planned(row("c-old")).problems] == [ProblemCode.CARD_IN_USE]


def test_a_missing_heading_stops_everything() -> None:
    rows, problems = read(mapping(), HEADINGS[:-1], [row()], KNOWN)
    assert rows == []
    assert [(p.line, p.column, p.code) for p in problems] == [
        (1, "store", ProblemCode.COLUMN_MISSING)
    ]


@pytest.mark.parametrize(
    "changes", [{"store": ""}, {"columns": {"name": "姓名"}}, {"columns": COLUMNS | {"iq": "IQ"}}]
)
def test_a_mapping_that_means_nothing_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        mapping(**changes)


def test_the_same_card_twice_is_named_with_its_first_line() -> None:
    made = planned(row("C1"), row("C 1"))
    assert [(p.line, p.code, p.value) for p in made.problems] == [(3, ProblemCode.CARD_TWICE, "2")]


def test_a_known_phone_is_a_question_for_people() -> None:
    """Rows: A-18; pitfall 13: proposed by phone, never merged by a rule."""
    rows = row("C1", phone="13800138000", points="10"), row("C2", phone="13800138000")
    made = planned(*rows)
    assert (made.open_questions, made.ready) == ((2, 3), False)
    assert [review.member for review in made.reviews] == [ANNA, ANNA]
    decided = planned(*rows, decisions={2: "same", 3: "skip"})
    assert (decided.ready, decided.left_out) == (True, (3,))
    assert [(p.member, p.with_line) for p in decided.taken] == [(ANNA, None)]
    assert decided.totals == Totals(0, 10, 0, 0)


def test_two_rows_of_one_phone_may_be_one_person_or_two() -> None:
    rows = row("C1", phone="13912345678"), row("C2", phone="13912345678"), row("C3")
    made = planned(*rows)
    assert [(r.line, r.member, r.other_line, r.decision) for r in made.reviews] == [
        (3, None, 2, None)
    ]
    one = planned(*rows, decisions={3: "same"})
    assert [(p.row.line, p.with_line) for p in one.taken] == [(2, None), (3, 2), (4, None)]
    assert one.totals.members == 2
    two = planned(*rows, decisions={3: "new"})
    assert [p.with_line for p in two.taken] == [None, None, None]
    assert two.reviews[0].decision is Decision.NEW
    wrong = planned(*rows, decisions={3: "perhaps"})
    assert [p.code for p in wrong.problems] == [ProblemCode.DECISION_UNKNOWN]


def test_control_totals_must_hold() -> None:
    rows = row("C1", points="100", principal="300"), row("C2", points="50", bonus="30")
    right = {"members": 2, "points": 150, "principal_minor": 30_000, "bonus_minor": 3_000}
    assert planned(*rows, totals=right).ready
    made = planned(*rows, totals=right | {"points": 160})
    assert [(p.column, p.code, p.value) for p in made.problems] == [
        ("points", ProblemCode.TOTALS_DIFFER, "150")
    ]
    huge = row("C1", points="1000000000000"), row("C2", points="1")
    assert [p.code for p in planned(*huge).problems] == [ProblemCode.TOO_LARGE]


def test_nothing_to_take_is_not_ready() -> None:
    assert not planned().ready


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["C1", "C2", "C3", "C4", ""]),
        st.sampled_from(["", "13912345678", "13800138000", "1"]),
        st.integers(0, 10**6),
        st.integers(0, 10**8),
    ),
    max_size=12,
)


@given(ROWS, st.dictionaries(st.integers(2, 14), st.sampled_from(["new", "same", "skip"])))
def test_no_row_is_lost_and_totals_are_those_of_the_rows(
    found: list[tuple[str, str, int, int]], decisions: dict[int, str]
) -> None:
    """Each row ends in exactly one place, and what would be written sums to the totals.

    Planted bug: a row of a doubled card counted in the totals; the sums differ.
    """
    cells = [
        row(
            card,
            name="x",
            phone=phone,
            points=str(points),
            principal=f"{fen // 100}.{fen % 100:02}",
        )
        for card, phone, points, fen in found
    ]
    made = planned(*cells, decisions=decisions)
    taken = {p.row.line for p in made.taken}
    named = {p.line for p in made.problems if p.line and p.column != "decision"}
    left = set(made.left_out)
    assert sorted([*taken, *named, *left]) == list(range(2, len(found) + 2))
    assert made.totals.points == sum(found[line - 2][2] for line in taken)
    assert made.totals.principal_minor == sum(found[line - 2][3] for line in taken)
    assert len({p.row.card for p in made.taken}) == len(made.taken)
    lines = [p.row.line for p in made.taken]
    assert all(p.with_line is None or p.with_line in lines for p in made.taken)

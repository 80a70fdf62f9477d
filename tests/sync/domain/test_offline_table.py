"""The table of what may be done without head office is the one that docs/offline.md shows.

Rows: FL-27; pitfall 1; design.md section 5.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.domain.journal import Kind
from sync.domain.offline_table import (
    TABLE,
    WITHOUT_VALUE,
    Mode,
    OfflineRow,
    mode_of,
    needs_head_office,
)

PAGE = Path(__file__).parents[3] / "docs" / "offline.md"


def told() -> list[list[str]]:
    """Rows of the page's table, cell by cell."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index("| operation | mode | condition | kinds |") + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def cells(row: OfflineRow) -> list[str]:
    mode = row.mode.value if row.else_ is None else f"{row.mode}, else {row.else_}"
    return [row.operation, mode, row.condition, ", ".join(row.kinds)]


def test_the_page_shows_the_table_row_by_row() -> None:
    assert told() == [cells(row) for row in TABLE]


def test_every_kind_stands_in_it_once() -> None:
    named = [kind for row in TABLE for kind in row.kinds]
    assert len(named) == len(set(named))
    assert {*named} | WITHOUT_VALUE == set(Kind)
    assert not {*named} & WITHOUT_VALUE


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        (Kind.SALE, Mode.FREE),
        (Kind.REDEEM_GIFT, Mode.LEASE),
        (Kind.TOP_UP, Mode.CAPPED),
        (Kind.VIRTUAL_ORDER, Mode.ONLINE),
        (Kind.NOTE, Mode.FREE),
    ],
)
def test_a_kind_has_its_mode(kind: Kind, mode: Mode) -> None:
    assert mode_of(kind) is mode


def test_online_operations_need_head_offices_word_to_move_value() -> None:
    """A transfer with effects is refused offline; as a request, or authorised, it is not."""
    kind = Kind.TRANSFER
    assert needs_head_office(kind, moves_value=True, authorised=False)
    assert not needs_head_office(kind, moves_value=False, authorised=False)
    assert not needs_head_office(kind, moves_value=True, authorised=True)
    assert not needs_head_office(Kind.SALE, moves_value=True, authorised=False)

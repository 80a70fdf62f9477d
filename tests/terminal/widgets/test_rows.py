"""The table: a model that Qt accepts, columns that share the width, rows by themselves."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from terminal.widgets.rows import Column, RowsTable

COLUMNS = (
    Column("a", lambda row: row[0], lambda row: row[1], strong=True),
    Column("b", lambda row: row[2], width=60, wide=120, right=True),
    Column("", width=40, right=True, icon="x"),
)
ROWS = tuple((f"羊毛混纺半身裙 {n}", "藏青 / M", "2,680.00") for n in range(9))


def table(qtbot: QtBot) -> RowsTable:
    """A shown table with nine rows."""
    made = RowsTable(COLUMNS)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    made.show_rows(ROWS, lambda row: row is ROWS[1])
    return made


def test_the_model_is_one(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    made = table(qtbot)
    qtmodeltester.check(made.rows)  # type: ignore[no-untyped-call]  # pytest-qt has no types here
    assert (made.rows.rowCount(), made.rows.columnCount()) == (9, 3)
    index = made.rows.index(0, 0)
    spoken = made.rows.data(index, Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "羊毛混纺半身裙 0\n藏青 / M"


def test_columns_take_the_width_there_is(qtbot: QtBot) -> None:
    made = table(qtbot)
    assert made.columnWidth(1) == 60
    made.resize(700, 300)
    assert made.columnWidth(1) == 120
    total = sum(made.columnWidth(column) for column in range(3))
    assert total == made.viewport().width()


def test_the_newest_row_is_in_sight(qtbot: QtBot) -> None:
    made = table(qtbot)
    bar = made.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    made.resize(400, 200)
    assert bar.value() == bar.maximum()
    bar.sliderMoved.emit(0)
    bar.setValue(0)
    made.show_rows(ROWS, lambda _: False)
    assert bar.value() == 0, "looking back is not interrupted"


def test_same_rows_are_not_reset(qtbot: QtBot) -> None:
    made = table(qtbot)
    resets: list[Any] = []
    made.rows.modelReset.connect(lambda: resets.append(1))
    made.show_rows(tuple(ROWS), lambda _: False)
    assert resets == []
    made.show_rows(ROWS[:2], lambda _: False)
    assert resets == [1]


def test_chosen_rows_are_marked(qtbot: QtBot) -> None:
    made = table(qtbot)
    assert [made.is_chosen(row) for row in ROWS[:3]] == [False, True, False]
    before = made.grab().toImage()
    made.show_rows(ROWS, lambda _: True)
    assert made.grab().toImage() != before

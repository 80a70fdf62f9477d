"""An opening import carried out, gone on with and taken back, on both databases."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from sync.database.headoffice import reports
from sync.domain.importing import ImportMapping
from sync.domain.posting import Outcome
from sync.headoffice.errors import InvalidError, NotFoundError
from sync.headoffice.import_files import read_list, read_text
from sync.headoffice.importing import Importer, Lists
from sync.headoffice.operations import asking
from sync.headoffice.serving import Running
from tests.helpers.servers import START_MS

COLUMNS = {
    "card": "卡号", "name": "姓名", "phone": "手机", "points": "积分", "principal": "本金",
    "bonus": "赠送",
}  # fmt: skip
LIST = """卡号,姓名,手机,积分,本金,赠送
OLD-1,王芳,13912345601,1200,300.00,30
OLD-2,李娜,13912345602,0,99.99,
OLD-3,李娜,13912345602,50,,
"""
MAPPING = """
store = "C-store"
[columns]
card = "卡号"
name = "姓名"
phone = "手机"
points = "积分"
principal = "本金"
bonus = "赠送"
[totals]
members = 2
points = 1250
principal_minor = 39999
bonus_minor = 3000
"""
PEOPLE = ("chen", "zhou")
SAME = {4: "same"}


def mapping() -> ImportMapping:
    return ImportMapping("C-store", COLUMNS)


def lists() -> Lists:
    return read_text(LIST)


def carry_out(chain: Running, label: str = "C-2026") -> Any:
    return chain.call(
        lambda hq: Importer(hq).carry_out(label, mapping(), lists(), SAME, PEOPLE, START_MS)
    )


def sums(chain: Running) -> list[tuple[int, int, int]]:
    """(points, principal, bonus) of every member, largest first."""

    async def look(hq: Any) -> list[tuple[int, int, int]]:
        async with hq.database.reading() as session:
            rows = await session.fetch(reports.CHECKS, none=0, but="")
        return sorted(((row[1], row[2], row[3]) for row in rows), reverse=True)

    return chain.call(look)


def test_a_dry_run_writes_nothing(chain: Running) -> None:
    made = chain.call(lambda hq: Importer(hq).dry_run(mapping(), lists(), {}))
    assert (made.ready, made.open_questions, made.totals.members) == (False, (4,), 3)
    assert sums(chain) == []


def test_members_cards_and_openings_are_written_once(chain: Running) -> None:
    """Rows: FL-03, BEST-24. Two members, three cards; the lots come from dealer C."""
    made = carry_out(chain)
    assert (made.members, made.entries, made.already) == (2, 6, 0)
    assert sums(chain) == [(1200, 30_000, 3_000), (50, 9_999, 0)]
    again = carry_out(chain)
    assert (again.members, again.entries, again.already) == (2, 0, 6)
    assert sums(chain) == [(1200, 30_000, 3_000), (50, 9_999, 0)]


def test_an_import_that_broke_off_goes_on(chain: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault put in: the connection goes after the first two entries.

    Planted bug: the batch not kept before the first entry; the second try doubles them.
    """
    ledger = type(chain.head_office.ledger)
    whole = ledger.post

    async def broken(self: Any, bodies: Any, now_ms: int) -> Any:
        await whole(self, bodies[:2], now_ms)
        raise ConnectionError("gone")

    with monkeypatch.context() as fault:
        fault.setattr(ledger, "post", broken)
        with pytest.raises(ConnectionError):
            carry_out(chain)
    assert sums(chain) == [(1200, 30_000, 3_000)]
    made = carry_out(chain)
    assert (made.entries, made.already) == (4, 2)
    assert sums(chain) == [(1200, 30_000, 3_000), (50, 9_999, 0)]


def test_it_is_taken_back_whole(chain: Running) -> None:
    carry_out(chain)
    count = chain.call(lambda hq: Importer(hq).undo("C-2026", PEOPLE, START_MS))
    assert count == 6
    assert sums(chain) == [(0, 0, 0), (0, 0, 0)]
    problems = chain.call(_exceptions)
    assert [p.outcome for p in problems if p.outcome is not Outcome.POSTED] == []
    with pytest.raises(InvalidError):
        chain.call(lambda hq: Importer(hq).undo("C-2026", PEOPLE, START_MS))
    with pytest.raises(InvalidError):
        carry_out(chain)


async def _exceptions(hq: Any) -> Any:
    async with hq.database.reading() as session:
        return await reports.exceptions(session)


def test_two_people_and_a_known_label(chain: Running) -> None:
    with pytest.raises(InvalidError):
        chain.call(
            lambda hq: Importer(hq).carry_out(
                "x", mapping(), lists(), SAME, ("chen", "chen"), START_MS
            )
        )
    with pytest.raises(InvalidError):
        chain.call(lambda hq: Importer(hq).carry_out("x", mapping(), lists(), {}, PEOPLE, START_MS))
    with pytest.raises(NotFoundError):
        chain.call(lambda hq: Importer(hq).undo("nothing", PEOPLE, START_MS))
    assert sums(chain) == []


def test_the_operation_tells_and_does_the_same(chain: Running) -> None:
    fields = {"label": "C-2026", "mapping": MAPPING, "list": LIST, "decisions": "line,what\n4,same"}

    def ask(**more: str) -> dict[str, object]:
        return dict(
            chain.call(
                lambda hq: asking.perform(hq, "import_members", fields | more, "chen", START_MS)
            )
        )

    seen = ask()
    assert (seen["ready"], seen["members"], seen["points"]) == (True, 2, 1250)
    assert ask(approver="zhou") == {"members": 2, "entries": 6, "already": 0}
    questions = ask(decisions="", label="later")
    assert questions["problems"] == 7  # three cards in use, and four totals that do not hold
    for wrong in ({"mapping": "store = 1"}, {"decisions": "4,perhaps"}, {"list": "\n"}):
        with pytest.raises(InvalidError):
            ask(**wrong)


def test_spreadsheets_and_office_encodings_are_read(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["卡号", "本金", "到期"], [66880001, 1234.5, None], ["OLD-2", 99.99, ""]):
        sheet.append(row)
    data = BytesIO()
    book.save(data)
    path = tmp_path / "list.xlsx"
    path.write_bytes(data.getvalue())
    assert read_list(path) == (
        ["卡号", "本金", "到期"], [["66880001", "1234.5", ""], ["OLD-2", "99.99", ""]],
    )  # fmt: skip
    for encoding in ("utf-8-sig", "gb18030"):
        path.write_bytes("卡号\t本金\r\nOLD-1\t5\r\n".encode(encoding))
        assert read_list(path) == (["卡号", "本金"], [["OLD-1", "5"]])


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04rubbish", b"\xff\xfe\xfd\xfc", b'a,"b\n'])
def test_what_is_no_list_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "list"
    path.write_bytes(data)
    with pytest.raises(InvalidError):
        read_list(path)
    with pytest.raises(InvalidError):
        read_list(tmp_path / "nothing")

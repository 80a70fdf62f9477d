"""Operations that are head office's to decide are refused on the till's own word.

Rows: FL-27; pitfall 1; design.md section 5.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.domain.journal import Basis, Effect, Kind
from sync.domain.notes import NoteData
from sync.domain.refusals import Code, Refusal
from terminal.usecases.commits import Done
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.operation import Decided, open_operation, perform
from tests.terminal.usecases.made import ZHANG, till

EFFECTS = (
    Effect(f"member/{ZHANG}/points", "PTS", 5),
    Effect("dealer/A/points_issued", "PTS", -5),
)


@pytest.mark.parametrize(
    ("effects", "basis", "code"),
    [
        (EFFECTS, Basis(1, 6, "offline"), Code.ONLINE_ONLY),
        ((), Basis(1, 6, "offline"), None),
        (EFFECTS, Basis(1, 6, "online", auth="a"), None),
    ],
)
def test_an_adjustment_of_points_needs_head_office(
    tmp_path: Path, effects: tuple[Effect, ...], basis: Basis, code: Code | None
) -> None:
    counter = till(tmp_path)
    draft = open_operation(counter, "adjust")
    assert isinstance(draft, OperationDraft)
    decided = Decided(Kind.ADJUSTMENT, NoteData("other"), basis, effects, receipt=False)
    found = perform(counter, draft, None, lambda *_: decided)
    if code is None:
        assert isinstance(found, Done)
    else:
        assert isinstance(found, Refusal)
        assert found.code is code
    counter.database.close()

from __future__ import annotations

from pathlib import Path

from sync.database.till.database import Safety
from terminal.usecases import health, sell
from terminal.usecases.commits import Done
from terminal.usecases.drafts import SaleDraft
from terminal.usecases.health import Status
from tests.terminal.usecases.made import PRODUCT, Clock, till


def test_a_healthy_till_says_what_could_be_better(tmp_path: Path) -> None:
    clock = Clock()
    made = till(tmp_path, clock=clock)
    draft = sell.open_sale(made)
    assert isinstance(draft, SaleDraft)
    sold = sell.sell(made, draft.adding(PRODUCT), "cash", 300_000)
    assert isinstance(sold, Done)
    clock.pass_ms(25 * 3_600_000)
    found = health.health(made)
    assert isinstance(found, tuple)
    by_code = {line.code: line.level for line in found}
    assert by_code["keys_in_file"] == "note"
    assert by_code["tape_none"] == "note"
    assert by_code["unsent"] == "warn"
    assert by_code["journal_checked"] == "ok"
    assert by_code["programme_held"] == "ok"
    assert health.safety(made, sold.seq) is Safety.SAVED
    status = health.status(made)
    assert isinstance(status, Status)
    assert (status.unsent, status.asks) == (2, False)
    assert status.oldest_ms == 25 * 3_600_000
    made.database.close()


def test_a_frozen_till_says_so_first(tmp_path: Path) -> None:
    made = till(tmp_path)
    made.database.freeze("rollback")
    found = health.health(made)
    assert isinstance(found, tuple)
    assert (found[0].code, found[0].level) == ("frozen_rollback", "bad")
    made.database.close()

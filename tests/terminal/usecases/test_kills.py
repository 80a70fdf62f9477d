"""Real processes killed with -9 at each named step, and what the next start finds (faults 1, 2)."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from hardware.documents import CopyMark
from sync.database.till.checking import JournalCheck
from sync.database.till.counter import PrintStage
from terminal.text import Text
from terminal.usecases import drafts, printing, recover, sell, sign_in
from terminal.usecases.commits import Done
from terminal.usecases.drafts import SaleDraft
from terminal.usecases.printing import Printed
from terminal.usecases.recover import Recovered
from terminal.usecases.till import Till
from tests.terminal.usecases.made import PIN, PRODUCT, ZHANG, till

ROOT = Path(__file__).parents[3]
WHATS = ("sale", "top_up", "gift", "enrol")
KINDS = {"sale": "sale", "top_up": "top_up", "gift": "redeem_gift", "enrol": "enrol"}


def killed(folder: Path, step: str, what: str, time: int = 1) -> UUID:
    """Run an operation in a process that dies at `step`; the entry id it had."""
    arguments = [str(folder), step, str(time), what]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.terminal.usecases.killed", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    return UUID(ran.stdout.split()[0]) if ran.stdout.split() else UUID(int=0)


def restarted(folder: Path) -> tuple[Till, Recovered]:
    """Start again: checks hold, and this is what is offered."""
    made = till(folder, working=False)
    assert made.database.check_now().broken is None
    assert JournalCheck(made.database.journal, made.database.keys.public).whole().broken is None
    found = recover.recover(made)
    assert isinstance(found, Recovered)
    assert sign_in.sign_in(made, "lin", PIN) == made.session
    return made, found


@pytest.mark.parametrize("what", WHATS)
def test_killed_before_the_commit_leaves_the_draft_and_no_entry(tmp_path: Path, what: str) -> None:
    """The shift's own entry is the first commit, the operation's the second.

    Rows: pitfall 32.
    """
    entry_id = killed(tmp_path, "commit.before", what, time=2)
    made, found = restarted(tmp_path)
    assert made.database.journal.head().seq == 1
    assert made.database.journal.find(entry_id) is None
    assert [draft.entry_id for draft in found.drafts] == [entry_id]
    assert found.receipts == ()
    assert made.database.pending.used(ZHANG, made.today()).till_ops == 0
    made.database.close()


def test_a_resumed_sale_is_done_under_the_same_id_once(tmp_path: Path) -> None:
    entry_id = killed(tmp_path, "commit.before", "sale", time=2)
    made, found = restarted(tmp_path)
    (draft,) = found.drafts
    assert isinstance(draft, SaleDraft)
    assert (draft.points, [line.sku for line in draft.lines]) == (500, [PRODUCT.sku])
    done = sell.sell(made, draft, "cash", 300_000)
    assert isinstance(done, Done)
    assert (done.new, done.body.entry_id) == (True, entry_id)
    assert drafts.open_drafts(made) == ()
    made.database.close()


@pytest.mark.parametrize("what", WHATS)
def test_killed_after_the_commit_has_the_entry_and_offers_a_copy(tmp_path: Path, what: str) -> None:
    entry_id = killed(tmp_path, "commit.after", what, time=2)
    made, found = restarted(tmp_path)
    entry = made.database.journal.find(entry_id)
    assert entry is not None
    assert entry.seq == 2
    assert found.drafts == ()
    assert [(r.seq, r.kind) for r in found.receipts] == [(2, KINDS[what])]
    printed = printing.print_receipt(made, 2, Text("en"))
    assert isinstance(printed, Printed)
    assert printed.document.blocks[0] == CopyMark("COPY")
    made.database.close()


def test_an_operation_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    entry_id = killed(tmp_path, "commit.after", "sale", time=2)
    made, _ = restarted(tmp_path)
    again = SaleDraft(entry_id, 0, 3).adding(PRODUCT)
    done = sell.sell(made, again, "cash", 300_000)
    assert isinstance(done, Done)
    assert (done.new, done.seq, made.database.journal.head().seq) == (False, 2, 2)
    made.database.close()


def test_killed_while_opening_the_draft_offers_it(tmp_path: Path) -> None:
    killed(tmp_path, "draft.opened", "sale")
    made, found = restarted(tmp_path)
    (draft,) = found.drafts
    assert isinstance(draft, SaleDraft)
    assert draft.lines == ()
    assert made.database.journal.head().seq == 1
    made.database.close()


def test_killed_while_printing_offers_a_copy(tmp_path: Path) -> None:
    killed(tmp_path, "print.started", "sale")
    made, found = restarted(tmp_path)
    assert [r.seq for r in found.receipts] == [2]
    job = made.database.counter.print_job(2)
    assert job is not None
    assert (job.stage, job.attempts) == (PrintStage.UNCERTAIN, 1)
    assert printing.dismiss(made, 2) is None
    after = recover.recover(made)
    assert isinstance(after, Recovered)
    assert after.receipts == ()
    made.database.close()


@pytest.mark.parametrize("time", [1, 2, 3])
def test_killed_while_signing_in_and_opening_leaves_a_till_that_starts(
    tmp_path: Path, time: int
) -> None:
    """The shift is open or it is not; never something between."""
    step, count = (("commit.before", 1), ("commit.after", 1), ("draft.opened", 1))[time - 1]
    killed(tmp_path, step, "sale", count)
    made, _ = restarted(tmp_path)
    shift = made.shift()
    assert (shift is None) == (made.database.journal.head().seq == 0)
    made.database.close()

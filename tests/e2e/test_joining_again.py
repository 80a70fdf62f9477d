"""A folder in which a till worked joins again: a new epoch, nothing of the old one lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.database.till.database import TillDatabase
from sync.database.till.faults import InUseError, UnsentError
from sync.database.till.keys import LoadedKeys, load_keys
from sync.headoffice.serving import Running, running
from sync.protocol.errors import ProblemError
from terminal.app import joining
from terminal.app.clocks import SystemClock, system_random
from terminal.usecases.commits import Done
from tests.helpers.real_tills import RealTill, balances_of, member, real_till, seed
from tests.helpers.servers import set_up

ANNA = 1001


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Running]:
    with running(set_up(tmp_path / "hq"), tls=False) as found:
        seed(found, member("anna", ANNA, points=2_000))
        yield found


def code_for(served: Running, till: str) -> str:
    return served.call(lambda hq: hq.enrolment.make_code(till, hq.clock.now_ms()))


def join(till: RealTill, code: str, *, leave_unsent: bool = False) -> None:
    joining.join(
        till.folder, till.settings, code, till.clock, SystemClock(), system_random,
        story=True, leave_unsent=leave_unsent,
    )  # fmt: skip


def test_a_used_folder_begins_a_new_epoch_once_all_was_sent(hq: Running, tmp_path: Path) -> None:
    """Planted bug: the journal was only found in the way after the code had been used up."""
    with real_till(hq, tmp_path / "a1") as till:
        assert isinstance(till.sell(10_000, ANNA), Done)
        code = code_for(hq, "A1")
        with pytest.raises(InUseError):
            join(till, code)
        till.close()
        with pytest.raises(UnsentError):
            join(till, code)
        till.open()
        till.sync()
        head = till.app.database.journal.head()
        till.close()
        old = load_keys(till.folder)
        assert old is not None
        join(till, code)  # refused twice, it is still good
        join(till, code)  # and safe to type again
        till.open()
        journal = till.app.database.journal
        assert (journal.identity.epoch, journal.head().seq) == (2, 0)
        assert journal.identity.record != b""
        new = load_keys(till.folder)
        assert new is not None
        assert {new.keys.sign, new.keys.database}.isdisjoint({old.keys.sign, old.keys.database})
        till.sync()
        till.begin()
        assert isinstance(till.sell(20_000, ANNA), Done)
        till.sync()
        assert [held.points for held in balances_of(hq).values()] == [2_000 + 100 + 200]
        till.close()
        aside = tmp_path / "aside"
        aside.mkdir()
        for name, was in (("journal.db", "journal-1.db"), ("keys.bin", "keys-1.bin")):
            (aside / name).write_bytes((till.folder / was).read_bytes())
        database = TillDatabase(aside, LoadedKeys(old.keys, "file"))
        assert database.journal.head() == head
        database.close()
        till.open()


def test_the_manager_may_leave_what_was_not_sent(hq: Running, tmp_path: Path) -> None:
    with real_till(hq, tmp_path / "a1") as till:
        assert isinstance(till.sell(10_000, ANNA), Done)
        till.close()
        join(till, code_for(hq, "A1"), leave_unsent=True)
        till.open()
        assert till.app.database.journal.identity.epoch == 2
        assert (till.folder / "journal-1.db").exists()


def test_a_wrong_code_changes_nothing(hq: Running, tmp_path: Path) -> None:
    with real_till(hq, tmp_path / "a1") as till:
        till.sync()
        till.close()
        code = code_for(hq, "A1")
        wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
        for _ in range(2):
            with pytest.raises((ProblemError, ValueError)):
                join(till, wrong)
        till.open()
        assert till.app.database.journal.identity.epoch == 1
        till.begin()
        assert isinstance(till.sell(1_000, ANNA), Done)
        till.sync()
        till.close()
        join(till, code)
        till.open()
        assert till.app.database.journal.identity.epoch == 2


class PowerCutError(Exception):
    """The till stops here."""


@pytest.mark.parametrize("step", ["enrol", "put_aside", "begin_epoch", "rmtree"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_power_cut_while_joining_is_gone_on_from_with_the_same_code(
    hq: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    with real_till(hq, tmp_path / "a1") as till:
        till.sync()
        till.close()
        old = load_keys(till.folder)
        code = code_for(hq, "A1")
        where = shutil if step == "rmtree" else joining
        whole = getattr(where, step)

        def cut(*args: object, **options: object) -> None:
            if after:
                whole(*args, **options)
            raise PowerCutError

        with monkeypatch.context() as patch:
            patch.setattr(where, step, cut)
            with pytest.raises(PowerCutError):
                join(till, code)
        join(till, code)
        till.open()
        assert till.app.database.journal.identity.epoch == 2
        assert old is not None
        assert load_keys(till.folder) != old
        assert (till.folder / "keys-1.bin").exists()
        assert not (till.folder / "keys-2.bin").exists()

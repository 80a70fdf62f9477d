from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hardware.documents import CopyMark, ReceiptDocument, Row, Text, Total
from hardware.events import PrintResult, PrintState
from sync.database.till.counter import PrintStage
from sync.domain.refusals import Code, Refusal
from terminal.text import LANGUAGES, Language
from terminal.text import Text as Words
from terminal.usecases import enrol, identify, printing, redeem_gift, sell, shift, top_up
from terminal.usecases.commits import Done
from terminal.usecases.drafts import EnrolDraft, GiftDraft, SaleDraft, TopUpDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.printing import Printed
from terminal.usecases.till import Till
from tests.terminal.usecases.made import (
    NEW_SERIAL,
    NOON_MS,
    PRODUCT,
    Clock,
    light,
    read,
    till,
)


class Printer:
    """A printer that ends every job as it is told to."""

    def __init__(self, state: PrintState = PrintState.PRINTED) -> None:
        self.state = state
        self.jobs: list[tuple[str, ReceiptDocument]] = []

    def submit(
        self, job_id: str, document: ReceiptDocument, on_printed: Callable[[PrintResult], None]
    ) -> None:
        """Take a document and say at once how it ended."""
        self.jobs.append((job_id, document))
        on_printed(PrintResult(job_id, "printer", self.state, NOON_MS, code="paper_out"))


def a_day(folder: Path, clock: Clock | None = None) -> Till:
    """Return a till with one entry of each kind: sale 2, top-up 3, gift 4, enrolment 5, close 6."""
    made = till(folder, light(5000, 20_000, 2_000), clock=clock)
    found = identify.scan(made, read())
    assert isinstance(found, MemberCard)
    draft = sell.open_sale(made)
    assert isinstance(draft, SaleDraft)
    draft = draft.adding(PRODUCT).adding_amount(100_000).for_member(found.bearer).paying(500, 6000)
    assert isinstance(sell.sell(made, draft, "cash", 400_000), Done)
    loading = top_up.open_top_up(made, found.bearer)
    assert isinstance(loading, TopUpDraft)
    assert isinstance(top_up.top_up(made, top_up.of_amount(loading, 30_000), "wechat"), Done)
    gift = redeem_gift.open_gift(made, found.bearer)
    assert isinstance(gift, GiftDraft)
    assert isinstance(redeem_gift.redeem_gift(made, redeem_gift.of_gift(gift, "G1")), Done)
    basket = sell.open_sale(made)
    assert isinstance(basket, SaleDraft)
    basket = basket.adding_amount(300_000)
    opened = enrol.open_enrolment(made, basket)
    assert isinstance(opened, EnrolDraft)
    form = enrol.Form("李娜", "13912345678", consent=True)
    assert isinstance(enrol.enrol(made, opened, form, read(NEW_SERIAL), basket), enrol.Enrolled)
    assert isinstance(shift.close_shift(made, 100_000), shift.ShiftReport)
    return made


def lines(document: ReceiptDocument) -> list[str]:
    """Return every text of a document."""
    found = []
    for block in document.blocks:
        if isinstance(block, Row):
            found.append(f"{block.left}|{block.right}")
        elif isinstance(block, Total):
            found.append(f"{block.label}|{block.amount}")
        elif isinstance(block, Text):
            found.append(block.text)
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_a_receipt_in_every_language(tmp_path: Path, language: Language) -> None:
    """A missing word would be a warning, and that fails the test."""
    made = a_day(tmp_path)
    for seq in range(2, 7):
        printed = printing.print_receipt(made, seq, Words(language))
        assert isinstance(printed, Printed)
        text = "\n".join(lines(printed.document))
        assert f"A1-1-00000{seq}" in text
        entry = made.database.journal.entry(seq)
        assert entry is not None
        assert entry.hash.hex()[:4] in text
        assert "receipt." not in text
    made.database.close()


def test_a_sale_receipt_says_what_was_decided(tmp_path: Path) -> None:
    clock = Clock()
    made = a_day(tmp_path, clock)
    clock.pass_ms(3 * 3_600_000)
    printed = printing.print_receipt(made, 2, Words("en"))
    assert isinstance(printed, Printed)
    text = lines(printed.document)
    for line in (
        "Time|2026-11-21 12:00",
        "Business date|2026-11-21",
        "Wool skirt|2,680.00",
        "List price|¥3,680.00",
        "Member saving|−¥368.00",
        "Total due|¥3,312.00",
        "Points, 500 pts|¥50.00",
        "Stored value|¥60.00",
        "Cash|¥3,202.00",
        "Change|¥798.00",
        "Member|张** Gold ··0013",
        "Earned|+3,256 pts",
    ):
        assert line in text
    (balance,) = [line for line in text if line.startswith("Confirmed") and "pts" in line]
    assert "5,000 pts (3 hours ago)" in balance
    assert printed.document.language == "en"
    made.database.close()


def test_the_first_print_is_no_copy_and_the_next_one_is(tmp_path: Path) -> None:
    made, printer = a_day(tmp_path), Printer()
    made.printing = printer
    heard: list[PrintResult] = []
    first = printing.print_receipt(made, 2, Words("en"), on_printed=heard.append)
    second = printing.print_receipt(made, 2, Words("en"))
    assert isinstance(first, Printed)
    assert isinstance(second, Printed)
    assert (first.copy, second.copy, second.attempt) == (False, True, 2)
    assert not isinstance(first.document.blocks[0], CopyMark)
    assert isinstance(second.document.blocks[0], CopyMark)
    assert [job_id for job_id, _ in printer.jobs] == ["A1-1-000002#1", "A1-1-000002#2"]
    assert len(heard) == 1
    job = made.database.counter.print_job(2)
    assert job is not None
    assert job.stage is PrintStage.PRINTED
    made.database.close()


def test_a_jam_keeps_the_entry_and_prints_again_without_the_mark(tmp_path: Path) -> None:
    made, printer = a_day(tmp_path), Printer(PrintState.FAILED)
    made.printing = printer
    printing.print_receipt(made, 2, Words("en"))
    job = made.database.counter.print_job(2)
    assert job is not None
    assert (job.stage, job.code) == (PrintStage.FAILED, "paper_out")
    again = printing.print_receipt(made, 2, Words("en"))  # nothing was on paper
    assert isinstance(again, Printed)
    assert not again.copy
    third = printing.reprint(made, 2, Words("en"))
    assert isinstance(third, Printed)
    assert third.copy
    made.database.close()


def test_what_has_no_receipt_is_refused(tmp_path: Path) -> None:
    made = till(tmp_path)
    for seq in (1, 99):
        found = printing.print_receipt(made, seq, Words("en"))
        assert isinstance(found, Refusal)
        assert found.code is Code.UNKNOWN_CODE
    made.database.close()

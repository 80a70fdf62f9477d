"""A till that kills itself with -9 at a named step: python -m tests.terminal.usecases.killed.

Arguments: folder, step, which time the step comes, what to do (sale | top_up | gift | enrol).
It prints the entry id of the draft as soon as it has one.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from hardware.documents import ReceiptDocument
from hardware.events import PrintResult
from terminal.text import Text
from terminal.usecases import enrol, identify, printing, redeem_gift, sell, top_up
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer, EnrolDraft, GiftDraft, SaleDraft, TopUpDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.till import Till
from tests.terminal.usecases.made import NEW_SERIAL, PRODUCT, light, read, till


class Printer:
    """A printer that takes documents and never says how they ended."""

    def submit(
        self, job_id: str, document: ReceiptDocument, on_printed: Callable[[PrintResult], None]
    ) -> None:
        """Take a document."""


def say(entry_id: object) -> None:
    """Tell the parent which entry this will be."""
    sys.stdout.write(f"{entry_id}\n")
    sys.stdout.flush()


def main() -> None:
    """Do one operation and die at the step, or finish."""
    folder, step, time, what = sys.argv[1:]
    left = int(time)

    def die(name: str) -> None:
        nonlocal left
        if name == step:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    made = till(Path(folder), light(5000, 20_000), step=die)
    made.printing = Printer()
    done = OPERATIONS[what](made)
    assert isinstance(done, Done), done
    printing.print_receipt(made, done.seq, Text("en"))
    made.database.close()


def bearer(made: Till) -> Bearer:
    """Return Zhang at the counter."""
    found = identify.scan(made, read())
    assert isinstance(found, MemberCard)
    return found.bearer


def sale(made: Till) -> object:
    """Sell a skirt, partly for points."""
    draft = sell.open_sale(made)
    assert isinstance(draft, SaleDraft)
    say(draft.entry_id)
    return sell.sell(
        made, draft.adding(PRODUCT).for_member(bearer(made)).paying(500), "cash", 300_000
    )


def loading(made: Till) -> object:
    """Top up 300.00."""
    draft = top_up.open_top_up(made, bearer(made))
    assert isinstance(draft, TopUpDraft)
    say(draft.entry_id)
    return top_up.top_up(made, top_up.of_amount(draft, 30_000), "cash")


def gift(made: Till) -> object:
    """Take a scarf."""
    draft = redeem_gift.open_gift(made, bearer(made))
    assert isinstance(draft, GiftDraft)
    say(draft.entry_id)
    return redeem_gift.redeem_gift(made, redeem_gift.of_gift(draft, "G1"))


def joining(made: Till) -> object:
    """Enrol Li Na."""
    basket = SaleDraft(made.new_id(), 0, 3).adding_amount(300_000)
    draft = enrol.open_enrolment(made, basket)
    assert isinstance(draft, EnrolDraft)
    say(draft.entry_id)
    form = enrol.Form("李娜", "13912345678", consent=True)
    found = enrol.enrol(made, draft, form, read(NEW_SERIAL), basket)
    return found.done if isinstance(found, enrol.Enrolled) else found


OPERATIONS: dict[str, Callable[[Till], object]] = {
    "sale": sale,
    "top_up": loading,
    "gift": gift,
    "enrol": joining,
}

if __name__ == "__main__":
    main()

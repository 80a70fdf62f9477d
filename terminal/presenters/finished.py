"""What an operation became: number, how safe it is, where its receipt is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hardware.events import PrintResult, PrintState
from sync.database.till.database import Safety
from terminal.presenters.parts_view import ActionView, DoneView, IconLine
from terminal.text import Text
from terminal.usecases.commits import Done
from terminal.usecases.receipts import RECEIPT_KINDS

_SAFETY = {
    Safety.SAVED: IconLine("save", "done.saved_once", "ok"),
    Safety.SAVED_TWICE: IconLine("check-check", "done.saved_twice", "ok"),
    Safety.CONFIRMED: IconLine("check-check", "done.sent", "ok"),
}


@dataclass(frozen=True, slots=True)
class Finished:
    """A committed operation. `printing`: "" before, then printing | printed | trouble | none."""

    done: Done
    safety: Safety = Safety.SAVED
    printing: str = "printing"

    @property
    def number(self) -> str:
        """Receipt number."""
        return self.done.number

    def heard(self, result: PrintResult) -> Finished:
        """After news of its receipt; other receipts change nothing."""
        if result.job_id.rpartition("#")[0] != self.number:
            return self
        printed = result.state is PrintState.PRINTED
        return replace(self, printing="printed" if printed else "trouble")


def has_receipt(done: Done) -> bool:
    """Whether something is printed of it."""
    return done.body.kind in RECEIPT_KINDS


def finished(done: Done) -> Finished:
    """An operation just done, its receipt under way where there is one."""
    return Finished(done, printing="printing" if has_receipt(done) else "")


def done_view(
    text: Text,
    finished: Finished,
    title: str,
    big: tuple[str, str] = ("", ""),
    more: tuple[IconLine, ...] = (),
) -> DoneView:
    """The panel of a finished operation; `more`: up to two lines of its own."""
    done = finished.done
    safety = _SAFETY[finished.safety]
    lines = [
        IconLine("receipt", text("done.journal", number=done.number, hash=_pairs(done.proof))),
        *more,
    ]
    words = text(safety.text)
    if finished.safety is not Safety.CONFIRMED:
        words = f"{words} · {text('done.to_send')}"
    lines.append(IconLine(safety.icon, words, safety.tone))
    if finished.printing:
        tone = "warn" if finished.printing == "trouble" else ""
        words = text(f"done.{finished.printing}")
        lines.append(IconLine("printer", words, "warn" if tone else ""))
    again = ActionView(text("done.reprint")) if has_receipt(done) else None
    return DoneView(title, *big, tuple(lines[:5]), again)


def _pairs(proof: str) -> str:
    return " ".join(proof[at : at + 4] for at in range(0, len(proof), 4))

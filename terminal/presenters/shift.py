"""Opening and closing a shift: cash in the drawer, the blind count."""

from __future__ import annotations

from collections.abc import Callable

from sync.domain.refusals import Refusal
from terminal.presenters.canvas import draw
from terminal.presenters.desk import Desk
from terminal.presenters.parts_view import ActionView, AmountRow, IconLine, Tone
from terminal.presenters.ports import Render, nowhere
from terminal.presenters.shift_view import ShiftView
from terminal.presenters.typed import amount_minor
from terminal.text import Text
from terminal.usecases import shift
from terminal.usecases.exposure import Exposure, exposure
from terminal.usecases.outcome import Trouble
from terminal.usecases.shift import OpenShift, ShiftReport


class ShiftPresenter:
    """Presenter of the shift screen; `opened` and `ended` say that it is done."""

    def __init__(
        self,
        desk: Desk,
        opened: Callable[[OpenShift], None],
        ended: Callable[[], None],
        render: Render[ShiftView] = nowhere,
    ) -> None:
        self.desk, self._opened, self._ended, self._render = desk, opened, ended, render
        self._closing, self._entry, self._error = False, "", ""
        self._report: ShiftReport | None = None
        self._exposure: Exposure | None = None
        self.busy = False

    def draw_with(self, render: Render[ShiftView]) -> None:
        """Draw on this screen from now on."""
        self._render = render
        self.show()

    @property
    def report(self) -> ShiftReport | None:
        """What the shift came to, once it is closed."""
        return self._report

    def begin(self) -> None:
        """Ask for the cash a new shift begins with."""
        self._closing, self._entry, self._error, self._report = False, "", "", None
        self.show()

    def end(self) -> None:
        """Ask for the count that closes the shift."""
        self._closing, self._entry, self._error, self._report = True, "", "", None
        self._exposure = None
        session, till = self.desk.till.session, self.desk.till
        if session is not None and session.approver:
            self.desk.jobs.read(lambda: exposure(till), self._exposed)
        self.show()

    # -- events ----------------------------------------------------------------------------------

    def entry_edited(self, entry: str) -> None:
        """The amount is typed."""
        self._entry, self._error = entry, ""
        self.show()

    def entry_submitted(self, entry: str) -> None:
        """Enter after the amount."""
        self._entry = entry
        self.primary_pressed()

    def primary_pressed(self) -> None:
        """Open or close with the amount typed."""
        if self.busy:
            return
        if self._report is not None:
            self._ended()
            return
        minor = amount_minor(self._entry) if self._entry else (None if self._closing else 0)
        if minor is None:
            self._error = self.desk.text("shift.need_count")
            self.show()
            return
        till, self.busy = self.desk.till, True
        if self._closing:
            self.desk.jobs.write(lambda: shift.close_shift(till, minor), self._closed)
        else:
            self.desk.jobs.write(lambda: shift.open_shift(till, minor), self._is_open)
        self.show()

    def back_pressed(self) -> None:
        """Clear the amount, then back to where one came from."""
        if self.busy or self._report is not None:
            return
        if self._entry or self._error:
            self._entry, self._error = "", ""
            self.show()
        elif self._closing:
            self.desk.hooks.go("sale")
        else:
            self._ended()

    # -- results ---------------------------------------------------------------------------------

    def _is_open(self, found: OpenShift | Refusal | Trouble) -> None:
        self.busy = False
        if isinstance(found, OpenShift):
            self._opened(found)
        else:
            self.desk.refuse(found)
        self.show()

    def _closed(self, found: ShiftReport | Refusal | Trouble) -> None:
        self.busy = False
        if isinstance(found, ShiftReport):
            self._report = found
            if found.done is not None:
                self.desk.hooks.committed(found.done)
        else:
            self.desk.refuse(found)
        self.show()

    def _exposed(self, found: Exposure | Refusal | Trouble) -> None:
        self._exposure = found if isinstance(found, Exposure) else None
        self.show()

    # -- the view --------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw the view."""
        draw(self._render, self.view)

    def view(self) -> ShiftView:
        """The screen as it is."""
        text, closing = self.desk.text, self._closing
        if self._report is not None:
            return self._closed_view(self._report)
        code = "shift.close" if closing else "shift.open"
        label = text("shift.saving") if self.busy else text(f"{code}_confirm")
        minor = amount_minor(self._entry) if self._entry else None
        return ShiftView(
            title=text(f"{code}_title"),
            note=text(f"{code}_note"),
            amount_label=text(f"{code}_amount"),
            entry=self._entry,
            back=ActionView(text("enrol.back"), enabled=not self.busy),
            primary=ActionView(label, busy=self.busy),
            amount=text.money(minor) if minor is not None else "",
            entry_error=self._error,
            rows=_worst_case(text, self._exposure) if closing and self._exposure else (),
            lines=_used(text, self._exposure) if closing and self._exposure else (),
        )

    def _closed_view(self, report: ShiftReport) -> ShiftView:
        text = self.desk.text
        difference = report.difference_minor or 0
        tone: Tone = "warn" if difference else "ok"
        rows = [
            AmountRow(
                text("shift.taken", kind=text(f"kind.{t.kind}"), tender=_tender(text, t.tender)),
                text.money(t.amount_minor),
            )
            for t in report.totals
        ]
        rows += [
            AmountRow(text("shift.opening"), text.money(report.shift.opening_minor)),
            AmountRow(text("shift.expected"), text.money(report.expected_minor), strong=True),
            AmountRow(text("shift.counted"), text.money(report.counted_minor or 0)),
            AmountRow(
                text("shift.difference"), text.money(difference, sign=True), tone, strong=True
            ),
        ]
        lines = []
        if report.done is not None:
            words = text("done.journal", number=report.done.number, hash=report.done.proof)
            lines.append(IconLine("receipt", words))
        return ShiftView(
            title=text("shift.closed_title"),
            note=text("shift.closed_note"),
            amount_label="",
            entry="",
            back=ActionView(text("enrol.back"), enabled=False),
            primary=ActionView(text("shift.sign_out")),
            rows=tuple(rows),
            lines=tuple(lines),
        )


def _worst_case(text: Text, found: Exposure) -> tuple[AmountRow, ...]:
    """The worst case of this till, and what it is the sum of."""
    worst = found.worst
    total = AmountRow(text("worst_case.total"), text.money(worst.minor), strong=True)
    parts = (AmountRow(text(f"worst_case.{n}"), text.money(minor)) for n, minor in worst.parts)
    return total, *parts


def _used(text: Text, found: Exposure) -> tuple[IconLine, ...]:
    """What of it is used since the last acknowledgement."""
    used = found.used
    words = text(
        "worst_case.used",
        risk=text.money(used.till_at_risk_minor),
        ops=used.till_ops,
        top_ups=text.money(used.till_top_up_minor),
        entries=found.unsent,
        hours=(found.offline_ms or 0) // 3_600_000,
    )
    return (IconLine("receipt", words),)


def _tender(text: Callable[[str], str], tender: str) -> str:
    return text(f"sale.tender.{tender}")

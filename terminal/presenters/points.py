"""Points: what the balance is made of, and when it ends."""

from __future__ import annotations

from datetime import date, timedelta

from sync.domain.members import LotSummary
from terminal.presenters.canvas import draw
from terminal.presenters.customer import Customer
from terminal.presenters.desk import Desk
from terminal.presenters.lookups import Served
from terminal.presenters.member_drawing import SOON_DAYS
from terminal.presenters.parts_view import ActionView, AmountRow, ExplainView
from terminal.presenters.points_view import LotRow, PointsView
from terminal.presenters.ports import Render, nowhere
from terminal.presenters.serving import Serving
from terminal.usecases.sign_in import Approval


class PointsPresenter(Serving):
    """Presenter of the points screen."""

    def __init__(
        self, desk: Desk, customer: Customer, render: Render[PointsView] = nowhere
    ) -> None:
        self._render = render
        super().__init__(desk, customer)

    def draw_with(self, render: Render[PointsView]) -> None:
        """Draw on this screen from now on."""
        self._render = render
        self.show()

    def primary_pressed(self) -> None:
        """To the gifts."""
        self.desk.hooks.go("gifts")

    def back_pressed(self) -> None:
        """One step back: at last to the sale."""
        if not self.step_back():
            self.desk.hooks.go("sale")

    def lot_chosen(self, _lot: str) -> None:
        """A lot says all there is to say in its row."""

    def commit(self, approval: Approval | None) -> None:
        """Nothing is done here."""

    def leave(self) -> None:
        """Be as new."""
        self.explaining = ""

    def show(self) -> None:
        """Draw the view."""
        draw(self._render, self.view)

    def view(self) -> PointsView:
        """The screen as it is."""
        text, served = self.desk.text, self.customer.served
        member = self.customer.pane(needed=True)
        to_gifts = ActionView(text("points.to_gifts"))
        if served is None:
            return PointsView(
                member, (), text.points(0), "", (), to_gifts,
                text("member.empty_title"), text("points.no_member"),
            )  # fmt: skip
        standing = served.card.standing
        held = (standing.confirmed + standing.pending).points
        worth = served.worth_minor
        return PointsView(
            member=member,
            lots=self._lots(served),
            balance=text.points(held),
            worth=text("points.worth", worth_minor=worth) if worth is not None else "",
            parts=self._parts(served),
            to_gifts=to_gifts,
            empty_title=text("points.empty_title"),
            empty=text("points.empty"),
            explain=self._explained(served),
        )

    def _today(self) -> date:
        shift = self.desk.shift
        till = self.desk.till
        return shift.business_date if shift else till.local(till.clock.utc_ms()).date()

    def _lots(self, served: Served) -> tuple[LotRow, ...]:
        text = self.desk.text
        rows = [self._lot(number, lot) for number, lot in enumerate(served.card.standing.row.lots)]
        pending = served.card.standing.pending.points
        if pending:
            rows.append(
                LotRow(
                    "pending",
                    text("points.lot_pending"),
                    text("points.lot_pending_note"),
                    text.number(pending, sign=True),
                    "—",
                )
            )
        return tuple(rows)

    def _lot(self, number: int, lot: LotSummary) -> LotRow:
        text, today = self.desk.text, self._today()
        if lot.expires_on is None:
            return LotRow(
                str(number), text("points.lot"), text("points.lot_note"),
                text.number(lot.points), text("points.never"),
            )  # fmt: skip
        days = (lot.expires_on - today).days
        soon = days <= SOON_DAYS
        return LotRow(
            str(number),
            text("points.lot"),
            text("points.lot_note"),
            text.number(lot.points),
            text.date(lot.expires_on, year=True),
            text("points.soon", count=max(days, 0)) if soon else "",
            "warn" if soon else "",
        )

    def _parts(self, served: Served) -> tuple[AmountRow, ...]:
        text, standing = self.desk.text, served.card.standing
        soon = _soon(served, self._today())
        rows = [AmountRow(text("points.confirmed"), text.number(standing.confirmed.points))]
        if standing.pending.points:
            rows.append(
                AmountRow(
                    text("points.pending"),
                    text.number(standing.pending.points, sign=True),
                    explain="pending",
                )
            )
        if soon:
            rows.append(AmountRow(text("points.expiring"), text.number(soon), "warn"))
        if self.customer.offline:
            rows.append(
                AmountRow(
                    text("points.offline"), text.number(served.usable_points), explain="offline"
                )
            )
        return tuple(rows)

    def _explained(self, served: Served) -> ExplainView | None:
        text, standing = self.desk.text, served.card.standing
        version = str(served.programme.version) if served.programme else "—"
        if self.explaining == "pending":
            rows: tuple[AmountRow, ...] = (
                AmountRow(text("points.confirmed"), text.number(standing.confirmed.points)),
                AmountRow(
                    text("points.earned_here"),
                    text.number(standing.pending_credit.points, sign=True),
                ),
                AmountRow(
                    text("points.used_here"), text.number(standing.pending_debit.points, sign=True)
                ),
            )
            held = (standing.confirmed + standing.pending).points
            return ExplainView(
                text("points.explain_pending"),
                text("points.explain_pending_note"),
                rows,
                AmountRow(text("points.available"), text.number(held), strong=True),
            )
        if self.explaining == "offline":
            rows = (
                AmountRow(text("points.balance_now"), text.number(standing.available.points)),
                AmountRow(
                    text("points.limit_day"),
                    text.money(
                        served.programme.offline.points_hard_card_day_minor
                        if served.programme
                        else 0
                    ),
                ),
            )
            return ExplainView(
                text("points.explain_offline"),
                text("explain.rule", rule=text("rule.offline"), version=version),
                rows,
                AmountRow(text("points.offline"), text.number(served.usable_points), strong=True),
            )
        return None


def _soon(served: Served, today: date) -> int:
    until = today + timedelta(days=SOON_DAYS)
    return sum(
        lot.points
        for lot in served.card.standing.row.lots
        if lot.expires_on is not None and lot.expires_on <= until
    )

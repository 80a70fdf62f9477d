"""What a cashier does for one step of a scenario, as commands to the till."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync.lab import drive
from sync.lab.amounts import MAX
from sync.lab.chain import Chain, Staff
from sync.lab.references import Value, text_of
from sync.lab.scenario import (
    NEXT_CARD,
    CloseShift,
    Enrol,
    ForMember,
    Gift,
    OpenShift,
    Operate,
    Operation,
    Sell,
    SignIn,
    TopUp,
)

Told = Callable[[Value], str]


@dataclass(frozen=True, slots=True)
class Script:
    """Commands of one operation: `opening` makes the draft, `filling` rings it up, `closing`
    commits. A step without a draft has only `closing`."""

    closing: drive.AnyCommand
    opening: drive.OpenDraft | None = None
    filling: tuple[drive.AnyCommand, ...] = ()


class Scripts:
    """Turns operations into commands. `credentials`: card of every member by now, by name."""

    def __init__(self, chain: Chain, credentials: Mapping[str, str]) -> None:
        self._chain, self._credentials = chain, credentials
        self._barcodes = {p.sku: p.barcode for p in chain.products}
        self._staff = {person.id: person for person in chain.staff}

    def person(self, till: str, wanted: str, usual: str) -> Staff:
        """Who serves at a till: `wanted`, else `usual` where they work there, else the first."""
        store = self._chain.store_of(till).id
        here = [s for s in self._chain.staff if not s.stores or store in s.stores]
        named = [s for name in (wanted, usual) for s in here if s.id == name]
        return (named or here)[0]

    def sign_in(self, at_ms: int, person: Staff, pin: str = "") -> drive.SignIn:
        """Signing in; `pin`: another than the right one."""
        return drive.SignIn(at_ms=at_ms, staff=person.id, pin=pin or person.pin)

    def script(
        self,
        step: Operation,
        at_ms: int,
        person: Staff,
        sale: Sell | None = None,
        told: Told = text_of,
    ) -> Script:
        """The commands of an operation. `sale`: the one an enrolment is for; its lines are rung up
        before, and `rest` then finishes it. `told`: a value of a field as its text."""
        match step:
            case SignIn():
                return Script(self.sign_in(at_ms, person, step.pin))
            case OpenShift():
                return Script(drive.OpenShift(at_ms=at_ms, drawer_minor=int(step.drawer)))
            case CloseShift():
                return Script(drive.CloseShift(at_ms=at_ms, counted_minor=_plain(step.counted)))
            case Sell():
                return self._sale(step, at_ms, told)
            case Enrol():
                return self._enrol(step, at_ms, sale)
            case TopUp():
                closing: drive.AnyCommand = drive.TopUp(
                    at_ms=at_ms,
                    amount_minor=int(step.amount),
                    tender=step.tender,
                    **self._approval(step),
                )
                return Script(closing, _open("top_up", at_ms), self._card(step, at_ms))
            case Gift():
                closing = drive.Gift(
                    at_ms=at_ms, offer=step.offer, quantity=step.quantity, **self._approval(step)
                )
                return Script(closing, _open("gift", at_ms), self._card(step, at_ms))
            case Operate():
                return self._operate(step, at_ms, told)

    def _operate(self, step: Operate, at_ms: int, told: Told) -> Script:
        closing = drive.Operate(
            at_ms=at_ms,
            operation=step.operation,
            fields={name: told(value) for name, value in step.fields.items()},
            hidden={name: told(value) for name, value in step.hidden.items()},
            **self._approval(step),
        )
        opening = drive.OpenDraft(at_ms=at_ms, kind="operation", operation=step.operation)
        return Script(closing, opening, self._card(step, at_ms))

    def rest(self, step: Sell, at_ms: int) -> Script:
        """What is left of a sale whose draft is open with its lines and its new member."""
        whole = self._sale(step, at_ms)
        return Script(whole.closing, None, self._tenders(step, at_ms))

    def _sale(self, step: Sell, at_ms: int, told: Told = text_of) -> Script:
        filling = (
            *self._card(step, at_ms),
            *self._lines(step, at_ms),
            *(drive.Code(at_ms=at_ms, code=told(code)) for code in step.codes),
            *([drive.Prospect(at_ms=at_ms, phone=step.prospect)] if step.prospect else []),
            *self._tenders(step, at_ms),
        )
        closing = drive.Pay(at_ms=at_ms, **self._approval(step))
        return Script(closing, _open("sale", at_ms), filling)

    def _tenders(self, step: Sell, at_ms: int) -> tuple[drive.AnyCommand, ...]:
        filling: list[drive.AnyCommand] = []
        if step.points:
            filling.append(drive.Points(at_ms=at_ms, points=step.points))
        if step.stored_value:
            wanted = drive.MAX_STORED_VALUE if step.stored_value == MAX else int(step.stored_value)
            filling.append(drive.StoredValue(at_ms=at_ms, minor=wanted))
        filling.append(
            drive.Tender(
                at_ms=at_ms,
                tender=step.tender,
                tendered_minor=_plain(step.tendered),
                slip=step.slip,
            )
        )
        return tuple(filling)

    def _lines(self, step: Sell, at_ms: int) -> tuple[drive.AnyCommand, ...]:
        found: list[drive.AnyCommand] = []
        for line in step.lines:
            if line.amount is not None:
                found.append(
                    drive.Amount(at_ms=at_ms, minor=int(line.amount), quantity=line.quantity)
                )
            else:
                barcode = self._barcodes.get(line.product, line.product)
                found.append(
                    drive.ScanProduct(at_ms=at_ms, barcode=barcode, quantity=line.quantity)
                )
        return tuple(found)

    def _enrol(self, step: Enrol, at_ms: int, sale: Sell | None) -> Script:
        closing = drive.Enrol(
            at_ms=at_ms,
            name=step.name,
            phone=step.phone,
            credential="" if step.card == NEXT_CARD else step.card,
            medium=step.medium,
            birthday=step.birthday,
            consent=step.consent,
            earlier=tuple(drive.Purchase(e.date.isoformat(), int(e.amount)) for e in step.earlier),
        )
        if sale is None:
            return Script(closing, _open("enrol", at_ms))
        return Script(closing, _open("sale", at_ms), self._lines(sale, at_ms))

    def _card(self, step: ForMember, at_ms: int) -> tuple[drive.AnyCommand, ...]:
        credential = step.card or self._credentials.get(step.member, "")
        if not credential:
            return ()
        medium = step.medium or self._medium_of(step.member)
        return (drive.ScanCard(at_ms=at_ms, credential=credential, medium=medium),)

    def _medium_of(self, member: str) -> str:
        return next((m.medium for m in self._chain.members if m.id == member), "barcode")

    def _approval(self, step: ForMember) -> dict[str, str]:
        person = self._staff.get(step.approver)
        return {
            "approver": step.approver,
            "approver_pin": person.pin if person else "",
        }


def _open(kind: drive.DraftKind, at_ms: int) -> drive.OpenDraft:
    return drive.OpenDraft(at_ms=at_ms, kind=kind)


def _plain(amount: int | None) -> int | None:
    """A plain integer, which travels as one."""
    return None if amount is None else int(amount)

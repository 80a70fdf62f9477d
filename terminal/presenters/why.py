"""An entry in plain words: what it was, how each number came about, what settles, what head office
made of it. Pure.

The sentences of the steps are those of the "?" on the screens (`explaining`); nothing is worked out
again here, an entry explains itself from what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sync.domain import accounts
from sync.domain.journal import Body, member_effects
from sync.domain.trace import Step
from terminal.presenters.explaining import explain
from terminal.presenters.parts_view import AmountRow
from terminal.text import Text


@dataclass(frozen=True, slots=True)
class LotPart:
    """Units of one lot behind a debit. `earned_at`: the dealer whose lot it is; negative units and
    amounts give back."""

    account: str
    units: int
    earned_at: str
    debtor: str
    creditor: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Told:
    """What head office made of the entry. `post_seq` None: in quarantine."""

    outcome: str
    codes: tuple[str, ...]
    post_seq: int | None
    lots: tuple[LotPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One heading with its lines."""

    title: str
    lines: tuple[str, ...]


def why(text: Text, number: str, body: Body, told: Told | None) -> tuple[Part, ...]:
    """Everything an entry says about itself, in the language of `text`; no empty parts."""
    parts = (
        Part(_headline(text, number, body), _circumstances(text, body)),
        Part(text("why.part.rules"), _steps(text, body)),
        Part(text("why.part.basis"), _basis(text, body)),
        Part(text("why.part.moved"), _moved(text, body)),
        Part(text("why.part.settles"), _claims(text, body)),
        Part(text("why.part.headoffice"), _told(text, told)),
    )
    return tuple(part for part in parts if part.lines)


def _headline(text: Text, number: str, body: Body) -> str:
    return text("why.head", kind=text(f"entry.{body.kind}"), number=number)


def _circumstances(text: Text, body: Body) -> tuple[str, ...]:
    at = datetime.fromtimestamp(body.at.utc_ms / 1000, UTC) + timedelta(minutes=body.at.offset_min)
    place = body.place
    lines = [
        text(
            "why.when",
            day=text.date(body.business_date, year=True),
            clock=text.time(at),
            dealer=place.dealer,
            store=place.store,
            till=place.till,
        )
    ]
    if body.operator:
        lines.append(text("why.operator", operator=body.operator))
    if body.approver:
        lines.append(text("why.approver", approver=body.approver))
    if body.presented is not None:
        shown = body.presented
        lines.append(
            text(
                "why.presented.pin" if shown.pin else "why.presented",
                medium=text(f"medium.{shown.medium}"),
                method=text(f"method.{shown.method}"),
            )
        )
    if body.programme:
        lines.append(text("why.programme", version=str(body.programme)))
    return tuple(lines)


def _steps(text: Text, body: Body) -> tuple[str, ...]:
    steps: tuple[Step, ...] = body.trace
    rows = explain(text, "", steps, AmountRow("", ""), _names(text, body), limit=len(steps)).rows
    return tuple(text("why.line", words=row.label, value=row.value) for row in rows)


def _names(text: Text, body: Body) -> Mapping[int, tuple[str, int]]:
    """What each line is called: its article number, or that it is a plain amount."""
    found: dict[int, tuple[str, int]] = {}
    lines = body.data.get("lines")
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, dict) and isinstance(line.get("item"), int):
            name = str(line.get("sku") or "") or text("why.plain_amount")
            found[line["item"]] = (name, int(line.get("quantity") or 1))
    return found


def _basis(text: Text, body: Body) -> tuple[str, ...]:
    basis = body.basis
    lines = []
    if basis.auth:
        lines.append(text("why.basis.authorised"))
    elif basis.auth_unknown:
        lines.append(text("why.basis.unanswered"))
    elif basis.mode == "offline" and basis.balances:
        lines.append(text("why.basis.offline"))
    if basis.age_ms is not None and basis.balances:
        lines.append(text("why.basis.age", age_s=basis.age_ms // 1000))
    for name, value in sorted(basis.balances.items()):
        written = _units(text, name, value)
        lines.append(text("why.line", words=text(f"account.{name}"), value=written))
    return tuple(lines)


def _moved(text: Text, body: Body) -> tuple[str, ...]:
    sums: dict[str, int] = {}
    for _, name, delta in member_effects(body.effects):
        sums[name] = sums.get(name, 0) + delta
    return tuple(
        text("why.line", words=text(f"account.{name}"), value=_units(text, name, delta, sign=True))
        for name, delta in sums.items()
        if delta
    )


def _claims(text: Text, body: Body) -> tuple[str, ...]:
    return tuple(
        text(
            "why.claim" if claim.offer else "why.claim.plain",
            what=text(f"claim.{claim.kind}"),
            offer=claim.offer,
            units=_units(text, claim.account, claim.quantity),
            value_minor=claim.settlement_minor,
        )
        for claim in body.claims
    )


def _told(text: Text, told: Told | None) -> tuple[str, ...]:
    if told is None:
        return (text("why.told.not_yet"),)
    if told.post_seq is None:
        lines = [text("why.told.quarantined")]
    else:
        lines = [text("why.told.posted", number=str(told.post_seq))]
    lines += [text(f"issue.{code}") for code in told.codes]
    for part in told.lots:
        code = "why.lot.own" if part.debtor == part.creditor else "why.lot"
        if part.units < 0:
            code = "why.lot.back"
        lines.append(
            text(
                code,
                units=_units(text, part.account, abs(part.units)),
                earned_at=part.earned_at,
                debtor=part.debtor,
                creditor=part.creditor,
                value_minor=abs(part.amount_minor),
            )
        )
    return tuple(lines)


def _units(text: Text, account: str, value: int, *, sign: bool = False) -> str:
    if account == accounts.POINTS:
        return text.points(value, sign=sign)
    return text.money(value, sign=sign)

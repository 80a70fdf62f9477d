"""A till driven by commands instead of a window: the same use cases, as a screen calls them.

Only for scenarios (`guibin till --drive`). It keeps what a screen keeps: the draft at hand.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.client.transport import Unreachable
from sync.domain.cards import Block, card_number, token_of
from sync.domain.joining import Purchase
from sync.domain.journal import Kind
from sync.domain.members import Balances
from sync.domain.refusals import Refusal
from sync.lab import drive
from terminal.app.clocks import StoryClock
from terminal.app.composing import Application
from terminal.app.syncing import sync_once
from terminal.app.told import qr_of, told
from terminal.operations import catalogue, filling
from terminal.operations.spec import OperationSpec
from terminal.text import Text
from terminal.usecases import (
    codes,
    drafts,
    enrol,
    identify,
    operation,
    printing,
    prospects,
    recover,
    redeem_gift,
    sell,
    shift,
    sign_in,
    top_up,
)
from terminal.usecases.commits import Done, done_at
from terminal.usecases.drafts import (
    Draft,
    EnrolDraft,
    GiftDraft,
    OperationDraft,
    SaleDraft,
    TopUpDraft,
)
from terminal.usecases.identify import MemberCard
from terminal.usecases.outcome import Trouble
from terminal.usecases.sign_in import Approval

T = TypeVar("T")
READER: Final = "scanner"
_STRENGTH: Final = {Medium.IC: Strength.UID, Medium.RFID: Strength.UID}


class Broken(Exception):  # noqa: N818  # becomes the answer of that name
    """The command cannot be obeyed."""


class Stop(Exception):  # noqa: N818  # the rules said no
    """A refusal on its way to the answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class Trap:
    """The step hook of a driven till: kills the process where it was armed to."""

    def __init__(self) -> None:
        self._point, self._left = "", 0

    def arm(self, point: str, nth: int) -> None:
        """Die when passing `point` for the `nth` time."""
        self._point, self._left = point, nth

    def __call__(self, name: str) -> None:
        """A named step is passed."""
        if name == self._point:
            self._left -= 1
            if self._left == 0:
                sys.stderr.flush()
                os.kill(os.getpid(), signal.SIGKILL)


class DrivenTill:
    """Obeys `sync.lab.drive` commands on one till."""

    def __init__(self, app: Application, clock: StoryClock, trap: Trap) -> None:
        self._app, self._till, self._clock, self._trap = app, app.till, clock, trap
        self._draft: Draft | None = None
        self._kind = ""
        self._member: MemberCard | None = None
        self._joining: EnrolDraft | None = None
        self._tender: tuple[str, int | None] = ("cash", None)
        self._words = Text(app.settings.language)

    def obey(self, command: drive.AnyCommand) -> drive.Answer:
        """Do one thing; what went wrong is an answer too."""
        self._clock.move(command.at_ms)
        try:
            return self._obey(command)
        except Stop as stop:
            params = dict(stop.refusal.params)
            online = self._till.may_ask() is not None
            self._give_up()
            return drive.Refused(code=stop.refusal.code.value, params=params, online=online)
        except Broken as broken:
            return drive.Broken(reason=str(broken))

    def _obey(self, command: drive.AnyCommand) -> drive.Answer:
        table: dict[type, Callable[..., drive.Answer]] = {
            drive.SignIn: self._sign_in,
            drive.OpenShift: self._open_shift,
            drive.CloseShift: self._close_shift,
            drive.OpenDraft: self._open_draft,
            drive.ScanCard: self._scan_card,
            drive.ScanProduct: self._scan_product,
            drive.Amount: self._amount,
            drive.Code: self._code,
            drive.Prospect: self._prospect,
            drive.Points: self._points,
            drive.StoredValue: self._stored_value,
            drive.Tender: self._take_tender,
            drive.Pay: self._pay,
            drive.TopUp: self._top_up,
            drive.Gift: self._gift,
            drive.Enrol: self._enrol,
            drive.Operate: self._operate,
            drive.SetOffline: self._set_offline,
            drive.Sync: self._sync,
            drive.State: self._state,
            drive.Resume: self._resume,
            drive.Reprint: self._reprint,
            drive.ArmKill: self._arm,
        }
        act = table.get(type(command))
        return drive.Done() if act is None else act(command)

    # -- people and shifts -----------------------------------------------------------------------

    def _sign_in(self, command: drive.SignIn) -> drive.Answer:
        _must(sign_in.sign_in(self._till, command.staff, command.pin))
        return drive.Done()

    def _open_shift(self, command: drive.OpenShift) -> drive.Answer:
        _must(shift.open_shift(self._till, command.drawer_minor))
        return drive.Done(seq=self._till.database.journal.head().seq)

    def _close_shift(self, command: drive.CloseShift) -> drive.Answer:
        counted = command.counted_minor
        if counted is None:
            counted = _must(shift.report(self._till)).expected_minor
        return self._done(_must(shift.close_shift(self._till, counted)).done)

    # -- ringing up ------------------------------------------------------------------------------

    def _open_draft(self, command: drive.OpenDraft) -> drive.Answer:
        self._forget()
        self._kind = command.kind
        if command.kind == "sale":
            self._draft = _must(sell.open_sale(self._till))
        elif command.kind == "operation":
            spec = _named(command.operation)
            begun = _must(operation.open_operation(self._till, spec.name))
            self._draft = filling.keep(self._till, filling.with_presets(spec, self._till, begun))
        return drive.Done(draft=self._draft.entry_id if self._draft else None)

    def _scan_card(self, command: drive.ScanCard) -> drive.Answer:
        medium = Medium(command.medium)
        read = self._read(command.credential, medium)
        self._member = _must(
            identify.refreshed(self._till, _must(identify.identify(self._till, read)))
        )
        bearer = self._member.bearer
        match self._kind:
            case "sale":
                draft = self._sale()
                if draft.bearer is None or draft.bearer.member != bearer.member:
                    self._keep(draft.for_member(bearer))
            case "top_up" if self._draft is None:
                self._draft = _must(top_up.open_top_up(self._till, bearer))
            case "gift" if self._draft is None:
                self._draft = _must(redeem_gift.open_gift(self._till, bearer))
            case "operation":
                begun = self._operation()
                spec = _named(begun.operation)
                if begun.bearer is None:
                    begun = filling.for_member(spec, self._till, begun, bearer)
                    self._draft = filling.keep(self._till, begun)
            case _:
                pass
        return drive.Done(draft=self._draft.entry_id if self._draft else None)

    def _scan_product(self, command: drive.ScanProduct) -> drive.Answer:
        found = _must(identify.scan(self._till, self._read(command.barcode, Medium.BARCODE)))
        if not isinstance(found, identify.ProductFound):
            raise Broken(f"{command.barcode} is a card, not a product")
        self._keep(self._sale().adding(found.product, command.quantity))
        return drive.Done()

    def _amount(self, command: drive.Amount) -> drive.Answer:
        draft = self._sale().adding_amount(command.minor)
        if command.quantity > 1:
            draft = draft.with_quantity(len(draft.lines) - 1, command.quantity)
        self._keep(draft)
        return drive.Done()

    def _code(self, command: drive.Code) -> drive.Answer:
        taken = _must(codes.take_code(self._till, self._sale(), command.code))
        self._keep(taken)
        return drive.Done()

    def _prospect(self, command: drive.Prospect) -> drive.Answer:
        self._keep(_must(prospects.by_phone(self._till, self._sale(), command.phone)).sale)
        return drive.Done()

    def _points(self, command: drive.Points) -> drive.Answer:
        draft = self._sale()
        self._keep(draft.paying(command.points, draft.stored_value_minor))
        return drive.Done()

    def _stored_value(self, command: drive.StoredValue) -> drive.Answer:
        draft, wanted = self._sale(), command.minor
        if wanted == drive.MAX_STORED_VALUE:
            wanted = _must(sell.quote(self._till, draft)).most_stored_value_minor
        self._keep(draft.paying(draft.points, wanted))
        return drive.Done()

    def _take_tender(self, command: drive.Tender) -> drive.Answer:
        self._tender = (command.tender, command.tendered_minor)
        if command.slip:
            self._keep(self._sale().with_slip(command.slip))
        return drive.Done()

    # -- finishing -------------------------------------------------------------------------------

    def _pay(self, command: drive.Pay) -> drive.Answer:
        draft = self._sale()
        tender, tendered = self._tender
        if tendered is None:
            tendered = _must(sell.quote(self._till, draft)).quote.data.money_minor
        approval = self._approval(command)
        return self._finish(_must(sell.sell(self._till, draft, tender, tendered, approval)))

    def _top_up(self, command: drive.TopUp) -> drive.Answer:
        if not isinstance(self._draft, TopUpDraft):
            raise Broken("no top-up was begun")
        draft = top_up.of_amount(self._draft, command.amount_minor)
        approval = self._approval(command)
        return self._finish(_must(top_up.top_up(self._till, draft, command.tender, approval)))

    def _gift(self, command: drive.Gift) -> drive.Answer:
        if not isinstance(self._draft, GiftDraft):
            raise Broken("no gift was begun")
        draft = redeem_gift.of_gift(self._draft, command.offer, command.quantity)
        approval = self._approval(command)
        return self._finish(_must(redeem_gift.redeem_gift(self._till, draft, approval)))

    def _enrol(self, command: drive.Enrol) -> drive.Answer:
        sale = self._draft if isinstance(self._draft, SaleDraft) else None
        draft = self._joining or _must(enrol.open_enrolment(self._till, sale))
        self._joining = draft
        credential = command.credential or self._next_card()
        month, _, day = command.birthday.partition("-")
        form = enrol.Form(
            command.name,
            command.phone,
            int(month) if month else None,
            int(day) if day else None,
            consent=command.consent,
        )
        earlier = [Purchase(date.fromisoformat(p.day), p.base_minor) for p in command.earlier]
        read = self._read(credential, Medium(command.medium))
        made = enrol.enrol(self._till, draft, form, read, sale, earlier)
        if isinstance(made, Refusal):
            self._joining = None
            drafts.abandon(self._till, draft)
            # the sale goes on, as nobody's
            return drive.Refused(code=made.code.value, params=dict(made.params))
        joined = _must(made)
        self._joining, self._draft = None, joined.sale
        printing.print_receipt(self._till, joined.done.seq, self._words)
        return self._done(joined.done, credential)

    def _operate(self, command: drive.Operate) -> drive.Answer:
        draft = self._operation()
        spec = _named(command.operation)
        if draft.operation != spec.name:
            raise Broken(f"{draft.operation} was begun, not {spec.name}")
        try:
            draft = filling.fill(spec, self._till, draft, command.fields)
        except filling.UnknownFieldError as error:
            raise Broken(str(error)) from None
        self._draft = filling.keep(self._till, draft)
        approval = self._approval(command)
        return self._finish(
            _must(filling.commit(spec, self._till, draft, approval, command.hidden))
        )

    def _finish(self, done: Done) -> drive.Answer:
        printing.print_receipt(self._till, done.seq, self._words)
        self._forget()
        return self._done(done)

    def _done(self, done: Done | None, credential: str | None = None) -> drive.Done:
        if done is None:
            raise Broken("nothing was written")
        return told(self._till, done, self._words, credential)

    # -- after a start ---------------------------------------------------------------------------

    def _resume(self, _command: drive.Resume) -> drive.Answer:
        self._forget()
        for draft in _must(recover.recover(self._till)).drafts:
            if isinstance(draft, EnrolDraft):
                self._joining = draft
                self._kind = self._kind or "enrol"
            else:
                self._draft = draft
                self._kind = _kind_of(draft)
        seq = self._till.database.journal.head().seq
        last = done_at(self._till, seq) if seq else None
        rung_up = 0
        if isinstance(self._draft, SaleDraft):
            self._draft = _must(sell.resume(self._till, self._draft))
            rung_up = sum(line.quantity for line in self._draft.lines)
        at_hand = self._draft or self._joining
        return drive.Done(
            seq=seq or None,
            entry_id=last.body.entry_id if last else None,
            kind=last.body.kind if last else "",
            member=last.body.member if last else None,
            credential=self._credential_of(last) if last else None,
            draft=at_hand.entry_id if at_hand else None,
            rung_up=rung_up,
            data=last.body.data if last else {},
            qr=qr_of(self._till, last, self._words) if last else "",
        )

    def _credential_of(self, last: Done) -> str | None:
        """The card a new member got from the till's own block."""
        if last.body.kind != Kind.ENROL or last.body.card is None:
            return None
        key = self._till.database.keys.token
        for number in self._block_numbers():
            if token_of(key, number) == last.body.card:
                return number
        return None

    def _reprint(self, command: drive.Reprint) -> drive.Answer:
        _must(printing.reprint(self._till, command.seq, self._words))
        return drive.Done(seq=command.seq)

    # -- network, state --------------------------------------------------------------------------

    def _set_offline(self, command: drive.SetOffline) -> drive.Answer:
        self._app.set_offline(command.offline)
        return drive.Done()

    def _sync(self, command: drive.Sync) -> drive.Answer:
        try:
            pushed, pulled = sync_once(self._app, command.batch)
        except Unreachable as error:
            return drive.Done(synced=False, note=error.code)
        self._till.reachable_again()
        return drive.Done(pushed=pushed, pulled=pulled)

    def _state(self, command: drive.State) -> drive.Answer:
        database = self._till.database
        identity, head = database.journal.identity, database.journal.head()
        shown = []
        for member in command.members:
            standing = database.standing(member)
            if standing is not None:
                as_of = standing.as_of_ms
                age = None if as_of is None else max(self._clock.utc_ms() - as_of, 0)
                shown.append(
                    drive.MemberState(
                        member,
                        standing.row.tier,
                        _figures(standing.confirmed),
                        _figures(standing.pending),
                        age,
                    )
                )
        state = drive.TillState(
            device=identity.device,
            epoch=identity.epoch,
            head_seq=head.seq,
            head_hash=head.hash.hex(),
            acked=database.outbox.acked_seq(),
            offline=self._till.offline,
            draft=self._draft.entry_id if self._draft else None,
            members=tuple(shown),
        )
        return drive.Done(state=state)

    def _arm(self, command: drive.ArmKill) -> drive.Answer:
        self._trap.arm(command.point, command.nth)
        return drive.Done()

    # -- small things ----------------------------------------------------------------------------

    def _sale(self) -> SaleDraft:
        if not isinstance(self._draft, SaleDraft):
            raise Broken("no sale was begun")
        return self._draft

    def _operation(self) -> OperationDraft:
        if not isinstance(self._draft, OperationDraft):
            raise Broken("no operation was begun")
        return self._draft

    def _keep(self, draft: SaleDraft) -> None:
        self._draft = _must(sell.save(self._till, draft))

    def _read(self, raw: str, medium: Medium) -> CredentialRead:
        strength = _STRENGTH.get(medium, Strength.TOKEN)
        return CredentialRead(READER, medium, raw, ReadMethod.READ, strength, self._clock.utc_ms())

    def _approval(self, command: drive.Approval) -> Approval | None:
        if not command.approver:
            return None
        return _must(sign_in.approve(self._till, command.approver, command.approver_pin))

    def _block_numbers(self) -> list[str]:
        blocks: tuple[Block, ...] = self._till.record.blocks
        return [card_number(n) for b in blocks for n in range(b.first, b.last + 1)]

    def _next_card(self) -> str:
        key = self._till.database.keys.token
        for number in self._block_numbers():
            if self._till.database.card(token_of(key, number)) is None:
                return number
        raise Broken("the block of cards is used up")

    def _give_up(self) -> None:
        """After a refusal: the operation is not done, its draft is forgotten."""
        if self._draft is not None:
            drafts.abandon(self._till, self._draft)
        self._forget()

    def _forget(self) -> None:
        self._draft, self._member, self._joining, self._kind = None, None, None, ""
        self._tender = ("cash", None)


def _must(found: T | Refusal | Trouble) -> T:
    """The result of a use case; a refusal and a fault end the command."""
    if isinstance(found, Refusal):
        raise Stop(found)
    if isinstance(found, Trouble):
        raise Broken(f"{found.code} {dict(found.params)}")
    return found


def _figures(balances: Balances) -> drive.Figures:
    return drive.Figures(balances.points, balances.principal, balances.bonus, balances.qualifying)


def _named(name: str) -> OperationSpec:
    try:
        return catalogue.named(name)
    except KeyError:
        raise Broken(f"this till has no operation {name!r}") from None


def _kind_of(draft: Draft) -> str:
    kinds = {
        SaleDraft: "sale",
        TopUpDraft: "top_up",
        GiftDraft: "gift",
        EnrolDraft: "enrol",
        OperationDraft: "operation",
    }
    return kinds[type(draft)]

"""One operation told as data, on the form screen: chosen, filled in, worked out, confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from hardware.events import CredentialRead
from sync.domain.cards import serial_of
from sync.domain.refusals import Code, Refusal, refuse
from terminal.operations import catalogue, filling
from terminal.operations.spec import (
    FieldKind,
    FieldSpec,
    MemberUse,
    OperationSpec,
    Preview,
)
from terminal.presenters import operation_drawing
from terminal.presenters.canvas import draw
from terminal.presenters.customer import Customer
from terminal.presenters.desk import Desk
from terminal.presenters.operation_view import OperationView
from terminal.presenters.parts_view import ExplainView
from terminal.presenters.ports import Render, nowhere
from terminal.presenters.serving import Serving
from terminal.usecases import drafts, operation
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer, OperationDraft
from terminal.usecases.identify import CARD_ONLY, MemberCard
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was last worked out: what it asks for, what it would come to, what is wrong."""

    draft: OperationDraft
    fields: tuple[FieldSpec, ...] = ()
    look: Preview | Refusal | None = None


class FormDesk:
    """The operation at hand, on the writer thread."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._draft: OperationDraft | None = None

    @use_case
    def open(self, spec: OperationSpec, bearer: Bearer | None) -> Filled | Refusal | Trouble:
        """Begin with an operation: from here on it has its entry id."""
        self._abandon()
        opened = operation.open_operation(self._till, spec.name, bearer)
        if not isinstance(opened, OperationDraft):
            return opened
        return self._kept(spec, filling.with_presets(spec, self._till, opened))

    @use_case
    def put(self, spec: OperationSpec, values: Mapping[str, str]) -> Filled | None:
        """Fill in fields; those that are gone meanwhile are left out. None: nothing is begun."""
        draft = self._draft
        if draft is None:
            return None
        for name, value in values.items():
            if any(f.name == name for f in filling.fields_of(spec, self._till, draft)):
                draft = filling.put(spec, self._till, draft, name, value)
        return self._kept(spec, draft)

    @use_case
    def serve(self, spec: OperationSpec, bearer: Bearer | None) -> Filled | None:
        """For this member, or for nobody."""
        if self._draft is None:
            return None
        return self._kept(spec, filling.for_member(spec, self._till, self._draft, bearer))

    @use_case
    def adopt(self, spec: OperationSpec, draft: OperationDraft) -> Filled:
        """Go on with a draft that was left, under its entry id."""
        return self._kept(spec, draft)

    def commit(
        self, spec: OperationSpec, approval: Approval | None, secrets: Mapping[str, str]
    ) -> Done | Refusal | Trouble:
        """Do it; a declined draft goes on under a fresh id."""
        draft = self._draft
        if draft is None:
            return refuse(Code.ENTRY_DEAD)
        done = filling.commit(spec, self._till, draft, approval, secrets)
        if isinstance(done, Done):
            self._draft = None
        elif isinstance(done, Refusal) and drafts.is_dead(self._till, draft):
            self._draft = drafts.renewed(self._till, draft)
        return done

    @use_case
    def forget(self) -> None:
        """Nobody wants it any more."""
        self._abandon()

    def _kept(self, spec: OperationSpec, draft: OperationDraft) -> Filled:
        self._draft = filling.keep(self._till, draft)
        fields = filling.fields_of(spec, self._till, draft)
        member = operation.at_counter(self._till, draft)
        if member is None and spec.member is MemberUse.NEEDED:
            return Filled(draft, fields)
        return Filled(draft, fields, spec.look(self._till, draft, member))

    def _abandon(self) -> None:
        if self._draft is not None:
            drafts.abandon(self._till, self._draft)
            self._draft = None


class OperationPresenter(Serving):
    """Presenter of one rail item's form screen. What is typed shows at once; the till works it out
    behind it, one question at a time, the last one always."""

    def __init__(
        self,
        desk: Desk,
        customer: Customer,
        screen: str,
        render: Render[OperationView] = nowhere,
    ) -> None:
        """`screen`: the rail item whose operations these are."""
        self._render = render
        self.screen = screen
        self.specs = catalogue.of_screen(screen)
        self.spec: OperationSpec | None = None
        self.filled: Filled | None = None
        self.secrets: dict[str, str] = {}
        self.tried = False
        self._typed: dict[str, str] = {}
        self._to_put: dict[str, str] = {}
        self._putting = self._again = False
        self._focus = ""
        self._work = FormDesk(desk.till)
        super().__init__(desk, customer)

    def draw_with(self, render: Render[OperationView]) -> None:
        """Draw on this screen from now on."""
        self._render = render
        self.show()

    # -- what others ask -------------------------------------------------------------------------

    @property
    def draft(self) -> OperationDraft | None:
        """The operation at hand."""
        return self.filled.draft if self.filled is not None else None

    @property
    def draft_id(self) -> UUID | None:
        """Its entry id."""
        return self.draft.entry_id if self.draft is not None else None

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """What is asked for now."""
        return self.filled.fields if self.filled is not None else ()

    def value(self, name: str) -> str:
        """What stands in a field, as last typed."""
        if name in self._typed:
            return self._typed[name]
        return self.draft.fields.get(name, "") if self.draft is not None else ""

    @property
    def hint(self) -> str:
        """Code of what comes next."""
        return "hint.operation" if self.spec is not None else "hint.operations"

    @property
    def at_rest(self) -> bool:
        """Whether everything typed is worked out."""
        return not self._putting and not self._to_put

    def wrong(self) -> Refusal | None:
        """The first thing that keeps it from being confirmed."""
        spec, filled = self.spec, self.filled
        if spec is None or filled is None:
            return None
        if spec.member is MemberUse.NEEDED and filled.draft.bearer is None:
            return refuse(Code.MEMBER_NEEDED)
        found = filling.wrong(filled.fields, filled.draft, self.secrets)
        if found is None and isinstance(filled.look, Refusal):
            return filled.look
        return found

    # -- events ----------------------------------------------------------------------------------

    def arrive(self) -> None:
        """Come on show: an item with one operation begins it at once."""
        if self.spec is None and len(self.specs) == 1 and self.desk.session is not None:
            self.operation_chosen(self.specs[0].name)

    def operation_chosen(self, name: str) -> None:
        """One of the list."""
        if self.busy or self.finished is not None or self.spec is not None:
            return
        spec = self.spec = catalogue.named(name)
        bearer = None if spec.member is MemberUse.NONE else self.customer.bearer
        work = self._work
        self.desk.quiet()
        self.desk.jobs.write(lambda: work.open(spec, bearer), self._opened)
        self.desk.hooks.redraw()
        self.show()

    def field_focused(self, name: str) -> None:
        """The keyboard is in a field: a scan goes there."""
        self._focus = name

    def field_edited(self, edited: tuple[str, str]) -> None:
        """A field was filled in, ticked, chosen, counted."""
        name, value = edited
        if self.busy or self.finished is not None or self.filled is None:
            return
        field = next((f for f in self.fields if f.name == name), None)
        if field is None:
            return
        if field.kind is FieldKind.HIDDEN:
            self.secrets[name] = value
        else:
            self._typed[name] = self._to_put[name] = value
            self._put()
        self.show()

    def row_counted(self, counted: tuple[str, str, int]) -> None:
        """One more or one less of a row of a table field; beyond the most, none."""
        name, key, step = counted
        field = next((f for f in self.fields if f.name == name), None)
        row = next((r for r in field.rows if r.key == key), None) if field else None
        if field is None or row is None:
            return
        if row.most < 1:
            self.desk.say(row.why or "form.row_off", "warn")
            return
        taken = filling.table(self.value(name)) or {}
        wanted = taken.get(key, 0) + step
        taken[key] = max(wanted, 0) if wanted <= row.most else 0
        told = " ".join(f"{r.key}:{taken[r.key]}" for r in field.rows if taken.get(r.key))
        self.field_edited((name, told))

    def raw_taken(self, read: CredentialRead) -> bool:
        """Whether a scan belongs into a field of the form: the one with the keyboard, else the
        first empty one. A member's card is a member's while nobody is served."""
        spec, draft = self.spec, self.draft
        if spec is None or draft is None or self.finished is not None:
            return False
        is_card = read.medium in CARD_ONLY or serial_of(read.raw) is not None
        if spec.member is not MemberUse.NONE and draft.bearer is None and is_card:
            return False
        scans = [f.name for f in self.fields if f.kind is FieldKind.SCAN]
        empty = [name for name in scans if not self.value(name)]
        into = self._focus if self._focus in scans else next(iter(empty), "")
        if not into:
            return False
        self.desk.quiet()
        self.field_edited((into, read.raw))
        return True

    def open_with(self, spec: OperationSpec, text: str) -> None:
        """Begin with what was scanned somewhere else: it goes into the first scan field."""
        if self.busy or self.asking is not None:
            self.desk.say("notice.finish_first", "warn")
            return
        if self.finished is not None:
            self.next_customer()
        if self.spec is not None:
            self.leave()
        self._to_put = {"": text}
        self.operation_chosen(spec.name)

    def primary_pressed(self) -> None:
        """Confirm; in the list there is nothing to confirm yet."""
        if self.primary_shared():
            return
        if self.spec is None:
            self.desk.say("form.choose", "warn")
            return
        self.tried = True
        found = self.wrong()
        if not self.at_rest or self.filled is None:
            self._again = True  # once it is worked out
            return
        if found is None:
            self.commit(None)
        else:
            self.desk.refuse(found)
            self.show()

    def back_pressed(self) -> None:
        """One step back: out of the form, at last to the sale."""
        if self.busy or self.step_back():
            return
        if self.spec is not None and self.finished is None:
            single = len(self.specs) == 1
            self.leave()
            self.desk.quiet()
            self.desk.hooks.redraw()
            self.show()
            if not single:
                return
        self.desk.hooks.go("sale")

    def commit(self, approval: Approval | None) -> None:
        """Do it."""
        spec, secrets, work = self.spec, dict(self.secrets), self._work
        if spec is None:
            return
        self.busy = True
        self.desk.jobs.write(lambda: work.commit(spec, approval, secrets), self._committed)
        self.show()

    def veto(self, _found: MemberCard) -> str:
        """A form for somebody is open: first finish or give it up."""
        return "notice.card_busy_here" if self.draft and self.draft.bearer else ""

    def resume(self, draft: OperationDraft) -> None:
        """Go on with an operation that was left, with what was filled in."""
        spec = self.spec = catalogue.named(draft.operation)
        work = self._work
        self.desk.jobs.write(lambda: work.adopt(spec, draft), self._opened)

    def leave(self) -> None:
        """Be as new."""
        if self.spec is not None and self.finished is None:
            self.desk.jobs.write(self._work.forget, lambda _: None)
        self.spec, self.filled, self.explaining = None, None, ""
        self._typed, self._to_put, self.secrets = {}, {}, {}
        self.tried, self._again, self._focus = False, False, ""

    def customer_changed(self) -> None:
        """Another member: a form for somebody else is given up, one for nobody becomes theirs."""
        spec, draft, bearer = self.spec, self.draft, self.customer.bearer
        if spec is not None and draft is not None and not self.busy and self.finished is None:
            before = draft.bearer.member if draft.bearer is not None else None
            now = bearer.member if bearer is not None else None
            if spec.member is not MemberUse.NONE and before != now:
                if draft.bearer is not None and spec.member is MemberUse.NEEDED:
                    self.leave()
                else:
                    work = self._work
                    self.desk.jobs.write(lambda: work.serve(spec, bearer), self._worked_out)
        self.show()

    # -- results ---------------------------------------------------------------------------------

    def _opened(self, found: Filled | Refusal | Trouble) -> None:
        if isinstance(found, Filled):
            scanned = self._to_put.pop("", "")
            self._worked_out(found)
            name = next((f.name for f in found.fields if f.kind is FieldKind.SCAN), "")
            if scanned and name:
                self.field_edited((name, scanned))
        else:
            self.spec = None
            self._to_put = {}
            self.desk.refuse(found)
            self.show()

    def _put(self) -> None:
        """Work out what is typed; while an answer is awaited, what is typed further waits."""
        spec, work = self.spec, self._work
        if self._putting or not self._to_put or spec is None:
            return
        values, self._to_put = self._to_put, {}
        self._putting = True
        self.desk.jobs.write(lambda: work.put(spec, values), self._put_done)

    def _put_done(self, found: Filled | Trouble | None) -> None:
        self._putting = False
        self._worked_out(found)
        self._put()

    def _worked_out(self, found: Filled | Trouble | None) -> None:
        if isinstance(found, Trouble):
            self.desk.refuse(found)
        elif found is not None and self.spec is not None and self._is_ours(found):
            self.filled = found
            if not self._putting and not self._to_put:
                self._typed = {}
            bearer = self.customer.bearer
            if found.draft.bearer is None and bearer is not None:
                self.customer_changed()
        self.show()
        if self._again and self.at_rest:
            self._again = False
            self.primary_pressed()

    def _is_ours(self, found: Filled) -> bool:
        return self.spec is not None and found.draft.operation == self.spec.name

    def _committed(self, found: Done | Refusal | Trouble) -> None:
        if isinstance(found, Done):
            self.secrets = {}
            self.took(found)
        else:
            self.refused(found)

    # -- the view --------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw the view."""
        draw(self._render, self.view)

    def view(self) -> OperationView:
        """The screen as it is."""
        return operation_drawing.operation_view(self)

    def explanation(self) -> ExplainView | None:
        """The arithmetic behind what it would come to."""
        return operation_drawing.explanation(self)

"""The enrolment screen's view. Pure: reads the presenter, changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardware.events import CredentialRead, Medium, masked
from sync.domain.cards import normalise, serial_of
from sync.domain.joining import Eligibility
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal
from terminal.presenters.enrol_view import CardView, DuplicateView, EnrolView, FieldView
from terminal.presenters.finished import done_view
from terminal.presenters.lookups import grouped
from terminal.presenters.member_drawing import tier_name, tier_style
from terminal.presenters.parts_view import ActionView, IconLine
from terminal.presenters.typed import birthday, digits_of

if TYPE_CHECKING:
    from terminal.presenters.enrol import EnrolPresenter

PHONE_DIGITS: Final = 11


def enrol_view(of: EnrolPresenter) -> EnrolView:
    """The screen as it is."""
    text, done = of.desk.text, of.enrolled is not None
    why_title, why, why_note, why_ok = _why(of)
    consent = text("enrol.consent_text", version=_consent_version(of))
    return EnrolView(
        step=_step(of),
        phone=_field(of, "phone"),
        name=_field(of, "name"),
        birthday=_field(of, "birthday"),
        consultants=tuple((person.staff, person.name) for person in of.people),
        consultant=of.consultant,
        sizes=_field(of, "sizes"),
        colours=_field(of, "colours"),
        card=_card(of),
        consent_text=consent,
        consent=of.consent,
        duplicate=_duplicate(of),
        why_title=why_title,
        why=why,
        why_note=why_note,
        why_ok=why_ok,
        note_title=text("enrol.note_title"),
        note=text("enrol.note"),
        back=ActionView(text("enrol.back"), enabled=not of.busy and not done),
        primary=primary(of),
        done=_done(of),
        earlier=_field(of, "earlier"),
    )


def primary(of: EnrolPresenter) -> ActionView:
    """Make the member, or why that is not possible yet."""
    text = of.desk.text
    if of.enrolled is not None:
        code = "enrol.back_to_sale" if of.enrolled.sale is not None else "enrol.next"
        return ActionView(text(code))
    if of.busy:
        return ActionView(text("enrol.saving"), busy=True)
    reason = _missing(of)
    return ActionView(text("enrol.confirm"), enabled=not reason, reason=reason)


def _missing(of: EnrolPresenter) -> str:
    """What is still missing, the first thing first; empty when nothing is."""
    text, looked = of.desk.text, of.looked
    errors = looked.errors if looked else frozenset()
    asked = (
        (not of.value("phone").strip() or Code.PHONE_INVALID in errors, "enrol.phone_invalid"),
        (not of.value("name").strip(), "enrol.name_needed"),
        (
            birthday(of.value("birthday")) is None or Code.BIRTHDAY_INVALID in errors,
            "enrol.birthday_invalid",
        ),
        (of.earlier() is None, "enrol.earlier_invalid"),
        (of.read is None, "enrol.card_wait_title"),
        (not of.consent, "enrol.need_consent"),
        (looked is None or not isinstance(looked.why, Eligibility), "enrol.why_not_title"),
    )
    return next((text(code) for missing, code in asked if missing), "")


def _step(of: EnrolPresenter) -> int:
    if of.enrolled is not None:
        return 3
    filled = bool(of.value("name").strip()) and not _phone_error(of) and of.value("phone")
    return 2 if filled else 1


def _field(of: EnrolPresenter, name: str) -> FieldView:
    text = of.desk.text
    error = ""
    if of.enrolled is None and of.touched(name):
        if name == "phone" and _phone_error(of):
            error = text("enrol.phone_invalid")
        elif name == "birthday" and _birthday_error(of):
            error = text("enrol.birthday_invalid")
        elif name == "earlier" and of.earlier() is None:
            error = text("enrol.earlier_invalid")
        elif name == "name" and not of.value("name").strip():
            error = text("enrol.name_needed")
    return FieldView(of.value(name), error, enabled=of.enrolled is None and not of.busy)


def _phone_error(of: EnrolPresenter) -> bool:
    """Said only once enough is typed to be wrong."""
    value = of.value("phone")
    if not value.strip():
        return False
    enough = len(digits_of(value)) >= PHONE_DIGITS
    errors = of.looked.errors if of.looked else frozenset()
    return Code.PHONE_INVALID in errors and (enough or of.touched("name"))


def _birthday_error(of: EnrolPresenter) -> bool:
    value = of.value("birthday")
    errors = of.looked.errors if of.looked else frozenset()
    return len(digits_of(value)) >= 3 and (
        birthday(value) is None or Code.BIRTHDAY_INVALID in errors
    )


def _programme(of: EnrolPresenter) -> Programme | None:
    shift = of.desk.shift
    return of.desk.till.programme(shift.business_date) if shift else None


def _consent_version(of: EnrolPresenter) -> str:
    programme = _programme(of)
    return programme.joining.consent_version if programme else ""


def _card(of: EnrolPresenter) -> CardView:
    text, read, programme = of.desk.text, of.read, _programme(of)
    name = of.value("name").strip()
    tier = programme.first_tier if programme else None
    label = tier_name(text, tier, "") if tier else ""
    style = tier_style(programme, tier.code) if tier else ""
    if of.enrolled is not None and read is not None:
        return CardView(
            grouped(read.raw), name, style, label, text("enrol.done_title"), "", has_card=True
        )
    if read is None:
        return CardView(
            "", name, style, label, text("enrol.card_wait_title"), text("enrol.card_wait"),
            of.card_error, can_issue=not of.busy,
        )  # fmt: skip
    own = read.reader_id == "block"
    words = (
        text("enrol.card_issued")
        if own
        else text("enrol.card_read", medium=text(f"medium.{read.medium.value}"), token=_shown(read))
    )
    title = text("enrol.card_issued_title" if own else "enrol.card_read_title")
    return CardView(
        grouped(read.raw), name, style, label, title, words, of.card_error, has_card=True,
        can_change=not of.busy,
    )  # fmt: skip


def _shown(read: CredentialRead) -> str:
    number = normalise(read.raw)
    if serial_of(number) is not None or read.medium is Medium.BARCODE:
        return masked(number)
    return " ".join(number[at : at + 2] for at in range(0, min(len(number), 14), 2))


def _duplicate(of: EnrolPresenter) -> DuplicateView:
    text, found = of.desk.text, of.duplicate()
    if found is not None:
        hit = found.hit
        programme = _programme(of)
        tier = programme.tier(hit.tier) if programme else None
        person = " · ".join(
            part for part in (hit.name, f"**** {hit.phone_tail}", tier_name(text, tier, hit.tier))
            if part
        )  # fmt: skip
        why = text(f"enrol.duplicate.by_{found.why}")
        return DuplicateView(text("enrol.duplicate.found"), person, why, str(hit.member))
    if not of.value("phone").strip() or of.looked is None:
        return DuplicateView(text("enrol.duplicate.waiting"), "", "")
    return DuplicateView(text("enrol.duplicate.none"), "", text("enrol.duplicate.scope"))


def _why(of: EnrolPresenter) -> tuple[str, str, str, bool]:
    text, why, programme = of.desk.text, of.looked.why if of.looked else None, _programme(of)
    joining = programme.joining if programme else None
    single = text.money_short(joining.single_minor) if joining else ""
    window = text.money_short(joining.window_minor) if joining else ""
    if isinstance(why, Eligibility):
        note = text("enrol.why_window", window_minor=why.window_minor, from_amount=window)
        if why.rule == "joining.single":
            words = text("enrol.why_single", spent_minor=why.single_minor, from_amount=single)
        else:
            words, note = note, ""
        return text("enrol.why_title"), words, note, True
    if isinstance(why, Refusal) and why.code is Code.NOT_ELIGIBLE:
        spent = int(why.param("single_minor"))
        words = text("enrol.why_not", spent_minor=spent, from_amount=single)
        summed = int(why.param("window_minor"))
        note = text("enrol.why_window", window_minor=summed, from_amount=window)
        return text("enrol.why_not_title"), words, note, False
    return text("enrol.why_not_title"), text("enrol.why_wait"), "", False


def _done(of: EnrolPresenter) -> tuple[IconLine, ...]:
    if of.finished is None:
        return ()
    return done_view(of.desk.text, of.finished, "").lines[:3]

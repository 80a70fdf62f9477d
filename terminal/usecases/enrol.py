"""Joining: why somebody may, who they are, their card from this till's own block, one entry.

Name, phone and birthday travel as an attachment; the entry's body names it by its hash.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from hardware.events import CredentialRead
from sync.database.till.journal import Blob, Newcomer
from sync.domain import canonical, selling
from sync.domain.cards import Card, Status, phone_key_of
from sync.domain.joining import Eligibility, EnrolData, Purchase, eligible
from sync.domain.journal import Kind
from sync.domain.light_rows import shown_name
from sync.domain.members import Balances, LightRow, Profile
from sync.domain.phones import e164
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from terminal.usecases import codes, drafts
from terminal.usecases.commits import Act, Done, Posted, already_done, commit, local_basis
from terminal.usecases.credentials import new_card
from terminal.usecases.drafts import Bearer, EnrolDraft, SaleDraft
from terminal.usecases.identify import MemberCard, fetch, member_card, presented_of
from terminal.usecases.levels import purchases_of
from terminal.usecases.outcome import use_case
from terminal.usecases.search import Hit, hit_of, with_phone
from terminal.usecases.till import Till

PROFILE: Final = "profile"
LEAP_YEAR: Final = 2024  # a birthday without a year may be 29 February
SIMILAR_PER_CENT: Final = 90
SIMILAR_MAX: Final = 5
TEXT_MAX: Final = 200  # characters of a name, of sizes, of colours


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in. `phone` as typed; birthday parts None when not given."""

    name: str
    phone: str
    birthday_month: int | None = None
    birthday_day: int | None = None
    birthday_year: int | None = None
    consultant: str = ""
    sizes: str = ""
    colours: str = ""
    consent: bool = False


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Somebody this may already be. `why`: phone | name."""

    hit: Hit
    why: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new member. `sale`: the sale that qualified them, now theirs (without member price)."""

    done: Done
    member: MemberCard
    sale: SaleDraft | None


@use_case
def eligibility(
    till: Till, sale: SaleDraft | None, earlier: Iterable[Purchase] = ()
) -> Eligibility | Refusal:
    """Whether the sale being rung up, with earlier purchases, makes a member (golden case 2).

    Refusals: not_eligible (with what is missing), shift_needed, programme_missing.
    """
    shift = till.shift()
    if shift is None:
        return refuse(Code.SHIFT_NEEDED)
    programme = till.programme(shift.business_date)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    before = purchases_of(till, sale.prospect) if sale is not None and sale.prospect else ()
    return _eligible(till, programme, sale, (*earlier, *before))


@use_case
def open_enrolment(till: Till, sale: SaleDraft | None = None) -> EnrolDraft | Refusal:
    """Begin: entry id and member id are minted and kept.

    Refusals: not_signed_in, shift_needed, programme_missing.
    """
    version = drafts.ready_to_open(till)
    if isinstance(version, Refusal):
        return version
    draft = EnrolDraft(
        till.new_id(),
        till.clock.utc_ms(),
        version,
        till.new_id(),
        sale.entry_id if sale else None,
    )
    return drafts.opened(till, draft)


def form_errors(form: Form) -> tuple[Refusal, ...]:
    """All that is wrong: name_needed, too_large, phone_invalid, birthday_invalid,
    consent_needed."""
    found = []
    if not readable(form.name):
        found.append(refuse(Code.NAME_NEEDED))
    if max(map(len, (form.name, form.consultant, form.sizes, form.colours))) > TEXT_MAX:
        found.append(refuse(Code.TOO_LARGE))
    if e164(form.phone) is None:
        found.append(refuse(Code.PHONE_INVALID))
    if not _birthday_holds(form):
        found.append(refuse(Code.BIRTHDAY_INVALID))
    if not form.consent:
        found.append(refuse(Code.CONSENT_NEEDED))
    return tuple(found)


@use_case
def duplicates(till: Till, form: Form) -> tuple[Duplicate, ...]:
    """Members this may already be: same phone over all cards of the chain (head office is asked
    when nobody here has it), similar names over the profiles held here. Advice, not a refusal."""
    found: dict[object, Duplicate] = {}
    phone = e164(form.phone)
    if phone is not None:
        rows = with_phone(till, phone)
        if not rows and fetch(till, "phone_key", phone_key_of(till.database.keys.phone, phone)):
            rows = with_phone(till, phone)
        for held in rows:
            found[held.row.member] = Duplicate(hit_of(till, held), "phone")
    for profile in _similar(till, readable(form.name)):
        known = till.database.held(profile.member)
        if known is not None and profile.member not in found:
            found[profile.member] = Duplicate(hit_of(till, known), "name")
    return tuple(found.values())


@use_case
def card_refusal(till: Till, read: CredentialRead) -> Refusal | None:
    """Why a new card may not be issued here: card_in_use, card_not_in_block."""
    found = new_card(till, read)
    return found if isinstance(found, Refusal) else None


@use_case
def enrol(
    till: Till,
    draft: EnrolDraft,
    form: Form,
    read: CredentialRead,
    sale: SaleDraft | None,
    earlier: Iterable[Purchase] = (),
) -> Enrolled | Refusal:
    """Make a member with a card. The same draft again gives the same member.

    `read`: the new card as it was read. Refusals: the first of `form_errors`, not_eligible,
    card_in_use, card_not_in_block, and those of opening.
    """
    with till.lock:
        done = already_done(till, draft.entry_id)
        if done is None:
            made = _enrolled(till, draft, form, read, sale, tuple(earlier))
            if isinstance(made, Refusal):
                return made
            done = made
        return _joined(till, done, read, sale)


def _enrolled(
    till: Till,
    draft: EnrolDraft,
    form: Form,
    read: CredentialRead,
    sale: SaleDraft | None,
    earlier: tuple[Purchase, ...],
) -> Done | Refusal:
    ready = drafts.ready_to_open(till)
    if isinstance(ready, Refusal):
        return ready
    programme = till.programme_version(draft.programme)
    shift, errors = till.shift(), form_errors(form)
    if errors or programme is None or shift is None:
        return errors[0] if errors else refuse(Code.PROGRAMME_MISSING)
    prospect, cited = _cited(till, sale, form)
    why = _eligible(till, programme, sale, (*earlier, *cited))
    if isinstance(why, Refusal):
        return why
    new = new_card(till, read)
    if isinstance(new, Refusal):
        return new
    drafts.keep(till, draft)
    token = new.token
    card = Card(token, draft.member, Status.ACTIVE, new.tail, new.medium)
    profile = _profile(draft, form)
    blob = canonical.encode(profile)
    act = Act(
        Kind.ENROL,
        draft.entry_id,
        _data(till, programme, card, why, sale, prospect, cited),
        local_basis(till),
        programme.version,
        (),
        (),
        why.trace,
        draft.member,
        token,
        presented_of(read),
        blobs=(Blob(PROFILE, sha256(blob).digest(), draft.member, blob),),
        newcomer=Newcomer(_row(till, programme, profile), card),
        receipt=True,
    )
    return commit(till, act, Posted(shift.number, shift.business_date))


def _joined(
    till: Till, done: Done, read: CredentialRead, sale: SaleDraft | None
) -> Enrolled | Refusal:
    if done.body.member is None:
        return refuse(Code.CARD_UNKNOWN)
    bearer = Bearer(done.body.member, done.body.card, presented_of(read), joining=sale is not None)
    found = member_card(till, bearer)
    if found is None:
        return refuse(Code.CARD_UNKNOWN)
    theirs = sale.for_member(bearer) if sale else None
    if theirs is not None and already_done(till, theirs.entry_id) is None:
        drafts.keep(till, theirs)
    return Enrolled(done, found, theirs)


def _eligible(
    till: Till, programme: Programme, sale: SaleDraft | None, earlier: Iterable[Purchase]
) -> Eligibility | Refusal:
    """Eligibility by the earn base of the sale as it stands: at the price for everybody less its
    offers, and paid by money."""
    shift = till.shift()
    day = shift.business_date if shift else till.today()
    base = 0
    if sale is not None and sale.lines:
        basket = [line.basket for line in sale.lines]
        coupons = [(one.coupon, one.offer) for one in codes.usable_coupons(till, sale, programme)]
        when = codes.occasion(till, sale, codes.store_facts(till))
        found = selling.quote(programme, till.place.dealer, basket, None, None, when, coupons)
        if isinstance(found, Refusal):
            return found
        base = found.data.earn_base_minor
    return eligible(programme, day, base, earlier)


def _cited(till: Till, sale: SaleDraft | None, form: Form) -> tuple[str, tuple[Purchase, ...]]:
    """Under which key they were known before, the sale's or the phone's, and what they spent
    (FL-06)."""
    phone = e164(form.phone)
    key = sale.prospect if sale is not None else ""
    if not key and phone is not None:
        key = phone_key_of(till.database.keys.phone, phone)
    return key, purchases_of(till, key) if key else ()


def _data(
    till: Till,
    programme: Programme,
    card: Card,
    why: Eligibility,
    sale: SaleDraft | None,
    prospect: str,
    cited: tuple[Purchase, ...],
) -> EnrolData:
    return EnrolData(
        tier=programme.first_tier.code,
        home_dealer=till.place.dealer,
        home_store=till.place.store,
        token=card.token,
        tail=card.tail,
        medium=card.medium,
        consent_version=programme.joining.consent_version,
        qualifies_by=why.rule,
        single_minor=why.single_minor,
        window_minor=why.window_minor,
        for_entry=sale.entry_id if sale else None,
        prospect=prospect if cited else "",
        cited=tuple((each.day, each.base_minor) for each in cited),
    )


def _profile(draft: EnrolDraft, form: Form) -> Profile:
    return Profile(
        draft.member,
        readable(form.name),
        e164(form.phone) or "",
        form.birthday_month,
        form.birthday_day,
        form.birthday_year,
        readable(form.consultant),
        readable(form.sizes),
        readable(form.colours),
    )


def _row(till: Till, programme: Programme, profile: Profile) -> LightRow:
    name, tail = shown_name(profile)
    return LightRow(
        profile.member,
        programme.first_tier.code,
        Balances(),
        0,
        name,
        tail,
        phone_key_of(till.database.keys.phone, profile.phone),
        till.place.store,
        till.place.dealer,
    )


def readable(text: str) -> str:
    """Text as people can read it: no control characters, no half of a character."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _birthday_holds(form: Form) -> bool:
    month, day, year = form.birthday_month, form.birthday_day, form.birthday_year
    if month is None or day is None:
        return month is None and day is None and year is None
    if not 1 <= month <= 12 or (year is not None and not 1900 <= year <= 2100):
        return False
    return 1 <= day <= monthrange(LEAP_YEAR if year is None else year, month)[1]


def _similar(till: Till, name: str) -> list[Profile]:
    """Profiles held here whose name reads almost the same."""
    from rapidfuzz import fuzz  # noqa: PLC0415  # not needed at start

    if len(name) < 2:
        return []
    near = till.database.replica.by_name(name[:1], limit=500)
    scored = [(fuzz.ratio(name, profile.name), profile) for profile in near]
    scored = [pair for pair in scored if pair[0] >= SIMILAR_PER_CENT]
    scored.sort(key=lambda pair: (-pair[0], str(pair[1].member)))
    return [profile for _, profile in scored[:SIMILAR_MAX]]

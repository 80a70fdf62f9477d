"""Opening import: a dealer's list of members, cards, points and stored value becomes entries
(FL-03, BEST-24, A-18).

First everything is read and checked, and a plan says what would happen; only a plan without open
questions and with the right totals may be carried out. Nobody is merged by a rule: a phone number
that is known already is a question for people (pitfall 13).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

import msgspec

from sync.domain.cards import MAX_CREDENTIAL, normalise
from sync.domain.rulebook.basics import MAX_AMOUNT

COLUMNS: Final = (
    "card", "name", "phone", "tier", "points", "principal", "bonus", "qualifying", "expires_on",
    "birthday", "medium", "store",
)  # fmt: skip
_AMOUNTS: Final = ("points", "principal", "bonus", "qualifying")
_MARKS: Final = str.maketrans("", "", ",，¥￥ \u00a0元分")
_BIRTHDAY: Final = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?")
_NUMBER: Final = re.compile(r"([+-]?)(\d{1,15})(?:\.(\d*))?")
_FEN_DIGITS: Final = 2


class Totals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the list adds up to; amounts in fen. Given with a list, they are its control totals."""

    members: int = 0
    points: int = 0
    principal_minor: int = 0
    bonus_minor: int = 0


class ImportMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a list is to be read.

    `columns`: heading in the list of each of COLUMNS it has (`card` at least); `store`: home and
    origin of rows that name none; `unit`: of money; `dates`: strptime pattern; `tiers`: their level
    -> ours; `expires_on`: last day of points whose row names none; `totals`: control totals.
    """

    store: str
    columns: dict[str, str]
    unit: Literal["yuan", "fen"] = "yuan"
    dates: str = "%Y-%m-%d"
    medium: str = "barcode"
    tiers: dict[str, str] = {}
    expires_on: date | None = None
    totals: Totals | None = None

    def __post_init__(self) -> None:
        strange = sorted(self.columns.keys() - set(COLUMNS))
        if strange or "card" not in self.columns or not self.store:
            raise ValueError(f"a mapping names its store and the card's column; strange: {strange}")


class ProblemCode(StrEnum):
    """What is wrong with a row, or with the list as a whole (line 0)."""

    COLUMN_MISSING = "column_missing"
    CARD_MISSING = "card_missing"
    CARD_UNREADABLE = "card_unreadable"
    CARD_TWICE = "card_twice"
    CARD_IN_USE = "card_in_use"
    PHONE_INVALID = "phone_invalid"
    AMOUNT_INVALID = "amount_invalid"
    AMOUNT_NEGATIVE = "amount_negative"
    DATE_INVALID = "date_invalid"
    TIER_UNKNOWN = "tier_unknown"
    STORE_UNKNOWN = "store_unknown"
    TOTALS_DIFFER = "totals_differ"
    DECISION_UNKNOWN = "decision_unknown"
    TOO_LARGE = "too_large"


class Problem(msgspec.Struct, frozen=True):
    """`line` as an editor counts it (headings are line 1); `value`: the cell, cut short."""

    line: int
    column: str
    code: ProblemCode
    value: str = ""


class ImportRow(msgspec.Struct, frozen=True):
    """A row, read. Amounts in fen, `phone` in E.164 or empty, `birthday` (month, day)."""

    line: int
    card: str
    name: str
    phone: str
    tier: str
    store: str
    medium: str
    points: int = 0
    principal_minor: int = 0
    bonus_minor: int = 0
    qualifying_minor: int = 0
    expires_on: date | None = None
    birthday: tuple[int, int] | None = None


class Decision(StrEnum):
    """What people say about a phone number that is known: another person, the same, or leave the
    row out."""

    NEW = "new"
    SAME = "same"
    SKIP = "skip"


class Review(msgspec.Struct, frozen=True):
    """A question: the phone of `line` is that of `member`, or of an earlier `other_line`."""

    line: int
    member: UUID | None
    other_line: int | None
    decision: Decision | None


class Planned(msgspec.Struct, frozen=True):
    """A row that would be taken. `member`: it is brought to this one; `with_line`: to the member
    that row makes; neither: a new member."""

    row: ImportRow
    member: UUID | None = None
    with_line: int | None = None


class Plan(msgspec.Struct, frozen=True):
    """What would happen. `totals`: of the rows that would be taken; `left_out`: lines skipped."""

    taken: tuple[Planned, ...]
    reviews: tuple[Review, ...]
    problems: tuple[Problem, ...]
    totals: Totals
    left_out: tuple[int, ...] = ()

    @property
    def open_questions(self) -> tuple[int, ...]:
        """Lines nobody has decided on."""
        return tuple(review.line for review in self.reviews if review.decision is None)

    @property
    def ready(self) -> bool:
        """Whether it may be carried out."""
        return bool(self.taken) and not self.problems and not self.open_questions


@dataclass(frozen=True, slots=True)
class Known:
    """What head office has already. `phones`: member by phone in E.164; `cards`: credentials in
    use, normalised; `stores` and `tiers`: ids; `phone_of`: one form of a number, None if it is
    none."""

    phones: Mapping[str, UUID]
    cards: frozenset[str]
    stores: frozenset[str]
    tiers: frozenset[str]
    phone_of: Callable[[str], str | None]


def read(
    mapping: ImportMapping, headings: Sequence[str], cells: Iterable[Sequence[str]], known: Known
) -> tuple[list[ImportRow], list[Problem]]:
    """Read every row; rows with a problem are left out and named. Empty rows are passed over."""
    places = {name.strip(): index for index, name in enumerate(headings)}
    missing = [
        Problem(1, column, ProblemCode.COLUMN_MISSING, heading[:40])
        for column, heading in mapping.columns.items()
        if heading not in places
    ]
    if missing:
        return [], missing
    where = {column: places[heading] for column, heading in mapping.columns.items()}
    rows: list[ImportRow] = []
    problems: list[Problem] = []
    for line, row in enumerate(cells, start=2):
        text = {c: row[i].strip() if i < len(row) else "" for c, i in where.items()}
        if not any(text.values()):
            continue
        reader = _Reader(mapping, known, line, text)
        made = reader.row()
        problems += reader.problems
        if not reader.problems:
            rows.append(made)
    return rows, problems


class _Reader:
    """Reads one row and notes what is wrong with it."""

    def __init__(
        self, mapping: ImportMapping, known: Known, line: int, text: Mapping[str, str]
    ) -> None:
        self.mapping, self.known, self.line, self.text = mapping, known, line, text
        self.problems: list[Problem] = []

    def row(self) -> ImportRow:
        """The row; meaningless where there are problems."""
        amounts = {name: self._amount(name) for name in _AMOUNTS}
        return ImportRow(
            self.line,
            self._card(),
            self.text.get("name", ""),
            self._phone(),
            self._of("tier", self.mapping.tiers, self.known.tiers, ProblemCode.TIER_UNKNOWN),
            self._of("store", {}, self.known.stores, ProblemCode.STORE_UNKNOWN)
            or self.mapping.store,
            self.text.get("medium", "") or self.mapping.medium,
            amounts["points"],
            amounts["principal"],
            amounts["bonus"],
            amounts["qualifying"],
            self._day(),
            self._birthday(),
        )

    def _no(self, column: str, code: ProblemCode) -> None:
        self.problems.append(Problem(self.line, column, code, self.text.get(column, "")[:40]))

    def _card(self) -> str:
        card = normalise(self.text["card"])
        if not card:
            self._no("card", ProblemCode.CARD_MISSING)
        elif len(card) > MAX_CREDENTIAL or not card.isprintable():
            self._no("card", ProblemCode.CARD_UNREADABLE)
        elif card in self.known.cards:
            self._no("card", ProblemCode.CARD_IN_USE)
        return card

    def _phone(self) -> str:
        text = self.text.get("phone", "")
        found = self.known.phone_of(text) if text else ""
        if found is None:
            self._no("phone", ProblemCode.PHONE_INVALID)
        return found or ""

    def _of(
        self, column: str, names: Mapping[str, str], allowed: frozenset[str], code: ProblemCode
    ) -> str:
        text = self.text.get(column, "")
        found = names.get(text, text)
        if found and found not in allowed:
            self._no(column, code)
        return found

    def _amount(self, column: str) -> int:
        """Whole points, or fen; never through a float (pitfall 8)."""
        text = self.text.get(column, "").translate(_MARKS)
        if not text:
            return 0
        digits = 0 if column == "points" or self.mapping.unit == "fen" else _FEN_DIGITS
        value = _exact(text, digits)
        if value is None or value > MAX_AMOUNT:
            self._no(column, ProblemCode.AMOUNT_INVALID)
            return 0
        if value < 0:
            self._no(column, ProblemCode.AMOUNT_NEGATIVE)
        return value

    def _day(self) -> date | None:
        text = self.text.get("expires_on", "")
        if not text:
            return self.mapping.expires_on
        try:
            found = datetime.strptime(text, self.mapping.dates)  # noqa: DTZ007  # a day has no zone
        except ValueError:
            self._no("expires_on", ProblemCode.DATE_INVALID)
            return None
        return found.date()

    def _birthday(self) -> tuple[int, int] | None:
        text = self.text.get("birthday", "")
        if not text:
            return None
        found = _BIRTHDAY.fullmatch(text)
        month, day = (int(found[2]), int(found[3])) if found else (0, 0)
        try:
            date(2000, month, day)  # a leap year: 29 February is somebody's birthday
        except ValueError:
            self._no("birthday", ProblemCode.DATE_INVALID)
            return None
        return month, day


def _exact(text: str, digits: int) -> int | None:
    """A number with at most `digits` decimals, in its smallest unit; None if it is none."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    sign, whole, decimals = found[1], found[2], (found[3] or "").rstrip("0")
    if len(decimals) > digits:
        return None
    value = int(whole + decimals.ljust(digits, "0"))
    return -value if sign == "-" else value


def plan(
    mapping: ImportMapping,
    rows: Sequence[ImportRow],
    problems: Sequence[Problem],
    known: Known,
    decisions: Mapping[int, str],
) -> Plan:
    """What would happen with these rows. `decisions`: by line, one of `Decision`."""
    found = list(problems)
    cards: dict[str, int] = {}
    phones: dict[str, int] = {}
    taken: list[Planned] = []
    reviews: list[Review] = []
    left_out: list[int] = []
    for row in rows:
        if row.card in cards:
            found.append(Problem(row.line, "card", ProblemCode.CARD_TWICE, str(cards[row.card])))
            continue
        decision = _decision(row.line, decisions, found)
        member = known.phones.get(row.phone) if row.phone else None
        other = None if member else phones.get(row.phone) if row.phone else None
        if member is not None or other is not None:
            reviews.append(Review(row.line, member, other, decision))
        if decision is Decision.SKIP:
            left_out.append(row.line)
            continue
        cards[row.card] = row.line
        same = decision is Decision.SAME
        taken.append(Planned(row, member if same else None, other if same else None))
        if row.phone and not same:
            phones.setdefault(row.phone, row.line)
    totals = totals_of(taken)
    found += _differences(mapping.totals, totals)
    return Plan(tuple(taken), tuple(reviews), tuple(found), totals, tuple(left_out))


def totals_of(taken: Iterable[Planned]) -> Totals:
    """Sums of the rows that would be taken; a row brought to somebody else is no member more."""
    members = points = principal = bonus = 0
    for planned in taken:
        members += planned.member is None and planned.with_line is None
        points += planned.row.points
        principal += planned.row.principal_minor
        bonus += planned.row.bonus_minor
    return Totals(members, points, principal, bonus)


def _decision(line: int, decisions: Mapping[int, str], problems: list[Problem]) -> Decision | None:
    said = decisions.get(line)
    if said is None:
        return None
    try:
        return Decision(said)
    except ValueError:
        problems.append(Problem(line, "decision", ProblemCode.DECISION_UNKNOWN, said[:40]))
        return None


def _differences(wanted: Totals | None, got: Totals) -> list[Problem]:
    """Control totals that do not hold, each with what was found."""
    if wanted is None:
        largest = max(got.points, got.principal_minor, got.bonus_minor)
        too_large = largest > MAX_AMOUNT
        return [Problem(0, "totals", ProblemCode.TOO_LARGE, str(largest))] if too_large else []
    return [
        Problem(0, name, ProblemCode.TOTALS_DIFFER, str(getattr(got, name)))
        for name in ("members", "points", "principal_minor", "bonus_minor")
        if getattr(wanted, name) != getattr(got, name)
    ]

"""Reading a scenario for playing: its form, its chain, and whether its steps fit together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Final

from sync.domain.refusals import REFUSAL_CODES
from sync.headoffice.operations import catalogue as office
from sync.lab.catalogue import OPERATIONS
from sync.lab.chain_checks import check_chain, wrong_card, wrong_zone
from sync.lab.lines import Path
from sync.lab.reading import Source, nearest, read_sources, read_story, stop_if_wrong
from sync.lab.references import Value, references
from sync.lab.scenario import (
    EVERYWHERE,
    HEAD_OFFICE,
    NEXT_CARD,
    AnyStep,
    AtTill,
    Enrol,
    Expect,
    ForMember,
    Gift,
    Network,
    Office,
    Operate,
    Operation,
    Publish,
    Scenario,
    Sell,
    TopUp,
)

PENDING: Final = ("pending_points", "pending_principal", "pending_bonus")
# What an expectation may ask of each thing it names.
_ASKED: Final[dict[str, tuple[str, ...]]] = {
    "member": ("points", "principal", "bonus", "tier", *PENDING),
    "dealer": ("pays", "receives", "net", "own"),
    "till": ("entries", "unsent"),
    "step": ("done", "refused", "answer"),
}  # fmt: skip


def read(path: FilePath) -> Scenario:
    """The scenario in a file. Raises ScenarioError with line and reason of every mistake found.

    Tables are judged first, then the chain, then the steps: a later part is looked at only when
    the one before holds.
    """
    story, files, head = read_sources(path)
    scenario = read_story(story, files, head)
    if reason := wrong_zone(scenario.head.zone):
        story.wrong(("scenario", "zone"), reason)
    check_chain(scenario.chain, files)
    stop_if_wrong(files)
    _Steps(scenario, story).check()
    stop_if_wrong(files)
    return scenario


class _Steps:
    def __init__(self, scenario: Scenario, story: Source) -> None:
        self._s, self._story = scenario, story
        self._chain = scenario.chain
        self._tills = {till.id: till for till in self._chain.tills}
        self._members = {member.id for member in self._chain.members}
        self._step_ids = [step.id for step in scenario.steps if step.id]
        self._office_ids = {s.id for s in scenario.steps if isinstance(s, Office) and s.id}
        self._last_ms: dict[str, int] = {}

    def check(self) -> None:
        self._check_begin()
        for number, step in enumerate(self._s.steps):
            path: Path = ("step", number)
            till = getattr(step, "till", "")
            if self._known((*path, "till"), "till", till, self._tills):
                self._check_time(path, step, till)
                self._check_people(path, step)
                self._check_kind(path, step)
        self._once("step", "id", [step.id for step in self._s.steps])
        self._check_orders()

    def _check_begin(self) -> None:
        """Something happens, under a programme, after everything members bring along."""
        if not self._s.steps:
            self._wrong((), "at least one [[step]] is needed")
            return
        first = min(step.at.date() for step in self._s.steps)
        if all(programme.effective_from > first for programme in self._chain.programmes):
            self._wrong(("programme",), f"no programme is in force on {first}")
        for member in self._chain.members:
            for opening in member.opening:
                if opening.date > first:
                    reason = (
                        f"an opening of {member.id!r} is of {opening.date}, after the first step"
                    )
                    self._wrong(("member",), reason)

    def _wrong(self, path: Path, reason: str) -> None:
        self._story.wrong(path, reason)

    def _known(self, path: Path, what: str, name: str, known: Iterable[str]) -> bool:
        if name and name not in known:
            self._wrong(path, f"no {what} {name!r}: {nearest(name, known)}")
            return False
        return True

    def _once(self, table: str, key: str, values: list[str]) -> None:
        for number, value in enumerate(values):
            if value and value in values[:number]:
                self._wrong((table, number, key), f"{table} {key} {value!r} is there twice")

    def _check_time(self, path: Path, step: AnyStep, till: str) -> None:
        now = self._s.utc_ms(step)
        if step.at.microsecond:
            self._wrong((*path, "at"), "times are whole seconds")
        if now < self._last_ms.get(till, 0):
            who = till or "head office"
            self._wrong((*path, "at"), f"{step.at} is before the last step of {who}")
        self._last_ms[till] = now

    def _check_people(self, path: Path, step: AnyStep) -> None:
        if isinstance(step, AtTill):
            self._check_staff((*path, "staff"), step.staff, step.till)
        if isinstance(step, ForMember):
            self._check_staff((*path, "approver"), step.approver, step.till)
            self._known((*path, "member"), "member", step.member, self._members)
            if step.member and step.card:
                self._wrong((*path, "card"), "give the member or a card, not both")

    def _check_staff(self, path: Path, staff: str, till: str) -> None:
        store = self._tills[till].store
        here = [s.id for s in self._chain.staff if not s.stores or store in s.stores]
        if not here:
            self._wrong(path, f"nobody works at {store}: a [[staff]] is needed")
        self._known(path, f"member of staff at {store}", staff, here)

    def _check_kind(self, path: Path, step: AnyStep) -> None:
        match step:
            case Sell():
                self._check_sale(path, step)
            case Enrol():
                self._check_enrol(path, step)
            case TopUp() | Gift():
                self._check_value(path, step)
            case Operate():
                self._check_operate(path, step)
            case Office():
                self._check_office(path, step)
            case Network():
                for number, name in enumerate(step.tills):
                    self._known((*path, "tills", number), "till", name, self._tills)
            case Publish():
                versions = [str(programme.version) for programme in self._chain.programmes]
                self._known((*path, "programme"), "programme", str(step.programme), versions)
            case Expect():
                self._check_expect(path, step)
            case _:
                pass

    def _check_sale(self, path: Path, step: Sell) -> None:
        products = {p.sku for p in self._chain.products} | {p.barcode for p in self._chain.products}
        if not step.lines:
            self._wrong((*path, "lines"), "a sale needs at least one line")
        for number, line in enumerate(step.lines):
            place = (*path, "lines", number)
            self._known((*place, "product"), "product", line.product, products)
            if bool(line.product) == (line.amount is not None):
                self._wrong(place, "a line has either a product or an amount")
            elif line.amount is not None and line.amount <= 0:
                self._wrong((*place, "amount"), "an amount is more than 0.00")
        for number, code in enumerate(step.codes):
            for _, thing in references(code):
                self._known((*path, "codes", number), "step", thing, self._step_ids)
        if step.slip and step.tender != "mall":
            self._wrong((*path, "slip"), "only what the mall's till takes has a slip")
        if (step.points or step.stored_value) and not (step.member or step.card):
            self._wrong(path, "points and stored value need a member (or a card)")

    def _check_enrol(self, path: Path, step: Enrol) -> None:
        if step.member in self._members:
            self._wrong((*path, "member"), f"{step.member!r} is a member already")
        self._members.add(step.member)
        if not step.sale and not step.earlier:
            self._wrong(path, "an enrolment names the sale being rung up, or earlier purchases")
        if step.sale and not self._sale_follows(int(path[1]), step):
            reason = (
                f"the next operation at {step.till} must be the sale {step.sale!r} of that member"
            )
            self._wrong((*path, "sale"), reason)
        if step.card != NEXT_CARD and (reason := wrong_card(step.card)):
            self._wrong((*path, "card"), reason)
        if step.card == NEXT_CARD and self._tills[step.till].cards is None:
            self._wrong((*path, "card"), f'"next" needs a block of cards at till {step.till}')

    def _sale_follows(self, number: int, enrol: Enrol) -> bool:
        for step in self._s.steps[number + 1 :]:
            if isinstance(step, Operation) and step.till == enrol.till:
                return (
                    isinstance(step, Sell) and step.id == enrol.sale and step.member == enrol.member
                )
        return False

    def _check_value(self, path: Path, step: TopUp | Gift) -> None:
        if not step.member and not step.card:
            self._wrong(path, "the key 'member' (or 'card') is missing")
        if isinstance(step, Gift):
            offers = {g.offer for programme in self._chain.programmes for g in programme.gifts}
            self._known((*path, "offer"), "gift", step.offer, offers)

    def _check_operate(self, path: Path, step: Operate) -> None:
        if self._known((*path, "operation"), "operation", step.operation, OPERATIONS):
            known = OPERATIONS.get(step.operation, frozenset())
            self._check_fields((*path, "fields"), step.fields, known)
            self._check_fields((*path, "hidden"), step.hidden, known)

    def _check_office(self, path: Path, step: Office) -> None:
        known = {operation.name: operation for operation in office.OPERATIONS}
        if not self._known((*path, "operation"), "operation", step.operation, known):
            return
        found = known[step.operation]
        self._check_fields((*path, "fields"), step.fields, found.fields)
        for name in found.fields.keys() - found.optional - step.fields.keys():
            self._wrong((*path, "fields"), f"the field {name!r} is missing: {found.fields[name]}")

    def _check_fields(self, path: Path, fields: Mapping[str, Value], known: Iterable[str]) -> None:
        """Every field is one the operation may ask for, and refers to what the file has."""
        for name, value in fields.items():
            self._known((*path, name), "field", name, known)
            for kind, thing in references(value):
                if kind in ("member", "card"):
                    self._known((*path, name), "member", thing, self._members)
                else:
                    self._known((*path, name), "step", thing, self._step_ids)

    def _check_expect(self, path: Path, step: Expect) -> None:
        variants = [variant.name for variant in self._s.variants]
        self._known((*path, "variant"), "variant", step.variant, variants)
        self._known((*path, "step"), "step", step.step, self._step_ids)
        if step.step not in self._office_ids:  # head office's own codes are no closed list
            self._known((*path, "refused"), "refusal", step.refused, REFUSAL_CODES)
        self._known((*path, "member"), "member", step.member, self._members)
        places = {*self._tills, HEAD_OFFICE, EVERYWHERE}
        self._known((*path, "where"), "place", step.where, places)
        dealers = [dealer.id for dealer in self._chain.dealers]
        self._known((*path, "dealer"), "dealer", step.dealer, dealers)
        for needed, keys in _ASKED.items():
            given = [key for key in keys if getattr(step, key) not in (None, "")]
            if given and not getattr(step, needed):
                self._wrong((*path, given[0]), f"{given[0]!r} needs the key {needed!r} beside it")
            elif getattr(step, needed) and not given:
                wanted = ", ".join(keys)
                self._wrong((*path, needed), f"what is expected of this {needed}? {wanted}")

    def _check_orders(self) -> None:
        orders = self._s.orders
        if orders is None:
            if self._s.variants:
                self._wrong(("variant",), "variants need the table [orders]")
            return
        for number, name in enumerate(orders.steps):
            self._known(("orders", "steps", number), "step", name, self._step_ids)
        for number, variant in enumerate(self._s.variants):
            for name in {name for pair in variant.where for name in pair}:
                self._known(("variant", number, "where"), "step of [orders]", name, orders.steps)
        self._once("variant", "name", [variant.name for variant in self._s.variants])

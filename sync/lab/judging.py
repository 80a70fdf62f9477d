"""Whether what a scenario expects is there, and what is there instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from sync.domain.clearing import Position
from sync.domain.money import plain
from sync.lab.drive import Figures, MemberState
from sync.lab.orders import Numbered
from sync.lab.player import Player
from sync.lab.records import Judged
from sync.lab.references import MARK, resolved
from sync.lab.scenario import EVERYWHERE, HEAD_OFFICE, Expect
from sync.lab.views import View, look

_MEMBER: Final = ("points", "principal", "bonus")
_MONEY: Final = ("principal", "bonus", "pending_principal", "pending_bonus")


class Judge:
    """Looks at the chain at every `expect` step of a play."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self.judged: list[Judged] = []

    def __call__(self, numbered: Numbered) -> None:
        """Judge one expectation."""
        step = numbered.step
        if not isinstance(step, Expect):
            return
        if step.variant and step.variant != self._player.play.variant:
            return
        wrong = tuple(self._wrong(step))
        self.judged.append(Judged(numbered.number, not wrong, wrong))

    def _wrong(self, step: Expect) -> Iterator[str]:
        if step.step:
            yield from self._of_step(step)
        if step.dealer:
            yield from self._of_dealer(step)
        if step.member or step.till or step.exceptions is not None or step.agree is not None:
            view = look(self._player)
            yield from self._of_member(step, view)
            yield from self._of_till(step, view)
            yield from self._of_exceptions(step, view)
            if step.agree is not None and step.agree != (not view.disagreements):
                yield "; ".join(view.disagreements) or "everything agrees"

    def _of_step(self, step: Expect) -> Iterator[str]:
        found = next((h for h in self._player.happened if h.step == step.step), None)
        if found is None:
            yield f"{step.step} was not played"
        elif step.done is not None and step.done != (found.outcome == "done"):
            yield f"{step.step}: {found.outcome} {found.code}".rstrip()
        elif step.refused and found.code != step.refused:
            yield f"{step.step}: {found.code or found.outcome}"
        if found is not None:
            for key, wanted in (step.answer or {}).items():
                yield from self._of_answer(step.step, key, wanted, found.answer)

    def _of_answer(
        self, step: str, key: str, wanted: object, answer: Mapping[str, object]
    ) -> Iterator[str]:
        """Compare one value; an amount in yuan with the key that ends in _minor."""
        value: object = answer
        *above, last = key.split(".")
        for part in above:
            value = _below(value, part)
        if isinstance(wanted, str) and _below(value, last) is None:
            minor = _below(value, f"{last}_minor")
            if isinstance(minor, int):
                if wanted != plain(minor):
                    yield f"{step}: {key} {plain(minor)}"
                return
        found = _below(value, last)
        if isinstance(wanted, str) and wanted.startswith(MARK):
            player = self._player
            people = player.people
            wanted = resolved(wanted, player.happened, people.ids, people.credentials)
        if found != wanted:
            yield f"{step}: {key} {found!r}"

    def _of_dealer(self, step: Expect) -> Iterator[str]:
        statement = self._player.statement
        if statement is None:
            yield "there was no clearing run"
            return
        position = next((p for p in statement.positions if p.dealer == step.dealer), None)
        position = position or Position(step.dealer, 0, 0, 0)
        for key in ("pays", "receives", "net", "own"):
            wanted = getattr(step, key)
            found = getattr(position, f"{key}_minor")
            if wanted is not None and wanted != found:
                yield f"{step.dealer} {key} {plain(found)}"

    def _of_member(self, step: Expect, view: View) -> Iterator[str]:
        if not step.member:
            return
        member = self._player.people.ids.get(step.member)
        if member is None:
            yield f"{step.member} never became a member"
            return
        where = step.where or HEAD_OFFICE
        office = view.members.get(member)
        if where in (HEAD_OFFICE, EVERYWHERE):
            figures = office.figures if office else Figures()
            tier = office.tier if office else ""
            yield from _differences(HEAD_OFFICE, step, figures, Figures(), tier)
        for name, state in view.tills.items():
            if where in (name, EVERYWHERE):
                shown = next((m for m in state.members if m.member == member), None)
                yield from _shown(name, step, shown)

    def _of_till(self, step: Expect, view: View) -> Iterator[str]:
        if not step.till or (step.entries is None and step.unsent is None):
            return
        state = view.tills[step.till]
        if step.entries is not None and step.entries != state.head_seq:
            yield f"{step.till} has {state.head_seq} entries"
        unsent = state.head_seq - state.acked
        if step.unsent is not None and step.unsent != unsent:
            yield f"{step.till} has {unsent} entries to send"

    def _of_exceptions(self, step: Expect, view: View) -> Iterator[str]:
        if step.exceptions is None:
            return
        found = Counter(item.code for item in view.exceptions)
        if found != Counter(step.exceptions):
            yield "exceptions: " + (", ".join(sorted(found.elements())) or "none")


def _below(value: object, part: str) -> object:
    """What stands under a key of an object or at a place of a list; None when nothing does."""
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list) and part.isdigit() and int(part) < len(value):
        return value[int(part)]
    return None


def _shown(till: str, step: Expect, shown: MemberState | None) -> Iterator[str]:
    if shown is None:
        yield f"{till} does not know {step.member}"
    else:
        yield from _differences(till, step, shown.confirmed, shown.pending, shown.tier)


def _differences(
    where: str, step: Expect, confirmed: Figures, pending: Figures, tier: str
) -> Iterator[str]:
    for name in _MEMBER:
        for key, figures in ((name, confirmed), (f"pending_{name}", pending)):
            wanted, found = getattr(step, key), getattr(figures, name)
            if wanted is not None and wanted != found:
                yield f"{where}: {key} {plain(found) if key in _MONEY else found}"
    if step.tier and step.tier != tier:
        yield f"{where}: tier {tier}"

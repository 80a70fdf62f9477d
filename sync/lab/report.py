"""The result of a play: as JSON, in the shape docs/scenarios.md promises, and in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.domain.money import plain
from sync.lab.drive import Figures, TillState
from sync.lab.player import Player
from sync.lab.ports import Explained, StatementLine
from sync.lab.records import Happened, Judged, Verified
from sync.lab.scenario import Scenario
from sync.lab.views import View

FORMAT = 1
ANSWERING = ("operate", "office")
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Played:
    """Everything a finished play left. `explained`: by line number; `verified`: by till."""

    player: Player
    view: View
    judged: Sequence[Judged]
    verified: Mapping[str, Verified]
    explained: Mapping[int, Explained]

    @property
    def held(self) -> bool:
        """Whether every expectation held and every journal verifies."""
        return all(j.held for j in self.judged) and all(v.whole for v in self.verified.values())


def result(played: Played) -> Json:
    """The result of one play."""
    player = played.player
    scenario, play = player.scenario, player.play
    return {
        "format": FORMAT,
        "scenario": scenario.head.name,
        "title": scenario.head.title,
        "digest": scenario.digest,
        "variant": play.variant,
        "order": list(play.order) if play.order else None,
        "batch": play.batch if play.order else None,
        "summary": summary(played),
        "operations": [_operation(scenario, h) for h in player.happened],
        "refusals": [_refusal(scenario, h) for h in player.happened if h.outcome == "refused"],
        "members": _members(played),
        "dealers": _dealers(played),
        "statement": _statement(played),
        "tills": {name: _till(played, name, state) for name, state in played.view.tills.items()},
        "exceptions": [
            {"code": e.code, "outcome": e.outcome, "till": _till_of(played, e.device), "seq": e.seq}
            for e in played.view.exceptions
        ],
        "disagreements": list(played.view.disagreements),
        "expectations": [
            {"line": scenario.line_of(j.number), "held": j.held, "found": list(j.found)}
            for j in played.judged
        ],
    }


def whole(scenario: Scenario, results: Sequence[Json]) -> Json:
    """The result of a file: that of its one play, or of all plays of its orders."""
    if scenario.orders is None:
        return results[0]
    return {"format": FORMAT, "scenario": scenario.head.name, "plays": list(results)}


def as_text(found: Json) -> str:
    """JSON as it is written to a file: the same bytes for the same result."""
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def summary(played: Played) -> Json:
    """Counts of a play."""
    player = played.player
    operations = [h for h in player.happened if h.do != "sync"]
    return {
        "operations": sum(h.outcome == "done" for h in operations),
        "refused": sum(h.outcome == "refused" for h in operations),
        "kills": sum(len(h.killed_at) for h in player.happened),
        "journalled": sum(state.head_seq for state in played.view.tills.values()),
        "synced": sum(device.entries for device in played.view.devices),
        "screenshots": list(player.screenshots),
    }


def _operation(scenario: Scenario, happened: Happened) -> Json:
    answer = {"answer": happened.answer} if happened.do in ANSWERING else {}
    return {
        "step": happened.step,
        "line": scenario.line_of(happened.number),
        "at": happened.at_ms,
        "till": happened.till,
        "do": happened.do,
        "outcome": happened.outcome,
        "seq": happened.seq,
        "entry_id": str(happened.entry_id) if happened.entry_id else None,
        "killed_at": list(happened.killed_at),
        "recovered": list(happened.recovered),
        **answer,
    }


def _refusal(scenario: Scenario, happened: Happened) -> Json:
    return {
        "step": happened.step,
        "line": scenario.line_of(happened.number),
        "till": happened.till,
        "code": happened.code,
        "params": happened.params,
        "online": happened.online,
    }


def _members(played: Played) -> Json:
    found: Json = {}
    people = played.player.people
    for name in people.story:
        member = people.ids.get(name)
        if member is None:
            continue
        office = played.view.members.get(member)
        shown = {
            till: next((m for m in state.members if m.member == member), None)
            for till, state in played.view.tills.items()
        }
        found[name] = {
            "id": str(member),
            "headoffice": {**_figures(office.figures), "tier": office.tier} if office else None,
            "tills": {
                till: {
                    "confirmed": _figures(m.confirmed),
                    "pending": _figures(m.pending),
                    "tier": m.tier,
                    "age_ms": m.age_ms,
                }
                for till, m in shown.items()
                if m is not None
            },
        }
    return found


def _figures(figures: Figures) -> Json:
    return {
        "points": figures.points,
        "principal": figures.principal,
        "bonus": figures.bonus,
        "stored_value": figures.principal + figures.bonus,
        "qualifying": figures.qualifying,
    }


def _dealers(played: Played) -> Json:
    statement = played.player.statement
    if statement is None:
        return {}
    return {
        p.dealer: {
            "pays": p.pays_minor,
            "receives": p.receives_minor,
            "net": p.net_minor,
            "own": p.own_minor,
        }
        for p in statement.positions
    }


def _statement(played: Played) -> Json | None:
    statement = played.player.statement
    if statement is None:
        return None
    return {
        "label": statement.label,
        "after": statement.after,
        "upto": statement.upto,
        "digest": statement.digest,
        "lines": [_line(played, line) for line in statement.lines],
    }


def _line(played: Played, line: StatementLine) -> Json:
    explained = played.explained.get(line.number)
    names = {member: name for name, member in played.player.people.ids.items()}
    return {
        "number": line.number,
        "kind": line.kind,
        "offer": line.offer,
        "pays": line.debtor,
        "receives": line.creditor,
        "amount": line.amount_minor,
        "quantity": line.quantity,
        "account": line.account,
        "member": names.get(line.member, str(line.member)),
        "entry": {"till": line.entry[0], "seq": line.entry[1]},
        "lot": {
            "dealer": line.lot_dealer,
            "till": line.lot_entry[0],
            "seq": line.lot_entry[1],
        },
        "explanation": {**explained.parts, "words": explained.words} if explained else None,
    }


def _till(played: Played, name: str, state: TillState) -> Json:
    held = next((d for d in played.view.devices if d.till == name), None)
    checked = played.verified.get(name)
    return {
        "device": str(state.device),
        "epoch": state.epoch,
        "entries": checked.entries if checked else state.head_seq,
        "head_seq": state.head_seq,
        "head_hash": state.head_hash,
        "verified": bool(checked and checked.whole and checked.head_hash == state.head_hash),
        "acked": state.acked,
        "headoffice_entries": held.entries if held else 0,
        "headoffice_head_hash": held.head_hash if held else None,
    }


def _till_of(played: Played, device: object) -> str:
    return next((d.till for d in played.view.devices if d.device == device), str(device))


# -- in words ------------------------------------------------------------------------------------


def words(played: Played, seconds: float) -> str:
    """A calm summary for the terminal."""
    counted = summary(played)
    lines = [
        f"operations done      {counted['operations']:>6}",
        f"refused              {counted['refused']:>6}",
        f"tills killed         {counted['kills']:>6}",
        f"entries journalled   {counted['journalled']:>6}",
        f"entries synced       {counted['synced']:>6}",
        "",
        *_statement_words(played),
        *_trouble_words(played),
    ]
    pictures = played.player.screenshots
    if pictures:
        lines += ["", "screenshots", *(f"  {path}" for path in pictures)]
    good = sum(j.held for j in played.judged)
    lines += ["", f"expectations held    {good} of {len(played.judged)}, in {seconds:.1f} s"]
    return "\n".join(lines)


def _statement_words(played: Played) -> list[str]:
    statement = played.player.statement
    if statement is None:
        return ["no clearing run"]
    names = {d.id: f"{d.id} {d.name.zh}" for d in played.player.scenario.chain.dealers}
    rows = [
        f"clearing statement {statement.label}".rstrip(),
        f"{'dealer':<24}{'receivable':>14}{'payable':>14}{'net':>14}",
    ]
    rows += [
        _padded(names.get(p.dealer, p.dealer), 24)
        + f"{plain(p.receives_minor):>14}{plain(p.pays_minor):>14}{plain(p.net_minor):>14}"
        for p in statement.positions
    ]
    total = sum(p.net_minor for p in statement.positions)
    rows.append(f"{'sum of nets':<24}{'':>28}{plain(total):>14}")
    return rows


def _trouble_words(played: Played) -> list[str]:
    lines = []
    for exception in played.view.exceptions:
        till = _till_of(played, exception.device)
        lines.append(f"exception  {exception.code} at {till} no. {exception.seq}")
    for name, checked in played.verified.items():
        if not checked.whole:
            lines.append(f"journal of {name} does not verify: {checked.reason}")
    for judged in played.judged:
        if not judged.held:
            line = played.player.scenario.line_of(judged.number)
            lines.append(f"line {line}: expected otherwise, found {'; '.join(judged.found)}")
    return ["", *lines] if lines else []


def _padded(text: str, width: int) -> str:
    """Padded by what it takes on a terminal: Chinese signs are two columns wide."""
    taken = sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)
    return text + " " * max(width - taken, 0)

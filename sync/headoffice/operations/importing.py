"""Opening import as an operation by name: lists and mappings as text, so that a story can tell one.

On the command line `guibin headoffice import` takes files.
"""

from __future__ import annotations

import csv
import io
from typing import Final

import msgspec

from sync.domain.importing import Decision, ImportMapping, Plan
from sync.headoffice.errors import InvalidError
from sync.headoffice.import_files import read_text
from sync.headoffice.importing import Importer
from sync.headoffice.operations.spec import Answer, Ask, OfficeOperation
from sync.headoffice.service import HeadOffice

SHOWN: Final = 100


def read_mapping(text: str) -> ImportMapping:
    """A mapping from TOML. Raises InvalidError("mapping_unreadable")."""
    try:
        return msgspec.toml.decode(text.encode(), type=ImportMapping)
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvalidError("mapping_unreadable", reason=str(error)[:200]) from None


def read_decisions(text: str) -> dict[int, str]:
    """Decisions from lines "line,decision". Raises InvalidError("decisions_unreadable")."""
    found: dict[int, str] = {}
    for row in csv.reader(io.StringIO(text)):
        if not row or not row[0].strip().isdecimal():
            continue  # a heading, or an empty line
        said = row[1].strip() if row[1:] else ""
        if said not in set(Decision):
            raise InvalidError("decisions_unreadable", line=int(row[0]))
        found[int(row[0])] = said
    return found


def plan_view(made: Plan) -> dict[str, object]:
    """A plan as plain values; long lists are cut, with their length."""
    totals = made.totals
    return {
        "ready": made.ready,
        "rows": len(made.taken),
        "members": totals.members,
        "points": totals.points,
        "principal_minor": totals.principal_minor,
        "bonus_minor": totals.bonus_minor,
        "left_out": len(made.left_out),
        "problems": len(made.problems),
        "questions": len(made.open_questions),
        "first_problems": [
            f"line {p.line} {p.column}: {p.code} {p.value}".rstrip() for p in made.problems[:SHOWN]
        ],
        "first_questions": [
            f"line {r.line}: the phone of "
            + (f"member {r.member}" if r.member else f"line {r.other_line}")
            for r in made.reviews
            if r.decision is None
        ][:SHOWN],
    }


async def _import(head_office: HeadOffice, ask: Ask) -> Answer:
    """Plan, and carry out where `approver` is given."""
    told = ask.fields
    mapping, lists = read_mapping(told["mapping"]), read_text(told["list"])
    decisions, importer = read_decisions(told.get("decisions", "")), Importer(head_office)
    if not told.get("approver"):
        return plan_view(await importer.dry_run(mapping, lists, decisions))
    people = (ask.by, told["approver"])
    made = await importer.carry_out(told["label"], mapping, lists, decisions, people, ask.now_ms)
    return {"members": made.members, "entries": made.entries, "already": made.already}


async def _undo(head_office: HeadOffice, ask: Ask) -> Answer:
    """Take an import back."""
    people = (ask.by, ask.fields["approver"])
    return {"entries": await Importer(head_office).undo(ask.fields["label"], people, ask.now_ms)}


OPERATIONS: Final = (
    OfficeOperation(
        "import_members",
        {
            "label": "Name of the import, once for ever.",
            "mapping": "How the list is read, as TOML: store, columns, unit, dates, totals.",
            "list": "The list as CSV text, headings first.",
            "decisions": "Lines 'line,new|same|skip' for phone numbers that are known already.",
            "approver": "Who approves, another person; left out, it is only looked at.",
        },
        _import,
        frozenset({"decisions", "approver"}),
    ),
    OfficeOperation(
        "import_undo",
        {"label": "Name of the import.", "approver": "Who approves, another person."},
        _undo,
    ),
)

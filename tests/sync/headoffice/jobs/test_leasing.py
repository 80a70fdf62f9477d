"""Leases and losses on both databases: given, told, asked about, taken back, proved, borne.

Rows: FL-27; pitfalls 1, 2, 4; invariant 16; sync-ledger.md 2.10.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.domain.journal import Basis, read_body
from sync.domain.leases import DOCUMENT, LeaseDocument, Right, document_name
from sync.domain.posting import Issue
from sync.headoffice.errors import InvalidError
from sync.headoffice.operations.asking import perform
from sync.headoffice.serving import Running
from sync.protocol import codec, wire
from sync.protocol.messages import Debits, Document, Granted, MemberAsk, Refused
from tests.helpers.tills import TestTill, good, rows_of
from tests.sync.domain.making import DAY, member_id
from tests.sync.headoffice.test_online import ONE, THREE, TWO, ask

ANNA = member_id(1)
FOUR = UUID(int=0x0198 << 112 | 7 << 76 | 4)


def do(served: Running, name: str, **fields: str) -> Any:
    """An operation of head office's people."""
    return served.call(lambda hq: perform(hq, name, fields, "lin", hq.clock.now_ms()))


def rights(till: TestTill) -> list[Right]:
    """The leases in Anna's document as the till is told."""
    key = f"{DOCUMENT}/{document_name(ANNA, 'A-store')}"
    found = [item for item in till.feed() if item.key == key]
    if not found:
        return []
    document = codec.row(found[-1])
    assert isinstance(document, Document)
    return list(msgspec.json.decode(bytes(document.data), type=LeaseDocument).rights)


def rich(till: TestTill) -> None:
    """Anna of store A with 300.00 paid in and 30.00 bonus."""
    till.push(till.desk.enrol(ANNA), till.desk.top_up(ANNA, 30_000))


def extras(till: TestTill) -> Any:
    return rows_of(till.feed(), "member")[str(ANNA)].extras


def say_hello(till: TestTill) -> None:
    till.hello(cursor=f"1.{till.feed()[-1].n}")


def test_the_home_store_is_given_its_lease_and_all_are_told(a1: TestTill, b1: TestTill) -> None:
    rich(a1)
    assert do(a1.served, "sweep_leases") == {"leases": 1}
    (right,) = rights(a1)
    assert (right.granted, right.value_minor, right.holder, right.ended) == (
        20_000, 20_000, f"{a1.device}:{a1.epoch}", False,
    )  # fmt: skip
    assert rights(b1) == []
    assert extras(b1).leased_minor == 20_000
    assert do(a1.served, "sweep_leases") == {"leases": 0}


def test_a_member_elsewhere_waits_for_the_home_store_to_see_the_end(
    a1: TestTill, b1: TestTill
) -> None:
    """330.00, of which 200.00 are leased: 130.00 at once; the rest once A1 has said that it saw the
    end, with everything before in its journal at head office."""
    rich(a1)
    do(a1.served, "sweep_leases")
    assert isinstance(ask(b1, ONE, Debits(principal_minor=13_000)), Granted)
    refused = ask(b1, TWO, Debits(principal_minor=1))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.params) == ("leased_elsewhere", {"leased_minor": 20_000})
    assert [right.ended for right in rights(a1)] == [True]
    assert do(a1.served, "sweep_leases") == {"leases": 0}
    say_hello(a1)
    assert do(a1.served, "sweep_leases") == {"leases": 1}
    assert extras(b1).leased_minor == 0
    assert isinstance(ask(b1, THREE, Debits(principal_minor=20_000)), Granted)


def test_whoever_looks_a_member_up_elsewhere_wants_the_lease_back(
    a1: TestTill, b1: TestTill
) -> None:
    rich(a1)
    do(a1.served, "sweep_leases")
    good(a1.ask(wire.MEMBER, MemberAsk("member", str(ANNA))))
    assert [right.ended for right in rights(a1)] == [False]
    good(b1.ask(wire.MEMBER, MemberAsk("member", str(ANNA))))
    assert [right.ended for right in rights(a1)] == [True]


def test_an_end_is_not_believed_before_the_journal_is_here(a1: TestTill) -> None:
    rich(a1)
    do(a1.served, "sweep_leases")
    assert do(a1.served, "recall_leases", member=str(ANNA)) == {"leases": 1}
    assert do(a1.served, "recall_leases", member=str(member_id(9))) == {"leases": 0}
    n = a1.feed()[-1].n
    unsent = a1.desk.gift(ANNA)
    a1.hello(cursor=f"1.{n}", head_seq=unsent.seq, head_hash=unsent.hash)
    assert do(a1.served, "sweep_leases") == {"leases": 0}
    a1.push(unsent)
    assert do(a1.served, "sweep_leases") == {"leases": 1}


def test_what_is_authorised_beyond_the_free_part_comes_out_of_the_askers_lease(
    a1: TestTill,
) -> None:
    """330.00 with 200.00 leased to A1: of 150.00, 20.00 are the lease's; its entry uses them up."""
    rich(a1)
    do(a1.served, "sweep_leases")
    (right,) = rights(a1)
    granted = ask(a1, FOUR, Debits(principal_minor=15_000))
    assert isinstance(granted, Granted)
    assert granted.leases == {right.lease: 2_000}
    basis = Basis(1, 0, "online", auth=granted.auth, leases=granted.leases)
    body = read_body(a1.desk.sale(ANNA, [15_000], stored_value_minor=15_000).body)
    a1.desk.seq, a1.desk.prev = 2, a1.entries[-1].hash
    told = msgspec.structs.replace(body, entry_id=FOUR, basis=basis)
    reply = a1.push(a1.desk.write(told))
    assert reply.results[0].codes == ()
    assert extras(a1).leased_minor == 18_000


def test_the_chains_worst_case_is_the_sum_of_its_tills(a1: TestTill, b1: TestTill) -> None:
    """Each till: 3,000.00 + 5,000.00 + 2,000.00 + 500.00 + 2,000.00 = 12,500.00; A1 holds 200.00 of
    leases more: 25,200.00."""
    rich(a1)
    do(a1.served, "sweep_leases")
    found = do(b1.served, "worst_case")
    assert found["minor"] == 2 * 1_250_000 + 20_000
    assert found["tills"]["A1"]["leases"] == 20_000
    assert found["tills"]["B1"]["leases"] == 0


def test_losses_are_assigned_once_and_settled(a1: TestTill, b1: TestTill) -> None:
    """Anna has nothing; B hands her an umbrella (50.00) offline. After 31 days B bears it: a line
    with itself. When she earns 1,000 points at A, A pays B."""
    a1.push(a1.desk.enrol(ANNA))
    reply = b1.push(b1.desk.gift(ANNA))
    assert reply.results[0].codes == (Issue.OVERDRAFT.value,)
    early = (DAY + timedelta(days=30)).isoformat()
    assert do(a1.served, "assign_losses", day=early)["losses"] == 0
    late = (DAY + timedelta(days=31)).isoformat()
    found = do(a1.served, "assign_losses", day=late)
    assert (found["losses"], found["minor"], found["assigned"]) == (
        1, 5_000, [{"bearer": "B", "minor": 5_000, "incident": ""}],
    )  # fmt: skip
    assert do(a1.served, "assign_losses", day=late)["losses"] == 0
    assert rows_of(a1.feed(), "member")[str(ANNA)].balances.points == -1_000
    a1.push(a1.desk.sale(ANNA, [100_000]))
    made = a1.served.call(lambda hq: hq.clearing.draft("2026-11", "lin", hq.clock.now_ms()))
    lines = [line.allocation for line in made.run.lines]
    assert [(x.kind, x.debtor, x.creditor, x.amount_minor) for x in lines] == [
        ("loss", "B", "B", 5_000), ("gift", "A", "B", 5_000),
    ]  # fmt: skip
    told = a1.served.call(lambda hq: hq.explainer.explain("2026-11", 1))
    assert "borne by B: beyond any lease; incident: none" in told.words
    assert "in 31 days" in told.words


def test_wrong_fields_are_refused(a1: TestTill) -> None:
    for name, fields in (("recall_leases", {"member": "x"}), ("assign_losses", {"day": "x"})):
        with pytest.raises(InvalidError, match="field_invalid"):
            do(a1.served, name, **fields)

"""Authorisations hold what they promise; members are found by id, card and phone."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

import msgspec

from sync.domain.cards import phone_key_of
from sync.domain.journal import Attachment, Basis, read_body
from sync.domain.members import Profile
from sync.domain.posting import Issue
from sync.headoffice.online import HOLD_TTL_MS
from sync.protocol import codec, wire
from sync.protocol.messages import (
    AuthAsk,
    AuthReply,
    Debits,
    Granted,
    MemberAsk,
    MemberReply,
    Refused,
)
from tests.helpers.tills import TestTill, good, rows_of
from tests.sync.domain.making import member_id

ANNA = member_id(1)
ONE, TWO, THREE = (UUID(int=0x0198 << 112 | 7 << 76 | n) for n in (1, 2, 3))


def ask(till: TestTill, entry_id: UUID, debit: Debits, pending: Debits | None = None) -> AuthReply:
    question = AuthAsk(entry_id, ANNA, debit, pending or Debits())
    return codec.decode_auth_reply(good(till.ask(wire.AUTH, question)).content)


def rich(till: TestTill) -> None:
    """Anna with 1000 points, 300.00 paid in and 30.00 bonus."""
    till.push(
        till.desk.enrol(ANNA), till.desk.sale(ANNA, [100_000]), till.desk.top_up(ANNA, 30_000)
    )


def test_a_hold_is_reserved_for_everybody_else(a1: TestTill, b1: TestTill) -> None:
    rich(a1)
    granted = ask(a1, ONE, Debits(points=700))
    assert isinstance(granted, Granted)
    assert (granted.ttl_s, granted.row.balances.points) == (120, 1_000)
    refused = ask(b1, TWO, Debits(points=700))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.params) == ("points_short", {"has": 300, "needs": 700})
    assert isinstance(ask(b1, THREE, Debits(points=300)), Granted)


def test_the_same_question_gets_the_same_answer(a1: TestTill) -> None:
    rich(a1)
    first, again = ask(a1, ONE, Debits(points=700)), ask(a1, ONE, Debits(points=700))
    assert isinstance(first, Granted)
    assert isinstance(again, Granted)
    assert first.auth == again.auth


def test_a_refused_entry_id_is_dead_and_flagged_when_it_comes_all_the_same(a1: TestTill) -> None:
    rich(a1)
    assert isinstance(ask(a1, ONE, Debits(points=1_001)), Refused)
    assert isinstance(ask(a1, ONE, Debits(points=1)), Refused)
    reply = a1.push(a1.desk.sale(ANNA, [5_000], entry_id=ONE))
    assert reply.results[0].codes == (Issue.DECLINED_UNSEEN.value,)


def test_a_hold_ends_by_itself(a1: TestTill, b1: TestTill) -> None:
    rich(a1)
    clock = a1.served.head_office.clock
    clock.set(clock.now_ms())
    assert isinstance(ask(a1, ONE, Debits(points=700)), Granted)
    clock.set(clock.now_ms() + HOLD_TTL_MS)
    assert isinstance(ask(b1, TWO, Debits(points=700)), Granted)


def test_an_entry_uses_its_hold_up(a1: TestTill, b1: TestTill) -> None:
    rich(a1)
    granted = ask(a1, ONE, Debits(points=1_000))
    assert isinstance(granted, Granted)
    desk = a1.desk
    gift = msgspec.structs.replace(
        read_body(desk.gift(ANNA).body),
        entry_id=ONE,
        basis=Basis(1, 0, "online", auth=granted.auth),
    )
    desk.seq, desk.prev = 3, a1.entries[-1].hash
    a1.push(desk.write(gift))
    refused = ask(b1, TWO, Debits(points=1))
    assert isinstance(refused, Refused)
    assert refused.params == {"has": 0, "needs": 1}
    dead = ask(a1, ONE, Debits(points=1))
    assert isinstance(dead, Refused)
    assert dead.code == "entry_dead"


def test_stored_value_and_pending_debits_count(a1: TestTill) -> None:
    rich(a1)
    assert isinstance(ask(a1, ONE, Debits(principal_minor=30_000, bonus_minor=3_000)), Granted)
    a1.hello()
    short = ask(a1, TWO, Debits(principal_minor=1))
    assert isinstance(short, Refused)
    assert short.code == "stored_value_short"
    pending = ask(a1, THREE, Debits(points=600), pending=Debits(points=500))
    assert isinstance(pending, Refused)
    assert pending.params == {"has": 500, "needs": 600}


def test_nobody_and_nothing_are_refused(a1: TestTill) -> None:
    unknown = ask(a1, ONE, Debits(points=1))
    assert isinstance(unknown, Refused)
    assert (unknown.code, unknown.row) == ("card_unknown", None)
    rich(a1)
    nothing = ask(a1, TWO, Debits())
    assert isinstance(nothing, Refused)
    assert nothing.code == "amount_not_positive"


def test_members_are_found_by_id_card_and_phone(a1: TestTill, b1: TestTill) -> None:
    profile = msgspec.json.encode(Profile(ANNA, "张文静", "+8613800001234"))
    named = Attachment("profile", sha256(profile).hexdigest(), ANNA)
    a1.push(a1.desk.enrol(ANNA, token="t" * 32, attachments=(named,)), blobs=[profile])
    phone = phone_key_of(a1.secrets.phone_key, "+8613800001234")
    for by, value in (("member", str(ANNA)), ("token", "t" * 32), ("phone_key", phone)):
        reply = codec.decode(good(b1.ask(wire.MEMBER, MemberAsk(by, value))).content, MemberReply)
        assert {item.kind for item in reply.items} == {"member", "card", "profile"}
        assert rows_of(reply.items, "profile")[str(ANNA)].name == "张文静"
        assert all(item.n == 0 for item in reply.items)
    for by, value in (("member", "nobody"), ("token", "x"), ("phone_key", "x")):
        reply = codec.decode(good(b1.ask(wire.MEMBER, MemberAsk(by, value))).content, MemberReply)
        assert reply.items == ()

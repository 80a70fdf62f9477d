"""The table of sync-ledger.md 2.4, row by row, then as a property over histories."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol.errors import TooOldError
from sync.protocol.hello import HeadOfficeView, decide, judge, push_from
from sync.protocol.messages import Ack, Action, HelloAsk, HelloReply
from sync.protocol.versions import SUPPORTED, agree
from tests.sync.protocol import samples
from tests.sync.protocol.samples import DEVICE, EPOCH, GENESIS, NONCE


def history(count: int, branch: str = "") -> list[bytes]:
    """Hashes by seq, genesis first; `branch` makes another history from seq 3 on."""
    return [GENESIS, *(samples.seed(f"{n}{branch if n > 2 else ''}") for n in range(1, count + 1))]


def ask(own: list[bytes], ack: Ack | None) -> HelloAsk:
    return HelloAsk(
        SUPPORTED, "guibin", "1", DEVICE, EPOCH, len(own) - 1, own[-1], "boot", 5, NONCE, ack
    )


def ack(own: list[bytes], seq: int, hq_epoch: int = 1) -> Ack:
    return Ack(DEVICE, EPOCH, seq, own[seq], hq_epoch, 5, "hq-1", b"s" * 64)


def view(own: list[bytes], theirs: list[bytes], last: Ack | None, hq_epoch: int) -> HeadOfficeView:
    def at(seq: int) -> bytes | None:
        return theirs[seq] if seq < len(theirs) else None

    return HeadOfficeView(
        hq_epoch,
        len(theirs) - 1,
        theirs[-1],
        at(len(own) - 1),
        at(last.seq) if last else None,
    )


def concluded(own: list[bytes], theirs: list[bytes], last: Ack | None, hq_epoch: int = 1) -> Action:
    """What head office decides and the till then concludes."""
    seen = view(own, theirs, last, hq_epoch)
    action = decide(ask(own, last), last, seen)
    reply = HelloReply(
        SUPPORTED[0], DEVICE, EPOCH, hq_epoch, seen.acked_seq, seen.acked_hash, 5, NONCE, NONCE,
        action,
    )  # fmt: skip
    held = own[seen.acked_seq] if seen.acked_seq < len(own) else None
    return judge(reply, len(own) - 1, held)


SAME = history(9)
FORKED = history(9, "x")


@pytest.mark.parametrize(
    ("own", "theirs", "acked", "acked_in", "hq_epoch", "expected"),
    [
        (SAME[:6], SAME[:4], 3, 1, 1, Action.PUSH),
        (SAME[:6], SAME[:5], 3, 1, 1, Action.PUSH),  # the last reply was lost
        (SAME[:6], SAME[:1], None, 1, 1, Action.PUSH),  # never synced
        (SAME[:1], SAME[:1], None, 1, 1, Action.IN_SYNC),  # nothing yet
        (SAME[:6], SAME[:6], 5, 1, 1, Action.IN_SYNC),
        (SAME[:6], SAME[:6], 3, 1, 1, Action.IN_SYNC),  # in sync, the last reply was lost
        (FORKED[:6], SAME[:6], 2, 1, 1, Action.FORK),  # equal length
        (FORKED[:5], SAME[:6], 2, 1, 1, Action.FORK),  # till shorter
        (FORKED[:7], SAME[:6], 2, 1, 1, Action.FORK),  # till longer: the till sees it
        (FORKED[:7], SAME[:6], 4, 1, 1, Action.FORK),  # its acknowledgement differs
        (SAME[:4], SAME[:6], 3, 1, 1, Action.ROLLBACK),
        (SAME[:1], SAME[:6], None, 1, 1, Action.ROLLBACK),
        (SAME[:6], SAME[:3], 4, 1, 2, Action.RESTORED),
        (SAME[:6], SAME[:3], 4, 1, 1, Action.LOST_DATA),
        (SAME[:6], SAME[:3], 4, 2, 1, Action.LOST_DATA),  # epochs never run back
    ],
)
def test_the_table(
    own: list[bytes],
    theirs: list[bytes],
    acked: int | None,
    acked_in: int,
    hq_epoch: int,
    expected: Action,
) -> None:
    last = None if acked is None else ack(own, acked, acked_in)
    assert concluded(own, theirs, last, hq_epoch) is expected


@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 8), st.booleans(), st.integers(1, 2))
def test_two_histories_are_never_taken_for_one(
    own_len: int, their_len: int, acked: int, forked: bool, hq_epoch: int
) -> None:
    """Invariant 37, planted: leaving out the till's own comparison passes a longer fork."""
    own = (FORKED if forked else SAME)[: own_len + 1]
    theirs = SAME[: their_len + 1]
    common = min(own_len, their_len)
    last = ack(own, min(acked, own_len))
    action = concluded(own, theirs, last, hq_epoch)
    if own[: common + 1] != theirs[: common + 1]:
        assert action is Action.FORK or last.seq > their_len
        if last.seq > their_len:  # told restored or lost; the till's own comparison still holds
            assert action is Action.FORK
    elif last.seq > their_len:
        assert action is (Action.RESTORED if hq_epoch > 1 else Action.LOST_DATA)
    else:
        expected = {-1: Action.ROLLBACK, 0: Action.IN_SYNC, 1: Action.PUSH}
        assert action is expected[(own_len > their_len) - (own_len < their_len)]


def test_where_to_push_from() -> None:
    reply = HelloReply(SUPPORTED[0], DEVICE, EPOCH, 1, 5, SAME[5], 5, NONCE, NONCE, Action.IN_SYNC)
    assert push_from(reply, None) == 1
    assert push_from(reply, ack(SAME, 3)) == 4, "a lost reply is asked for again"
    assert push_from(reply, ack(SAME, 8)) == 6, "after a restore, from what head office has"


def test_a_till_believes_a_stop() -> None:
    reply = HelloReply(SUPPORTED[0], DEVICE, EPOCH, 1, 5, SAME[5], 5, NONCE, NONCE, Action.FORK)
    assert judge(reply, 9, SAME[5]) is Action.FORK
    calm = msgspec.structs.replace(reply, action=Action.IN_SYNC)
    assert judge(calm, 4, None) is Action.ROLLBACK
    assert judge(calm, 9, None) is Action.IN_SYNC, "pruned: nothing to compare with"


def test_versions() -> None:
    assert agree((*SUPPORTED, "1999-01-01", "2999-01-01")) == SUPPORTED[-1]
    assert agree(("b", "a"), ("a", "b")) == "b"
    with pytest.raises(TooOldError, match="protocol"):
        agree(("1999-01-01",))
    assert TooOldError("x").status == 426
    assert UUID(str(DEVICE)) == DEVICE

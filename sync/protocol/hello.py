"""What a hello decides: the table of sync-ledger.md 2.4, for both ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sync.protocol.messages import Ack, Action, HelloAsk, HelloReply

STOPS_SALES: Final = frozenset({Action.FORK, Action.ROLLBACK})


@dataclass(frozen=True, slots=True)
class HeadOfficeView:
    """Where head office stands with a till's (device, epoch).

    `acked_seq`, `acked_hash`: its last entry (0 and genesis when none); `hash_at_head`: the hash it
    holds at the till's head_seq, `hash_at_ack`: at the seq of the till's last acknowledgement
    (genesis at 0; None where it holds none).
    """

    hq_epoch: int
    acked_seq: int
    acked_hash: bytes
    hash_at_head: bytes | None
    hash_at_ack: bytes | None


def decide(ask: HelloAsk, last_ack: Ack | None, view: HeadOfficeView) -> Action:
    """Head office's answer. `last_ack`: that of the ask if its countersignature holds
    (keys.check_ack), else None.

    A difference at a seq both know is a fork. A till that ends before head office was rolled back.
    Head office that ends before what it once acknowledged was restored (its epoch changed) or lost
    data (it did not).
    """
    if ask.head_seq <= view.acked_seq and ask.head_hash != view.hash_at_head:
        return Action.FORK
    if last_ack is not None and last_ack.seq <= view.acked_seq:
        if last_ack.head_hash != view.hash_at_ack:
            return Action.FORK
    elif last_ack is not None:
        restored = view.hq_epoch > last_ack.hq_epoch
        return Action.RESTORED if restored else Action.LOST_DATA
    if ask.head_seq < view.acked_seq:
        return Action.ROLLBACK
    return Action.PUSH if ask.head_seq > view.acked_seq else Action.IN_SYNC


def judge(reply: HelloReply, head_seq: int, own_hash: bytes | None) -> Action:
    """The till's view of the reply. `own_hash`: its hash at reply.acked_seq (genesis at 0), None
    when it holds none.

    The till compares for itself, since head office cannot see a difference above the till's last
    acknowledgement.
    """
    if reply.action in STOPS_SALES:
        return reply.action
    if reply.acked_seq > head_seq:
        return Action.ROLLBACK
    if own_hash is not None and own_hash != reply.acked_hash:
        return Action.FORK
    return reply.action


def push_from(reply: HelloReply, last_ack: Ack | None) -> int:
    """First seq to push: after what both ends hold for certain.

    Entries head office has but whose reply was lost are sent again: they come back as `exists` with
    their outcomes.
    """
    return min(reply.acked_seq, last_ack.seq if last_ack else 0) + 1

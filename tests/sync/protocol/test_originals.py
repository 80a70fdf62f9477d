"""What a till asks and signs about entries that are taken back."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from sync.domain.receipt_summary import PURPOSE
from sync.protocol import codec
from sync.protocol.errors import ProtocolError
from sync.protocol.keys import Signer, holds_for, purposed
from sync.protocol.messages import AllocationNote, OriginalAsk, OriginalReply

DEVICE = UUID("01980000-0000-7000-8000-00000000a101")


def test_the_question_and_its_answer_travel() -> None:
    ask = OriginalAsk(DEVICE, 1, 17)
    assert codec.decode(codec.encode(ask), OriginalAsk) == ask
    reply = OriginalReply(1, 1_795_233_600_000, True, {"0": 2})
    assert codec.decode_original_reply(codec.encode(reply)) == reply
    with pytest.raises(ProtocolError):
        codec.decode_original_reply(b"{}")


def test_an_opposite_line_may_be_below_nothing() -> None:
    note = AllocationNote(5, 0, "points", 1, 0, "A", -300, -1_500, "A", "B")
    assert msgspec.json.decode(msgspec.json.encode(note), type=AllocationNote) == note


def test_what_is_signed_for_a_receipt_counts_for_nothing_else() -> None:
    signer = Signer(bytes([7]) * 32)
    signature = signer.sign(purposed(PURPOSE, b"summary"))
    assert holds_for(signer.public, PURPOSE, b"summary", signature)
    assert not holds_for(signer.public, b"guibin-entry-1", b"summary", signature)

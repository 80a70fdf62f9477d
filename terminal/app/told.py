"""What a driven till tells of an operation it did, with a window or without."""

from __future__ import annotations

from hardware.documents import QrCode
from sync.lab import drive
from terminal.usecases import printing, receipts
from terminal.usecases.commits import Done
from terminal.usecases.receipts import Words
from terminal.usecases.till import Till


def told(till: Till, done: Done, words: Words, credential: str | None = None) -> drive.Done:
    """The answer for an operation that is in the journal."""
    return drive.Done(
        seq=done.seq,
        entry_id=done.body.entry_id,
        member=done.body.member,
        credential=credential,
        kind=done.body.kind,
        data=done.body.data,
        qr=qr_of(till, done, words),
    )


def qr_of(till: Till, done: Done, words: Words) -> str:
    """What the QR code of its receipt says; "" when there is no receipt or no code on it."""
    if done.body.kind not in receipts.RECEIPT_KINDS:
        return ""
    blocks = printing.document_of(till, done, words, copy=False).blocks
    return next((block.data for block in blocks if isinstance(block, QrCode)), "")

"""The words a scenario player says to a till process, one JSON object per line, and its answers.

The same words drive a till without a window (`guibin till --drive`: use cases are called) and with
one (`--drive --windows`: real key events). Every command is answered by exactly one line: `done`,
`refused` or `broken`. A till that was armed by `arm_kill` ends without an answer.

An operation is rung up step by step, as a cashier does it: `open_draft`, then `scan_card`,
`scan_product`, `amount`, `points`, `stored_value`, and at the end `pay`, `top_up`, `gift`, `enrol`
or `operate`, which commits. After a restart `resume` says what is there: a draft to go on with (its
entry id stays), or the last entry, whose receipt `reprint` prints again, marked as a copy.

`at_ms` is the business time the till's clock is set to before the command is obeyed.
"""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

import msgspec

VERSION: Final = 1
MAX_STORED_VALUE: Final = -1  # of StoredValue: as much as may be used


DraftKind = Literal["sale", "top_up", "gift", "enrol", "operation"]


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", omit_defaults=True):
    """What all commands have: the business time, UTC milliseconds."""

    at_ms: int


class SignIn(Command, frozen=True, kw_only=True, tag="sign_in"):
    """Sign in with a PIN."""

    staff: str
    pin: str


class OpenShift(Command, frozen=True, kw_only=True, tag="open_shift"):
    """Open the shift with so much cash in the drawer."""

    drawer_minor: int = 0


class CloseShift(Command, frozen=True, kw_only=True, tag="close_shift"):
    """Close the shift; `counted_minor` None: what is expected."""

    counted_minor: int | None = None


class OpenDraft(Command, frozen=True, kw_only=True, tag="open_draft"):
    """Begin an operation: from here on it has its entry id. `operation`: which one of those told as
    data, where `kind` is operation."""

    kind: DraftKind
    operation: str = ""


class ScanCard(Command, frozen=True, kw_only=True, tag="scan_card"):
    """A member's card is presented."""

    credential: str
    medium: str = "barcode"


class ScanProduct(Command, frozen=True, kw_only=True, tag="scan_product"):
    """A product is scanned `quantity` times."""

    barcode: str
    quantity: int = 1


class Amount(Command, frozen=True, kw_only=True, tag="amount"):
    """A plain amount is rung up `quantity` times."""

    minor: int
    quantity: int = 1


class Code(Command, frozen=True, kw_only=True, tag="code"):
    """A coupon or a price code of head office is scanned."""

    code: str


class Prospect(Command, frozen=True, kw_only=True, tag="prospect"):
    """The sale counts for whoever has this phone and is no member yet."""

    phone: str


class Points(Command, frozen=True, kw_only=True, tag="points"):
    """So many points are to pay."""

    points: int


class StoredValue(Command, frozen=True, kw_only=True, tag="stored_value"):
    """So much is to be paid by stored value (MAX_STORED_VALUE: all that may)."""

    minor: int


class Tender(Command, frozen=True, kw_only=True, tag="tender"):
    """How the rest is paid; `tendered_minor` None: exactly what is due; `slip`: number of the
    mall's slip, at a mall counter."""

    tender: str
    tendered_minor: int | None = None
    slip: str = ""


class Approval(Command, frozen=True, kw_only=True):
    """Who may stand behind an operation, with their PIN."""

    approver: str = ""
    approver_pin: str = ""


class Pay(Approval, frozen=True, kw_only=True, tag="pay"):
    """Finish the sale being rung up."""


class TopUp(Approval, frozen=True, kw_only=True, tag="top_up"):
    """Finish a top-up of the member presented."""

    amount_minor: int
    tender: str = "cash"


class Gift(Approval, frozen=True, kw_only=True, tag="gift"):
    """Finish a gift for the member presented."""

    offer: str
    quantity: int = 1


class Purchase(msgspec.Struct, frozen=True):
    """An earlier purchase, shown by its receipt. `day`: ISO date."""

    day: str
    base_minor: int


class Enrol(Command, frozen=True, kw_only=True, tag="enrol"):
    """Finish an enrolment, within the sale being rung up when there is one. `credential` empty: the
    next card of the till's block."""

    name: str
    phone: str
    credential: str = ""
    medium: str = "barcode"
    birthday: str = ""
    consent: bool = True
    earlier: tuple[Purchase, ...] = ()


class Operate(Approval, frozen=True, kw_only=True, tag="operate"):
    """Finish an operation told as data (`sync.lab.catalogue`). `fields`: text by name, as the form
    takes it; `hidden`: PINs by name."""

    operation: str
    fields: dict[str, str] = {}
    hidden: dict[str, str] = {}


class SetOffline(Command, frozen=True, kw_only=True, tag="set_offline"):
    """Take the network away, or give it back."""

    offline: bool


class Sync(Command, frozen=True, kw_only=True, tag="sync"):
    """Push all that is unsent, at most `batch` entries at a time, then pull until nothing is
    newer."""

    batch: int = 500


class State(Command, frozen=True, kw_only=True, tag="state"):
    """Tell where the till stands, and how it shows these members (by id)."""

    members: tuple[UUID, ...] = ()


class Resume(Command, frozen=True, kw_only=True, tag="resume"):
    """After a start: take up the draft that was left, if one was. The answer tells the last entry
    too: `seq`, `entry_id`, `kind`."""


class Reprint(Command, frozen=True, kw_only=True, tag="reprint"):
    """Print the receipt of entry `seq` again, marked as a copy."""

    seq: int


class Screenshot(Command, frozen=True, kw_only=True, tag="screenshot"):
    """Save a picture of the window; without a window nothing happens."""

    path: str


class ArmKill(Command, frozen=True, kw_only=True, tag="arm_kill"):
    """Kill the own process (SIGKILL) when it passes `point` for the `nth` time from now."""

    point: str
    nth: int = 1


class Quit(Command, frozen=True, kw_only=True, tag="quit"):
    """End in good order; answered before the process ends."""


AnyCommand = (
    SignIn | OpenShift | CloseShift | OpenDraft | ScanCard | ScanProduct | Amount | Code | Points
    | Prospect | StoredValue | Tender | Pay | TopUp | Gift | Enrol | Operate | SetOffline | Sync
    | State | Resume | Reprint | Screenshot | ArmKill | Quit
)  # fmt: skip


class Figures(msgspec.Struct, frozen=True):
    """Balances of a member: points; principal, bonus and qualifying spend in minor units."""

    points: int = 0
    principal: int = 0
    bonus: int = 0
    qualifying: int = 0


class MemberState(msgspec.Struct, frozen=True):
    """A member as the till shows them: head office's figures, what own entries will change, its
    age."""

    member: UUID
    tier: str
    confirmed: Figures
    pending: Figures
    age_ms: int | None


class TillState(msgspec.Struct, frozen=True, kw_only=True):
    """Where a till stands. `acked`: entries head office has acknowledged; hashes are hex."""

    device: UUID
    epoch: int
    head_seq: int
    head_hash: str
    acked: int
    offline: bool
    draft: UUID | None = None
    members: tuple[MemberState, ...] = ()


class Done(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="done", omit_defaults=True
):
    """It happened. `seq`, `entry_id`: of the entry it made; `member`, `credential`: of who joined;
    `draft`: entry id of the draft at hand, `rung_up`: how many pieces it holds; `pushed`,
    `pulled`: entries and feed items of a sync; `synced`: whether a sync came to its end; `note`: a
    word for the reader of the result; `data`: what the entry says of an operation told as data;
    `qr`: what the QR code of the receipt says, "" without one."""

    seq: int | None = None
    entry_id: UUID | None = None
    member: UUID | None = None
    credential: str | None = None
    draft: UUID | None = None
    rung_up: int = 0
    kind: str = ""
    pushed: int = 0
    pulled: int = 0
    synced: bool = True
    state: TillState | None = None
    note: str = ""
    data: dict[str, object] = {}
    qr: str = ""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="refused"):
    """The rules said no, or head office did (`online`)."""

    code: str
    params: dict[str, int | str] = {}
    online: bool = False


class Broken(msgspec.Struct, frozen=True, kw_only=True, tag_field="answer", tag="broken"):
    """A fault or a bug; the text is for whoever plays the scenario."""

    reason: str


Answer = Done | Refused | Broken

_commands: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def line_of(message: Command | Answer) -> bytes:
    """A command or an answer as the line that travels."""
    return msgspec.json.encode(message) + b"\n"


def command(line: bytes) -> AnyCommand:
    """The command of a line; msgspec.ValidationError when it is none."""
    return _commands.decode(line)


def answer(line: bytes) -> Answer:
    """The answer of a line; msgspec.ValidationError when it is none."""
    return _answers.decode(line)

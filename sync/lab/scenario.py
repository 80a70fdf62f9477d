"""The scenario: a chain and an ordered list of steps. The file format is documented in
docs/scenarios.md and stable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from sync.lab.amounts import Fen, FenOrMax
from sync.lab.chain import Birthday, Chain, Count, Credential, Id, Medium, Phone, Strict
from sync.lab.lines import Path
from sync.lab.references import Value

EVERYWHERE: Final = "everywhere"
HEAD_OFFICE: Final = "headoffice"
NEXT_CARD: Final = "next"
DEFAULT_BATCH: Final = 500

Point = Literal[
    "draft.opened",  # the draft with its entry id is stored, nothing is rung up yet
    "commit.before",  # everything decided, the transaction not yet committed
    "commit.after",  # the entry is in the journal, nothing printed
    "print.started",  # the printer has part of the receipt
    "push.sent",  # the entries have left, no reply yet
    "push.replied",  # the reply is here, nothing of it stored
    "ack.stored",  # results and acknowledgement are stored
    "feed.applied",  # one page of the feed and its cursor are stored
]
KILL_POINTS: Final[tuple[str, ...]] = get_args(Point)
OPERATION_POINTS: Final = KILL_POINTS[:4]
SYNC_POINTS: Final = KILL_POINTS[4:]

Tender = Literal["cash", "wechat", "alipay", "bank_card"]
SaleTender = Literal["cash", "wechat", "alipay", "bank_card", "mall"]


class Head(Strict, frozen=True, kw_only=True):
    """Table [scenario]. `seed` makes ids, keys and codes; `zone` is that of steps without a till;
    `chain` names a file, beside this one, whose set-up tables are read first."""

    name: Id
    title: str = ""
    seed: int = 1
    zone: str = "Asia/Shanghai"
    chain: str = ""
    staff: Id = ""


class Step(Strict, frozen=True, kw_only=True, tag_field="do"):
    """What all steps have. `at`: business time, local to the store of the till; `id`: a name to
    refer to."""

    at: dt.datetime
    id: Id = ""
    note: str = ""


class AtTill(Step, frozen=True, kw_only=True):
    """A step at one till. `staff`: who does it (default: that of [scenario], else the first at
    that store)."""

    till: Id
    staff: Id = ""


class SignIn(AtTill, frozen=True, kw_only=True, tag="sign_in"):
    """Sign in; happens by itself before the first operation when left out. `pin`: another than the
    right one."""

    pin: str = ""


class OpenShift(AtTill, frozen=True, kw_only=True, tag="open_shift"):
    """Open the shift; happens by itself when left out. `drawer`: cash in the drawer."""

    drawer: Fen = Fen(0)


class CloseShift(AtTill, frozen=True, kw_only=True, tag="close_shift"):
    """Close the shift. `counted`: cash found in the drawer (default: what is expected)."""

    counted: Fen | None = None


class Line(Strict, frozen=True, kw_only=True):
    """One line of a sale: a product by its sku or barcode, or a plain amount."""

    product: str = ""
    amount: Fen | None = None
    quantity: Annotated[int, Meta(ge=1, le=9999)] = 1


class ForMember(AtTill, frozen=True, kw_only=True):
    """A step for a member: `member` presents their card; `card` presents a credential as it is;
    none: nobody.

    `approver`: the staff id that stands behind a soft mark.
    """

    member: Id = ""
    card: Credential | None = None
    medium: Medium | None = None
    approver: Id = ""


class Sell(ForMember, frozen=True, kw_only=True, tag="sell"):
    """A sale. `points`: points to pay with; `stored_value`: what stored value is to pay, or "max";
    the rest is paid by `tender`, of which `tendered` is handed over (default: exactly what is due);
    `codes`: coupons and price codes scanned after the lines ("@..." refers to an earlier step);
    `slip`: number of the mall's slip; `prospect`: phone of somebody who is no member yet, for whom
    it counts."""

    lines: tuple[Line, ...]
    points: Count = 0
    stored_value: FenOrMax = FenOrMax(0)
    tender: SaleTender = "cash"
    tendered: Fen | None = None
    codes: tuple[str, ...] = ()
    slip: str = ""
    prospect: str = ""


class Earlier(Strict, frozen=True, kw_only=True):
    """A purchase someone made before joining, shown by its receipt."""

    date: dt.date
    amount: Fen


class Enrol(AtTill, frozen=True, kw_only=True, tag="enrol"):
    """Someone joins. `sale`: id of the sale being rung up that qualifies them, the next operation
    of this till; `earlier`: purchases shown by their receipts; `card`: a credential, or "next" from
    the till's block."""

    member: Id
    name: str
    phone: Phone
    sale: Id = ""
    earlier: tuple[Earlier, ...] = ()
    card: Credential = NEXT_CARD
    medium: Medium = "barcode"
    birthday: Birthday = ""
    consent: bool = True


class TopUp(ForMember, frozen=True, kw_only=True, tag="top_up"):
    """Money onto a member's stored value."""

    amount: Fen
    tender: Tender = "cash"


class Gift(ForMember, frozen=True, kw_only=True, tag="gift"):
    """A gift for points."""

    offer: Id
    quantity: Annotated[int, Meta(ge=1, le=999)] = 1


class Operate(ForMember, frozen=True, kw_only=True, tag="operate"):
    """One of the operations told as data (`catalogue.OPERATIONS`), by its form's fields; "@..."
    in one refers to an earlier step (`references`). `hidden`: PINs by field."""

    operation: str
    fields: dict[str, Value] = msgspec.field(default_factory=dict)
    hidden: dict[str, Value] = msgspec.field(default_factory=dict)


class Office(Step, frozen=True, kw_only=True, tag="office"):
    """An operation of head office (`sync.headoffice.operations`). `by`: who does it."""

    operation: str
    fields: dict[str, Value] = msgspec.field(default_factory=dict)
    by: Id = "office"


class Network(Step, frozen=True, kw_only=True):
    """A change of the network of some tills (none named: all)."""

    tills: tuple[Id, ...] = ()


class Offline(Network, frozen=True, kw_only=True, tag="offline"):
    """The network goes away."""


class Online(Network, frozen=True, kw_only=True, tag="online"):
    """The network comes back. Nothing is sent before the next sync."""


class Sync(Network, frozen=True, kw_only=True, tag="sync"):
    """Tills push and pull, one after the other in the order named. `batch`: at most so many
    entries in one push."""

    batch: Annotated[int, Meta(ge=1, le=500)] | None = None


class Kill(Step, frozen=True, kw_only=True, tag="kill"):
    """The till process is killed when it passes `point` for the `nth` time during what it does
    next; then it is started again and recovers."""

    till: Id
    point: Point
    nth: Annotated[int, Meta(ge=1, le=1000)] = 1


class Publish(Step, frozen=True, kw_only=True, tag="publish"):
    """Head office publishes a programme version; those no step names are published before the
    story begins."""

    programme: Annotated[int, Meta(ge=1)]


class Clearing(Step, frozen=True, kw_only=True, tag="clearing"):
    """Head office makes a clearing run over everything posted since the last approved one.
    `approve`: and freezes it."""

    label: str = ""
    approve: bool = False


class Screenshot(Step, frozen=True, kw_only=True, tag="screenshot"):
    """With --windows: a picture of the till's window, saved as `name`.png. Without: nothing."""

    till: Id
    name: Id


class Expect(Step, frozen=True, kw_only=True, tag="expect"):
    """What must hold now; every key given is compared. See docs/scenarios.md for which go
    together."""

    variant: Id = ""
    step: Id = ""
    done: bool | None = None
    refused: str = ""
    member: Id = ""
    where: str = ""
    points: int | None = None
    principal: Fen | None = None
    bonus: Fen | None = None
    tier: str = ""
    pending_points: int | None = None
    pending_principal: Fen | None = None
    pending_bonus: Fen | None = None
    dealer: Id = ""
    pays: Fen | None = None
    receives: Fen | None = None
    net: Fen | None = None
    own: Fen | None = None
    till: Id = ""
    entries: Count | None = None
    unsent: Count | None = None
    answer: dict[str, Any] | None = None
    exceptions: tuple[str, ...] | None = None
    agree: bool | None = None


AnyStep = (
    SignIn
    | OpenShift
    | CloseShift
    | Sell
    | Enrol
    | TopUp
    | Gift
    | Operate
    | Office
    | Offline
    | Online
    | Sync
    | Kill
    | Publish
    | Clearing
    | Screenshot
    | Expect
)
STEP_TYPES: Final[tuple[type[Step], ...]] = get_args(AnyStep)
Operation = SignIn | OpenShift | CloseShift | Sell | Enrol | TopUp | Gift | Operate


class Orders(Strict, frozen=True, kw_only=True):
    """Table [orders]: the steps named are played in every order, each taking the place and time of
    one of them, and every sync with each of the `batches`."""

    steps: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=5)] = ()
    batches: tuple[Annotated[int, Meta(ge=1, le=500)], ...] = (DEFAULT_BATCH,)


class Variant(Strict, frozen=True, kw_only=True):
    """Table [[variant]]: those orders in which, for each pair of `where`, the first step is played
    before the second. An order belongs to the first variant it fits."""

    name: Id
    where: tuple[tuple[Id, Id], ...] = ()


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A whole scenario. `lines`: place of everything in the file, for messages; `digest`: SHA-256
    of the file, hex."""

    head: Head
    chain: Chain
    steps: tuple[AnyStep, ...]
    orders: Orders | None
    variants: tuple[Variant, ...]
    lines: Mapping[Path, int]
    digest: str
    crowd_folder: str = "."

    def line_of(self, step: int) -> int:
        """Line of a step in the file."""
        return self.lines.get(("step", step), 1)

    def zone_of_till(self, till: str) -> ZoneInfo:
        """Time zone of a till's store; of head office where `till` is empty."""
        return ZoneInfo(self.chain.store_of(till).zone if till else self.head.zone)

    def utc_ms(self, step: AnyStep) -> int:
        """Business time of a step, UTC milliseconds."""
        zone = self.zone_of_till(getattr(step, "till", ""))
        at = step.at if step.at.tzinfo else step.at.replace(tzinfo=zone)
        return round(at.timestamp()) * 1000

    def offset_min(self, zone: ZoneInfo, utc_ms: int) -> int:
        """Offset of a zone at a time, minutes east of UTC."""
        local = dt.datetime.fromtimestamp(utc_ms // 1000, dt.UTC).astimezone(zone)
        return round((local.utcoffset() or dt.timedelta()).total_seconds()) // 60

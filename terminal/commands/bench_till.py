"""Tills for `guibin bench`: a real one, enrolled on paper only, on which sales are rung up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from sync.database.till.database import TillDatabase, create
from sync.database.till.journal import Identity, Journal
from sync.database.till.keys import FileWrap, LoadedKeys, TillKeys, save_keys
from sync.database.till.replica_rows import Change, ProgrammePack
from sync.domain import programme as programmes
from sync.domain import selling
from sync.domain.cards import Card
from sync.domain.journal import Kind, Presented
from sync.domain.members import LightRow
from sync.domain.refusals import Refusal
from sync.lab.bench import sample
from sync.protocol import keys
from sync.protocol.records import EnrolmentRecord, HqKey
from terminal.app.clocks import StoryClock
from terminal.usecases import sell as selling_use_case
from terminal.usecases.commits import Act, Done, Posted, commit, local_basis
from terminal.usecases.drafts import Bearer, DraftLine, SaleDraft
from terminal.usecases.shift import OpenShift, open_shift
from terminal.usecases.till import Session, Till

BUYERS: Final = 100
PRESENTED: Final = Presented("barcode", "wedge", "read", "token")


def make_folder(folder: Path) -> None:
    """The folder of a till that joined and has its first replica: programme, members, cards."""
    folder.mkdir(parents=True, exist_ok=True)
    loaded = _keys(folder)
    head_office = keys.Signer(sample.KEY)
    signed = keys.sign_enrolment(head_office, _record(loaded.keys, head_office))
    identity = Identity(
        sample.DEVICE, sample.EPOCH, keys.genesis(signed), signed.data, signed.key, signed.signature
    )
    create(folder, loaded, identity)
    database = TillDatabase(folder)
    try:
        database.replica.load(_rows(), {})
        database.replica.start_at(1, 4_711, sample.START_MS)
        till = till_of(database)
        opened = open_shift(till, 0)
        if not isinstance(opened, OpenShift):
            raise TypeError(f"the shift does not open: {opened}")
    finally:
        database.close()


class CommitPath:
    """From the goods and the member to the committed entry, on a till of production parts: rules,
    body, hash, signature and every row of the operation.
    """

    def __init__(self, folder: Path) -> None:
        """Open the till in `folder`."""
        self._database = TillDatabase(folder)
        self.till = till_of(self._database)
        self.journal: Journal = self._database.journal
        self.key = self._database.keys.database
        shift = self.till.shift()
        if shift is None:
            raise TypeError("no shift is open")
        self._posted = Posted(shift.number, shift.business_date)
        self._ids = [sample.member_id(number) for number in range(BUYERS)]
        self._tokens = [sample.token(number) for number in range(BUYERS)]
        self._presented = PRESENTED

    def sell(self, number: int) -> None:
        """Ring up and commit the sale of that number."""
        what, buyer = sample.sale(number), number % BUYERS
        till, programme, place = self.till, sample.PROGRAMME, self.till.place
        member = self._ids[buyer]
        person = selling.Buyer(member, sample.TIER, sample.HELD)
        quoted = selling.quote(programme, place.dealer, what.basket, person, what.wish)
        if isinstance(quoted, Refusal):
            raise TypeError(f"the benchmark's sale is refused: {quoted.code}")
        data = selling.pay(quoted, "cash", what.cash_minor)
        if isinstance(data, Refusal):
            raise TypeError(f"the benchmark's sale is not paid: {data.code}")
        act = Act(
            Kind.SALE,
            till.new_id(),
            data,
            local_basis(till, 0),
            programme.version,
            selling.effects(data, member, place.dealer, place.till, programme.currency),
            quoted.claims,
            quoted.trace,
            member,
            self._tokens[buyer],
            self._presented,
            receipt=True,
        )
        commit(till, act, self._posted)

    def close(self) -> None:
        """Close the till."""
        self._database.close()


class UseCase(CommitPath):
    """The whole use case: the draft kept first, the member read again, limits asked, then as
    above."""

    def sell(self, number: int) -> None:
        """Take the payment of a draft that is ready."""
        what, buyer = sample.sale(number), number % BUYERS
        draft = SaleDraft(
            self.till.new_id(),
            sample.START_MS,
            sample.PROGRAMME.version,
            tuple(DraftLine(line.sku, line.quantity, line.unit_minor) for line in what.basket),
            Bearer(self._ids[buyer], self._tokens[buyer], self._presented),
            what.wish.points,
            what.wish.stored_value_minor,
        )
        done = selling_use_case.sell(self.till, draft, "cash", what.cash_minor)
        if not isinstance(done, Done):
            raise TypeError(f"the benchmark's sale is not done: {done}")


def _keys(folder: Path) -> LoadedKeys:
    agree, journal, pepper = (bytes([number]) * 32 for number in (1, 2, 3))
    made = TillKeys(sample.SEED, agree, journal, pepper, sample.KEY, sample.KEY)
    return save_keys(folder, made, FileWrap(folder))


def _record(own: TillKeys, head_office: keys.Signer) -> EnrolmentRecord:
    place = sample.PLACE
    return EnrolmentRecord(
        v=1,
        device=sample.DEVICE,
        epoch=sample.EPOCH,
        sign_key=own.public,
        agree_key=own.agree_public,
        dealer=place.dealer,
        store=place.store,
        store_group="",
        till=place.till,
        store_name_zh="甲一",
        store_name_en="A1",
        zone="Asia/Shanghai",
        offset_min=480,
        currency="CNY",
        prev_epoch_seq=0,
        prev_epoch_head=bytes(32),
        blocks=(),
        hq_epoch=1,
        hq_keys=(HqKey(head_office.key, head_office.public, ("root", "programme", "ack")),),
        hq_time_ms=sample.START_MS,
        sandbox=True,
    )


def _rows() -> list[Change]:
    data = programmes.to_bytes(sample.PROGRAMME)
    effective = sample.PROGRAMME.effective_from
    pack = ProgrammePack(sample.PROGRAMME.version, effective, data, "hq", bytes(64))
    found = [Change(1, "programme", str(pack.version), 1, pack)]
    for number in range(BUYERS):
        light: LightRow = sample.rich(number)
        held: Card = sample.card(number)
        found += [
            Change(1, "member", str(light.member), 1, light),
            Change(1, "card", held.token, 1, held),
        ]
    return found


def till_of(database: TillDatabase) -> Till:
    """The till on its files, somebody signed in, head office never asked."""
    till = Till(database, StoryClock(sample.START_MS), os.urandom, boot="bench")
    till.session = Session("s1", "Bench", ("cashier",), approver=False, language="en")
    return till

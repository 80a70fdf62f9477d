"""Pictures of the real program at work: `python -m tests.helpers.pictures [FOLDER]`.

A till of the demo chain (its people, products and rules), the real window, real keys; each state in
both languages at 1366x768 and 1024x768. Without FOLDER they go where the documentation has them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from argon2 import PasswordHasher
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

import resources
from hardware.events import DeviceKind, DeviceState, DeviceStatus
from sync.database.till.database import TillDatabase
from sync.database.till.replica_rows import Change, ProgrammePack, RosterPack
from sync.domain import programme as programmes
from sync.domain.cards import Card, Status, card_number, phone_key_of, token_of
from sync.domain.members import Balances, LightRow, LotSummary, Profile, masked
from sync.domain.pricing import Product
from sync.lab import checking
from sync.lab.chain import Chain
from sync.protocol.records import Staff
from terminal.app.window_hands import save_picture
from terminal.usecases.till import Till
from terminal.widgets import theme
from tests.helpers.windows import Window, window
from tests.terminal.usecases import made

SIZES = ((1366, 768), (1024, 768))
CTRL = Qt.KeyboardModifier.ControlModifier
_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
FIRST_NEW = 5_000


def changes(chain: Chain) -> Iterator[Change]:
    """What head office would send to a till of store A1."""
    pack = chain.programmes[0]
    data = programmes.to_bytes(pack)
    yield Change(
        0, "programme", str(pack.version), 1,
        ProgrammePack(pack.version, pack.effective_from, data, "hq", bytes(64)),
    )  # fmt: skip
    staff = tuple(
        Staff(s.id, s.name, s.roles, _HASHER.hash(s.pin), s.approver)
        for s in chain.staff
        if "A1" in s.stores
    )
    yield Change(0, "roster", "A1", 1, RosterPack(1, "A1", staff))
    for p in chain.products:
        product = Product(
            p.sku, p.barcode, p.name.zh, p.name.en, int(p.tag),
            None if p.member is None else int(p.member), p.variant.zh, p.variant.en,
        )  # fmt: skip
        yield Change(0, "product", p.sku, 1, product)
    for number, member in enumerate(chain.members, start=1):
        yield from people(number, member.name, member.phone, member.card, member.tier or "vip")


def people(number: int, name: str, phone: str, card: str, tier: str) -> Iterator[Change]:
    """A member with card, profile and some points."""
    member = UUID(int=0x1980_0000_0000_7000_8000_0000_0000_0000 + number)
    e164 = phone if phone.startswith("+") else f"+86{phone}"
    lots = (LotSummary(date(2026, 12, 15), 240), LotSummary(date(2028, 6, 30), 2_160))
    row = LightRow(
        member, tier, Balances(2_400, 80_000, 6_000, 1_288_000), 1, masked(name), e164[-4:],
        phone_key_of(made.PHONE_KEY, e164), "A1", "A", lots=lots,
    )  # fmt: skip
    token = token_of(made.TOKEN_KEY, card)
    yield Change(0, "member", str(member), 1, row)
    yield Change(0, "card", token, 1, Card(token, member, Status.ACTIVE, card[-4:], "barcode"))
    yield Change(0, "profile", str(member), 1, Profile(member, name, e164, 11, 26))


def demo_till(folder: Path, chain: Chain) -> Till:
    """An enrolled till of the demo chain, its files in `folder`."""
    made.enrolled(folder / "till")
    database = TillDatabase(folder / "till", tape_folder=folder / "tape")
    (folder / "tape").mkdir(exist_ok=True)
    clock = made.Clock()
    database.replica.apply(list(changes(chain)), 1, 9, clock.utc_ms(), complete=True)
    return Till(database, clock, os.urandom, boot="pictures")


class Shooter:
    """Plays through the screens and takes pictures on the way."""

    def __init__(self, at: Window, chain: Chain, folder: Path) -> None:
        self.at, self.chain, self.folder = at, chain, folder
        self.taken: list[Path] = []

    def shoot(self, name: str) -> None:
        """The state on show, four times."""
        for language in ("zh", "en"):
            for width, height in SIZES:
                self.at.shell.resize(width, height)
                self.rest()
                path = self.folder / f"{name}-{language}-{width}.png"
                save_picture(self.at.shell, path)
                self.taken.append(path)
            self.at.counter.language_toggled()
        self.at.shell.resize(*SIZES[0])
        self.rest()

    def rest(self) -> None:
        """Everything begun is done."""
        self.at.until(lambda: self.at.executors.idle)
        for _ in range(3):
            QApplication.processEvents()

    def key(self, key: Qt.Key, chord: Qt.KeyboardModifier | None = None) -> None:
        """One key."""
        self.at.keys.press(key, chord or Qt.KeyboardModifier.NoModifier)
        self.rest()

    def type(self, text: str) -> None:
        """Into the field of the screen."""
        entry = self.at.screens[self.at.counter.frame.screen].entry
        self.at.keys.type_text(text)
        self.at.until(lambda: entry.text() == text)

    def scan(self, code: str) -> None:
        """A burst."""
        before = self.at.executors.submitted
        self.at.keys.scan(code)
        self.at.until(lambda: self.at.executors.submitted > before)
        self.rest()

    def enter(self) -> None:
        """Enter."""
        self.key(Qt.Key.Key_Return)

    def fill(self, name: str, value: str) -> None:
        """A field of the form."""
        entry = self.at.screens["enrol"].fields[name].entry
        entry.setFocus()
        if value.isascii():
            self.at.keys.type_text(value)
        else:
            self.at.keys.compose(value)
        self.at.until(lambda: entry.text() == value)
        self.rest()

    def morning(self) -> None:
        """Sign in, open the shift."""
        at, cashier = self.at, self.chain.staff[0]
        self.shoot("sign-in")
        at.screens["sign_in"].tile_of(cashier.id).click()
        at.keys.type_text("9999")
        at.until(lambda: at.counter.sign_in.view().digits == 4)
        self.enter()
        self.shoot("sign-in-wrong")
        at.keys.type_text(cashier.pin)
        at.until(lambda: at.counter.sign_in.view().digits == 4)
        self.enter()
        at.until(lambda: at.counter.frame.screen == "shift")
        self.type("500")
        self.shoot("shift-open")
        self.enter()
        at.until(lambda: at.counter.frame.screen == "sale")
        self.rest()

    def selling(self) -> None:
        """A sale with everything."""
        at = self.at
        self.shoot("sale-empty")
        self.key(Qt.Key.Key_F, CTRL)
        finder = at.screens["sale"].member.finder.entry
        at.keys.type_text(self.chain.members[0].phone[-4:])
        at.until(lambda: len(finder.text()) == 4)
        self.enter()
        self.shoot("sale-find")
        self.key(Qt.Key.Key_Escape)
        at.screens["sale"].arrive()
        self.scan(self.chain.members[0].card)
        for product in self.chain.products[:3]:
            self.scan(product.barcode)
        self.type("800")
        self.key(Qt.Key.Key_5, CTRL)
        self.type("90")
        self.key(Qt.Key.Key_6, CTRL)
        self.key(Qt.Key.Key_1, CTRL)
        self.shoot("sale")
        at.counter.sale.explain_requested("member")
        self.shoot("sale-explain")
        self.key(Qt.Key.Key_Escape)
        self.scan("6900000000000")
        self.shoot("sale-refused")
        self.enter()
        self.rest()
        if at.counter.sale.asking is not None:
            self.shoot("sale-approver")
            boss = next(s for s in self.chain.staff if s.approver and "A1" in s.stores)
            at.keys.type_text(boss.pin)
            at.until(lambda: at.counter.sale.view().pin is not None)
            self.rest()
            self.enter()
        at.until(lambda: at.counter.sale.finished is not None)
        self.shoot("sale-done")
        self.enter()

    def loading(self) -> None:
        """A top-up."""
        self.key(Qt.Key.Key_F2)
        self.shoot("top-up-empty")
        self.scan(self.chain.members[1].card)
        self.type("300")
        self.enter()
        self.key(Qt.Key.Key_3, CTRL)
        self.shoot("top-up")
        self.enter()
        self.shoot("top-up-done")
        self.enter()

    def points(self) -> None:
        """Points and a gift."""
        self.key(Qt.Key.Key_F3)
        self.scan(self.chain.members[1].card)
        self.shoot("points")
        self.key(Qt.Key.Key_F4)
        self.at.screens["gifts"].table.setFocus()
        self.key(Qt.Key.Key_Down)
        self.key(Qt.Key.Key_Space)
        self.at.until(lambda: self.at.counter.gifts.quote is not None)
        self.shoot("gifts")
        self.key(Qt.Key.Key_Escape)
        self.key(Qt.Key.Key_F1)
        self.at.counter.sale.member_change_requested()
        self.rest()

    def forms(self) -> None:
        """A note about a member, from the list to what was done."""
        at, form = self.at, self.at.counter.forms["member"]
        self.key(Qt.Key.Key_F6)
        self.shoot("forms")
        at.until(at.screens["member"].table.hasFocus)
        form.operation_chosen("note")
        self.rest()
        self.shoot("form-empty")
        self.scan(self.chain.members[1].card)
        at.until(lambda: len(form.fields) == 2)
        self.rest()
        self.enter()
        self.shoot("form-missing")
        at.screens["member"].form.widgets["text"].focus_widget.setFocus()
        at.keys.type_text("Silk feels rough at the collar")
        at.until(lambda: form.value("text").endswith("collar") and form.at_rest)
        self.rest()
        at.counter.desk.quiet()
        self.shoot("form")
        self.enter()
        at.until(lambda: form.finished is not None)
        self.shoot("form-done")
        self.enter()
        self.key(Qt.Key.Key_F1)

    def joining(self) -> None:
        """Somebody joins in the middle of a sale."""
        self.type("3200")
        self.enter()
        self.shoot("sale-may-join")
        self.key(Qt.Key.Key_F7)
        self.shoot("enrol-empty")
        phone = self.chain.members[2].phone
        self.fill("phone", f"{phone[:-1]}{(int(phone[-1]) + 1) % 10}")
        self.fill("name", self.chain.members[2].name)
        self.fill("birthday", "11/26")
        self.scan(card_number(FIRST_NEW))
        self.at.counter.enrol.consent_pressed()
        self.rest()
        self.shoot("enrol")
        self.enter()
        self.shoot("enrol-done")
        self.enter()
        self.key(Qt.Key.Key_4, CTRL)
        self.enter()
        self.enter()

    def evening(self) -> None:
        """Count and close."""
        self.at.shell.top.end_shift.click()
        self.rest()
        self.type("800")
        self.enter()
        self.shoot("shift-closed")


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser()
    default = Path(__file__).parents[2] / "docs" / "screens"
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    folder: Path = parser.parse_args().folder
    app = QApplication([])
    theme.apply(app, theme.load())
    chain = checking.read(resources.path("demo", "day.toml")).chain
    with tempfile.TemporaryDirectory(prefix="guibin-pictures-") as place:
        till = demo_till(Path(place), chain)
        with window(till) as at:
            printer = DeviceStatus("printer", DeviceKind.PRINTER, DeviceState.READY)
            at.counter.frame.device_event(printer)
            shooter = Shooter(at, chain, folder)
            steps: tuple[Callable[[], None], ...] = (
                shooter.morning, shooter.selling, shooter.loading, shooter.points, shooter.forms,
                shooter.joining, shooter.evening,
            )  # fmt: skip
            for step in steps:
                step()
    largest = max(path.stat().st_size for path in shooter.taken)
    sys.stdout.write(f"{len(shooter.taken)} pictures in {folder}, largest {largest} bytes\n")


if __name__ == "__main__":
    main()

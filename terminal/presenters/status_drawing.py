"""The status strip from what sync, the journal and the devices say. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hardware.events import DeviceKind, DeviceState, DeviceStatus
from terminal.presenters.parts_view import IconLine, Tone
from terminal.presenters.shell_view import StatusView
from terminal.text import Text
from terminal.usecases.health import Status

DEVICES_MAX = 4
_ICONS = {
    DeviceKind.SCANNER: "scan-barcode",
    DeviceKind.CARD_READER: "credit-card",
    DeviceKind.PRINTER: "printer",
    DeviceKind.DRAWER: "banknote",
    DeviceKind.DISPLAY: "smartphone",
}


@dataclass(frozen=True, slots=True)
class Line:
    """The connection. `state`: of the sync thread (starting online offline attention frozen), or
    manual where a person syncs by hand; `code`: why attention is needed."""

    state: str = "starting"
    code: str = ""
    loading_per_mille: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the till says of itself. `limits`: something at risk was done offline and counts
    against the caps; `head_seq`: the last entry."""

    status: Status
    head_seq: int
    limits: bool


@dataclass(frozen=True, slots=True)
class Switch:
    """The demo's offline switch."""

    shown: bool = False
    on: bool = False


def status_view(
    text: Text,
    line: Line,
    facts: Facts | None,
    devices: Iterable[DeviceStatus],
    now: datetime,
    switch: Switch,
) -> StatusView:
    """The strip."""
    status = facts.status if facts else None
    limits = facts.limits if facts else False
    return StatusView(
        connection=connection(text, line, status, offline_on=switch.on, limits=limits),
        unsent=_unsent(text, status),
        saved=_saved(text, status, facts.head_seq if facts else 0),
        devices=tuple(device_line(text, one) for one in devices)[:DEVICES_MAX],
        clock=text.time(now),
        language=text("status.other_language"),
        offline_switch=switch.shown,
        offline_on=switch.on,
    )


def is_offline(line: Line, status: Status | None, *, offline_on: bool) -> bool:
    """Whether head office is not reached now."""
    if offline_on or line.state in {"offline", "starting"}:
        return True
    if line.state == "manual":
        return status is not None and not status.asks
    return False


def connection(
    text: Text, line: Line, status: Status | None, *, offline_on: bool, limits: bool
) -> IconLine:
    """The connection in words."""
    if line.state in {"attention", "frozen"} and not offline_on:
        return IconLine("triangle-alert", text("status.attention"), "bad")
    if line.loading_per_mille is not None:
        percent = str(line.loading_per_mille // 10)
        return IconLine("refresh-cw", text("status.loading", percent=percent), "accent")
    if is_offline(line, status, offline_on=offline_on):
        code = "status.offline_limits" if limits else "status.offline"
        return IconLine("wifi-off", text(code), "warn")
    return IconLine("wifi", text("status.online"), "ok")


def device_line(text: Text, status: DeviceStatus) -> IconLine:
    """One device in words: ready, or what is wrong with it."""
    icon = _ICONS[status.kind]
    if status.state in {DeviceState.READY, DeviceState.BUSY}:
        return IconLine(icon, text(f"status.{status.kind.value}_ready"))
    code = f"status.{status.kind.value}_{status.code}"
    if not text.has(code):
        code = f"status.{status.kind.value}_absent"
    tone: Tone = "warn" if status.state is DeviceState.ATTENTION else "quiet"
    return IconLine(icon, text(code), tone)


def _unsent(text: Text, status: Status | None) -> str:
    if status is None:
        return ""
    if not status.unsent:
        return text("status.all_sent")
    age_s = (status.oldest_ms or 0) // 1000
    return text("status.unsent", count=status.unsent, oldest_s=age_s)


def _saved(text: Text, status: Status | None, head_seq: int) -> IconLine | None:
    if status is None or not head_seq:
        return None
    if max(status.saved_seq, status.acked_seq) >= head_seq:
        return IconLine("check-check", text("status.saved_twice"), "ok")
    return IconLine("save", text("status.saved_once"), "quiet")

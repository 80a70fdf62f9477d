from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from hardware.events import DeviceEvent, DeviceKind, DeviceState, DeviceStatus
from terminal.runtime.device_bridge import DeviceBridge


def test_events_of_other_threads_arrive_on_the_gui_thread_in_order(qtbot: QtBot) -> None:
    bridge = DeviceBridge()
    arrived: list[tuple[str, DeviceEvent]] = []

    def note(event: DeviceEvent) -> None:
        arrived.append((threading.current_thread().name, event))

    bridge.arrived.connect(note)
    events = [
        DeviceStatus(f"device-{number}", DeviceKind.PRINTER, DeviceState.READY)
        for number in range(50)
    ]

    def send() -> None:
        for event in events:
            bridge.deliver(event)

    sender = threading.Thread(target=send, name="device-x")
    sender.start()
    sender.join()
    qtbot.waitUntil(lambda: len(arrived) == len(events))
    assert arrived == [("MainThread", event) for event in events]

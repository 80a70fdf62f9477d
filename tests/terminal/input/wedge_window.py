"""A window on a real X display for the scanner tests: run as a program, speaks JSON lines.

First line out: {"window": id}. Then one line per scan, and for each "?" line on standard input the
state of the window. The GUI thread sleeps 150 of every 300 ms when asked to (argument "busy").
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget

from hardware.events import CredentialRead, DeviceEvent, DeviceStatus
from terminal.input.burst import BurstSettings
from terminal.input.scan_filter import ScanFilter, ScanSettings


class Questions(QObject):
    """Lines of standard input, on the GUI thread."""

    asked = Signal(str)

    def listen(self) -> None:
        for line in sys.stdin:
            self.asked.emit(line.strip())


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def deliver(event: DeviceEvent) -> None:
    if isinstance(event, CredentialRead):
        say({"raw": event.raw, "medium": event.medium.value})
    elif isinstance(event, DeviceStatus):
        say({"status": event.code, "params": dict(event.params)})
    else:
        say({"event": type(event).__name__})


def main() -> None:
    application = QApplication(sys.argv)
    window = QWidget()
    box = QVBoxLayout(window)
    field, button = QLineEdit(), QPushButton("pay")
    button.setAutoDefault(True)
    clicks: list[int] = []
    button.clicked.connect(lambda: clicks.append(1))
    box.addWidget(field)
    box.addWidget(button)
    prefix = next((a.removeprefix("prefix=") for a in sys.argv if a.startswith("prefix=")), "")
    settings = ScanSettings(burst=BurstSettings(prefix=prefix))
    scans = ScanFilter(deliver, lambda: time.time_ns() // 1_000_000, settings)
    scans.install(application)
    field.setFocus()
    window.show()

    def answer(line: str) -> None:
        if line == "button":
            button.setFocus()
        elif line == "field":
            field.setFocus()
        elif line == "quit":
            application.quit()
            return
        say({"text": field.text(), "clicks": len(clicks)})

    questions = Questions()
    questions.asked.connect(answer)
    threading.Thread(target=questions.listen, name="questions", daemon=True).start()
    busy = QTimer()
    busy.timeout.connect(lambda: time.sleep(0.15))
    if "busy" in sys.argv:
        busy.start(150)
    QTimer.singleShot(200, lambda: say({"window": int(window.winId())}))
    application.exec()
    scans.remove(application)


if __name__ == "__main__":
    main()

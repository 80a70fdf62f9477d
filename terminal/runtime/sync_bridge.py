"""From the sync thread onto the GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class SyncBridge(QObject):
    """`deliver` is the pump's `on_status` and may be called from any thread.

    `arrived` carries a `sync.client.pump.Status`. Stop the pump before this object goes.
    """

    arrived = Signal(object)

    def deliver(self, status: object) -> None:
        """Send `status` to the GUI thread; returns at once."""
        self.arrived.emit(status)

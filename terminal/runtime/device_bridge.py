"""From device threads onto the GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from hardware.events import DeviceEvent


class DeviceBridge(QObject):
    """The `hardware.manager.Listener` of the till: `deliver` may be called from any thread.

    `arrived` carries a `hardware.events.DeviceEvent`. Slots of objects that live on the GUI thread
    run there, in the order of delivery. Stop the device manager before this object goes.
    """

    arrived = Signal(object)

    def deliver(self, event: DeviceEvent) -> None:
        """Send `event` to the GUI thread; returns at once."""
        self.arrived.emit(event)

"""The devices of a till, one supervised thread each, heard through one listener."""

from hardware.manager.devices import DeviceManager, Listener, ManagerSettings
from hardware.manager.printing import OnPrinted
from hardware.manager.supervision import Backoff

__all__ = ["Backoff", "DeviceManager", "Listener", "ManagerSettings", "OnPrinted"]

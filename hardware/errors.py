"""Faults of devices. Drivers raise these and nothing else.

DeviceError                   something between us and the device; code and params, never a sentence
  x DeviceAbsentError         unplugged, switched off, refuses the connection     device_absent
  x DeviceClaimedError        another program holds it                            device_claimed
  x DeviceTimeoutError        it is there and does not answer in time             device_timeout
  x DeviceFaultError          it answers nonsense or reports a fault of its own   device_fault
  x DriverMissingError        a library or system part the driver needs is absent driver_missing
  x NotEnabledError           used before open, claim and enable                  not_enabled
  x PrinterError              what only printers have
      x PaperOutError         no paper, nothing of the job was printed            paper_out
      x CoverOpenError        cover open, nothing of the job was printed          cover_open
      x OutcomeUnknownError   bytes were sent, whether paper came out is unknown  outcome_unknown
      x DocumentRefusedError  no printer could print it: a code cannot hold it    document_refused

Vendor exceptions never leave `hardware.drivers`: they are the `__cause__` of one of these.
"""

from __future__ import annotations

from typing import ClassVar

from hardware.events import Params


class DeviceError(Exception):
    """A fault between the program and a device.

    code: stable name, one text per language elsewhere. params: values for that text.
    reconnect: closing and opening the device again may help.
    """

    code: ClassVar[str] = "device_error"
    reconnect: ClassVar[bool] = True

    def __init__(self, device_id: str, **params: str | int) -> None:
        """Keep whose fault it is and the values its text needs."""
        super().__init__(self.code, device_id)
        self.device_id = device_id
        self.params: Params = params


class DeviceAbsentError(DeviceError):
    """Unplugged, switched off, or the connection is refused."""

    code = "device_absent"


class DeviceClaimedError(DeviceError):
    """Another program holds the device."""

    code = "device_claimed"


class DeviceTimeoutError(DeviceError):
    """The device is there and does not answer in time."""

    code = "device_timeout"


class DeviceFaultError(DeviceError):
    """The device answers nonsense or reports a fault of its own."""

    code = "device_fault"


class DriverMissingError(DeviceError):
    """A library or system part the driver needs is not installed."""

    code = "driver_missing"


class NotEnabledError(DeviceError):
    """The device was used before open, claim and enable."""

    code = "not_enabled"


class PrinterError(DeviceError):
    """What only printers have; the connection itself is sound."""

    code = "printer_error"
    reconnect = False


class PaperOutError(PrinterError):
    """No paper; nothing of the job was printed."""

    code = "paper_out"


class CoverOpenError(PrinterError):
    """The cover is open; nothing of the job was printed."""

    code = "cover_open"


class OutcomeUnknownError(PrinterError):
    """Bytes were sent and whether a whole receipt came out is not known."""

    code = "outcome_unknown"
    reconnect = True


class DocumentRefusedError(PrinterError):
    """No printer could print the document: a barcode or QR code cannot hold its data."""

    code = "document_refused"

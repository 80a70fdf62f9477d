"""A receipt printer without a printer: takes ESC/POS, answers status questions, runs out of paper.

It stands at the byte channel, so the real printer driver talks to it; what it printed comes out as
pictures and text lines.
"""

from __future__ import annotations

from hardware.documents import Paper
from hardware.drivers.escpos_preview import Sheet, render
from hardware.errors import DeviceAbsentError

_DLE_EOT = b"\x10\x04"


class EmulatedPrinter:
    """A `hardware.ports.ByteChannel` with an ESC/POS printer behind it.

    Set the public switches to make it fail: `absent` refuses the connection, `answer_delay_ms`
    lets it think, `paper_out` and `cover_open` are reported by its sensors, `paper_left_bytes`
    lets the paper end in the middle of a job, `hangs_up_after_bytes` cuts the line in one.
    """

    def __init__(self, paper: Paper = Paper.MM80) -> None:
        """Start with paper in, cover shut and switched on."""
        self.paper = paper
        self.absent = False
        self.answer_delay_ms = 0
        self.paper_out = False
        self.cover_open = False
        self.paper_left_bytes: int | None = None
        self.hangs_up_after_bytes: int | None = None
        self.connections = 0
        self._printed = bytearray()
        self._answers = bytearray()
        self._open = False

    @property
    def printed(self) -> bytes:
        """Return all bytes that came onto paper so far."""
        return bytes(self._printed)

    def sheets(self) -> tuple[Sheet, ...]:
        """Return what lies in the tray, oldest first."""
        return render(self.printed, self.paper)

    def open(self) -> None:
        """Accept the connection, unless switched off."""
        if self.absent:
            raise DeviceAbsentError("emulated")
        self.connections += 1
        self._answers.clear()
        self._open = True

    def write(self, data: bytes) -> None:
        """Take status questions and print data."""
        if self.absent or not self._open:
            raise DeviceAbsentError("emulated")
        if data[:2] == _DLE_EOT:
            self._answers.append(self._status(data[2]))
            return
        limit = self.hangs_up_after_bytes
        if limit is not None and len(data) > limit:
            self.absent = True
            raise DeviceAbsentError("emulated")
        self._put_on_paper(data)

    def read(self, count: int, timeout_ms: int) -> bytes:
        """Return waiting answers; never waits."""
        if self.absent:
            raise DeviceAbsentError("emulated")
        if self.answer_delay_ms > timeout_ms:
            return b""
        taken = bytes(self._answers[:count])
        del self._answers[:count]
        return taken

    def close(self) -> None:
        """Hang up."""
        self._open = False

    def _put_on_paper(self, data: bytes) -> None:
        if self.paper_left_bytes is not None:
            if len(data) > self.paper_left_bytes:
                self.paper_out = True
                return
            self.paper_left_bytes -= len(data)
        self._printed += data

    def _status(self, which: int) -> int:
        if which == 4:
            return 0x12 | (0x60 if self.paper_out else 0)
        return 0x12 | (0x04 if self.cover_open else 0) | (0x20 if self.paper_out else 0)

"""The thread of a reading device."""

from __future__ import annotations

from hardware.events import CredentialRead
from hardware.manager.supervision import Backoff, DeviceThread, Emit, Now
from hardware.ports import InputDevice

_WAIT_MS = 1000


class ReaderThread(DeviceThread):
    """Waits for readings and hands them on, without the repeats of a card that lies there."""

    def __init__(
        self,
        device: InputDevice,
        emit: Emit,
        backoff: Backoff,
        claim_timeout_ms: int,
        *,
        monotonic_ms: Now,
        debounce_ms: int,
    ) -> None:
        """See `hardware.manager.DeviceManager.add_reader`."""
        super().__init__(device, emit, backoff, claim_timeout_ms)
        self._reader = device
        self._monotonic_ms = monotonic_ms
        self._debounce_ms = debounce_ms
        self._last_raw = ""
        self._last_at_ms: int | None = None

    def _wake(self) -> None:
        self._reader.interrupt()

    def _serve(self) -> None:
        while not self._stop.is_set():
            reading = self._reader.wait_read(_WAIT_MS)
            if reading is None or self._stop.is_set():
                continue
            if isinstance(reading, CredentialRead) and self._is_repeat(reading):
                continue
            self._emit(reading)

    def _is_repeat(self, reading: CredentialRead) -> bool:
        """Say whether the same was read less than `debounce_ms` after its last reading."""
        now_ms = self._monotonic_ms()
        last_at_ms, same = self._last_at_ms, reading.raw == self._last_raw
        self._last_raw, self._last_at_ms = reading.raw, now_ms
        return same and last_at_ms is not None and now_ms - last_at_ms < self._debounce_ms

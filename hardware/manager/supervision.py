"""One thread per device: brought up, served, torn down and brought up again.

A thread never lets anything escape: a `DeviceError` becomes a status and a pause, anything else is
a bug in a driver, is logged once with its traceback and treated likewise. A loss is logged once
and its return once, however long it lasts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from hardware.errors import DeviceAbsentError, DeviceError
from hardware.events import DeviceEvent, DeviceState, DeviceStatus, Params, no_params
from hardware.ports import Device, HealthLevel

log = logging.getLogger("device")

Emit = Callable[[DeviceEvent], None]
Now = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between attempts: doubled from `first_ms` up to `longest_ms`."""

    first_ms: int = 500
    longest_ms: int = 15_000

    def pause_ms(self, failures: int) -> int:
        """Return the pause after `failures` (1 or more) attempts in a row have failed."""
        return min(self.longest_ms, self.first_ms << min(failures - 1, 16))


class DeviceThread:
    """The thread that owns one device. Subclasses say what it does while the device is up."""

    def __init__(self, device: Device, emit: Emit, backoff: Backoff, claim_timeout_ms: int) -> None:
        """Prepare the thread; `start` runs it."""
        self._device = device
        self._emit = emit
        self._backoff = backoff
        self._claim_timeout_ms = claim_timeout_ms
        self._stop = threading.Event()
        self._status: DeviceStatus | None = None
        self._bug_logged = False
        self._up = False  # it was brought up and said that it is well
        self._thread = threading.Thread(target=self._run, name=f"device-{device.device_id}")

    @property
    def name(self) -> str:
        """Return the thread's name."""
        return self._thread.name

    @property
    def status(self) -> DeviceStatus | None:
        """Return the last status reported, None before the first."""
        return self._status

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def request_stop(self) -> None:
        """Ask it to end; returns at once."""
        self._stop.set()
        self._wake()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; False if it did not come in time."""
        if self._thread.ident is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _wake(self) -> None:
        """Get the thread out of whatever it waits for."""

    def _serve(self) -> None:
        """Work until stopped; raise DeviceError to have the device brought up again."""
        raise NotImplementedError

    def _pause(self, pause_ms: int) -> None:
        """Wait before the device is brought up again."""
        self._stop.wait(pause_ms / 1000)

    def _finish(self) -> None:
        """Clean up after the last tear-down."""

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            self._up = False
            try:
                self._bring_up()
                self._serve()
            except DeviceError as error:
                self._report(DeviceState.ABSENT, error.code, error.params)
            except Exception as bug:  # noqa: BLE001 - a driver's bug must not end the thread
                self._log_bug(bug)
            self._tear_down()
            failures = 1 if self._up else failures + 1
            if not self._stop.is_set():
                self._pause(self._backoff.pause_ms(failures))
        self._finish()

    def _bring_up(self) -> None:
        self._device.open()
        self._device.claim(self._claim_timeout_ms)
        self._device.enable()
        self._check_health()
        self._up = True

    def _check_health(self) -> None:
        """Report what the device says of itself; a lost one is brought up again."""
        health = self._device.check_health(HealthLevel.INTERNAL)
        if health.ok:
            self._report(DeviceState.READY)
        elif health.code == DeviceAbsentError.code:
            raise DeviceAbsentError(self._device.device_id)
        else:
            self._report(DeviceState.ATTENTION, health.code, health.params)

    def _tear_down(self) -> None:
        for step in (self._device.disable, self._device.release, self._device.close):
            try:
                step()
            except DeviceError:
                continue
            except Exception as bug:  # noqa: BLE001 - as in _run
                self._log_bug(bug)

    def _log_bug(self, bug: Exception) -> None:
        if not self._bug_logged:
            log.error("driver_bug device=%s", self._device.device_id, exc_info=bug)
            self._bug_logged = True
        self._report(DeviceState.ATTENTION, "driver_bug")

    def _report(self, state: DeviceState, code: str = "", params: Params | None = None) -> None:
        """Tell a status that differs from the last one; a loss and a return are logged once."""
        before = self._status
        if before is not None and (before.state, before.code) == (state, code):
            return
        device_id = self._device.device_id
        status = DeviceStatus(device_id, self._device.kind, state, code, params or no_params())
        self._status = status
        if state in {DeviceState.ABSENT, DeviceState.ATTENTION}:
            log.warning("device_trouble device=%s state=%s code=%s", device_id, state.value, code)
        elif before is not None and before.code:
            log.info("device_well device=%s after=%s", device_id, before.code)
        self._emit(status)

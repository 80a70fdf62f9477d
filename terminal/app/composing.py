"""Everything of one till, built and connected here, started in order and stopped in reverse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hardware.events import DeviceEvent
from hardware.manager.devices import DeviceManager
from sync.client.channel import Channel
from sync.client.online import OnlineClient
from sync.client.ports import Clock, Random, TillPorts
from sync.client.pump import Pump, Status
from sync.client.snapshot import SnapshotLoader
from sync.client.till_store import ports_of
from sync.client.transport import Transport
from sync.database.till.database import TillDatabase
from sync.database.till.journal_tables import SCHEMA
from sync.protocol import exchange
from sync.protocol.keys import Signer, device_key_id, ring
from terminal import config
from terminal.app.clocks import boot_id
from terminal.app.devices import ReceiptQueue, build_devices
from terminal.app.joining import APP, transport_to
from terminal.usecases.till import Till, no_step

STOP_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Outside:
    """Time, randomness and listeners a till is built with. `real_clock` measures deadlines of the
    network; `story`: `clock` is that of a scenario, and head office is told it; `step`: called at
    each named step (tests, scenarios).
    """

    clock: Clock
    real_clock: Clock
    random: Random
    story: bool = False
    step: Callable[[str], None] = no_step
    on_device: Callable[[DeviceEvent], None] = lambda _event: None
    on_sync: Callable[[Status], None] | None = None


class Application:
    """One till. Build it, `start` it, `stop` it; `till` is what use cases take."""

    def __init__(self, folder: Path, settings: config.Settings, outside: Outside) -> None:
        """Open the till's files. Raises StoreFault; NotEnrolledError before it joined."""
        self.folder, self.settings, self.outside = folder, settings, outside
        tape = Path(settings.tape) if settings.tape else None
        self.database = TillDatabase(folder, tape_folder=tape)
        identity, keys = self.database.journal.identity, self.database.keys
        self.devices: DeviceManager = build_devices(
            settings.printer, folder, outside.on_device, outside.clock.utc_ms
        )
        self._signer = Signer(keys.sign, device_key_id(identity.device, identity.epoch))
        self.boot = str(boot_id(outside.clock.utc_ms(), outside.random(16)))
        told_time = outside.clock if outside.story else None
        self._online_transport = transport_to(settings, outside.real_clock, told_time)
        self._sync_transport = transport_to(settings, outside.real_clock, told_time)
        self.till = Till(
            self.database,
            outside.clock,
            outside.random,
            boot=self.boot,
            online=OnlineClient(self._channel(self._online_transport), outside.real_clock),
            printing=ReceiptQueue(self.devices),
            step=outside.step,
        )
        self.pump = self.make_pump(ports_of(self.database, outside.clock, outside.random))

    def make_pump(self, ports: TillPorts, *, wait_s: int | None = None) -> Pump:
        """A sync pump of this till on `ports`; only one may be at work."""
        identity, record = self.database.journal.identity, self.till.record
        channel = self._channel(self._sync_transport)
        speaker = exchange.Till(
            identity.device,
            identity.epoch,
            APP,
            str(SCHEMA),
            self.boot,
            ring(record.hq_keys, "ack"),
        )
        loader = SnapshotLoader(
            channel,
            ports.replica,
            ring(record.hq_keys, "snapshot"),
            self.database.keys.agree,
            self.outside.clock,
        )
        more = {} if wait_s is None else {"wait_s": wait_s}
        return Pump(
            speaker,
            channel,
            ports,
            loader,
            on_status=self.outside.on_sync,
            step=self.outside.step,
            settle=self.till.settle,
            **more,
        )

    def _channel(self, transport: Transport) -> Channel:
        return Channel(transport, self._signer, self.outside.clock, self.outside.random)

    def set_offline(self, offline: bool) -> None:  # the state of a switch
        """The demo's switch: head office is not reached although it is there."""
        self._online_transport.offline = self._sync_transport.offline = offline
        self.till.offline = offline
        if not offline:
            self.pump.retry_now()

    def start(self) -> None:
        """After first paint: devices, sync, and the check of the journal's end."""
        self.devices.start()
        self.database.start_check()
        self.pump.start()

    def stop(self) -> None:
        """Sync first, so that nothing more is stored; devices; then the files."""
        self.pump.stop(STOP_S)
        self.close()

    def close(self) -> None:
        """Stop what a driven till has started too."""
        self.devices.stop()
        self._online_transport.close()
        self._sync_transport.close()
        self.database.close()

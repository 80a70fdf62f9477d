from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from hardware.errors import (
    DeviceAbsentError,
    DocumentRefusedError,
    OutcomeUnknownError,
    PaperOutError,
)
from hardware.events import (
    CredentialRead,
    DeviceEvent,
    DeviceState,
    DeviceStatus,
    PrintResult,
    PrintState,
    ReadRejected,
)
from hardware.manager import Backoff, DeviceManager, ManagerSettings
from tests.hardware.fake_devices import FakePrinter, FakeReader, reading, receipt

SETTINGS = ManagerSettings(
    backoff=Backoff(first_ms=5, longest_ms=20),
    debounce_ms=1000,
    print_queue_max=3,
    health_interval_ms=20,
)
T = TypeVar("T")


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def until(gate: threading.Event) -> Callable[[], None]:
    """Make a printer that works only once the gate opens."""

    def behave() -> None:
        gate.wait(5)

    return behave


class Till:
    """A manager, what it said, and the clock by which it debounces."""

    def __init__(self) -> None:
        self.events: list[DeviceEvent] = []
        self.threads: list[str] = []
        self.shift_ms = 0
        self.manager = DeviceManager(
            self.hear,
            lambda: time.time_ns() // 10**6,
            SETTINGS,
            monotonic_ms=lambda: time.monotonic_ns() // 10**6 + self.shift_ms,
        )

    def hear(self, event: DeviceEvent) -> None:
        self.threads.append(threading.current_thread().name)
        self.events.append(event)

    def of(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    def states(self) -> list[tuple[DeviceState, str]]:
        return [(status.state, status.code) for status in self.of(DeviceStatus)]


@pytest.fixture
def till() -> Iterator[Till]:
    till = Till()
    yield till
    assert till.manager.stop() == ()


class TestReaders:
    def test_a_reading_reaches_the_listener_on_the_readers_thread(self, till: Till) -> None:
        reader = FakeReader()
        till.manager.add_reader(reader)
        till.manager.start()
        reader.present(reading())
        wait_for(lambda: till.of(CredentialRead))
        assert till.of(CredentialRead) == [reading()]
        assert set(till.threads) == {"device-reader"}
        assert reader.calls == ["open", "claim 1000", "enable"]

    def test_repeats_are_dropped_until_the_card_was_away(self, till: Till) -> None:
        reader = FakeReader()
        till.manager.add_reader(reader)
        till.manager.start()
        for raw in ("A", "A", "B", "A"):
            reader.present(reading(raw))
        wait_for(lambda: len(till.of(CredentialRead)) == 3)
        till.shift_ms = 1000
        reader.present(reading("A"))
        wait_for(lambda: len(till.of(CredentialRead)) == 4)
        assert [event.raw for event in till.of(CredentialRead)] == ["A", "B", "A", "A"]

    def test_scanners_may_read_the_same_goods_twice(self, till: Till) -> None:
        reader = FakeReader()
        till.manager.add_reader(reader, debounce_ms=0)
        till.manager.start()
        reader.present(reading())
        reader.present(reading())
        wait_for(lambda: len(till.of(CredentialRead)) == 2)

    def test_rejections_are_never_dropped(self, till: Till) -> None:
        reader = FakeReader()
        till.manager.add_reader(reader)
        till.manager.start()
        rejected = ReadRejected("reader", "stripe_misread", 1)
        reader.present(rejected)
        reader.present(rejected)
        wait_for(lambda: till.of(ReadRejected) == [rejected, rejected])

    @pytest.mark.allows_log("device_trouble")
    def test_a_lost_reader_comes_back_and_both_are_told_once(
        self, till: Till, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "device")
        reader = FakeReader()
        till.manager.add_reader(reader)
        till.manager.start()
        wait_for(lambda: till.states() == [(DeviceState.READY, "")])
        reader.faults = [DeviceAbsentError("reader") for _ in range(5)]
        reader.present(DeviceAbsentError("reader"))
        wait_for(lambda: len(till.states()) == 3)
        assert till.states()[1:] == [
            (DeviceState.ABSENT, "device_absent"),
            (DeviceState.READY, ""),
        ]
        assert reader.calls.count("open") == 7
        logged = [record.getMessage().split()[0] for record in caplog.records]
        assert logged == ["device_trouble", "device_well"]
        reader.present(reading())
        wait_for(lambda: till.of(CredentialRead))

    @pytest.mark.allows_log("device_trouble|driver_bug")
    def test_a_drivers_bug_ends_neither_thread_nor_program(
        self, till: Till, caplog: pytest.LogCaptureFixture
    ) -> None:
        reader = FakeReader()
        reader.closing_fault = RuntimeError("planted")
        till.manager.add_reader(reader)
        till.manager.start()
        reader.present(ZeroDivisionError("planted"))
        reader.present(reading())
        wait_for(lambda: till.of(CredentialRead))
        assert (DeviceState.ATTENTION, "driver_bug") in till.states()
        assert caplog.text.count("driver_bug device=") == 1

    def test_a_fault_while_closing_is_nobodys_business(self, till: Till) -> None:
        reader = FakeReader()
        reader.closing_fault = DeviceAbsentError("reader")
        till.manager.add_reader(reader)
        till.manager.start()
        wait_for(lambda: till.events)
        assert till.manager.stop() == ()
        assert reader.calls[-3:] == ["disable", "release", "close"]


class TestPrinters:
    @pytest.fixture
    def printer(self, till: Till) -> FakePrinter:
        printer = FakePrinter()
        till.manager.add_printer(printer)
        till.manager.start()
        return printer

    def outcomes(self, till: Till) -> list[tuple[str, PrintState, str]]:
        return [(r.job_id, r.state, r.code) for r in till.of(PrintResult)]

    def test_jobs_are_printed_in_order_with_one_outcome_each(
        self, till: Till, printer: FakePrinter
    ) -> None:
        told: list[PrintResult] = []
        for number in range(3):
            till.manager.print_receipt("printer", f"J{number}", receipt(), told.append)
        wait_for(lambda: len(told) == 3)
        assert [job_id for job_id, _ in printer.printed] == ["J0", "J1", "J2"]
        wait_for(lambda: len(till.of(PrintResult)) == 3)
        assert till.of(PrintResult) == told
        assert {result.state for result in told} == {PrintState.PRINTED}
        assert till.manager.unprinted("printer") == ()

    @pytest.mark.allows_log("device_trouble")
    def test_paper_out_then_print_again(self, till: Till, printer: FakePrinter) -> None:
        printer.trouble = PaperOutError
        till.manager.print_receipt("printer", "J1", receipt())
        wait_for(lambda: till.of(PrintResult))
        assert self.outcomes(till) == [("J1", PrintState.FAILED, "paper_out")]
        wait_for(lambda: till.states()[-1] == (DeviceState.ATTENTION, "paper_out"))
        assert [result.job_id for result in till.manager.unprinted("printer")] == ["J1"]
        printer.trouble = None
        wait_for(lambda: till.states()[-1] == (DeviceState.READY, ""))
        assert till.manager.print_again("printer", "J1")
        wait_for(lambda: len(till.of(PrintResult)) == 2)
        assert printer.printed == [("J1", receipt())]
        assert till.of(PrintResult)[-1].attempt == 2
        assert till.manager.unprinted("printer") == ()

    def test_a_second_print_is_marked_as_a_copy(self, till: Till, printer: FakePrinter) -> None:
        till.manager.print_receipt("printer", "J1", receipt())
        wait_for(lambda: till.of(PrintResult))
        assert till.manager.print_again("printer", "J1")
        wait_for(lambda: len(printer.printed) == 2)
        assert printer.printed[1] == ("J1", receipt().as_copy())

    @pytest.mark.allows_log("device_trouble")
    def test_an_unknown_outcome_is_said_and_its_reprint_is_a_copy(
        self, till: Till, printer: FakePrinter
    ) -> None:
        faults = [OutcomeUnknownError("printer")]

        def behave() -> None:
            if faults:
                raise faults.pop()

        printer.behave = behave
        till.manager.print_receipt("printer", "J1", receipt())
        wait_for(lambda: till.of(PrintResult))
        assert self.outcomes(till) == [("J1", PrintState.UNCERTAIN, "outcome_unknown")]
        printer.trouble = PaperOutError
        assert till.manager.print_again("printer", "J1")
        wait_for(lambda: len(till.of(PrintResult)) == 2)
        assert till.of(PrintResult)[-1].code == "paper_out"
        printer.trouble = None
        assert till.manager.print_again("printer", "J1")
        wait_for(lambda: len(printer.printed) == 1)
        assert printer.printed == [("J1", receipt().as_copy())]

    @pytest.mark.allows_log("device_trouble")
    def test_a_document_that_cannot_be_set_does_not_stop_the_next(
        self, till: Till, printer: FakePrinter
    ) -> None:
        printer.trouble = DocumentRefusedError
        till.manager.print_receipt("printer", "J1", receipt())
        wait_for(lambda: till.of(PrintResult))
        printer.trouble = None
        till.manager.print_receipt("printer", "J2", receipt())
        wait_for(lambda: printer.printed)
        assert printer.calls.count("open") == 1

    @pytest.mark.allows_log("device_trouble|driver_bug")
    def test_a_bug_in_the_driver_costs_one_job(self, till: Till, printer: FakePrinter) -> None:
        bugs = [KeyError("planted")]

        def behave() -> None:
            if bugs:
                raise bugs.pop()

        printer.behave = behave
        till.manager.print_receipt("printer", "J1", receipt())
        wait_for(lambda: till.of(PrintResult))
        assert self.outcomes(till) == [("J1", PrintState.UNCERTAIN, "driver_bug")]
        wait_for(lambda: till.states()[-1] == (DeviceState.READY, ""))
        till.manager.print_receipt("printer", "J2", receipt())
        wait_for(lambda: printer.printed)

    @pytest.mark.allows_log("device_trouble")
    def test_while_the_printer_is_away_jobs_end_at_once(self, till: Till) -> None:
        printer = FakePrinter()
        printer.faults = [DeviceAbsentError("printer") for _ in range(500)]
        till.manager.add_printer(printer)
        till.manager.start()
        wait_for(till.states)
        for number in range(10):
            till.manager.print_receipt("printer", f"J{number}", receipt())
        wait_for(lambda: len(till.of(PrintResult)) == 10)
        codes = {result.code for result in till.of(PrintResult)}
        assert codes <= {"device_absent", "queue_full"}
        printer.faults.clear()
        wait_for(lambda: till.states()[-1] == (DeviceState.READY, ""))
        assert till.manager.print_again("printer", "J0")
        wait_for(lambda: printer.printed)

    @pytest.mark.allows_log("device_trouble")
    def test_a_printer_that_vanishes_between_jobs_is_noticed(
        self, till: Till, printer: FakePrinter
    ) -> None:
        wait_for(lambda: till.states() == [(DeviceState.READY, "")])
        printer.trouble = DeviceAbsentError
        wait_for(lambda: (DeviceState.ABSENT, "device_absent") in till.states())
        printer.trouble = None
        wait_for(lambda: till.states()[-1] == (DeviceState.READY, ""))

    def test_the_queue_is_bounded_and_stopping_loses_no_outcome(
        self, till: Till, printer: FakePrinter
    ) -> None:
        gate = threading.Event()
        printer.behave = until(gate)
        told: list[PrintResult] = []
        till.manager.print_receipt("printer", "J0", receipt(), told.append)
        wait_for(lambda: (DeviceState.BUSY, "") in till.states())
        for number in range(1, 6):
            till.manager.print_receipt("printer", f"J{number}", receipt(), told.append)
        assert [(r.job_id, r.code) for r in told] == [("J4", "queue_full"), ("J5", "queue_full")]
        stopper = threading.Thread(target=till.manager.stop, name="stopper")
        stopper.start()
        gate.set()
        stopper.join()
        assert sorted(result.job_id for result in told) == ["J0", "J1", "J2", "J3", "J4", "J5"]
        late: list[PrintResult] = []
        till.manager.print_receipt("printer", "J6", receipt(), late.append)
        assert [result.code for result in late] == ["printer_stopped"]

    def test_unknown_printers_and_jobs(self, till: Till) -> None:
        told: list[PrintResult] = []
        till.manager.print_receipt("nowhere", "J1", receipt(), told.append)
        till.manager.print_receipt("nowhere", "J2", receipt())
        assert [result.code for result in till.of(PrintResult)] == ["no_printer", "no_printer"]
        assert len(told) == 1
        till.manager.add_printer(FakePrinter())
        assert not till.manager.print_again("printer", "J1")
        assert not till.manager.print_again("nowhere", "J1")
        assert till.manager.unprinted("nowhere") == ()

    @pytest.mark.allows_log("print_callback_failed")
    def test_a_callbacks_bug_does_not_stop_the_printer(
        self, till: Till, printer: FakePrinter
    ) -> None:
        def fail(result: PrintResult) -> None:
            raise RuntimeError(result.job_id)

        till.manager.print_receipt("printer", "J1", receipt(), fail)
        till.manager.print_receipt("printer", "J2", receipt())
        wait_for(lambda: len(till.of(PrintResult)) == 2)

    def test_only_the_last_jobs_are_kept(self, till: Till, printer: FakePrinter) -> None:
        for number in range(51):
            till.manager.print_receipt("printer", f"J{number}", receipt())
            wait_for(lambda: len(till.of(PrintResult)) == number + 1)  # noqa: B023 - used at once
        assert not till.manager.print_again("printer", "J0")
        assert till.manager.print_again("printer", "J1")
        wait_for(lambda: len(till.of(PrintResult)) == 52)


@pytest.mark.allows_log("device_listener_failed")
def test_a_listeners_bug_does_not_stop_the_devices() -> None:
    heard: list[DeviceEvent] = []

    def listen(event: DeviceEvent) -> None:
        heard.append(event)
        raise RuntimeError("planted")

    reader = FakeReader()
    manager = DeviceManager(listen, lambda: 1, SETTINGS)
    manager.add_reader(reader)
    manager.start()
    reader.present(reading())
    wait_for(lambda: len(heard) == 2)
    assert manager.stop() == ()


@pytest.mark.allows_log("device_thread_stuck")
def test_a_device_that_hangs_is_named() -> None:
    gate = threading.Event()
    printer = FakePrinter()
    printer.behave = until(gate)
    heard: list[DeviceEvent] = []
    manager = DeviceManager(heard.append, lambda: 1, SETTINGS)
    manager.add_printer(printer)
    manager.start()
    manager.print_receipt("printer", "J1", receipt())
    wait_for(lambda: DeviceStatus("printer", printer.kind, DeviceState.BUSY) in heard)
    assert manager.stop(deadline_ms=50) == ("device-printer",)
    gate.set()
    assert manager.stop() == ()


def test_devices_may_come_later_but_not_twice(till: Till) -> None:
    till.manager.start()
    till.manager.add_reader(FakeReader())
    wait_for(till.states)
    with pytest.raises(ValueError, match="reader"):
        till.manager.add_reader(FakeReader())
    (status,) = till.manager.statuses()
    assert (status.device_id, status.state) == ("reader", DeviceState.READY)


def test_stopping_before_starting_is_no_fault() -> None:
    manager = DeviceManager(lambda _: None, lambda: 1)
    manager.add_printer(FakePrinter())
    assert manager.stop() == ()
    assert manager.statuses() == ()


@pytest.mark.parametrize(
    ("failures", "pause_ms"), [(1, 500), (2, 1000), (5, 8000), (6, 15_000), (999, 15_000)]
)
def test_pauses_double_up_to_a_limit(failures: int, pause_ms: int) -> None:
    assert Backoff().pause_ms(failures) == pause_ms

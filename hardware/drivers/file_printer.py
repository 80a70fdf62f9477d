"""A printer whose paper is a folder: each receipt as its bytes, as text and as a picture.

Used where no printer is connected, in the demo and in scenarios. A file named `PAPER_OUT` in the
folder makes it run out of paper, from any process; taking the file away loads a new roll.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

from hardware.documents import Paper, ReceiptDocument
from hardware.drivers.escpos_encoder import PrinterProfile, encode, test_document
from hardware.drivers.receipt_layout import as_text
from hardware.errors import (
    DeviceAbsentError,
    DeviceError,
    NotEnabledError,
    OutcomeUnknownError,
    PaperOutError,
)
from hardware.events import DeviceKind
from hardware.ports import Health, HealthLevel

PAPER_OUT_FILE = "PAPER_OUT"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class FilePrinter:
    """A `hardware.ports.ReceiptPrinter` that writes `<job>.bin`, `<job>.txt` and `<job>.png`.

    A job printed again becomes `<job>~2` and so on. Files appear whole or not at all; the bytes
    come last, so where a `.bin` stands the other two are complete.
    """

    def __init__(
        self,
        device_id: str,
        folder: Path,
        profile: PrinterProfile | None = None,
        *,
        preview: bool = True,
    ) -> None:
        """Keep the settings; the folder is made by `open`.

        preview: also draw the picture (50 to 100 ms a receipt, on the printer's thread).
        """
        self._device_id = device_id
        self._folder = folder
        self._profile = profile or PrinterProfile()
        self._preview = preview
        self._enabled = False

    @property
    def device_id(self) -> str:
        """Return its name in the settings."""
        return self._device_id

    @property
    def kind(self) -> DeviceKind:
        """Return that it is a printer."""
        return DeviceKind.PRINTER

    @property
    def paper(self) -> Paper:
        """Return the roll it is set up for."""
        return self._profile.paper

    @property
    def folder(self) -> Path:
        """Return where the receipts land."""
        return self._folder

    def open(self) -> None:
        """Make the folder. Raises DeviceAbsentError when it cannot be made."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DeviceAbsentError(self._device_id, reason=error.strerror or "") from error

    def claim(self, timeout_ms: int) -> None:
        """Do nothing: several tills may print into one folder."""

    def enable(self) -> None:
        """Let it print."""
        self._enabled = True

    def disable(self) -> None:
        """Stop it printing."""
        self._enabled = False

    def release(self) -> None:
        """Do nothing; see `claim`."""

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def load_paper(self, loaded: bool) -> None:
        """Put a roll in or take it out."""
        marker = self._folder / PAPER_OUT_FILE
        if loaded:
            marker.unlink(missing_ok=True)
        else:
            marker.touch()

    def check_health(self, level: HealthLevel) -> Health:
        """Say whether there is a folder and paper; beyond INTERNAL, print a test receipt too."""
        if level is not HealthLevel.INTERNAL:
            try:
                self.print_document("health", test_document(self._device_id))
            except DeviceError as error:
                return Health(False, error.code, error.params)
        if not self._folder.is_dir():
            return Health(False, DeviceAbsentError.code)
        if (self._folder / PAPER_OUT_FILE).exists():
            return Health(False, PaperOutError.code)
        return Health(True)

    def print_document(self, job_id: str, document: ReceiptDocument) -> None:
        """Write the files of `document`; see `hardware.ports.ReceiptPrinter.print_document`."""
        if not self._enabled:
            raise NotEnabledError(self._device_id)
        if not self._folder.is_dir():
            raise DeviceAbsentError(self._device_id)
        if (self._folder / PAPER_OUT_FILE).exists():
            raise PaperOutError(self._device_id)
        data = encode(document, self._profile)
        text = as_text(document, self._profile.paper.columns).encode()
        name = self._free_name(job_id)
        try:
            self._write(f"{name}.txt", text)
            if self._preview:
                self._write_picture(name, data)
            self._write(f"{name}.bin", data)
        except OSError as error:
            raise OutcomeUnknownError(self._device_id, reason=error.strerror or "") from error

    def _free_name(self, job_id: str) -> str:
        safe = _UNSAFE.sub("_", job_id).lstrip(".") or "receipt"
        name, copy = safe, 1
        while (self._folder / f"{name}.bin").exists():
            copy += 1
            name = f"{safe}~{copy}"
        return name

    def _write_picture(self, name: str, data: bytes) -> None:
        """Draw what the bytes print; the drawing code is loaded with the first receipt."""
        from hardware.drivers import escpos_preview  # noqa: PLC0415 - not before it is needed

        for number, sheet in enumerate(escpos_preview.render(data, self._profile.paper), start=1):
            buffer = io.BytesIO()
            picture = escpos_preview.sheet_picture(sheet, self._profile.paper)
            picture.save(buffer, format="PNG", compress_level=6)
            suffix = "" if number == 1 else f".{number}"
            self._write(f"{name}{suffix}.png", buffer.getvalue())

    def _write(self, name: str, data: bytes) -> None:
        """Write a file under a passing name and move it into place."""
        passing = self._folder / f".{name}.{os.getpid()}.tmp"
        passing.write_bytes(data)
        passing.replace(self._folder / name)

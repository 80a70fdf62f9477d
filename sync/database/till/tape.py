"""The tape: a second, append-only copy of the journal in a folder on another volume.

Every frame is `length u32be | CRC-32 u32be | sealed entry` after a header naming device and epoch;
the entry with its attachments is sealed (AES-256-GCM under a key derived from the database key),
because a stick can be pulled out. A thread of its own follows the journal, so a slow stick never
stalls a sale; at start a torn tail is cut and what is missing is written again.
"""

from __future__ import annotations

import logging
import os
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.database.till.journal import Blob, Journal
from sync.database.till.seals import Seal
from sync.domain.journal import Entry

log = logging.getLogger("journal")

MAGIC: Final = b"GUIBIN-TAPE-1\n"
PREFIX_BYTES: Final = 8
PAGE: Final = 200
RETRY_S: Final = 5.0
STOP_S: Final = 5.0


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """An entry on tape. `blobs`: (kind, sha256, member bytes or None, data)."""

    seq: int
    prev: bytes
    body: bytes
    hash: bytes
    signature: bytes
    blobs: tuple[tuple[str, bytes, bytes | None, bytes], ...]


def tape_key(database_key: bytes) -> bytes:
    """Key of the tape from the key of the journal."""
    return HKDF(SHA256(), 32, None, b"guibin-tape-1").derive(database_key)


class TapeFile:
    """One tape on disk, positioned at its end."""

    def __init__(self, path: Path, header: bytes, seal: Seal) -> None:
        """Open or make; a torn tail is cut. Raises OSError."""
        self._seal = seal
        self.last: Frame | None = None
        self.cut_bytes = 0
        new = not path.exists() or path.stat().st_size < len(header)
        self._file: BinaryIO = path.open("w+b" if new else "r+b")
        if new:
            self._file.write(header)
            self._sync()
        elif self._file.read(len(header)) != header:
            self._file.close()
            raise ForeignTapeError(path.name)
        else:
            self._to_end()

    def append(self, frames: list[Frame]) -> None:
        """Write frames and wait until they are on the medium. Raises OSError."""
        for frame in frames:
            data = self._seal.close(msgspec.msgpack.encode(frame))
            self._file.write(len(data).to_bytes(4, "big") + zlib.crc32(data).to_bytes(4, "big"))
            self._file.write(data)
            self.last = frame
        self._sync()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def _to_end(self) -> None:
        """Walk the whole frames; cut off what follows the last one."""
        good = self._file.tell()
        newest = b""
        while True:
            prefix = self._file.read(PREFIX_BYTES)
            if len(prefix) < PREFIX_BYTES:
                break
            data = self._file.read(int.from_bytes(prefix[:4], "big"))
            if zlib.crc32(data) != int.from_bytes(prefix[4:], "big"):
                break
            if len(data) < int.from_bytes(prefix[:4], "big"):
                break
            good, newest = self._file.tell(), data
        size = self._file.seek(0, os.SEEK_END)
        self.cut_bytes = size - good
        if self.cut_bytes:
            self._file.truncate(good)
            self._sync()
        self._file.seek(good)
        if newest:
            self.last = msgspec.msgpack.decode(self._seal.open(newest), type=Frame)


class ForeignTapeError(OSError):
    """The file on the medium is another till's tape."""


class Tape:
    """Follows the journal onto the tape. The folder may be absent for a while (a pulled stick)."""

    def __init__(
        self, journal: Journal, folder: Path, database_key: bytes, on_saved: Callable[[int], None]
    ) -> None:
        """`on_saved(seq)`: called on the tape's thread when entries up to `seq` are there twice."""
        identity = journal.identity
        self._journal, self._on_saved = journal, on_saved
        self.path = folder / f"{identity.device}-{identity.epoch}.tape"
        self._header = MAGIC + identity.device.bytes + identity.epoch.to_bytes(4, "big")
        self._seal = Seal(tape_key(database_key), self._header)
        self._nudge, self._stop = threading.Event(), threading.Event()
        self._saved, self._trouble = 0, ""
        self._thread = threading.Thread(target=self._run, name="tape", daemon=True)

    def start(self) -> None:
        """Start following."""
        self._journal.watch(lambda _: self._nudge.set())
        self._thread.start()

    def stop(self) -> None:
        """Write what is left and stop, within STOP_S seconds."""
        self._stop.set()
        self._nudge.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    @property
    def saved_seq(self) -> int:
        """Seq up to which the tape holds the journal."""
        return self._saved

    @property
    def trouble(self) -> str:
        """Why the tape does not follow: a code, or empty."""
        return self._trouble

    def _run(self) -> None:
        file: TapeFile | None = None
        while True:
            try:
                file = file or self._opened()
                self._catch_up(file)
                self._set_trouble("")
            except OSError as error:
                self._set_trouble(
                    "tape_foreign" if isinstance(error, ForeignTapeError) else "tape_absent"
                )
                if file is not None:
                    file.close()
                file = None
            if self._stop.is_set():
                break
            self._nudge.wait(RETRY_S if file is None else None)
            if file is None and not self._stop.is_set():
                self._stop.wait(0.05)
            self._nudge.clear()
        if file is not None:
            file.close()

    def _set_trouble(self, code: str) -> None:
        if code != self._trouble:
            self._trouble = code
            log.warning("tape state=%s", code) if code else log.info("tape state=ok")

    def _opened(self) -> TapeFile:
        """The tape at a point the journal agrees with; a tape of another history is put aside."""
        if not self.path.parent.is_dir():
            raise FileNotFoundError(self.path.parent)
        file = TapeFile(self.path, self._header, self._seal)
        if file.cut_bytes:
            log.info("tape repaired cut_bytes=%d", file.cut_bytes)
        last = file.last
        if last is not None:
            own = self._journal.entry(last.seq)
            if own is None or own.hash != last.hash:
                file.close()
                self.path.rename(self.path.with_suffix(f".{last.seq}.aside"))
                log.info("tape put_aside seq=%d", last.seq)
                return TapeFile(self.path, self._header, self._seal)
            self._report(last.seq)
        return file

    def _catch_up(self, file: TapeFile) -> None:
        while True:
            after = file.last.seq if file.last else 0
            entries = self._journal.entries(after, PAGE)
            if not entries:
                return
            file.append([frame_of(entry, self._journal.blobs(entry.seq)) for entry in entries])
            self._report(entries[-1].seq)

    def _report(self, seq: int) -> None:
        self._saved = seq
        self._on_saved(seq)


def frame_of(entry: Entry, blobs: list[Blob]) -> Frame:
    """The entry with its attachments as it goes to tape."""
    return Frame(
        entry.seq,
        entry.prev,
        entry.body,
        entry.hash,
        entry.signature,
        tuple(
            (blob.kind, blob.sha256, blob.member.bytes if blob.member else None, blob.data)
            for blob in blobs
        ),
    )


def read_tape(path: Path, database_key: bytes) -> list[Frame]:
    """Every whole frame of a tape, for recovery. Raises OSError, KeyWrongError."""
    raw = path.read_bytes()
    header = raw[: len(MAGIC) + 20]
    seal = Seal(tape_key(database_key), header)
    frames, at = [], len(header)
    while at + PREFIX_BYTES <= len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        data = raw[at + PREFIX_BYTES : at + PREFIX_BYTES + size]
        if len(data) < size or zlib.crc32(data).to_bytes(4, "big") != raw[at + 4 : at + 8]:
            break
        frames.append(msgspec.msgpack.decode(seal.open(data), type=Frame))
        at += PREFIX_BYTES + size
    return frames

"""Faults of the till's files. Adapters raise these and nothing else; use cases map them once.

StoreFault             something between us and the disk; `code` and `params`, never a sentence
  x DiskFullError      no room left; nothing of the operation was written        disk_full
  x DamagedError       a page or a row cannot be what was written                store_damaged
  x TooNewError        the file was written by a newer release                   store_too_new
  x InUseError         another process works in this folder                      store_in_use
  x KeyWrongError      the key does not open the file, or there is none          store_key_wrong
  x NotEnrolledError   the folder holds no journal yet                           store_not_enrolled
  x TamperedError      the journal's own chain does not hold                     journal_broken
    x ForkedError      two copies of this till wrote                              till_forked
    x RolledBackError  an older copy of its files was put back               till_rolled_back
  x UnsentError        head office lacks entries of a journal to be put aside    till_unsent
  x TooLargeError      more than one entry or its attachments hold             entry_too_large
  x WriteFailedError   the disk said no; whether the last commit holds is to be
                       seen after the file was opened again                      store_write_failed
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from sync.database.engine import CannotOpenError, DatabaseError


class StoreFault(Exception):  # noqa: N818  # the house word for what a device, disk or network does
    """A fault of storage. `code`: stable name; `params`: integers and short ids."""

    code: ClassVar[str] = "store_fault"

    def __init__(self, **params: int | str) -> None:
        super().__init__(self.code, params)
        self.params = params

    def __str__(self) -> str:
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.params.items())])


class DiskFullError(StoreFault):
    """No room; nothing of the operation was written."""

    code = "disk_full"


class DamagedError(StoreFault):
    """A page or a row cannot be what was written."""

    code = "store_damaged"


class TooNewError(StoreFault):
    """Written by a newer release: this one would not understand it."""

    code = "store_too_new"


class InUseError(StoreFault):
    """Another process works in this folder."""

    code = "store_in_use"


class KeyWrongError(StoreFault):
    """The key does not open the file, or is not there."""

    code = "store_key_wrong"


class NotEnrolledError(StoreFault):
    """The folder holds no journal yet."""

    code = "store_not_enrolled"


class TamperedError(StoreFault):
    """The journal's chain does not hold; `seq` names the first bad entry, `rule` what is broken."""

    code = "journal_broken"


class ForkedError(TamperedError):
    """Head office holds another entry under a number of this journal: two copies of one till wrote.

    Sales of this epoch stop for good; what is in the journal stays and stays readable.
    """

    code = "till_forked"


class RolledBackError(TamperedError):
    """Head office holds more than this journal: an older copy of the till's files was put back."""

    code = "till_rolled_back"


FROZEN_BY = {"fork": ForkedError, "rollback": RolledBackError}
"""The fault by the reason for which head office stopped an epoch."""


class UnsentError(StoreFault):
    """Head office lacks `entries` of this journal, so that it is not put aside."""

    code = "till_unsent"


class TooLargeError(StoreFault):
    """More than an entry and its attachments may hold: it could never be sent. Nothing was done."""

    code = "entry_too_large"


class WriteFailedError(StoreFault):
    """The disk refused; reopen and look before trusting the last operation."""

    code = "store_write_failed"


_FULL = ("SQLITE_FULL",)
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


def translated(error: Exception, file: str) -> StoreFault:
    """The fault behind a driver's error on `file`."""
    name = str(getattr(error, "sqlite_errorname", "") or "")
    text = str(error)
    if name.startswith(_FULL) or "disk is full" in text:
        return DiskFullError(file=file)
    if isinstance(error, CannotOpenError) and "malformed" not in text and "locked" not in text:
        return KeyWrongError(file=file)
    if name.startswith(_DAMAGED) or "malformed" in text or "not a database" in text:
        return DamagedError(file=file)
    if name.startswith(_BUSY) or "locked" in text:
        return InUseError(file=file)
    return WriteFailedError(file=file, error=name or type(error).__name__)


@contextmanager
def mapped(file: str) -> Iterator[None]:
    """Turn the driver's errors on `file` into faults; programming errors pass as they are."""
    try:
        yield
    except (DatabaseError, CannotOpenError) as error:
        if type(error).__name__ in ("ProgrammingError", "IntegrityError"):
            raise
        raise translated(error, file) from error

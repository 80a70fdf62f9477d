from __future__ import annotations

from hardware import errors
from hardware.errors import DeviceError


def tree(error: type[DeviceError]) -> list[type[DeviceError]]:
    return [error, *(below for kind in error.__subclasses__() for below in tree(kind))]


def test_every_error_is_drawn_in_the_docstring_with_its_code() -> None:
    assert errors.__doc__ is not None
    for error in tree(DeviceError):
        assert error.__name__ in errors.__doc__
        if not error.__subclasses__():
            assert error.code in errors.__doc__


def test_codes_are_unique_and_errors_carry_parameters() -> None:
    codes = [error.code for error in tree(DeviceError)]
    assert len(set(codes)) == len(codes)
    error = errors.DeviceTimeoutError("printer", timeout_ms=1000)
    assert (error.device_id, error.params) == ("printer", {"timeout_ms": 1000})

from __future__ import annotations

import pytest

from hardware.events import (
    CredentialRead,
    DeviceKind,
    DeviceState,
    DeviceStatus,
    Medium,
    ReadMethod,
    Strength,
    masked,
)


@pytest.mark.parametrize(
    ("raw", "shown"), [("8812000123450004", "…0004"), ("123456789", "…6789"), ("12345678", "…")]
)
def test_credentials_are_masked(raw: str, shown: str) -> None:
    assert masked(raw) == shown
    read = CredentialRead("r", Medium.IC, raw, ReadMethod.READ, Strength.AUTHENTICATED, 7)
    assert raw not in repr(read)
    assert shown in repr(read)


def test_events_are_values() -> None:
    status = DeviceStatus("p", DeviceKind.PRINTER, DeviceState.READY)
    assert status == DeviceStatus("p", DeviceKind.PRINTER, DeviceState.READY)
    assert len({status, DeviceStatus("p", DeviceKind.PRINTER, DeviceState.READY)}) == 1
    with pytest.raises(TypeError):
        status.params["a"] = 1  # type: ignore[index]  # that it fails is the point

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from sync.database.till import keys as module
from sync.database.till.faults import KeyWrongError
from sync.database.till.keys import (
    FileWrap,
    KeyringWrap,
    best_store,
    load_keys,
    make_keys,
    save_keys,
)


def test_keys_come_back_and_show_nothing(tmp_path: Path) -> None:
    keys = make_keys()
    assert save_keys(tmp_path / "till", keys, FileWrap(tmp_path / "till")).wrapped_by == "file"
    loaded = load_keys(tmp_path / "till")
    assert loaded is not None
    assert loaded.keys == keys
    assert repr(loaded.keys) == "TillKeys(...)"
    assert keys.sign.hex() not in repr(loaded)


def test_files_are_for_this_user_only_and_hold_no_key_in_clear(tmp_path: Path) -> None:
    keys = make_keys()
    save_keys(tmp_path, keys, FileWrap(tmp_path))
    for name in (module.KEYS_FILE, module.WRAP_FILE):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    raw = (tmp_path / module.KEYS_FILE).read_bytes()
    assert keys.sign not in raw
    assert keys.database not in raw


def test_another_wrapping_key_opens_nothing(tmp_path: Path) -> None:
    save_keys(tmp_path, make_keys(), FileWrap(tmp_path))
    (tmp_path / module.WRAP_FILE).write_bytes(bytes(32))
    with pytest.raises(KeyWrongError):
        load_keys(tmp_path)
    (tmp_path / module.WRAP_FILE).unlink()
    with pytest.raises(KeyWrongError):
        load_keys(tmp_path)


def test_an_empty_folder_has_no_keys(tmp_path: Path) -> None:
    assert load_keys(tmp_path) is None


def test_a_real_key_store_holds_the_wrapping_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Memory(KeyringBackend):
        priority = 5
        kept: dict[tuple[str, str], str] = {}  # noqa: RUF012  # one store per test run

        def get_password(self, service: str, username: str) -> str | None:
            return self.kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.kept[service, username]

    before = keyring.get_keyring()
    memory: Callable[[], KeyringBackend] = Memory
    keyring.set_keyring(memory())
    try:
        assert isinstance(best_store(tmp_path), KeyringWrap)
        keys = make_keys()
        assert save_keys(tmp_path, keys).wrapped_by == "keyring"
        assert not (tmp_path / module.WRAP_FILE).exists()
        loaded = load_keys(tmp_path)
        assert loaded is not None
        assert loaded.keys == keys
    finally:
        keyring.set_keyring(before)


def test_a_store_that_only_pretends_is_not_used(tmp_path: Path) -> None:
    before = keyring.get_keyring()
    try:
        makers: tuple[Callable[[], KeyringBackend], ...] = (fail.Keyring, null.Keyring)
        for make in makers:
            keyring.set_keyring(make())
            assert isinstance(best_store(tmp_path), FileWrap)
    finally:
        keyring.set_keyring(before)

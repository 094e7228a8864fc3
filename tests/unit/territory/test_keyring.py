"""The master key: one file, one key a purpose, secrets sealed at rest."""

import base64
from pathlib import Path

import pytest

from territory.errors import ConfigurationError
from territory.keyring import Keyring
from territory.settings import load_settings

KEY = base64.b64encode(bytes(range(32))).decode()


def test_first_start_makes_a_private_file_and_the_next_reads_it(tmp_path: Path) -> None:
    """The key file is the owner's alone, and stays the same from start to start."""
    file = tmp_path / "state" / "master.key"
    first = Keyring.load_or_create(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert Keyring.load_or_create(file).derive("visit") == first.derive("visit")


def test_each_purpose_has_its_own_key(keyring: Keyring) -> None:
    """Two purposes never share a key; each key is 32 octets."""
    keys = {keyring.derive(purpose) for purpose in ("visit", "credential", "sign-in")}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}


def test_what_is_sealed_opens_with_the_same_key_only(keyring: Keyring) -> None:
    """A sealed secret is not readable in the row, nor with another master key."""
    sealed = keyring.seal("testing123")
    assert b"testing123" not in sealed
    assert keyring.open(sealed) == "testing123"
    with pytest.raises(ConfigurationError, match=r"security\.key_file"):
        Keyring(bytes(32)).open(sealed)


@pytest.mark.parametrize("content", ["", "AAAA", "not base64 !"])
def test_a_damaged_key_file_is_told_by_its_setting(tmp_path: Path, content: str) -> None:
    """A key file that cannot be used stops the start and names the setting."""
    file = tmp_path / "master.key"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"security\.key_file"):
        Keyring.load(file)


@pytest.mark.parametrize("source", ["environment", "secrets file"])
def test_the_key_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """Then no file is read and none is made; the key is shown by no representation."""
    monkeypatch.chdir(tmp_path)
    if source == "environment":
        monkeypatch.setenv("SOCLE_SECURITY__MASTER_KEY", KEY)
    else:
        secrets = tmp_path / "secrets"
        secrets.mkdir()
        (secrets / "SOCLE_security__master_key").write_text(KEY + "\n")
        monkeypatch.setenv("SOCLE_SECRETS", str(secrets))
    settings = load_settings()
    keyring = Keyring.of(settings, create=True)
    assert keyring.derive("visit") == Keyring(bytes(range(32))).derive("visit")
    assert not settings.key_file.exists()
    assert KEY not in repr(settings)


@pytest.mark.parametrize("text", ["", "AAAA", "not base64 !"])
def test_a_wrong_key_in_the_environment_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """The start stops and names the setting, never what it holds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOCLE_SECURITY__MASTER_KEY", text)
    with pytest.raises(ConfigurationError, match=r"security\.master_key") as raised:
        Keyring.of(load_settings(), create=True)
    assert not text or text not in str(raised.value)

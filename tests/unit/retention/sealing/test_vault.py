"""Rows of the vaults: opened where they can be, kept as they are where they cannot."""

import json
from datetime import UTC, datetime
from uuid import UUID

from retention.sealing.vault import Opener, account_row, identity_row
from territory.keyring import Keyring

NOW = datetime(2026, 11, 20, tzinfo=UTC)
KEYRING = Keyring(bytes(32))
GUEST = UUID(int=7)


def identity(kind: str, sealed: bytes) -> dict[str, object]:
    """Return a row as the database gives it."""
    names = {"guest": GUEST, "kind": kind, "told_by": "guest"}
    return names | {"sealed": sealed, "recorded_at": NOW, "ended_at": NOW}


def test_claims_are_json_whatever_they_were() -> None:
    """A provider's claims as they came; an address or a number by its kind."""
    opened = Opener(KEYRING.open)
    claims = json.dumps({"family_name": "Durand"})
    assert identity_row(identity("account", KEYRING.seal(claims)), opened)["claims"] == claims
    mail = identity_row(identity("email", KEYRING.seal("é@exemple.fr")), opened)
    assert json.loads(mail["claims"]) == {"email": "é@exemple.fr"}
    assert mail["guest"] == str(GUEST)


def test_what_another_key_sealed_is_kept_sealed() -> None:
    """Nothing is lost where the master key is not the one."""
    sealed = Keyring(b"x" * 32).seal("secret")
    row = identity_row(identity("phone", sealed), Opener(KEYRING.open))
    assert json.loads(row["claims"]) == {"sealed": sealed.decode()}


def test_an_account_s_row_names_who_vouched() -> None:
    """Opened where there is something sealed; a right has its User-Name."""
    row = {
        "guest": GUEST,
        "kind": "sponsor",
        "digest": "00",
        "provider": None,
        "user_name": "u",
        "began_at": NOW,
        "ended_at": None,
    }
    opened = Opener(KEYRING.open)
    with_host = account_row({**row, "sealed": KEYRING.seal("maire@exemple.fr")}, opened)
    assert (with_host["subject"], with_host["from"], with_host["until"]) == (
        "maire@exemple.fr",
        NOW,
        None,
    )
    assert account_row({**row, "sealed": None}, opened)["subject"] is None

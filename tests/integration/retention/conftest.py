"""Retention's tests share a small territory, two custodians with keys, and an archive's places."""

from pathlib import Path

import pytest

from retention.keys import age
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places
from tests.evidence import COMMERCY, CUSTODIANS, VERDUN, Evidence, places_in


@pytest.fixture
def identities() -> dict[str, str]:
    """The two custodians' private keys, by their logins."""
    return {login: age.new_identity() for login in CUSTODIANS}


@pytest.fixture
def signers() -> dict[str, SigningKey]:
    """The two custodians' keys to sign with, by their logins."""
    return {login: SigningKey.generate() for login in CUSTODIANS}


@pytest.fixture
async def evidence(
    database_url: str, identities: dict[str, str], signers: dict[str, SigningKey]
) -> Evidence:
    """A database with two sites and two custodians."""
    written = Evidence(database_url)
    await written.describe(VERDUN, COMMERCY)
    for login, identity in identities.items():
        public = signers[login].public.base64
        await written.custodian(login, age.recipient_of(identity), public)
    return written


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Where the test's archive lies."""
    return places_in(tmp_path)

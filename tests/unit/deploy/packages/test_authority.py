"""What the authority issues is what openssl believes: for one end, until it is revoked."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.packages.authority import CERTIFICATE_DAYS, LIST_DAYS, Authority, Issued, Purpose

NOW = datetime.now(UTC).replace(microsecond=0)
NAME = "nas-mairie.wifi.meuse.example"


@pytest.fixture(scope="module")
def authority() -> Authority:
    """An authority of today."""
    return Authority.make("Test", NOW)


def openssl(folder: Path, authority: Authority, issued: Issued, *options: str) -> str:
    """Return what openssl says of a certificate and an empty or full revocation list."""
    (folder / "authority.pem").write_bytes(authority.pem)
    (folder / "issued.pem").write_bytes(issued.pem)
    done = subprocess.run(
        ["openssl", "verify", "-CAfile", "authority.pem", "-x509_strict", *options, "issued.pem"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("purpose", "good", "bad"),
    [(Purpose.SITE, "sslclient", "sslserver"), (Purpose.BASE, "sslserver", "sslclient")],
)
def test_a_certificate_is_for_one_end(
    tmp_path: Path, authority: Authority, purpose: Purpose, good: str, bad: str
) -> None:
    """Strictly well formed (RFC 5280 §4.2), with the name, for a site or for the base."""
    issued = authority.issue(NAME, purpose, NOW)
    assert "OK" in openssl(tmp_path, authority, issued, "-purpose", good, "-verify_hostname", NAME)
    assert "OK" not in openssl(tmp_path, authority, issued, "-purpose", bad)
    assert "OK" not in openssl(tmp_path, authority, issued, "-verify_hostname", "other.example")
    assert issued.ends_at == NOW + timedelta(days=CERTIFICATE_DAYS)


def test_a_revoked_certificate_is_listed(tmp_path: Path, authority: Authority) -> None:
    """RFC 5280 §5: one revoked, one not; a list is in force as long as it says."""
    lost, kept = (authority.issue(NAME, Purpose.SITE, NOW) for _ in range(2))
    (tmp_path / "list.crl").write_bytes(authority.revocation_list({lost.serial: NOW}, NOW))
    check = ("-crl_check", "-CRLfile", "list.crl")
    assert "revoked" in openssl(tmp_path, authority, lost, *check)
    assert "OK" in openssl(tmp_path, authority, kept, *check)
    after = str(int((NOW + timedelta(days=LIST_DAYS, seconds=1)).timestamp()))
    assert "CRL has expired" in openssl(tmp_path, authority, kept, *check, "-attime", after)


def test_an_authority_is_read_back(authority: Authority) -> None:
    """From the two texts it is kept as; another key is not one of ours."""
    again = Authority.read(authority.pem, authority.key_pem)
    assert again.certificate == authority.certificate
    with pytest.raises(ValueError, match="PEM"):
        Authority.read(authority.pem, b"nothing")

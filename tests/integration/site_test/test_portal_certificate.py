"""The portal's certificate as a phone gets it: read whether or not it is trusted, then judged."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from deploy.packages.authority import Purpose
from territory.site_test.findings import Check, Finding, State
from territory.site_test.judgement import judge
from territory.site_test.network import look_at_portal
from territory.site_test.readings import Readings
from tests.servers.radsec import Papers, today


@asynccontextmanager
async def serving(papers: Papers, name: str, days_left: int) -> AsyncIterator[int]:
    """Serve TLS with a certificate that ends in so many days; give the port."""
    now = today()
    first = papers.authority.issue(name, Purpose.BASE, now)
    papers.write("portal", first)
    life = certificate_life(papers.folder / "portal.pem", now)
    papers.write("portal", papers.authority.issue(name, Purpose.BASE, now - life + days(days_left)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers.folder / "portal.pem", papers.folder / "portal.key")
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), "localhost", 0, ssl=context
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


def days(number: int) -> timedelta:
    """Return so many days, and an hour, so that they are whole when they are read."""
    return timedelta(days=number, hours=1)


def certificate_life(file: Path, issued: datetime) -> timedelta:
    """Return how long the authority's certificates are good."""
    return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc - issued


async def judged(port: int, trusts: ssl.SSLContext | None) -> Finding:
    """Return what is said of the portal's certificate."""
    portal = await look_at_portal(f"https://localhost:{port}", trusts)
    found = judge(Readings(datetime.now(UTC), portal))
    (finding,) = [each for each in found if each.check is Check.CERTIFICATE]
    return finding


@pytest.mark.parametrize(
    ("name", "days_left", "trusted", "state", "words"),
    [
        ("localhost", 90, True, State.GOOD, "90 jours"),
        ("localhost", 5, True, State.WARN, "renouvellement automatique"),
        ("localhost", -3, True, State.BAD, "a expiré"),
        ("wifi.example", 90, True, State.BAD, "Demandez un certificat pour localhost"),
        ("localhost", 90, False, State.BAD, "chaîne entière"),
    ],
    ids=["good", "soon", "expired", "another", "unknown"],
)
async def test_a_certificate_is_judged(
    tmp_path: Path, name: str, days_left: int, trusted: bool, state: State, words: str
) -> None:
    """Days left, name, and who signed it: each fault has its own remedy."""
    papers = Papers.make(tmp_path)
    trusts = ssl.create_default_context(cafile=str(tmp_path / "authority.pem")) if trusted else None
    async with serving(papers, name, days_left) as port:
        finding = await judged(port, trusts)
    assert finding.state is state
    assert words in f"{finding.says} {finding.remedy}"


async def test_nobody_answers() -> None:
    """A portal that is down is said to be so."""
    finding = await judged(9, None)
    assert finding.state is State.BAD
    assert "Personne ne répond" in finding.says

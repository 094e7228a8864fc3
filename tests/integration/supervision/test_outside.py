"""The real portal in https, looked at from outside: its certificate is one that openssl made."""

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from simulation.certificate import ServerCertificate
from supervision.outside import Outside, OutsideMeasures
from supervision.portal_faults import Fault
from territory.clock import SystemClock
from territory.database.components import Component
from tests.servers.addresses import gateway_address
from tests.servers.namespaces import end
from tests.servers.socle import Base, Running, components, write_key

pytestmark = pytest.mark.slow

DAYS = 10


def made_by_openssl(folder: Path, host: str) -> ServerCertificate:
    """Return a certificate for an address that signs itself and is good for ten days."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=portal", "-addext", f"subjectAltName=IP:{host}"]
    files = ["-keyout", str(key), "-out", str(certificate), "-days", str(DAYS)]
    subprocess.run(
        ["openssl", "req", "-x509", *curve, *names, *files], check=True, capture_output=True
    )
    return ServerCertificate(certificate.read_bytes(), key.read_bytes())


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal that runs, and where."""

    base: Base
    running: Running
    certificate: ServerCertificate


@pytest.fixture
def portal(tmp_path: Path, database_url: str) -> Iterator[Portal]:
    """The portal as a process, in https."""
    host = gateway_address()
    write_key(tmp_path)
    certificate = made_by_openssl(tmp_path, host)
    base = Base(tmp_path, database_url, host, certificate=certificate)
    with components(base, Component.PORTAL) as running:
        yield Portal(base, running[Component.PORTAL], certificate)


async def test_a_certificate_nobody_vouches_for_is_told_and_then_that_the_portal_is_gone(
    portal: Portal,
) -> None:
    """Name, chain and days left each by themselves; a portal that stops is one that has worked."""
    url, registry = portal.base.portal_url, CollectorRegistry()
    outside = Outside(url, SystemClock(), OutsideMeasures(registry))
    assert await outside.look() == {Fault.CERTIFICATE_CHAIN, Fault.CERTIFICATE_ENDS}
    assert registry.get_sample_value("socle_supervision_portal_up") == 1
    ends = registry.get_sample_value("socle_supervision_portal_certificate_ends_timestamp_seconds")
    assert ends
    left = datetime.fromtimestamp(ends, UTC) - datetime.now(UTC)
    assert timedelta(days=DAYS - 1) < left <= timedelta(days=DAYS)

    trusting = ssl.create_default_context(cadata=portal.certificate.pem.decode())
    trusted = Outside(url, SystemClock(), OutsideMeasures(CollectorRegistry()), trusting)
    assert await trusted.look() == {Fault.CERTIFICATE_ENDS}

    end(portal.running.process)
    assert Fault.SILENT in await outside.look()
    assert not await outside.works()
    silent = {"fault": Fault.SILENT.value}
    assert registry.get_sample_value("socle_supervision_portal_fault", silent) == 1
    assert registry.get_sample_value("socle_supervision_portal_up") == 0


async def test_a_portal_that_never_answered_is_no_failure_of_ours() -> None:
    """It is being installed, or cannot be reached from this machine: not up, and no fault."""
    registry = CollectorRegistry()
    outside = Outside("https://nowhere.invalid", SystemClock(), OutsideMeasures(registry))
    assert await outside.look() == set()
    assert await outside.works()
    assert registry.get_sample_value("socle_supervision_portal_up") == 0

"""The real components as processes, on an address of the test's own, in a namespace if need be.

Each is `socle serve COMPONENT`, as systemd would run it, with the role and the address of the
test's database. Ready means that its health says so.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from simulation.certificate import ServerCertificate
from territory.database.components import Component
from territory.database.connect import component_url
from territory.keyring import Keyring
from tests.servers.namespaces import end

START_SECONDS = 200
HEALTH_PORTS = {
    Component.PORTAL: 9401,
    Component.RADIUS: 9402,
    Component.SUPERVISION: 9403,
    Component.RETENTION: 9404,
    Component.DESK: 9405,
}
PLAIN_NAME, PLAIN_PORT = "remise.socle.test", 8081
"""Under which a portal in https shows its one page in clear, at the same address."""
PLAIN_URL = f"http://{PLAIN_NAME}:{PLAIN_PORT}"
READY = "import sys, urllib.request as r; sys.exit(r.urlopen(sys.argv[1], timeout=2).status != 200)"


@dataclass(frozen=True, slots=True)
class Base:
    """Where the components of one test run."""

    folder: Path
    """Their state and their logs."""
    owner_url: str
    """The test's database, as its owner."""
    host: str
    """The address they listen at, with the usual ports."""
    inside: tuple[str, ...] = ()
    """What a command begins with to run where they run: `ip netns exec NAME`."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """More of their settings, as environment variables."""
    certificate: ServerCertificate | None = None
    """What the portal shows; None: it speaks http."""

    @property
    def portal_url(self) -> str:
        """How phones reach the portal."""
        return f"{'https' if self.certificate else 'http'}://{self.host}:8080"

    def tls_settings(self) -> dict[str, str]:
        """Return what has the portal speak https, and show its one page in clear."""
        if self.certificate is None:
            return {}
        files = {"CERTIFICATE": self.certificate.pem, "KEY": self.certificate.key_pem}
        for name, octets in files.items():
            (self.folder / f"portal-{name}.pem").write_bytes(octets)
        return {
            **{f"SOCLE_PORTAL__TLS_{n}": str(self.folder / f"portal-{n}.pem") for n in files},
            "SOCLE_PORTAL__PLAIN_URL": PLAIN_URL,
            "SOCLE_PORTAL__PLAIN_PORT": str(PLAIN_PORT),
        }


def write_key(folder: Path) -> Keyring:
    """Return the keyring that the components of this folder will use."""
    return Keyring.load_or_create(folder / "master.key")


@contextmanager
def components(base: Base, *which: Component) -> Iterator[Mapping[Component, "Running"]]:
    """Run these components until the context ends.

    Raises: RuntimeError with a component's last words when it does not become ready.
    """
    running: dict[Component, Running] = {}
    try:
        for component in which:
            running[component] = _start(base, component)
        for component, each in running.items():
            _wait_until_ready(base, component, each)
        yield running
    finally:
        for each in running.values():
            end(each.process)


@dataclass(frozen=True, slots=True)
class Running:
    """A component that runs."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Return what it has logged so far."""
        return self.log.read_text(errors="replace")


def _start(base: Base, component: Component) -> Running:
    log = base.folder / f"{component.value}.log"
    environment = {
        "SOCLE_DATABASE__URL": component_url(base.owner_url, component, None),
        "SOCLE_STATE_FOLDER": str(base.folder),
        "SOCLE_DEMO": "true",
        "SOCLE_PORTAL__HOST": base.host,
        "SOCLE_PORTAL__PUBLIC_URL": base.portal_url,
        "SOCLE_RADIUS__HOST": base.host,
        "SOCLE_METRICS__HOST": base.host,
        **base.tls_settings(),
        **base.settings,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*base.inside, sys.executable, "-m", "socle", "serve", component.value],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    return Running(process, log)


def _wait_until_ready(base: Base, component: Component, running: Running) -> None:
    address = f"http://{base.host}:{HEALTH_PORTS[component]}/healthz"
    deadline = time.monotonic() + START_SECONDS
    while not _answers(base, address):
        if running.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{component} does not start: {running.said()[-3000:]}")
        time.sleep(0.1)


def _answers(base: Base, address: str) -> bool:
    asking = [*base.inside, sys.executable, "-c", READY, address]
    return subprocess.run(asking, check=False, capture_output=True, timeout=100).returncode == 0

"""A real SNMP agent: Debian's snmpd on a loopback port, and one of ours that misbehaves."""

import asyncio
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from supervision.snmp.session import Session, Unanswered
from territory.model import SnmpEntry
from territory.vocabulary import SnmpAuthentication, SnmpPrivacy, SnmpVersion
from tests.servers.addresses import free_port

ADDRESS = "127.0.0.1"
COMMUNITY = "lecture"
PASSWORD = "assez-long"
USERS = """\
createUser socle SHA-256 assez-long AES assez-long
createUser fort SHA-512 assez-long AES-256 assez-long
createUser signe SHA assez-long
rouser socle priv
rouser fort priv
rouser signe auth
"""
UNIFI = """\
sysobjectid .1.3.6.1.4.1.41112
override .1.3.6.1.4.1.41112.1.6.1.2.1.8.1 integer 7
override .1.3.6.1.4.1.41112.1.6.1.2.1.8.2 integer 5
override .1.3.6.1.4.1.41112.1.6.1.2.1.4.1 integer 6
override .1.3.6.1.4.1.41112.1.6.1.2.1.4.2 integer 44
override .1.3.6.1.4.1.41112.1.6.1.1.1.6.1 integer 31
override .1.3.6.1.2.1.99.1.1.1.1.1 integer 8
override .1.3.6.1.2.1.99.1.1.1.2.1 integer 8
override .1.3.6.1.2.1.99.1.1.1.3.1 integer 0
override .1.3.6.1.2.1.99.1.1.1.4.1 integer 48500
"""
"""A UniFi access point's own tables (UBNT-UniFi-MIB), and a sensor in thousandths of a degree."""


@dataclass(slots=True)
class Agent:
    """A running snmpd, which may be stopped and started again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def v2c(self) -> SnmpEntry:
        """Its community."""
        return SnmpEntry(version=SnmpVersion.V2C, port=self.port, community=COMMUNITY)

    @property
    def v3(self) -> SnmpEntry:
        """Its user of authPriv, SHA-256 and AES-128."""
        return SnmpEntry(
            version=SnmpVersion.V3,
            port=self.port,
            user="socle",
            auth=SnmpAuthentication.SHA256,
            auth_secret=PASSWORD,
            priv=SnmpPrivacy.AES128,
            priv_secret=PASSWORD,
        )

    async def start(self) -> None:
        """Start it, and return when it answers."""
        self._launch()
        session = Session(ADDRESS, self.v2c, 0.5)
        for _ in range(1000):
            if await _answers(session):
                return
            await asyncio.sleep(0.02)
        raise AssertionError((self.folder / "snmpd.log").read_text())

    def _launch(self) -> None:
        command = ("/usr/sbin/snmpd", "-f", "-Lf", "snmpd.log", "-C", "-c", "snmpd.conf")
        self.process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(self.folder / "state")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        """Take it away, as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=60)
            self.process = None

    def become_another(self) -> None:
        """Forget the engine's identifier, as a replaced access point; takes effect at its start."""
        for file in (self.folder / "state").glob("*"):
            if file.is_file():
                file.unlink()
        text = (self.folder / "snmpd.conf").read_text()
        (self.folder / "snmpd.conf").write_text(f"{text}engineID autre-borne\n")


async def _answers(session: Session) -> bool:
    try:
        return bool(await session.get(["1.3.6.1.2.1.1.3.0"]))
    except Unanswered:
        return False


@asynccontextmanager
async def agent(folder: Path, more: str = "") -> AsyncIterator[Agent]:
    """An snmpd that answers v2c and v3, with `more` lines of configuration."""
    port = free_port()
    (folder / "snmpd.conf").write_text(
        f"agentaddress udp:{ADDRESS}:{port}\nrocommunity {COMMUNITY}\n{USERS}{more}"
    )
    running = Agent(folder, port)
    try:
        await running.start()
        yield running
    finally:
        running.stop()


@contextmanager
def misbehaving(answer: Callable[[bytes], Sequence[bytes]]) -> Iterator[int]:
    """A UDP port of the running loop that answers each question with these datagrams."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((ADDRESS, 0))
        taken.setblocking(False)

        def hear() -> None:
            question, asker = taken.recvfrom(65_536)
            for datagram in answer(question):
                taken.sendto(datagram, asker)

        loop.add_reader(taken, hear)
        try:
            yield taken.getsockname()[1]
        finally:
            loop.remove_reader(taken)

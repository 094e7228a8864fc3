"""Debian's hostapd as a wired NAS, and a station that signs in to it: a peer we did not write.

hostapd (`driver=wired`) has the station authenticated (by itself again, `driver=none`, as a RADIUS
and EAP server), reports it by RADIUS accounting, and takes Disconnect- and CoA-Requests (its
dynamic authorization server). The station is wpa_supplicant behind a veth, in a namespace of its
own. Needs root.
"""

import asyncio
import secrets
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.addresses import free_port
from tests.servers.namespaces import Namespaces
from tests.servers.territory import SHARED_SECRET

HOSTAPD = "/usr/sbin/hostapd"
NAS_IDENTIFIER = "hostapd-lab"
STATION = bytes.fromhex("8a567ef910e4")
USER_NAME = "guest"
EVENT_SECONDS = 60.0

_CONFIGURATION = """\
interface={interface}
driver=wired
logger_stdout=-1
logger_stdout_level=2
ieee8021x=1
nas_identifier={identifier}
own_ip_addr=127.0.0.1
auth_server_addr=127.0.0.1
auth_server_port={auth_port}
auth_server_shared_secret={secret}
acct_server_addr=127.0.0.1
acct_server_port={accounting_port}
acct_server_shared_secret={secret}
radius_das_port={das_port}
radius_das_client=127.0.0.1 {secret}
radius_das_require_event_timestamp=1
radius_das_require_message_authenticator=1
"""
_AUTHENTICATOR = """\
interface=as0
driver=none
eap_server=1
eap_user_file={folder}/users
radius_server_clients={folder}/clients
radius_server_auth_port={auth_port}
"""
_SUPPLICANT = """\
ap_scan=0
network={{
  key_mgmt=IEEE8021X
  eap=MD5
  identity="{user}"
  password="{password}"
  eapol_flags=0
}}
"""


@dataclass
class Hostapd:
    """A running one."""

    process: asyncio.subprocess.Process
    das_port: int
    namespaces: Namespaces
    folder: Path

    async def sign_in(self) -> None:
        """Bring the station online; it stays until it is thrown out."""
        configuration = self.folder / "supplicant.conf"
        self.namespaces.spawn("sta", "wpa_supplicant", "-Dwired", "-ista0", f"-c{configuration}")
        await self.says("AP-STA-CONNECTED")

    async def says(self, event: str) -> str:
        """Return the next line that tells of an event.

        Raises:
            TimeoutError: it does not come.
        """
        assert self.process.stdout
        async with asyncio.timeout(EVENT_SECONDS):
            while line := (await self.process.stdout.readline()).decode(errors="replace"):
                if event in line:
                    return line
        raise AssertionError(f"hostapd has ended before it said {event}")


@asynccontextmanager
async def running_hostapd(folder: Path, accounting_port: int) -> AsyncIterator[Hostapd]:
    """Run hostapd on one end of a wire, with a namespace for the station on the other."""
    interface, das_port, auth_port = f"h{secrets.token_hex(5)}", free_port(), free_port()
    files = {
        "users": f'"{USER_NAME}" MD5 "one-shot"\n',
        "clients": f"127.0.0.1 {SHARED_SECRET}\n",
        "supplicant.conf": _SUPPLICANT.format(user=USER_NAME, password="one-shot"),
        "authenticator.conf": _AUTHENTICATOR.format(folder=folder, auth_port=auth_port),
        "hostapd.conf": _CONFIGURATION.format(
            interface=interface,
            identifier=NAS_IDENTIFIER,
            auth_port=auth_port,
            accounting_port=accounting_port,
            das_port=das_port,
            secret=SHARED_SECRET,
        ),
    }
    for name, text in files.items():
        folder.joinpath(name).write_text(text)
    configurations = [str(folder / name) for name in ("authenticator.conf", "hostapd.conf")]
    with Namespaces(folder, ["sta"]) as namespaces:
        _wire(namespaces, interface)
        process = await asyncio.create_subprocess_exec(
            HOSTAPD, *configurations, stdout=asyncio.subprocess.PIPE
        )
        hostapd = Hostapd(process, das_port, namespaces, folder)
        try:
            await hostapd.says(f"{interface}: AP-ENABLED")
            yield hostapd
        finally:
            if process.returncode is None:
                process.terminate()
            await process.communicate()


def _wire(namespaces: Namespaces, interface: str) -> None:
    """Lay a wire from here to the station; it goes with the station's namespace."""
    far = ("name", "sta0", "address", STATION.hex(":"), "netns", namespaces.full("sta"))
    _run("ip", "link", "add", interface, "type", "veth", "peer", *far)
    _run("ip", "link", "set", interface, "up")
    namespaces.run("sta", "ip", "link", "set", "sta0", "up")


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)

"""The WireGuard interface of this machine: made, configured, read, by `ip` and `wg`.

The kernel's WireGuard where it has one, else the `wireguard-go` program on a TUN device. The
kernel's outlives this process, and is found again at its next start; wireguard-go outlives it too,
but ends with the service or the container it runs in: the next start makes it anew. Needs
CAP_NET_ADMIN and nothing else of root's; keys go to `wg` by its standard input, never on a command
line. Where it fails: `Unavailable`, with what the command said.
"""

import asyncio
import subprocess
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Interface
from typing import Final

from territory.errors import Unavailable

COMMAND_SECONDS: Final = 10.0
_NOT_THERE: Final = "does not exist"
_MTU: Final = "1420"
"""What fits in an Ethernet frame over IPv6 (wg-quick's own default)."""


@dataclass(frozen=True, slots=True)
class TunnelInterface:
    """One interface, by name."""

    name: str
    address: IPv4Interface
    """The base's own, with the network's length: the kernel routes the rest there."""

    async def ensure(self) -> None:
        """Have it there, up, with its address.

        Raises:
            Unavailable: it cannot be made: no right to, or neither kernel nor wireguard-go.
        """
        if not await self._is_there():
            await self._make()
        address = ("ip", "address", "replace", str(self.address), "dev", self.name)
        await _run(*address)
        await _run("ip", "link", "set", self.name, "mtu", _MTU, "up")

    async def configure(self, configuration: str) -> None:
        """Have exactly these peers; what is unchanged is left as it is, sessions included."""
        await _run("wg", "syncconf", self.name, "/dev/stdin", given=configuration)

    async def dump(self) -> str:
        """Return what it knows of its peers, for `territory.wireguard.hub.parse_dump`."""
        return await _run("wg", "show", self.name, "dump")

    async def _is_there(self) -> bool:
        try:
            await _run("ip", "link", "show", self.name)
        except Unavailable as fault:
            if _NOT_THERE in str(fault):
                return False
            raise
        return True

    async def _make(self) -> None:
        try:
            await _run("ip", "link", "add", self.name, "type", "wireguard")
        except Unavailable as kernel:
            try:
                await _run("wireguard-go", self.name)
            except Unavailable as program:
                raise Unavailable(f"no tunnel: {kernel}; {program}") from program


async def _run(*command: str, given: str = "") -> str:
    """Run a command to its end, in a thread that waits for it, and return what it printed."""
    run = partial(subprocess.run, command, input=given, capture_output=True, text=True, check=True)
    try:
        done = await asyncio.to_thread(run, timeout=COMMAND_SECONDS)
    except subprocess.CalledProcessError as fault:
        raise Unavailable(f"{command[0]}: {fault.stderr.strip()}") from fault
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise Unavailable(f"{command[0]}: {fault}") from fault
    return str(done.stdout)

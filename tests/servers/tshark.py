"""RADIUS packets as tshark shows them: a judge that shares nothing with our codec.

The capture is written here, with addresses and ports of its own: what tshark judges is what lies
inside the datagrams. tshark is told the shared secret, so it also checks authenticators.
"""

import re
import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_RAW_IPV4 = 101
_NAS, _SERVER = bytes((10, 55, 0, 11)), bytes((10, 55, 0, 1))
_NAS_PORT = 40_000
_SECONDS = 100
_ATTRIBUTE = re.compile(r"^\s+(AVP|VSA): t=(\S+)\((\d+)\) l=\d+(.*)$")
_VENDOR = re.compile(r" vnd=.*\((\d+)\)$")
_VALUE = re.compile(r"(?: Tag=0x[0-9a-f]+)? val=(.*)$")
_WARNINGS = ("Expert Info", "Malformed", "[incorrect", "Unknown RADIUS")


@dataclass(frozen=True, slots=True)
class Datagram:
    """One datagram of a capture."""

    octets: bytes
    port: int
    """The server's: 1812, 1813 or 3799."""
    from_server: bool = False
    identifier: int = 0
    """Of the exchange: a NAS port of its own for each."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One attribute as tshark shows it."""

    vendor: int
    """0: none."""
    number: int
    name: str
    """`Unknown-Attribute` where its dictionaries have none."""
    value: str
    """Octets in hexadecimal where it has no name."""


@dataclass(frozen=True, slots=True)
class Dissected:
    """One datagram as tshark shows it."""

    text: str
    attributes: tuple[Shown, ...]

    @property
    def warnings(self) -> list[str]:
        """The lines in which tshark finds fault."""
        return [line for line in self.text.splitlines() if any(w in line for w in _WARNINGS)]


def dissect(datagrams: Iterable[Datagram], folder: Path, secret: str) -> list[Dissected]:
    """Return what tshark says of each datagram, in order."""
    capture = folder / "radius.pcap"
    capture.write_bytes(_capture(datagrams))
    options = (f"radius.shared_secret:{secret}", "radius.validate_authenticator:TRUE")
    command = ["tshark", "-n", "-V", "-r", str(capture)]
    told = [word for option in options for word in ("-o", option)]
    done = subprocess.run(
        [*command, *told], capture_output=True, text=True, timeout=_SECONDS, check=True
    )
    frames = re.split(r"^Frame \d+: ", done.stdout, flags=re.MULTILINE)[1:]
    return [Dissected(frame, tuple(_shown(frame))) for frame in frames]


def _shown(frame: str) -> Iterable[Shown]:
    vendor = 0
    for line in frame.splitlines():
        found = _ATTRIBUTE.match(line)
        if found is None:
            continue
        kind, name, number, rest = found.groups()
        owner = _VENDOR.search(rest)
        if owner is not None:
            vendor = int(owner[1])
            continue
        value = _VALUE.match(rest)
        yield Shown(vendor if kind == "VSA" else 0, int(number), name, value[1] if value else "")


def _capture(datagrams: Iterable[Datagram]) -> bytes:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, _RAW_IPV4)
    return head + b"".join(_record(at, one) for at, one in enumerate(datagrams))


def _record(at: int, datagram: Datagram) -> bytes:
    nas_port = _NAS_PORT + datagram.identifier
    ports = (datagram.port, nas_port) if datagram.from_server else (nas_port, datagram.port)
    hosts = (_SERVER, _NAS) if datagram.from_server else (_NAS, _SERVER)
    udp = struct.pack("!HHHH", *ports, 8 + len(datagram.octets), 0) + datagram.octets
    size = 20 + len(udp)
    packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, at, 0, 64, 17, 0, *hosts) + udp
    return struct.pack("<IIII", at, 0, len(packet), len(packet)) + packet

"""Coverage-guided fuzzing of everything that reads octets of RADIUS: `make fuzz`, SECONDS=60.

Not part of the test run: atheris is installed by `make fuzz` alone, and finds more the longer it
looks. The first octet chooses the way in, so that one corpus serves all: the datagram as it came
on either port, or its octets as the attributes of a rightly signed packet, which get as far as the
policy. Anything raised but ProtocolError is a crash, and atheris keeps its octets in build/fuzz.
The first seeds are the packets of tests/data/radius and of the malformed-packet table.

    python -m tests.fuzz.fuzz_packet -max_total_time=60 -artifact_prefix=build/fuzz/ CORPUS_FOLDER
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import atheris

with atheris.instrument_imports(include=["radius", "territory.identifiers"]):
    from radius.accounting import read_accounting_request
    from radius.protocol.attributes import attributes
    from radius.protocol.packet import decode, vendor_attributes
    from radius.protocol.passwords import chap_matches, reveal
    from radius.stranger import claimed_name, packet_kind
    from territory.errors import ProtocolError
    from tests.servers.lone_exchange import LoneExchange, lone_nas
    from tests.servers.malformed_packets import ACCESS, ACCOUNTING, MALFORMED, access, accounting

from datetime import UTC, datetime

_NOW: Final = datetime(2026, 11, 21, tzinfo=UTC)
_MOST_ATTRIBUTES: Final = 4_000
_NAS: Final = lone_nas()
_DATA: Final = Path(__file__).parents[1] / "data" / "radius"


def _decoders(octets: bytes) -> None:
    """Whatever reads a packet without knowing who sent it."""
    packet_kind(octets)
    claimed_name(octets)
    packet = decode(octets)
    list(attributes().describe(packet))
    for vendor in (9, 14122, 14559, 14988):
        list(vendor_attributes(packet.values(26), vendor))
    read_accounting_request(packet, _NAS, _NOW)


def _values(octets: bytes) -> None:
    """One value under every type and as a password."""
    for attribute in attributes().by_name.values():
        try:
            attribute.decode(octets)
        except ProtocolError:
            continue
    for read in (_reveal, _chap):
        try:
            read(octets)
        except ProtocolError:
            continue


def _reveal(octets: bytes) -> None:
    reveal(octets, _NAS.secret, bytes(16))


def _chap(octets: bytes) -> None:
    chap_matches(octets, b"password", bytes(16))


def _ways(exchange: LoneExchange) -> tuple[Callable[[bytes], object], ...]:
    most = _MOST_ATTRIBUTES
    return (
        _decoders,
        _values,
        lambda octets: exchange.receive(ACCESS, octets),
        lambda octets: exchange.receive(ACCOUNTING, octets),
        lambda octets: exchange.receive(ACCESS, access(octets[:most])),
        lambda octets: exchange.receive(ACCOUNTING, accounting(octets[:most])),
    )


def _recorded() -> list[bytes]:
    """Return the packets of tests/data/radius: the last word of each line that is hexadecimal."""
    found = []
    for file in sorted(_DATA.glob("*.txt")):
        for line in file.read_text().splitlines():
            try:
                found.append(bytes.fromhex(line.split()[-1]) if line.strip() else b"")
            except ValueError:
                continue
    return [octets for octets in found if len(octets) >= 20]


def _sow(corpus: Path, ways: int) -> None:
    """Put the first seeds into the corpus, each for every way in."""
    corpus.mkdir(parents=True, exist_ok=True)
    for number, octets in enumerate([*_recorded(), *(case.octets for case in MALFORMED)]):
        for way in range(ways):
            body = octets if way in {0, 2, 3} else octets[20:]
            (corpus / f"seed-{number}-{way}").write_bytes(bytes((way,)) + body)


def main() -> None:
    """Fuzz until told to stop; the last argument is the corpus' folder."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    ways = _ways(LoneExchange())
    _sow(Path(sys.argv[-1]), len(ways))

    def look(octets: bytes) -> None:
        if not octets:
            return
        try:
            ways[octets[0] % len(ways)](octets[1:])
        except ProtocolError:
            return

    atheris.Setup(sys.argv, look)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

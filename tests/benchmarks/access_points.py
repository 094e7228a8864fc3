"""`python -m tests.benchmarks.access_points`: ten thousand access points in one UDP port.

Answers SNMPv2c GET and GETBULK at every address of its own, from the address that was asked, as so
many UniFi access points of two radios and four interfaces. Prints its port, then answers until it
is ended. Shares no code with what asks it: its BER is the simulation's.
"""

import socket
import struct
from ipaddress import ip_address

from simulation.snmp.agent import Agent, Rows
from simulation.snmp.ber import (
    COUNTER32,
    COUNTER64,
    INTEGER,
    OCTETS,
    TICKS,
    arcs_of,
    identifier,
    number,
    tlv,
)

COMMUNITY = b"lecture"


def rows() -> Rows:
    """What each access point has: its values by OID."""
    found = {
        "1.3.6.1.2.1.1.2.0": identifier(arcs_of("1.3.6.1.4.1.41112")),
        "1.3.6.1.2.1.1.3.0": number(TICKS, 123_456_789),
        "1.3.6.1.2.1.25.3.3.1.2.1": number(INTEGER, 17),
        "1.3.6.1.2.1.25.2.3.1.2.1": identifier(arcs_of("1.3.6.1.2.1.25.2.1.2")),
        "1.3.6.1.2.1.25.2.3.1.5.1": number(INTEGER, 250_000),
        "1.3.6.1.2.1.25.2.3.1.6.1": number(INTEGER, 90_000),
    }
    for radio in (1, 2):
        found[f"1.3.6.1.4.1.41112.1.6.1.2.1.8.{radio}"] = number(INTEGER, 11 * radio)
        found[f"1.3.6.1.4.1.41112.1.6.1.2.1.4.{radio}"] = number(INTEGER, 6 * radio)
    for wire in range(1, 5):
        found[f"1.3.6.1.2.1.2.2.1.3.{wire}"] = number(INTEGER, 6)
        found[f"1.3.6.1.2.1.31.1.1.1.1.{wire}"] = tlv(OCTETS, f"eth{wire}".encode())
        for column in (6, 7, 10, 11):
            place = f"1.3.6.1.2.1.31.1.1.1.{column}.{wire}"
            found[place] = number(COUNTER64, 2**44 + column * wire)
        for column in (14, 20):
            found[f"1.3.6.1.2.1.2.2.1.{column}.{wire}"] = number(COUNTER32, wire)
    return {arcs_of(text): value for text, value in found.items()}


def main() -> None:
    """Answer until ended."""
    agent = Agent(rows(), COMMUNITY)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        taken.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        taken.bind(("0.0.0.0", 0))
        print(taken.getsockname()[1], flush=True)
        while True:
            question, ancillary, _, asker = taken.recvmsg(4096, 128)
            if not ip_address(asker[0]).is_private:
                continue
            # in_pktinfo: interface, the address to answer from, the address that was asked.
            asked = ancillary[0][2][8:12]
            origin = [(socket.IPPROTO_IP, _IP_PKTINFO, struct.pack("=i4s4s", 0, asked, asked))]
            answer = agent.answer(question)
            if answer is not None:
                taken.sendmsg([answer], origin, 0, asker)


_IP_PKTINFO = 8
"""linux/in.h; Python's socket module names it from 3.12 on."""

if __name__ == "__main__":
    main()

"""Linux: the events of connection tracking, as `conntrack -E` and ulogd2 write them. Pure.

    [1763640180.12] [NEW] tcp 6 120 SYN_SENT src=10.1.0.20 dst=192.0.2.1 sport=52180 dport=443
        [UNREPLIED] src=192.0.2.1 dst=198.51.100.9 sport=443 dport=52180
    [DESTROY] udp 17 src=... packets=1 bytes=86 src=... dst=... sport=53 dport=52725 delta-time=32
    [NEW] ORIG: SRC=10.1.0.20 DST=192.0.2.1 PROTO=TCP SPT=52180 DPT=443 PKTS=0 BYTES=0 , REPLY:
        SRC=192.0.2.1 DST=198.51.100.9 PROTO=TCP SPT=443 DPT=52180 PKTS=0 BYTES=0

The source of the first direction is the device; the destination of the second is what the Internet
saw. nftables itself logs packets (`log`), whose translation is not chosen yet: it tells none.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from retention.intake.translation import PROTOCOLS, Phase, Translation, duration, translation
from territory.errors import ProtocolError

_EVENT: Final = re.compile(r"\[(NEW|UPDATE|DESTROY)\]\s+(?:ORIG:|(?:ipv4\s+2\s+)?[a-z]{2,8}\s+\d)")
_PAIR: Final = re.compile(r"\b(src|dst|sport|dport|spt|dpt|proto)=([0-9A-Za-z.:]{1,39})", re.I)
_NAME: Final = re.compile(r"\]\s+(?:ipv4\s+2\s+)?([a-z]{2,8})\s+\d")
_DELTA: Final = re.compile(r"\bdelta-time=(\d{1,9})\b")
_STAMP: Final = re.compile(r"\[(\d{9,10}(?:\.\d{1,9})?)\s*\]")
_PHASES: Final = {"NEW": Phase.CREATED, "UPDATE": Phase.SEEN, "DESTROY": Phase.ENDED}
_DIRECTIONS: Final = 2


def recognises(text: str) -> bool:
    """Whether a line is an event of connection tracking."""
    return bool(_EVENT.search(text))


def parse(text: str) -> Translation | None:
    """Return the translation of the source that an event tells; None where it tells none.

    Raises:
        ProtocolError: as `translation`; `protocol` where there is none with ports; `fields` where
            both directions are not told.
    """
    event = _EVENT.search(text)
    if not event:
        return None
    values: dict[str, list[str]] = {}
    for name, value in _PAIR.findall(text):
        values.setdefault(name.lower(), []).append(value)
    number = _protocol(text, values)
    sources, destinations = values.get("src", []), values.get("dst", [])
    ports = values.get("dport", values.get("dpt", []))
    if not len(sources) == len(destinations) == len(ports) == _DIRECTIONS:
        raise ProtocolError("fields")
    if ":" in sources[0]:  # IPv6 is not translated
        return None
    found = translation(
        (sources[0], destinations[1]), (ports[1], ports[1]), number, _PHASES[event[1]]
    )
    delta, stamp = _DELTA.search(text), _STAMP.search(text[: event.start()])
    return replace(
        found,
        lasted_seconds=duration(delta[1]) if delta and found.phase is Phase.ENDED else None,
        told_at=datetime.fromtimestamp(float(stamp[1]), UTC) if stamp else None,
    )


def _protocol(text: str, values: dict[str, list[str]]) -> int:
    name = _NAME.search(text)
    told = name[1] if name else (values.get("proto") or [""])[0].lower()
    if told not in PROTOCOLS:
        raise ProtocolError("protocol")
    return PROTOCOLS[told]

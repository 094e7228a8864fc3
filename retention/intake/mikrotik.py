"""RouterOS: a firewall rule that logs, whose line tells the translation once it is made. Pure.

    firewall,info forward: in:bridge out:ether1, connection-state:new,snat src-mac ..., proto TCP
    (SYN), 10.1.0.20:35420->192.0.2.160:22, NAT (10.1.0.20:35420->198.51.100.9:35420)->192.0.2.160:
    22, len 60

The chain `forward` knows it; a rule of the chain `srcnat` itself logs before it is chosen and tells
none. RouterOS tells no end. (Its IPFIX export tells beginnings and ends: prefer it.)
"""

import re
from typing import Final

from retention.intake.translation import PROTOCOLS, Phase, Translation, translation
from territory.errors import ProtocolError

_NAT: Final = re.compile(r", NAT \(([\d.]{7,15}):(\d{1,5})->([\d.]{7,15}):(\d{1,5})\)->")
_PROTOCOL: Final = re.compile(r"[, ]proto ([A-Za-z]{2,8})")
_RULE: Final = re.compile(r"\bin:\S.{0,64} out:\S")


def recognises(text: str) -> bool:
    """Whether a line is one of a RouterOS firewall rule."""
    return bool(_RULE.search(text)) and "proto " in text


def parse(text: str) -> Translation | None:
    """Return the translation of the source that a line tells; None where it tells none.

    Raises:
        ProtocolError: as `translation`; `protocol` where there is none with ports.
    """
    told, protocol = _NAT.search(text), _PROTOCOL.search(text)
    if not told:
        return None
    number = PROTOCOLS.get(protocol[1].lower()) if protocol else None
    if number is None:
        raise ProtocolError("protocol")
    phase = Phase.CREATED if "connection-state:new" in text else Phase.SEEN
    return translation((told[1], told[3]), (told[4], told[4]), number, phase)

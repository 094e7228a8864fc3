"""pfSense and OPNsense: entries of pf's state table. Pure.

    igb0 tcp 198.51.100.9:52180 (10.1.0.20:52180) -> 192.0.2.1:443       ESTABLISHED:ESTABLISHED

What carries a translation there, and what does not: `filterlog`, which both send by syslog, tells
packets before translation and never the public port; it is recognised, and tells nothing. The state
table does: its lines, as `pfctl -s state` writes them, sent by syslog at each look. Each tells that
the translation was there then, neither its beginning nor its end. (pflow of FreeBSD 15 and the
IPFIX export of recent versions tell both: prefer them.)
"""

import re
from typing import Final

from retention.intake.translation import PROTOCOLS, Phase, Translation, translation
from territory.errors import ProtocolError

_STATE: Final = re.compile(
    r"\b([a-z]{2,8}) ([\d.]{7,15}):(\d{1,5}) \(([\d.]{7,15}):\d{1,5}\) -> [\d.]{7,15}:\d"
)
_UNTRANSLATED: Final = re.compile(r"\b[a-z]{2,8} [\d.]{7,15}:\d{1,5} (?:->|<-) [\d.]{7,15}:\d")
_FILTERLOG: Final = re.compile(r"\bfilterlog(?:\[\d+\])?:? |^\d+,\d*,[^,]*,[^,]*,[^,]*,match,")


def recognises(text: str) -> bool:
    """Whether a line is an entry of the state table, or a packet of `filterlog`."""
    return any(form.search(text) for form in (_STATE, _UNTRANSLATED, _FILTERLOG))


def parse(text: str) -> Translation | None:
    """Return the translation of the source that an entry tells; None where it tells none.

    Raises:
        ProtocolError: as `translation`; `protocol` where there is none with ports.
    """
    state = _STATE.search(text)
    if not state:
        return None
    if state[1] not in PROTOCOLS:
        raise ProtocolError("protocol")
    return translation((state[4], state[2]), (state[3], state[3]), PROTOCOLS[state[1]], Phase.SEEN)

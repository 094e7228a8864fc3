"""Reads a query string from its raw octets, without any framework's idea of tidying it.

Gateways sign what they wrote, character for character, and write it in their own way: lower-case
percent codes, a `+` that is a plus. So nothing here decodes before a signature was checked, and
where a name is given twice the first counts, since what a guest can add stands further right.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from portal.gateways.vocabulary import LONGEST_QUERY_OCTETS
from territory.errors import ProtocolError

MOST_PARAMETERS = 64
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""What no parameter of a gateway's holds, and no header may."""
LATEST = 64
"""Queries kept as they were read: each is asked for who sends it, then for what it tells."""


@lru_cache(LATEST)
def parse_query(query: bytes) -> Mapping[str, str]:
    """Return the parameters of `query`, percent-decoded as UTF-8; the first of a name counts.

    Raises:
        ProtocolError: `oversized`, `too-many-parameters`, `bad-encoding`, `control-character`.
    """
    if len(query) > LONGEST_QUERY_OCTETS:
        raise ProtocolError("oversized")
    pairs = query.split(b"&")
    if len(pairs) > MOST_PARAMETERS:
        raise ProtocolError("too-many-parameters")
    parameters: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        parameters.setdefault(_text(name), _text(value))
    return parameters


def _text(octets: bytes) -> str:
    try:
        text = (unquote_to_bytes(octets) if b"%" in octets else octets).decode()
    except UnicodeDecodeError as fault:
        raise ProtocolError("bad-encoding") from fault
    if CONTROL.search(text):
        raise ProtocolError("control-character")
    return text

"""What openNDS asks at levels 3 and 4, and what it is answered; pure.

The gateway comes every few seconds and names itself by `gatewayhash`, the SHA-256 of its name:

    clear              it has started                                  -> ack
    view, none         whom shall I let in?                            -> * entry entry...
    view, * rhid rhid  I have let these in                             -> ack
    list               whom shall I let in? (and forget them then)     -> * entry entry...
    deauthed           a client left, by its own will or by a limit    -> ack
    custom             whatever its owner's scripts send               -> ack

A poll comes as a form (level 3) or as a query (level 4), its payload in base64. The gateway keeps
1 024 characters of an answer, lets in four clients of it, and evaluates each entry in a shell: so
an entry is made of digits, hexadecimal and one constant, and nothing else can get into it.
Acknowledgements are split on any white space: the daemon joins them with spaces, its example with
newlines.

Nothing signs a poll, and the name it rests on is public: what that costs, and what it cannot cost,
is in docs/decisions/polls-are-not-signed.md. An acknowledgement counts only for an `rhid` that we
made (SHA-256 under the faskey); a notice of leaving only with the client's token, which the
gateway never shows.

Read from openNDS 9.10 at level 3 and 10.3 at level 4 (Debian), whose polls are in tests/data.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from portal.gateways.opennds import CUSTOM, SEPARATOR, return_hash
from portal.gateways.query import CONTROL
from portal.gateways.vocabulary import LONGEST_QUERY_OCTETS, device_of, required
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

MOST_CLIENTS: Final = 4
"""That a gateway lets in by one poll."""
MOST_CHARACTERS: Final = 1024
"""Of an answer that a gateway keeps, after its first two."""
MOST_ACKNOWLEDGED: Final = 64
"""Of one poll that are looked at: a gateway was told four."""
_AGENT: Final = "openNDS("
"""How its User-Agent begins; at level 4 its script adds a quotation mark before it."""
ACK: Final = "ack"

_HASH = re.compile(r"[0-9a-f]{64}")
_TOKEN = re.compile(r"[0-9a-f]{1,16}")
_NUMBER = re.compile(r"[0-9]{1,15}")
_NONE = "none"
_MARK = "*"


class Action(StrEnum):
    """What a gateway wants."""

    CLEAR = "clear"
    VIEW = "view"
    LIST = "list"
    DEAUTHED = "deauthed"
    CUSTOM = "custom"


@dataclass(frozen=True, slots=True)
class Left:
    """A client that the gateway no longer lets through."""

    token: str
    """The gateway's own name of the client; only who knows it can have sent this."""
    device: MacAddress
    """Its MAC address."""
    cause: int
    """Acct-Terminate-Cause (RFC 2866 §5.10) that its reason comes to."""
    upload_octets: int = 0
    """From the guest."""
    download_octets: int = 0
    """To the guest."""
    ended_at: datetime | None = None
    """By the gateway's own clock, where told."""

    def return_hash(self, faskey: str) -> str:
        """Return the `rhid` that this client was let in by."""
        return return_hash(sha256(self.token.encode()).hexdigest(), faskey)


@dataclass(frozen=True, slots=True)
class Poll:
    """One question of a gateway."""

    action: Action
    """What it wants."""
    gateway_hash: str
    """SHA-256 of its name; anybody can make one."""
    acknowledged: tuple[str, ...] | None = None
    """Each `rhid` it says it has let in; None: it asks whom to let in."""
    left: Left | None = None
    """Who left, with `deauthed`."""


_CAUSES: Final[Mapping[str, int]] = {
    "client_deauth": 1,
    "idle_deauth": 4,
    "timeout_deauth": 5,
    "downquota_deauth": 10,
    "upquota_deauth": 10,
    "ndsctl_deauth": 6,
    "shutdown_deauth": 7,
}
"""openNDS's reasons as Acct-Terminate-Cause: User-Request, Idle-Timeout, Session-Timeout,
NAS-Request, Admin-Reset, Admin-Reboot."""
_OTHER_CAUSE = 10


def is_agent(user_agent: str) -> bool:
    """Whether this is how openNDS calls itself."""
    return user_agent.removeprefix('"').startswith(_AGENT)


def read_poll(parameters: Mapping[str, str]) -> Poll:
    """Return what a gateway asks.

    Args:
        parameters: of the form or the query, decoded; the first of a name counts.

    Raises:
        ProtocolError: not a poll; the reason is a stable word.
    """
    try:
        action = Action(required(parameters, "auth_get"))
    except ValueError as fault:
        raise ProtocolError("bad-action") from fault
    digest = required(parameters, "gatewayhash")
    if not _HASH.fullmatch(digest):
        raise ProtocolError("bad-gatewayhash")
    payload = _payload(parameters.get("payload", ""))
    match action:
        case Action.VIEW:
            return Poll(action, digest, acknowledged=_acknowledged(payload))
        case Action.DEAUTHED:
            return Poll(action, digest, left=_left(payload))
    return Poll(action, digest)


def gateway_hash(name: str) -> str:
    """Return how a gateway of this name (`gatewayname`) calls itself in a poll."""
    return sha256(quote(name, safe="-_.~").encode()).hexdigest()


def answer(clients: Iterable[tuple[str, str]]) -> str:
    """Return the list of those to be let in: what fits of the oldest.

    Args:
        clients: `rhid` and rights (`portal.gateways.opennds.rights_of`) of each, the oldest first.
    """
    entries: list[str] = []
    room = MOST_CHARACTERS
    for token, rights in clients:
        entry = quote(f"{token} {rights} {CUSTOM}", safe="")
        room -= len(entry) + 1
        if len(entries) == MOST_CLIENTS or room < 0:
            break
        entries.append(entry)
    return " ".join((_MARK, *entries))


def _payload(encoded: str) -> str:
    if len(encoded) > LONGEST_QUERY_OCTETS:
        raise ProtocolError("oversized")
    try:
        # What a query's `+` became on its way is a `+` again.
        text = base64.b64decode(encoded.replace(" ", "+"), validate=True).decode()
    except (binascii.Error, ValueError) as fault:
        raise ProtocolError("bad-encoding") from fault
    return text.strip()


def _acknowledged(payload: str) -> tuple[str, ...] | None:
    if payload in ("", _NONE):
        return None
    mark, *hashes = payload.split(maxsplit=MOST_ACKNOWLEDGED + 1)
    if mark != _MARK or len(hashes) > MOST_ACKNOWLEDGED:
        raise ProtocolError("bad-payload")
    if not all(_HASH.fullmatch(each) for each in hashes):
        raise ProtocolError("bad-payload")
    return tuple(dict.fromkeys(hashes))


def _left(payload: str) -> Left:
    """Return who left: `method=..., clientmac=..., bytes_incoming=...`, as BinAuth logs it."""
    if CONTROL.search(payload):
        raise ProtocolError("control-character")
    told: dict[str, str] = {}
    for pair in payload.split(SEPARATOR):
        name, _, value = pair.partition("=")
        told.setdefault(name.strip(), value.strip())
    token = required(told, "token")
    if not _TOKEN.fullmatch(token):
        raise ProtocolError("bad-payload")
    return Left(
        token=token,
        device=device_of(required(told, "clientmac")),
        cause=_CAUSES.get(told.get("method", ""), _OTHER_CAUSE),
        upload_octets=_number(told.get("bytes_outgoing", "0")),
        download_octets=_number(told.get("bytes_incoming", "0")),
        ended_at=_instant(_number(told.get("session_end", "0"))),
    )


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ProtocolError("bad-payload")
    return int(text)


def _instant(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None
    except (OverflowError, ValueError, OSError) as fault:
        raise ProtocolError("bad-payload") from fault

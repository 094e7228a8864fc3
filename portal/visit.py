"""A guest's passage through the portal: a state, what may happen to it, and its signed form.

Rules. A visit begins as ARRIVED, when a gateway has presented a device. It is ADMITTED only from
VERIFIED, and VERIFIED only from IDENTIFIED, whatever the method: a method answers with the events
it stands for, never with a state. LENT is IDENTIFIED with a few minutes online, for a guest who
must fetch the proof there; it leads on by the same proof. A refusal, or another way chosen, begins
again. EXPIRED is final: only a new redirect of the gateway begins again. `TRANSITIONS` is the whole
truth; `advance` reads it, and the diagram in the README is drawn from it.

A visit travels signed (HMAC-SHA256) in address and form, so a log-in window that keeps no cookie
and runs no script still gets through, and any process of the portal can take the next step. It
names one device behind one gateway and is worth nothing elsewhere: what it carries is that
device's challenge, and the credential it leads to is bound to that device at its first use. An
admitted one is its bearer's proof, so no gateway is given it (`guest.parts.passing`).
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any
from uuid import UUID

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from territory.errors import ProtocolError
from territory.identifiers import MacAddress


class State(StrEnum):
    """Where a visit stands."""

    ARRIVED = "arrived"
    """The gateway has presented the device."""
    IDENTIFIED = "identified"
    """The guest has said who they are, or chosen not to be asked."""
    LENT = "lent"
    """They are online for some minutes, to fetch what proves it: a code in their mail."""
    VERIFIED = "verified"
    """What the site demands is proven: terms accepted, code right..."""
    ADMITTED = "admitted"
    """A right to go online is written."""
    REFUSED = "refused"
    """The gateway, the plan or a method said no."""
    EXPIRED = "expired"
    """It lasted too long."""


class Event(StrEnum):
    """What may happen to a visit."""

    IDENTIFY = "identify"
    LEND = "lend"
    VERIFY = "verify"
    ADMIT = "admit"
    REFUSE = "refuse"
    RETRY = "retry"
    TIME_OUT = "time-out"


TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.ARRIVED, Event.IDENTIFY): State.IDENTIFIED,
        (State.ARRIVED, Event.REFUSE): State.REFUSED,
        (State.ARRIVED, Event.TIME_OUT): State.EXPIRED,
        (State.IDENTIFIED, Event.LEND): State.LENT,
        (State.IDENTIFIED, Event.VERIFY): State.VERIFIED,
        (State.IDENTIFIED, Event.REFUSE): State.REFUSED,
        (State.IDENTIFIED, Event.RETRY): State.ARRIVED,
        (State.IDENTIFIED, Event.TIME_OUT): State.EXPIRED,
        (State.LENT, Event.VERIFY): State.VERIFIED,
        (State.LENT, Event.REFUSE): State.REFUSED,
        (State.LENT, Event.RETRY): State.ARRIVED,
        (State.LENT, Event.TIME_OUT): State.EXPIRED,
        (State.VERIFIED, Event.ADMIT): State.ADMITTED,
        (State.VERIFIED, Event.REFUSE): State.REFUSED,
        (State.VERIFIED, Event.TIME_OUT): State.EXPIRED,
        (State.ADMITTED, Event.REFUSE): State.REFUSED,
        (State.ADMITTED, Event.TIME_OUT): State.EXPIRED,
        (State.REFUSED, Event.RETRY): State.ARRIVED,
        (State.REFUSED, Event.TIME_OUT): State.EXPIRED,
    }
)
"""Every step a visit can take; what is not here cannot happen."""

LIFETIME = timedelta(minutes=10)
"""How long a guest may take; CoovaChilli's challenge lives as long."""
LONGEST_TOKEN = 3072
"""Characters of a signed visit that are looked at."""
_WINDOW, _MEMORY = 11, 3
"""zlib's words for 2 KiB, all that a visit needs: its usual 256 KiB take longer to make ready than
to use."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One device's passage behind one gateway."""

    id: UUID
    """Random; the admission it leads to has the same, so a form sent twice grants once."""
    gateway: str
    """Code of the gateway that presented the device, verified when it did."""
    device: MacAddress
    """The device."""
    expires_at: datetime
    """Over from then on (aware, UTC, whole seconds)."""
    state: State = State.ARRIVED
    """Where it stands."""
    language: str = "fr"
    """Language of the pages."""
    terms: str = ""
    """Version of the terms that were shown; empty before."""
    admission: UUID | None = None
    """The right to go online, once ADMITTED."""
    page_wanted: str = ""
    """The page the guest asked for first, where a signed redirect told it."""
    ssid: str = ""
    """The network, where the gateway told."""
    notice: str = ""
    """A word of ours that the next page opens with; empty: nothing to say."""
    carried: Mapping[str, str] = field(default_factory=dict)
    """What the gateway's hand-back needs again."""
    vouched: bool = False
    """Whether the gateway's secret vouched for the redirect it began with."""
    handed_back_at: datetime | None = None
    """When the guest was last sent to the gateway with a credential (aware, UTC, whole seconds)."""
    method: str = ""
    """How the guest identifies; empty before they chose."""
    challenge: UUID | None = None
    """What the method awaits an answer to: the row of a code that was sent."""
    guest: UUID | None = None
    """The ticket, account or contact it was proven with; None: the device alone."""
    proves: UUID | None = None
    """The right that its guest has already, and is about to prove theirs; None: it leads to one."""
    shows_right: bool = False
    """Whether it shows the right it names, and ends it, wherever it is brought from, though it is
    nobody's own: it passed through a gateway."""

    @property
    def loan_ends_at(self) -> datetime:
        """When the minutes of a LENT guest end; the proof may come for a while after."""
        return self.expires_at - LIFETIME


def advance(state: State, event: Event) -> State | None:
    """Return the state after `event`, or None where the table knows no such step."""
    return TRANSITIONS.get((state, event))


def advance_all(visit: Visit, *events: Event, guest: UUID | None = None) -> Visit | None:
    """Return `visit` after each of `events` in turn, or None where one of them cannot happen.

    `guest`: what it is proven with from then on.
    """
    state = visit.state
    for event in events:
        after = advance(state, event)
        if after is None:
            return None
        state = after
    return replace(visit, state=state, guest=guest or visit.guest)


def refuse(visit: Visit, notice: str) -> Visit:
    """Return the visit REFUSED, with the word its next page opens with."""
    return replace(visit, state=advance(visit.state, Event.REFUSE) or visit.state, notice=notice)


def awaiting(
    visit: Visit,
    challenge: UUID,
    lent_until: datetime | None = None,
    good_until: datetime | None = None,
) -> Visit:
    """Return a visit that awaits an answer to a challenge; one that awaits already goes on.

    Args:
        visit: theirs.
        challenge: what is awaited.
        lent_until: its guest is online until then (LENT), and may still answer for a while after.
        good_until: an answer is looked at until then: the visit lasts as long, so that a code that
            comes late is not worth less than its message says.
    """
    identified = replace(advance_all(visit, Event.IDENTIFY) or visit, challenge=challenge)
    if lent_until is None:
        if good_until is None or identified.state is State.LENT:
            return identified
        return replace(
            identified, expires_at=max(visit.expires_at, good_until.replace(microsecond=0))
        )
    lent = advance_all(identified, Event.LEND) or identified
    return replace(lent, expires_at=lent_until.replace(microsecond=0) + LIFETIME)


def lent_again(visit: Visit, method: str, challenge: UUID, lent_until: datetime) -> Visit:
    """Return the visit of a guest who was lent the right that `visit` (ADMITTED) names, as it was
    before the gateway took them away: of the right's identifier, and still without a proof."""
    return replace(
        visit,
        id=visit.admission or visit.id,
        state=State.LENT,
        method=method,
        challenge=challenge,
        admission=None,
        guest=None,
        notice="",
        expires_at=lent_until.replace(microsecond=0) + LIFETIME,
    )


def at(visit: Visit, now: datetime) -> Visit:
    """Return the visit as it stands at `now`: EXPIRED once its time is over."""
    if now < visit.expires_at or visit.state is State.EXPIRED:
        return visit
    return replace(visit, state=State.EXPIRED)


def sign_visit(visit: Visit, key: bytes) -> str:
    """Return the visit as a token for addresses and forms, signed under the keyring's "visit"."""
    packing = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, _MEMORY)
    text = json.dumps(_as_list(visit), separators=(",", ":")).encode()
    packed = packing.compress(text) + packing.flush()
    return _signer(key).sign(base64_encode(packed)).decode()


def read_visit(token: str, key: bytes) -> Visit:
    """Return the visit a token holds, whatever its state; its signature is checked first.

    Raises:
        ProtocolError: `bad-visit`: not signed by this base, or not a visit.
    """
    if len(token) > LONGEST_TOKEN:
        raise ProtocolError("bad-visit")
    try:
        packed = base64_decode(_signer(key).unsign(token))
        return _from_list(json.loads(zlib.decompress(packed)))
    except (BadData, zlib.error, ValueError, TypeError, AttributeError, ProtocolError) as fault:
        raise ProtocolError("bad-visit") from fault


@cache
def _signer(key: bytes) -> Signer:
    """What signs under a key that is the visits' own already."""
    return Signer(key, key_derivation="none", digest_method=sha256)


def _as_list(visit: Visit) -> list[Any]:
    """The fields in a fixed order: shorter than an object with names."""
    return [
        visit.id.hex,
        visit.gateway,
        visit.device.octets.hex(),
        int(visit.expires_at.timestamp()),
        visit.state.value,
        visit.language,
        visit.terms,
        visit.admission.hex if visit.admission else "",
        visit.page_wanted,
        visit.ssid,
        visit.notice,
        dict(visit.carried),
        visit.vouched,
        int(visit.handed_back_at.timestamp()) if visit.handed_back_at else 0,
        visit.method,
        visit.challenge.hex if visit.challenge else "",
        visit.guest.hex if visit.guest else "",
        visit.proves.hex if visit.proves else "",
        visit.shows_right,
    ]


def _from_list(fields: list[Any]) -> Visit:
    number, gateway, device, expires, state, language, terms, admission, *more = fields
    page, ssid, notice, carried, vouched, handed_back, method, *last = more
    challenge, guest, proves, shows_right = last
    return Visit(
        id=UUID(number),
        gateway=gateway,
        device=MacAddress(bytes.fromhex(device)),
        expires_at=datetime.fromtimestamp(expires, tz=UTC),
        state=State(state),
        language=language,
        terms=terms,
        admission=UUID(admission) if admission else None,
        page_wanted=page,
        ssid=ssid,
        notice=notice,
        carried=carried,
        vouched=vouched,
        handed_back_at=datetime.fromtimestamp(handed_back, tz=UTC) if handed_back else None,
        method=method,
        challenge=UUID(challenge) if challenge else None,
        guest=UUID(guest) if guest else None,
        proves=UUID(proves) if proves else None,
        shows_right=shows_right,
    )

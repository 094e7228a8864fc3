"""One phone as the gateway knows it: captured or online, and for how much longer. Pure.

    captured --Access-Accept--> online --log-off, limit, Disconnect--> captured

A refusal and an end both give the phone a new Acct-Session-Id; a refusal also gives it a new
challenge. Time is the gateway's clock, passed in.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum


class TerminateCause(IntEnum):
    """Why a session ended (RFC 2866 §5.10)."""

    USER_REQUEST = 1
    LOST_CARRIER = 2
    IDLE_TIMEOUT = 4
    SESSION_TIMEOUT = 5
    ADMIN_RESET = 6
    NAS_REBOOT = 11


@dataclass(frozen=True, slots=True)
class Rights:
    """What an Access-Accept or a CoA-Request allows; None where it sets no limit."""

    session_seconds: int | None = None
    idle_seconds: int | None = None
    interim_seconds: int | None = None
    upload_bps: int | None = None
    download_bps: int | None = None
    upload_octets: int | None = None
    """CoovaChilli-Max-Input-Octets: what the phone may send."""
    download_octets: int | None = None
    total_octets: int | None = None
    ends_at: datetime | None = None
    """WISPr-Session-Terminate-Time, aware."""
    redirection_url: str = ""
    """Where a freshly admitted browser goes instead of the portal; empty: the portal."""
    reply_message: str = ""
    session_class: tuple[bytes, ...] = ()
    """Class, sent back in accounting (RFC 2865 §5.25)."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What a session has carried, seen from the phone."""

    upload_octets: int = 0
    download_octets: int = 0
    upload_packets: int = 0
    download_packets: int = 0

    def plus(self, upload_octets: int, download_octets: int) -> "Counters":
        """Return the counters after one more exchange, in packets of at most 1 400 octets."""
        return Counters(
            self.upload_octets + upload_octets,
            self.download_octets + download_octets,
            self.upload_packets - (-upload_octets // 1400),
            self.download_packets - (-download_octets // 1400),
        )


@dataclass(frozen=True, slots=True)
class Online:
    """The session of a phone that is let through."""

    user_name: str
    rights: Rights
    since: datetime
    active_at: datetime
    """The last time it sent or received something."""
    reported_at: datetime
    """The last Start or Interim-Update."""
    counters: Counters = field(default_factory=Counters)

    def seconds(self, now: datetime) -> int:
        """Return how long it has been online."""
        return max(0, int((now - self.since).total_seconds()))


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A phone that has appeared on the gateway's network."""

    mac: str
    """As the gateway writes it: 8A-56-7E-F9-10-E4."""
    address: str
    """The private IPv4 address it was leased."""
    port: int
    """NAS-Port: 1 for the first phone seen, and so on."""
    session_id: str
    """The Acct-Session-Id of its present or coming session."""
    challenge: bytes = b""
    """16 octets; empty before the first one."""
    challenged_at: datetime | None = None
    user_url: str = ""
    """What the browser first asked for."""
    page: str = ""
    """Where RADIUS has its browsing sent (central web authentication); empty: it has not."""
    online: Online | None = None


def session_id(now: datetime, port: int, previous: str = "") -> str:
    """Return seconds since 1970 and the port in hex; never the `previous` one again."""
    second = int(now.timestamp())
    if previous:
        second = max(second, int(previous[:-8]) + 1)
    return f"{second}{port:08x}"


def challenged(phone: Subscriber, challenge: bytes, now: datetime) -> Subscriber:
    """Return the phone with a new challenge."""
    return replace(phone, challenge=challenge, challenged_at=now)


def challenge_expired(phone: Subscriber, lifetime: timedelta, now: datetime) -> bool:
    """Tell whether the phone has no challenge, or one older than `lifetime`."""
    return phone.challenged_at is None or now - phone.challenged_at > lifetime


def refused(phone: Subscriber, challenge: bytes, now: datetime) -> Subscriber:
    """Return the phone after an Access-Reject: new challenge, new session."""
    renewed = session_id(now, phone.port, phone.session_id)
    return replace(challenged(phone, challenge, now), session_id=renewed)


def admitted(phone: Subscriber, user_name: str, rights: Rights, now: datetime) -> Subscriber:
    """Return the phone after an Access-Accept."""
    return replace(phone, page="", online=Online(user_name, rights, now, now, now))


def ended(phone: Subscriber, challenge: bytes, now: datetime) -> Subscriber:
    """Return the phone after its session: captured again, with a new challenge and session."""
    return replace(refused(phone, challenge, now), online=None)


def carried(phone: Subscriber, upload: int, download: int, now: datetime) -> Subscriber:
    """Return the phone after it sent `upload` and received `download` octets."""
    if phone.online is None:
        return phone
    counters = phone.online.counters.plus(upload, download)
    return replace(phone, online=replace(phone.online, counters=counters, active_at=now))


def limit_reached(online: Online, now: datetime) -> TerminateCause | None:
    """Return why the gateway cuts this session now, if it does: it looks at time, then at
    idleness, then at data, and lets each reach its limit before it cuts.

    A data quota that is used up counts as a session timeout, as in the gateway.
    """
    rights, counters = online.rights, online.counters
    granted = rights.session_seconds
    if (granted and online.seconds(now) > granted) or (rights.ends_at and now > rights.ends_at):
        return TerminateCause.SESSION_TIMEOUT
    if rights.idle_seconds and (now - online.active_at).total_seconds() > rights.idle_seconds:
        return TerminateCause.IDLE_TIMEOUT
    uploaded, downloaded = counters.upload_octets, counters.download_octets
    quotas = (
        (rights.upload_octets, uploaded),
        (rights.download_octets, downloaded),
        (rights.total_octets, uploaded + downloaded),
    )
    used_up = any(quota and used > quota for quota, used in quotas)
    return TerminateCause.SESSION_TIMEOUT if used_up else None


def interim_due(online: Online, override_seconds: int | None, now: datetime) -> bool:
    """Tell whether an Interim-Update is due, at the gateway's own interval or the server's."""
    interval = override_seconds or online.rights.interim_seconds
    return bool(interval) and (now - online.reported_at).total_seconds() >= (interval or 0)

"""Where a CoovaChilli gateway sends a browser, parameter by parameter. Pure.

Order and presence are those of the gateway: a challenge only while the phone has yet to log in,
or in an answer to /status; times only in an answer to /status.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulation.brands import uam
from simulation.configuration import GatewayConfiguration
from simulation.subscriber import Subscriber

WITHOUT_CHALLENGE = frozenset({"success", "already"})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What one redirect says beside the phone's own state."""

    reason: str = ""
    """With `failed`: reject, timeout or other."""
    uid: str = ""
    timeleft: int | None = None
    """Seconds."""
    reply: str = ""
    """The server's Reply-Message."""
    status_at: datetime | None = None
    """The present time in an answer to /status, else None."""


NOTHING_MORE = Circumstances()


def location(
    options: GatewayConfiguration,
    login_port: int,
    phone: Subscriber,
    res: str,
    more: Circumstances = NOTHING_MORE,
) -> str:
    """Return the signed address of the portal for this phone."""
    fields = list(parameters(options, login_port, phone, res, more))
    return uam.redirect(options.portal, fields, options.portal_secret)


def parameters(
    options: GatewayConfiguration,
    login_port: int,
    phone: Subscriber,
    res: str,
    more: Circumstances = NOTHING_MORE,
) -> Iterator[tuple[str, str]]:
    """Yield names and values in the gateway's order; an empty value will be left out."""
    status = more.status_at is not None
    yield "res", res
    yield "reason", more.reason
    yield "uamip", options.address
    yield "uamport", str(login_port)
    if status or res not in WITHOUT_CHALLENGE:
        yield "challenge", phone.challenge.hex()
    if more.status_at is not None:
        yield from _times(phone, more.status_at)
    yield "called", options.nasmac
    yield "uid", more.uid
    yield "timeleft", str(more.timeleft or "")
    yield "mac", phone.mac
    yield "ip", phone.address
    yield "reply", more.reply
    yield "nasid", options.nasid
    yield "sessionid", phone.session_id
    yield "userurl", phone.user_url


def status_circumstances(phone: Subscriber, now: datetime) -> Circumstances:
    """Return what an answer to /status adds: whose session it is and how long it may last."""
    online = phone.online
    if online is None:
        return Circumstances(status_at=now)
    granted = online.rights.session_seconds
    left = max(0, granted - online.seconds(now)) if granted else None
    return Circumstances(uid=online.user_name, timeleft=left, status_at=now)


def _times(phone: Subscriber, now: datetime) -> Iterator[tuple[str, str]]:
    online = phone.online
    if online is None:
        return
    granted = online.rights.session_seconds
    yield "starttime", str(int(online.since.timestamp()))
    yield "sessiontime", str(online.seconds(now) or "")
    if granted:
        yield "sessiontimeout", str(granted)
        yield "stoptime", str(int((online.since + timedelta(seconds=granted)).timestamp()))

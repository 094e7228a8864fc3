"""A plan's rights, and what remains of them, as each vendor's attributes in that vendor's units.

One table says it all; a unit error is one row. Directions are seen from the guest: upload is what
a NAS receives from the device (Acct-Input-Octets), and each row's source says which of its
vendor's words that is. No limit is no attribute, because zero means something else to some. A
rate beyond its attribute's bits is cut to the greatest; a volume is not, because that would end a
session early: it takes the gigaword pair, or is left out and watched (`carries_quota`).

Every Access-Accept passes here. What only the plan decides is encoded once for each plan and set
of attribute sets; an Accept then costs a concatenation and the few values that change.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from radius.protocol.attributes import attributes
from radius.protocol.numbers import SESSION_TIMEOUT
from territory.vocabulary import AttributeSet

_MAX: Final = 2**32 - 1
_MAX_64: Final = 2**64 - 1
_GIGAWORD: Final = 32
MAX_ROLE_OCTETS: Final = 247
"""What one vendor attribute holds (RFC 2865 §5.26)."""
_NUMBER: Final = re.compile("[0-9]{1,10}")
_PLANS_KEPT: Final = 256
_VLAN: Final = 13
_IEEE_802: Final = 6
_ASK_AGAIN: Final = 1
_LEAST_INTERIM: Final = 60
_LEAST_INTERIM_MERAKI: Final = 300
_SESSION_TIMEOUT: Final = bytes((SESSION_TIMEOUT, 6))


@dataclass(frozen=True, slots=True)
class Plan:
    """A set of access rights, as far as RADIUS grants them."""

    id: UUID
    idle_seconds: int
    """Silence after which the gateway ends the session."""
    interim_seconds: int
    """Interval of interim accounting (RFC 2869 §5.16)."""
    upload_bps: int | None
    """bit/s; None: no limit."""
    download_bps: int | None
    """bit/s; None: no limit."""
    session_octets: int | None
    """Upload and download together; None: no limit."""
    mac_authentication: bool
    """A returning device is let in by its MAC address."""
    vlan: int | None = None
    """Where its guests are put, 1 to 4094; None: where the SSID puts them."""
    role: str | None = None
    """The role, group or policy its guests get, by the name it has on the gateways, 247 octets of
    UTF-8 at most; None: none."""
    reauthenticate: bool = False
    """At the session's end the NAS asks again instead of cutting (RFC 2865 §5.29), so that a plan
    that slows its guests down can answer with its slow rates."""


class Rights(NamedTuple):
    """What one Access-Accept grants."""

    plan: Plan
    session_seconds: int
    """Until the session must end, 1 at least."""
    octets: int | None
    """That may still pass, both ways; None: no limit."""
    ends_at: datetime | None = None
    """Also said as an instant to who knows one, aware; None: the seconds say it alone. A gateway
    whose clock is wrong would end the session at the wrong time, so it is for closing times."""


class Right(StrEnum):
    """What a row grants."""

    TIME = "time"
    IDLE = "idle"
    INTERIM = "interim"
    UPLOAD_RATE = "upload_rate"
    DOWNLOAD_RATE = "download_rate"
    QUOTA = "quota"
    VLAN = "vlan"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute that carries one right."""

    attribute_set: AttributeSet
    """Whose attribute: a NAS lists the sets it understands."""
    attribute: str
    """Its name in the dictionary."""
    right: Right
    """What it grants."""
    value: Callable[[Rights], str | int | None]
    """The right in the attribute's own unit; None leaves the attribute out."""
    source: str
    """Where name, unit and direction are from."""
    most: int | None = None
    """The greatest volume it can say, where that is not enough for any; None: there is none."""
    confirmed: bool = True
    """The vendor's documents say the unit; else it is sent, but nothing relies on it."""


def _upload_bps(rights: Rights) -> int | None:
    return rights.plan.upload_bps


def _download_bps(rights: Rights) -> int | None:
    return rights.plan.download_bps


def _upload_kbps(rights: Rights) -> int | None:
    return _kilobits(rights.plan.upload_bps)


def _download_kbps(rights: Rights) -> int | None:
    return _kilobits(rights.plan.download_bps)


def _kilobits(bps: int | None) -> int | None:
    return None if bps is None else max(1, bps // 1000)


def _rate_text(rights: Rights) -> str | None:
    """Write `rx/tx` in bit/s, as the router receives and transmits; 0 is no limit to its queues."""
    plan = rights.plan
    if plan.upload_bps is None and plan.download_bps is None:
        return None
    return f"{plan.upload_bps or 0}/{plan.download_bps or 0}"


def _octets(rights: Rights) -> int | None:
    """Return the volume where 32 bits hold it: a smaller one would end the session early."""
    octets = rights.octets
    return None if octets is None or octets > _MAX else octets


def _low_octets(rights: Rights) -> int | None:
    return None if rights.octets is None else rights.octets & _MAX


def _gigawords(rights: Rights) -> int | None:
    octets = rights.octets
    return None if octets is None or octets <= _MAX else octets >> _GIGAWORD


def _vlan(rights: Rights) -> int | None:
    return rights.plan.vlan


def _role(rights: Rights) -> str | None:
    """Return the role, whole or not at all: cut, it would be another one's name."""
    role = rights.plan.role
    return role if role and len(role.encode()) <= MAX_ROLE_OCTETS else None


def _role_number(rights: Rights) -> int | None:
    """Read a role that is a 32-bit number on the gateways, such as `7`."""
    role = _role(rights) or ""
    return int(role) if _NUMBER.fullmatch(role) and int(role) <= _MAX else None


def _if_vlan(number: int) -> Callable[[Rights], int | None]:
    return lambda rights: None if rights.plan.vlan is None else number


def _interim(least: int) -> Callable[[Rights], int]:
    return lambda rights: max(least, rights.plan.interim_seconds)


def _termination(rights: Rights) -> int | None:
    return _ASK_AGAIN if rights.plan.reauthenticate else None


def _end_text(rights: Rights) -> str | None:
    end = rights.ends_at
    return None if end is None else end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


_S = AttributeSet
_R = Right
_WISPR: Final = "WISPr 1.0 appendix A"
_CHILLI: Final = "coova-chilli doc/dictionary.coovachilli, src/chilli.c config_radius_session"
_MIKROTIK: Final = "RouterOS manual, RADIUS client: rx is what the router receives"
_AIRESPACE: Final = "FreeRADIUS dictionary.airespace; kbit/s as the QoS profile it overrides counts"
_HUAWEI: Final = "Huawei NetEngine 8000, RADIUS attributes HW-2 to HW-6: bit/s, input is the user's"
_PFSENSE: Final = "pfSense documentation, captive portal configuration: bit/s, octets"
_CAMBIUM: Final = "Cambium community, RADIUS dictionary for WiFi: octets of one session"
_UBIQUITI: Final = "FreeRADIUS dictionary.ubnt, UAP firmware 4.0.59: 64 bits, unit not documented"
_TPLINK: Final = (
    "FreeRADIUS dictionary.tplink, named and numbered as MikroTik's: unit not documented"
)

TABLE: Final = (
    # Standard: understood by all, sent to all.
    Row(_S.STANDARD, "Session-Timeout", _R.TIME, lambda r: r.session_seconds, "RFC 2865 §5.27"),
    Row(_S.STANDARD, "Termination-Action", _R.TIME, _termination, "RFC 2865 §5.29"),
    Row(_S.STANDARD, "Idle-Timeout", _R.IDLE, lambda r: r.plan.idle_seconds, "RFC 2865 §5.28"),
    Row(_S.STANDARD, "Acct-Interim-Interval", _R.INTERIM, _interim(_LEAST_INTERIM),
        "RFC 2869 §5.16"),
    Row(_S.STANDARD, "Tunnel-Type", _R.VLAN, _if_vlan(_VLAN), "RFC 3580 §3.31"),
    Row(_S.STANDARD, "Tunnel-Medium-Type", _R.VLAN, _if_vlan(_IEEE_802), "RFC 3580 §3.31"),
    Row(_S.STANDARD, "Tunnel-Private-Group-Id", _R.VLAN, _vlan, "RFC 3580 §3.31: in digits"),
    Row(_S.STANDARD, "Filter-Id", _R.ROLE, _role, "RFC 2865 §5.11"),
    # WISPr: rates in bit/s.
    Row(_S.WISPR, "WISPr-Bandwidth-Max-Up", _R.UPLOAD_RATE, _upload_bps, _WISPR),
    Row(_S.WISPR, "WISPr-Bandwidth-Max-Down", _R.DOWNLOAD_RATE, _download_bps, _WISPR),
    Row(_S.WISPR, "WISPr-Session-Terminate-Time", _R.TIME, _end_text, _WISPR + ": ISO 8601"),
    # CoovaChilli, uspot: rates in kbit/s, which win over WISPr's.
    Row(_S.COOVACHILLI, "CoovaChilli-Bandwidth-Max-Up", _R.UPLOAD_RATE, _upload_kbps, _CHILLI),
    Row(_S.COOVACHILLI, "CoovaChilli-Bandwidth-Max-Down", _R.DOWNLOAD_RATE, _download_kbps,
        _CHILLI),
    Row(_S.COOVACHILLI, "CoovaChilli-Max-Total-Octets", _R.QUOTA, _low_octets, _CHILLI),
    Row(_S.COOVACHILLI, "CoovaChilli-Max-Total-Gigawords", _R.QUOTA, _gigawords,
        _CHILLI),
    Row(_S.COOVACHILLI, "CoovaChilli-VLAN-Id", _R.VLAN, _vlan, _CHILLI),
    # MikroTik: the rate is a text, which wins over WISPr's. Total-Limit came after RouterOS 2.9;
    # older ones obey the two others, each of which is no more than what is left altogether.
    Row(_S.MIKROTIK, "Mikrotik-Rate-Limit", _R.UPLOAD_RATE, _rate_text, _MIKROTIK),
    Row(_S.MIKROTIK, "Mikrotik-Rate-Limit", _R.DOWNLOAD_RATE, _rate_text, _MIKROTIK),
    Row(_S.MIKROTIK, "Mikrotik-Recv-Limit", _R.QUOTA, _low_octets, _MIKROTIK),
    Row(_S.MIKROTIK, "Mikrotik-Recv-Limit-Gigawords", _R.QUOTA, _gigawords,
        _MIKROTIK),
    Row(_S.MIKROTIK, "Mikrotik-Xmit-Limit", _R.QUOTA, _low_octets, _MIKROTIK),
    Row(_S.MIKROTIK, "Mikrotik-Xmit-Limit-Gigawords", _R.QUOTA, _gigawords,
        _MIKROTIK),
    Row(_S.MIKROTIK, "Mikrotik-Total-Limit", _R.QUOTA, _low_octets, _MIKROTIK),
    Row(_S.MIKROTIK, "Mikrotik-Total-Limit-Gigawords", _R.QUOTA, _gigawords,
        _MIKROTIK),
    Row(_S.MIKROTIK, "Mikrotik-Group", _R.ROLE, _role, _MIKROTIK + ", hotspot user profile"),
    Row(_S.MIKROTIK, "Mikrotik-Wireless-VLANID", _R.VLAN, _vlan, _MIKROTIK),
    Row(_S.MIKROTIK, "Mikrotik-Wireless-VLANID-Type", _R.VLAN, _if_vlan(0), "0: 802.1Q"),
    # Aruba: rates belong to the role; no quota.
    Row(_S.ARUBA, "Aruba-User-Role", _R.ROLE, _role, "ArubaOS user guide, RADIUS server VSAs"),
    Row(_S.ARUBA, "Aruba-User-Vlan", _R.VLAN, _vlan, "ArubaOS user guide, RADIUS server VSAs"),
    # Ruckus: rates are WISPr's, VLAN by Tunnel attributes.
    Row(_S.RUCKUS, "Ruckus-User-Groups", _R.ROLE, _role, "SmartZone AAA interface reference 3.6"),
    Row(_S.RUCKUS, "Ruckus-Max-DL-UL-Quota", _R.QUOTA, _octets,
        "FreeRADIUS dictionary.ruckus: unit not documented", _MAX, confirmed=False),
    # Cisco (Airespace): a contract for TCP (data) and one for UDP (real time); no quota.
    Row(_S.CISCO, "Airespace-Data-Bandwidth-Average-Contract-Upstream", _R.UPLOAD_RATE,
        _upload_kbps, _AIRESPACE, confirmed=False),
    Row(_S.CISCO, "Airespace-Real-Time-Bandwidth-Average-Contract-Upstream", _R.UPLOAD_RATE,
        _upload_kbps, _AIRESPACE, confirmed=False),
    Row(_S.CISCO, "Airespace-Data-Bandwidth-Average-Contract", _R.DOWNLOAD_RATE,
        _download_kbps, _AIRESPACE, confirmed=False),
    Row(_S.CISCO, "Airespace-Real-Time-Bandwidth-Average-Contract", _R.DOWNLOAD_RATE,
        _download_kbps, _AIRESPACE, confirmed=False),
    Row(_S.CISCO, "Airespace-Guest-Role-Name", _R.ROLE, _role, _AIRESPACE),
    # Meraki: a group policy says rate and quota; without an interval of 300 s at least, no interim.
    Row(_S.MERAKI, "Filter-Id", _R.ROLE, _role, "Meraki documentation, group policy by RADIUS"),
    Row(_S.MERAKI, "Acct-Interim-Interval", _R.INTERIM, _interim(_LEAST_INTERIM_MERAKI),
        "Meraki documentation, interim updates for sign-on splash"),
    # Ubiquiti: 64 bits; bit/s, the unit that cannot strangle a guest if it is the wrong one.
    Row(_S.UBIQUITI, "Ubiquiti-Data-Rate-UL", _R.UPLOAD_RATE, _upload_bps, _UBIQUITI,
        confirmed=False),
    Row(_S.UBIQUITI, "Ubiquiti-Data-Rate-DL", _R.DOWNLOAD_RATE, _download_bps, _UBIQUITI,
        confirmed=False),
    # TP-Link: no total; each way is no more than what is left altogether.
    Row(_S.TPLINK, "TPLink-Recv-limit", _R.QUOTA, _octets, _TPLINK, _MAX, confirmed=False),
    Row(_S.TPLINK, "TPLink-Xmit-limit", _R.QUOTA, _octets, _TPLINK, _MAX, confirmed=False),
    # Cambium: rates are WISPr's.
    Row(_S.CAMBIUM, "Cambium-Traffic-Quota-Limit-Total", _R.QUOTA, _low_octets, _CAMBIUM),
    Row(_S.CAMBIUM, "Cambium-Traffic-Quota-Limit-Total-Gigwords", _R.QUOTA, _gigawords,
        _CAMBIUM),
    # Fortinet: rates belong to the group; no quota.
    Row(_S.FORTINET, "Fortinet-Group-Name", _R.ROLE, _role, "FortiOS administration guide, VSAs"),
    # pfSense: 32 bits and no gigawords.
    Row(_S.PFSENSE, "pfSense-Bandwidth-Max-Up", _R.UPLOAD_RATE, _upload_bps, _PFSENSE),
    Row(_S.PFSENSE, "pfSense-Bandwidth-Max-Down", _R.DOWNLOAD_RATE, _download_bps, _PFSENSE),
    Row(_S.PFSENSE, "pfSense-Max-Total-Octets", _R.QUOTA, _octets, _PFSENSE, _MAX),
    # Huawei: a peak needs its average; no quota.
    Row(_S.HUAWEI, "Huawei-Input-Average-Rate", _R.UPLOAD_RATE, _upload_bps, _HUAWEI),
    Row(_S.HUAWEI, "Huawei-Input-Peak-Rate", _R.UPLOAD_RATE, _upload_bps, _HUAWEI),
    Row(_S.HUAWEI, "Huawei-Output-Average-Rate", _R.DOWNLOAD_RATE, _download_bps, _HUAWEI),
    Row(_S.HUAWEI, "Huawei-Output-Peak-Rate", _R.DOWNLOAD_RATE, _download_bps, _HUAWEI),
    Row(_S.HUAWEI, "Huawei-User-Group-Name", _R.ROLE, _role, "FreeRADIUS dictionary.huawei"),
    # Aerohive: rates belong to the user profile, which is a number; the layout of its quota is not
    # documented, so none is sent.
    Row(_S.AEROHIVE, "Aerohive-User-Vlan", _R.VLAN, _vlan, "FreeRADIUS dictionary.aerohive"),
    Row(_S.AEROHIVE, "Aerohive-User-Profile-Attribute", _R.ROLE, _role_number,
        "FreeRADIUS dictionary.aerohive"),
)  # fmt: skip
"""A vendor's row replaces the standard one of the same attribute."""


def encode_rights(rights: Rights, attribute_sets: Iterable[str]) -> bytes:
    """Return the octets of every attribute that carries `rights` to a NAS of these sets.

    The standard attributes always go along.
    """
    return _encoder(frozenset(attribute_sets)).encode(rights)


def carries(right: Right, attribute_sets: Iterable[str]) -> bool:
    """Whether a NAS of these sets is told of this right in a unit that is documented."""
    wanted = {*attribute_sets, AttributeSet.STANDARD}
    return any(
        row.right is right and row.attribute_set in wanted and row.confirmed for row in TABLE
    )


def carries_quota(attribute_sets: Iterable[str], octets: int = 0) -> bool:
    """Whether a NAS of these sets ends a session by itself after `octets`, both ways together.

    If not, its interim accounting must be watched: it has no attribute for it, or one whose unit
    is not documented, or (pfSense) none that says so much.
    """
    wanted = {*attribute_sets}
    return any(
        row.right is Right.QUOTA
        and row.attribute_set in wanted
        and row.confirmed
        and (row.most is None or octets <= row.most)
        for row in TABLE
    )


class _Encoder:
    """Encodes rights for the NAS of one set of attribute sets."""

    __slots__ = ("_constants", "_end", "_plan_rows", "_quota", "_small_quota")

    def __init__(self, rows: Iterable[Row]) -> None:
        known = attributes().by_name
        by_name = {row.attribute: row for row in rows}
        self._plan_rows = [row for row in by_name.values() if not _changes(row)]
        self._quota = [
            (row.value, known[row.attribute].encode(0)[:-4])
            for row in by_name.values()
            if row.right is Right.QUOTA
        ]
        small = [prefix for value_of, prefix in self._quota if value_of is not _gigawords]
        self._small_quota = (*small, b"")
        self._end = next((r for r in by_name.values() if r.value is _end_text), None)
        self._constants: dict[int, tuple[Plan, bytes]] = {}

    def encode(self, rights: Rights) -> bytes:
        """Return the octets of all rows; a plan's own part is made once."""
        plan, seconds, octets, ends_at = rights
        known = self._constants.get(id(plan)) or self._remember(plan)
        encoded = known[1] + _SESSION_TIMEOUT + min(seconds, _MAX).to_bytes(4, "big")
        if octets is not None:
            if octets <= _MAX:
                encoded += octets.to_bytes(4, "big").join(self._small_quota)
            else:
                encoded += self._large_quota(rights)
        if ends_at is not None and self._end is not None:
            encoded += _encoded(self._end, rights)
        return encoded

    def _large_quota(self, rights: Rights) -> bytes:
        encoded = b""
        for value_of, prefix in self._quota:
            value = value_of(rights)
            if value is not None:
                encoded += prefix + min(int(value), _MAX).to_bytes(4, "big")
        return encoded

    def _remember(self, plan: Plan) -> tuple[Plan, bytes]:
        """Encode what a plan alone decides; keeping the plan keeps its identity its own."""
        if len(self._constants) >= _PLANS_KEPT:
            self._constants.clear()
        rights = Rights(plan, 1, None)
        encoded = b"".join(_encoded(row, rights) for row in self._plan_rows)
        self._constants[id(plan)] = plan, encoded
        return plan, encoded


def _changes(row: Row) -> bool:
    """Whether its value depends on more than the plan."""
    return row.right is Right.QUOTA or row.attribute == "Session-Timeout" or row.value is _end_text


def _encoded(row: Row, rights: Rights) -> bytes:
    value = row.value(rights)
    if value is None:
        return b""
    attribute = attributes().by_name[row.attribute]
    if attribute.kind == "string":
        return attribute.encode(str(value))
    greatest = _MAX_64 if attribute.kind == "integer64" else _MAX
    return attribute.encode(min(int(value), greatest))


@cache
def _encoder(sets: frozenset[str]) -> _Encoder:
    wanted = {*sets, AttributeSet.STANDARD}
    return _Encoder(row for row in TABLE if row.attribute_set in wanted)

"""What each brand takes of RFC 5176: by which names it knows a session, and what it can change.

A NAS acts on the session it recognises, and brands recognise different things: too few attributes
and none is found, one too many and some refuse (RFC 5176 §3: all of them count as mandatory). The
table below is the only place that knows; each row says where it was read. A row is "from documents"
until a real one of the brand has answered: CoovaChilli's is recorded (tests/data/radius), and the
generic one is held by Debian's hostapd.

`State` and `Service-Type = Authorize-Only` (RFC 5176 §3.2) are never sent: no brand here needs the
round trip that they start, and it would let a forged request ask for rights.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from radius.protocol.numbers import (
    ACCT_SESSION_ID,
    CALLING_STATION_ID,
    FRAMED_IP_ADDRESS,
    NAS_IDENTIFIER,
    NAS_IP_ADDRESS,
    USER_NAME,
)
from territory.vocabulary import Brand

ITS_OWN_NAME: Final = NAS_IDENTIFIER
"""The NAS as it names itself: NAS-Identifier, or the address it sends where it sends none."""

_CISCO: Final = 9
_CISCO_AVPAIR: Final = 1


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one brand takes."""

    keys: tuple[int, ...]
    """The attributes it knows a session by, in the order they are sent."""
    source: str
    """Where that was read."""
    disconnects: bool = True
    """Whether it takes a Disconnect-Request."""
    changes: bool = True
    """Whether it takes new rights in a CoA-Request."""
    bare: bool = False
    """Whether Event-Timestamp and Message-Authenticator must stay out (some refuse them)."""
    change_sets: frozenset[str] | None = None
    """Whose attributes a CoA-Request may carry; None: all that the NAS understands."""
    commands: tuple[tuple[int, int, bytes], ...] = ()
    """Vendor attributes that a CoA-Request carries in place of rights: vendor, number, value."""
    session_pair: tuple[int, int, bytes] | None = None
    """The vendor attribute that names a session, where the brand has one of its own: vendor,
    number, and what its value begins with; only known of a device presented by its address."""
    advice: str = ""
    """What a technician should look at where it does not answer, in French."""


_RECOMMENDED: Final = (USER_NAME, ACCT_SESSION_ID, CALLING_STATION_ID, ITS_OWN_NAME)

DIALECTS: Final[Mapping[str, Dialect]] = {
    Brand.COOVACHILLI: Dialect(
        keys=(USER_NAME, ACCT_SESSION_ID),
        bare=True,
        source="coova-chilli src/chilli.c cb_radius_coa_ind: no answer without User-Name",
        advice="vérifiez `coaport` et que l'adresse du serveur est radiusserver1 ou 2",
    ),
    Brand.USPOT: Dialect(
        keys=(USER_NAME, ACCT_SESSION_ID, CALLING_STATION_ID, ITS_OWN_NAME),
        bare=True,
        change_sets=frozenset({"standard"}),
        source="uspot src/radius-das.c: refuses Framed-IP-Address in a Disconnect-Request, "
        "Event-Timestamp and Message-Authenticator in both; reads vendor attributes wrongly",
        advice="vérifiez `das_secret` et `das_port`",
    ),
    Brand.MIKROTIK: Dialect(
        keys=(USER_NAME, ACCT_SESSION_ID),
        source="RouterOS manual, RADIUS client: User-Name with Acct-Session-Id or an address",
        advice="vérifiez `/radius incoming accept=yes` et son port, 1700 sur d'anciennes versions",
    ),
    Brand.ARUBA: Dialect(
        keys=(CALLING_STATION_ID, NAS_IP_ADDRESS),
        source="PacketFence Aruba.pm: current controllers refuse Acct-Session-Id",
        advice="déclarez ce serveur comme « RFC 3576 server » sur le contrôleur",
    ),
    Brand.RUCKUS: Dialect(
        keys=_RECOMMENDED,
        source="RFC 5176 §3: no document names a key of ZoneDirector or Unleashed",
        advice="vérifiez que la borne accepte les demandes CoA de ce serveur",
    ),
    Brand.SMARTZONE: Dialect(
        keys=_RECOMMENDED,
        source="PacketFence ruckus_smartzone.asciidoc: only where the controller is the proxy",
        advice="sans mode proxy les bornes ne répondent pas : déconnectez par le contrôleur",
    ),
    Brand.CISCO: Dialect(
        keys=(CALLING_STATION_ID, NAS_IP_ADDRESS),
        commands=(
            (_CISCO, _CISCO_AVPAIR, b"subscriber:command=reauthenticate"),
            (_CISCO, _CISCO_AVPAIR, b"subscriber:reauthenticate-type=last"),
        ),
        session_pair=(_CISCO, _CISCO_AVPAIR, b"audit-session-id="),
        source="PacketFence Cisco/WLC.pm; audit-session-id is known in central web authentication"
        " alone, and a Disconnect-Request does without",
        advice="essayez le port 1700 : certaines versions ignorent 3799",
    ),
    Brand.MERAKI: Dialect(
        keys=_RECOMMENDED,
        changes=False,
        source="documentation.meraki.com, CoA Disconnect for Splash Sign-on: Disconnect only",
        advice="Meraki n'écoute qu'à l'adresse de l'organisation (nNNN…), port 3799",
    ),
    Brand.UNIFI: Dialect(
        keys=(CALLING_STATION_ID, ITS_OWN_NAME),
        changes=False,
        source="PacketFence Unifi.pm: NAS-Identifier is the access point's MAC address",
        advice="vérifiez que la borne accepte les demandes CoA ; sinon, par le contrôleur",
    ),
    Brand.CAMBIUM: Dialect(
        keys=(USER_NAME,),
        source="PacketFence Cambium.pm: the User-Name of its accounting",
        advice="vérifiez que la borne accepte les demandes CoA",
    ),
    Brand.FORTINET: Dialect(
        keys=(ACCT_SESSION_ID, USER_NAME, FRAMED_IP_ADDRESS),
        source="PacketFence FortiGate.pm; needs `set radius-coa enable`",
        advice="vérifiez `set radius-coa enable`",
    ),
    Brand.OMADA: Dialect(
        keys=(),
        disconnects=False,
        changes=False,
        source="TP-Link FAQ 2907, 3231: through the controller's own interface only",
        advice="déconnectez par le contrôleur",
    ),
    Brand.OPENNDS: Dialect(
        keys=(),
        disconnects=False,
        changes=False,
        source="openNDS docs/source/fas.rst: no RADIUS",
    ),
    Brand.GENERIC: Dialect(
        keys=_RECOMMENDED,
        source="RFC 5176 §3; hostapd src/radius/radius_das.c refuses Framed-IP-Address",
        advice="vérifiez que l'équipement accepte les demandes CoA de ce serveur",
    ),
}
"""Every brand."""


def dialect_of(brand: str) -> Dialect:
    """Return what a brand takes; one that nobody knows is spoken to as RFC 5176 recommends."""
    return DIALECTS.get(brand, DIALECTS[Brand.GENERIC])

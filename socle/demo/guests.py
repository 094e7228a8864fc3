"""The simulated sites of the demonstration, and the words its journal finds for their packets."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from simulation.certificate import ServerCertificate
from simulation.configuration import GatewayConfiguration, Lease
from simulation.events import GatewayEvent
from simulation.site import SimulatedSite, SiteConfiguration
from simulation.stranger import Stranger, stranger
from socle.demo.journal import Journal, Kind
from socle.demo.street import SIGNS, Street
from territory.clock import Clock

OPEN_WEB_PORT: Final = 8081
"""Where a browser finds the Web behind each simulated gateway."""
_INTERIM_SECONDS: Final = 10
_PAUSE_SECONDS: Final = 8.0
_STREET_PAUSE_SECONDS: Final = 60.0

_WORDS: Final = {
    "captured": "la borne intercepte la navigation et renvoie vers le portail",
    "redirect": "la borne renvoie le téléphone vers le portail",
    "access-request": "Access-Request : la borne demande si cet appareil peut entrer",
    "access-accept": "Access-Accept : oui, avec ces droits",
    "access-reject": "Access-Reject : non",
    "access-timeout": "personne n'a répondu à l'Access-Request",
    "accounting-request": "Accounting-Request : la borne rend compte",
    "accounting-response": "Accounting-Response : c'est écrit durablement",
    "accounting-lost": "le compte rendu n'a pas été confirmé",
    "disconnect-ack": "Disconnect-ACK : la borne a coupé la session",
    "disconnect-nak": "Disconnect-NAK : personne à couper",
    "released": "la borne laisse passer l'appareil",
    "ended": "la session est finie",
    "unplugged": "plus de courant : la borne se tait",
    "plugged": "le courant revient",
    "phone-gave-up": "un téléphone simulé renonce",
    "stranger": "une passerelle que personne n'a décrite nous appelle : on ne lui répond pas",
}
VISITOR = Lease("6A-55-0C-29-1E-07", "10.1.0.200")
"""The device of whoever opens the guest's door, so that its story can be asked for."""
_VISITOR_SOURCE: Final = "127.0.0.1"
_STRANGER: Final = ("salle-des-fetes-void", "127.10.9.1")
"""The name and the address of a gateway that nobody has described."""


@dataclass(frozen=True, slots=True)
class Place:
    """One simulated site of territory.yaml."""

    code: str
    """The site's code."""
    nasid: str
    """NAS-Identifier of its gateway."""
    name: str
    """With its article, in French."""
    town: str
    phones: int
    """Simulated guests who come and go; a real browser comes on top."""


PLACES: Final = (
    Place("mairie-bar-le-duc", "nas-bar-le-duc", "la mairie de Bar-le-Duc", "Bar-le-Duc", phones=1),
    Place(
        "mediatheque-commercy", "nas-commercy", "la médiathèque de Commercy", "Commercy", phones=2
    ),
    Place("citadelle-verdun", "nas-verdun", "la citadelle de Verdun", "Verdun", phones=1),
    Place(
        "espace-numerique-bar-le-duc",
        "nas-espace-numerique",
        "l'espace numérique de Bar-le-Duc",
        "l'espace numérique",
        phones=0,
    ),
)
WITH_TICKETS: Final = PLACES[-1]
"""The place that lets in by ticket alone: nobody comes but who has one from its mediator."""


def make_sites(
    known: Sequence[SiteConfiguration], street: Street, clock: Clock, journal: Journal
) -> dict[str, SimulatedSite]:
    """Return the simulated sites, by code, not yet started: the places, then the street."""
    by_nasid = {each.gateway.nasid: each for each in known}
    sites = {place.code: _of_place(place, by_nasid[place.nasid]) for place in PLACES}
    sites |= {
        sign.code: _of_street(by_nasid[sign.code], street.certificates.get(sign.code))
        for sign in SIGNS
    }
    return {
        code: SimulatedSite(each, clock=clock, listener=partial(note_packet, journal, code))
        for code, each in sites.items()
    }


def _of_place(place: Place, known: SiteConfiguration) -> SiteConfiguration:
    visitor = {_VISITOR_SOURCE: VISITOR} if place is PLACES[0] else {}
    gateway = replace(_in_the_demonstration(known.gateway), leases=visitor)
    return replace(known, gateway=gateway, phones=place.phones, pause_seconds=_PAUSE_SECONDS)


def _of_street(
    known: SiteConfiguration, certificate: ServerCertificate | None
) -> SiteConfiguration:
    gateway = replace(_in_the_demonstration(known.gateway), certificate=certificate)
    return replace(known, gateway=gateway, phones=1, pause_seconds=_STREET_PAUSE_SECONDS)


def _in_the_demonstration(gateway: GatewayConfiguration) -> GatewayConfiguration:
    return replace(gateway, web_port=OPEN_WEB_PORT, interim_seconds=_INTERIM_SECONDS)


def load_stranger(sites: Mapping[str, SimulatedSite]) -> Stranger:
    """Return the gateway that nobody has described; it calls the server that `sites` call."""
    server = sites[PLACES[0].code].gateway.configuration.radius
    assert server is not None  # noqa: S101 - the demonstration's first place speaks RADIUS
    return stranger(*_STRANGER, server)


def note_packet(journal: Journal, place: str, event: GatewayEvent) -> None:
    """Note what a gateway did."""
    words = _WORDS.get(event.kind, event.kind)
    status = dict(event.attributes).get("Acct-Status-Type")
    text = f"{words} ({status})" if status else words
    journal.note(event.at, Kind.PACKET, place, text, event.attributes)


async def close_for_the_night(sites: Sequence[SimulatedSite]) -> list[SimulatedSite]:
    """Switch off every gateway that runs, its sessions ended and reported; return these sites."""
    closed = [site for site in sites if site.gateway.plugged]
    await asyncio.gather(*(site.gateway.stop() for site in closed))
    return closed

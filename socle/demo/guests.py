"""The simulated sites of the demonstration, and the words its journal finds for their packets."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from simulation.configuration import GatewayConfiguration, RadiusServer
from simulation.events import GatewayEvent
from simulation.site import SimulatedSite, SiteConfiguration
from socle.demo.journal import Journal, Kind
from territory.clock import Clock

OPEN_WEB_PORT: Final = 8081
"""Where a browser finds the Web behind each simulated gateway."""

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
}


@dataclass(frozen=True, slots=True)
class Place:
    """One simulated site."""

    code: str
    """The site's code in territory.yaml."""
    name: str
    """With its article, in French."""
    town: str
    address: str
    """The gateway's loopback address."""
    nasid: str
    uamsecret: str
    shared_secret: str
    phones: int
    """Simulated guests who come and go; a real browser comes on top."""


PLACES: Final = (
    Place(
        "mairie-bar-le-duc",
        "la mairie de Bar-le-Duc",
        "Bar-le-Duc",
        "127.10.1.1",
        "nas-bar-le-duc",
        "demo-portal-secret-bar-le-duc",
        "demo-radius-secret-bar-le-duc",
        phones=1,
    ),
    Place(
        "mediatheque-commercy",
        "la médiathèque de Commercy",
        "Commercy",
        "127.10.2.1",
        "nas-commercy",
        "demo-portal-secret-commercy",
        "demo-radius-secret-commercy",
        phones=2,
    ),
    Place(
        "citadelle-verdun",
        "la citadelle de Verdun",
        "Verdun",
        "127.10.3.1",
        "nas-verdun",
        "demo-portal-secret-verdun",
        "demo-radius-secret-verdun",
        phones=1,
    ),
)


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the base listens."""

    portal: str
    """The portal's address."""
    authentication_port: int
    accounting_port: int


def simulated_sites(servers: Servers, clock: Clock, journal: Journal) -> dict[str, SimulatedSite]:
    """Return the simulated sites, by code, not yet started."""
    return {
        place.code: SimulatedSite(
            SiteConfiguration(_gateway(place, servers), phones=place.phones, pause_seconds=8.0),
            clock=clock,
            listener=partial(note_packet, journal, place.code),
        )
        for place in PLACES
    }


def _gateway(place: Place, servers: Servers) -> GatewayConfiguration:
    return GatewayConfiguration(
        nasid=place.nasid,
        uamlisten=place.address,
        uamserver=f"{servers.portal}/gateway/coovachilli",
        uamsecret=place.uamsecret,
        radius=RadiusServer(
            place.shared_secret,
            authentication_port=servers.authentication_port,
            accounting_port=servers.accounting_port,
        ),
        web_port=OPEN_WEB_PORT,
        interim_seconds=10,
    )


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

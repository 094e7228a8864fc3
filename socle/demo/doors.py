"""The demonstration's doors: for each kind of person, whose page it is, and how they are let in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from simulation.site import SimulatedSite
from socle.demo import guests
from socle.demo.page import Door
from territory.access.operators import operator_by_login
from territory.access.sign_in import Application, mint_link
from territory.clock import Clock
from territory.settings import Settings

MEDIATOR: Final = "milo@bar-le-duc.example"
TECHNICIAN: Final = "theo@territoire.example"
CUSTODIAN: Final = "gaspard@territoire.example"
ADMINISTRATOR: Final = "claire@territoire.example"
AGENT: Final = "agnes@bar-le-duc.example"

Open = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Keys:
    """Signs whoever comes through a door in, by a single-use link."""

    engine: AsyncEngine
    clock: Clock
    settings: Settings

    def console(self, login: str, page: str = "") -> Open:
        """Return what signs an operator in at the console, and goes on to a page of it."""
        where = f"{self.settings.portal.public_url}/console"
        return lambda: self._sign_in(login, where, Application.CONSOLE, page)

    def desk(self, login: str) -> Open:
        """Return what signs a custodian in at the requisition desk."""
        return lambda: self._sign_in(login, self.settings.desk.public_url, Application.DESK, "")

    async def _sign_in(self, login: str, where: str, to: Application, page: str) -> str:
        async with self.engine.begin() as db:
            operator = await operator_by_login(db, login)
            if operator is None:
                raise LookupError(login)
            token = await mint_link(db, operator.id, to, self.clock.now())
        follow = f"?suite={urlsplit(where).path}/{page}" if page else ""
        return f"{where}/lien/{token}{follow}"


def doors(
    keys: Keys, sites: Mapping[str, SimulatedSite], watchers: Mapping[str, str], case_page: str
) -> list[Door]:
    """Return a door for each kind of person; `watchers` are addresses by name, where there are;
    `case_page` is the address of the requisition that can be played."""
    first, with_tickets = guests.PLACES[0], guests.WITH_TICKETS
    return [
        Door(
            "guest",
            "Une visiteuse",
            f"Son téléphone est à {first.name}, sans abonnement. Elle ouvre une page.",
            _phone_at(sites[first.code]),
        ),
        Door(
            "mediator",
            "Le médiateur numérique",
            "Au comptoir, il fait un ticket d'un geste. Sa page dit seule quand la personne est"
            " en ligne.",
            keys.console(MEDIATOR, "tickets"),
        ),
        Door(
            "guest-with-ticket",
            "La personne devant le médiateur",
            f"Son téléphone est à {with_tickets.name}, où l'on entre avec un ticket.",
            _phone_at(sites[with_tickets.code]),
        ),
        Door(
            "technician",
            "Le technicien",
            "Quels lieux sont en panne, depuis quand, pourquoi ; qui nous appelle sans être connu.",
            keys.console(TECHNICIAN),
        ),
        Door(
            "live",
            "Le technicien, devant l'écran",
            "Le territoire en direct : ce qui tombe et ce qui revient s'affiche sans y toucher.",
            keys.console(TECHNICIAN, "en-direct"),
        ),
        Door(
            "device",
            "Le technicien, devant la visiteuse",
            "Pourquoi son appareil est en ligne, ou non. Collez son adresse :"
            f" {guests.VISITOR.mac}",
            keys.console(TECHNICIAN, "appareil"),
        ),
        Door(
            "case",
            "Deux dépositaires, une réquisition",
            "Un acte arrive : de son inscription à la réponse signée, puis un an passe. À jouer"
            " pas à pas.",
            _at(case_page),
        ),
        Door(
            "custodian",
            "Le dépositaire",
            "L'archive scellée et le guichet des réquisitions, sur un site à part.",
            keys.desk(CUSTODIAN),
        ),
        Door(
            "administrator",
            "L'administratrice",
            "Les organisations, les opérateurs, le journal d'audit chaîné.",
            keys.console(ADMINISTRATOR),
        ),
        Door(
            "elected",
            "L'élue",
            "Ce qu'un mois fini a donné : lieux, visites, disponibilité, habitants à portée."
            " « Un an passe » pour voir le vôtre, en PDF accessible et en tableur.",
            keys.console(ADMINISTRATOR, "indicateurs"),
        ),
        Door(
            "agent",
            "L'agente de la mairie",
            "Seulement les lieux de Bar-le-Duc.",
            keys.console(AGENT),
        ),
        *(
            Door(name.lower(), name, "Le même territoire, vu par un outil du métier.", _at(address))
            for name, address in watchers.items()
        ),
    ]


def _phone_at(site: SimulatedSite) -> Open:
    gateway = site.gateway.configuration
    return _at(f"http://{gateway.address}:{gateway.web_port}/")


def _at(address: str) -> Open:
    async def go() -> str:
        return address

    return go

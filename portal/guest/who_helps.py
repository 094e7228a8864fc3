"""Who can help the guest, in their words: at the place they are in, and in the nearest others."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from portal.guest.parts import portal_of
from portal.guest.wording import distance, hour, moment
from portal.nearby import Presence, near, presences
from portal.places import Place
from territory.web.pages import language_of, translate
from territory.web.problems import N_

_THERE_UNTIL = N_("Quelqu'un est là, jusqu'à {hour}.")
_THERE = N_("Quelqu'un est là maintenant.")
_COMES = N_("Quelqu'un sera là {when}.")
_AWAY = N_("Personne n'est là en ce moment.")


@dataclass(frozen=True, slots=True)
class Told:
    """One service, as a page shows it."""

    name: str
    """The service's."""
    when: str
    """Whether it is there, and until or from when."""
    is_there: bool
    """Whether it is there now."""
    phone: str
    """As people dial it, or empty."""


def who_helps(request: web.Request, place: Place | None) -> dict[str, Any]:
    """Return what the page of help names: who is here, and the nearest others."""
    portal = portal_of(request)
    now, language = portal.now(), language_of(request)

    def words(message: str) -> str:
        return translate(request, message)

    return {
        "here_helps": _told(request, place, now) if place else [],
        "near_helps": [
            (
                nearby.place,
                "" if nearby.kilometres is None else distance(nearby.kilometres, language, words),
                _told(request, nearby.place, now),
            )
            for nearby in near(place, portal.directory.current.places)
        ],
    }


def _told(request: web.Request, place: Place, now: datetime) -> list[Told]:
    return [
        Told(found.helper.name, _when(request, found, now), found.is_there, found.helper.phone)
        for found in presences(place, now)
    ]


def _when(request: web.Request, found: Presence, now: datetime) -> str:
    """Return one sentence: an hour where it leaves today, else a day with its hour."""
    at = found.changes_at
    if found.is_there and at and at.date() == found.helper.hours.local(now).date():
        return translate(request, _THERE_UNTIL).format(hour=hour(at))
    if found.is_there:
        return translate(request, _THERE)
    if at is None:
        return translate(request, _AWAY)
    return translate(request, _COMES).format(when=moment(at, language_of(request)))

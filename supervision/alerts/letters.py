"""What a message says, in plain French: one subject, one block for each incident, one link. Pure.

Times are those of the territory's clock, which is named. What many say at once is counted in the
subject and cut short in the text: the console has the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from supervision.alerts.incidents import Incident, State
from supervision.alerts.rulebook import lasting
from supervision.alerts.telling import News, What
from territory.web.french import with_ordinal

MOST_TOLD: Final = 20
"""Incidents in one message; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where and when a message is read."""

    zone: ZoneInfo
    public_url: str
    """Of the portal, without a final slash."""

    @property
    def all_incidents(self) -> str:
        """The console's page of incidents."""
        return f"{self.public_url}/console/incidents"

    def page_of(self, incident: Incident) -> str:
        """The console's page about one incident."""
        if incident.site is None:
            return self.all_incidents
        return f"{self.public_url}/console/lieux/{incident.site.code}"

    def since(self, at: datetime, now: datetime) -> str:
        """`14 h 05`, or `le 21 nov. à 14 h 05` where it is another day."""
        return self._said(
            at, "HH 'h' mm" if self._is_today(at, now) else "'le' d MMM 'à' HH 'h' mm"
        )

    def span(self, begun: datetime, ended: datetime, now: datetime) -> str:
        """`de 14 h 05 à 15 h 12, soit 1 h 07`."""
        if self._is_today(begun, now):
            pattern, words = "HH 'h' mm", "de {} à {}"
        else:
            pattern, words = "d MMM 'à' HH 'h' mm", "du {} au {}"
        spent = lasting((ended - begun).total_seconds())
        return (
            f"{words.format(self._said(begun, pattern), self._said(ended, pattern))}, soit {spent}"
        )

    def _is_today(self, at: datetime, now: datetime) -> bool:
        return at.astimezone(self.zone).date() == now.astimezone(self.zone).date()

    def _said(self, at: datetime, pattern: str) -> str:
        pattern = with_ordinal(pattern, at.astimezone(self.zone))
        return format_datetime(at, pattern, tzinfo=self.zone, locale="fr")

    @property
    def zone_name(self) -> str:
        """`heure de Paris`."""
        return f"heure de {self.zone.key.rpartition('/')[2].replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class Written:
    """A message without whom it goes to."""

    subject: str
    body: str
    urgency: str
    """critical, warning or mended: of the worst it tells."""
    link: str


def write_news(news: Sequence[News], desk: Desk, now: datetime) -> Written:
    """Return the message that tells these; `news` is not empty, the worst first."""
    blocks = [_block(each, desk, now) for each in news]
    if len(news) == 1:
        subject, body = blocks[0]
        link = desk.page_of(news[0].incident)
    else:
        subject, link = _count(news), desk.all_incidents
        body = "\n\n".join(f"{head}\n{words}" for head, words in blocks[:MOST_TOLD])
        body += _rest(len(blocks))
    return Written(subject, f"{body}\n\nHeures : {desk.zone_name}.", _urgency(news), link)


def write_digest(news: Sequence[News], desk: Desk, now: datetime) -> Written:
    """Return the morning's message, a line for each."""
    lines = [f"• {_line(each.incident, desk, now)}" for each in news[:MOST_TOLD]]
    opened = sum(each.incident.state is not State.OVER for each in news)
    subject = f"Résumé : {_many(len(news), 'incident')}, {opened} en cours"
    body = "\n".join(lines) + _rest(len(news))
    return Written(subject, f"{body}\n\nHeures : {desk.zone_name}.", "warning", desk.all_incidents)


def _block(news: News, desk: Desk, now: datetime) -> tuple[str, str]:
    """Return the line that names an incident, and what is said of it."""
    incident = news.incident
    since = f"depuis {desk.since(incident.began_at, now)}"
    match news.what:
        case What.MENDED:
            return f"Rétabli : {incident.summary}", _mended(incident, desk, now)
        case What.REMINDER:
            return (
                f"Rappel : {incident.summary}, {since}",
                f"{incident.words}\nPersonne ne l’a encore pris en charge dans la console.",
            )
    again = f"\n{_AGAIN}" if incident.returns else ""
    mark = " de nouveau" if incident.returns else ""
    return f"{incident.summary},{mark} {since}", f"{incident.words}{again}"


_AGAIN: Final = "Cela va et vient : la suite sera dite une fois le calme revenu pour de bon."


def _mended(incident: Incident, desk: Desk, now: datetime) -> str:
    return f"Panne {desk.span(incident.began_at, incident.over_at or now, now)}."


def _line(incident: Incident, desk: Desk, now: datetime) -> str:
    if incident.state is State.OVER:
        return f"{incident.summary}. {_mended(incident, desk, now)}"
    return f"{incident.summary}, depuis {desk.since(incident.began_at, now)} : en cours."


def _count(news: Sequence[News]) -> str:
    mended = sum(each.what is What.MENDED for each in news)
    broken = len(news) - mended
    parts = []
    if broken:
        sites = {each.incident.site for each in news if each.what is not What.MENDED}
        where = f", {_many(len(sites), 'lieu', 'lieux')}" if None not in sites else ""
        parts.append(f"{_many(broken, 'panne')}{where}")
    if mended:
        parts.append(_many(mended, "rétablissement"))
    return " ; ".join(parts)


def _urgency(news: Sequence[News]) -> str:
    broken = [each for each in news if each.what is not What.MENDED]
    if not broken:
        return "mended"
    return "critical" if any(each.incident.is_critical for each in broken) else "warning"


def _rest(count: int) -> str:
    more = count - MOST_TOLD
    return f"\n\nEt {more} de plus, dans la console." if more > 0 else ""


def _many(count: int, singular: str, plural: str = "") -> str:
    return f"{count} {singular if count < 2 else plural or singular + 's'}"

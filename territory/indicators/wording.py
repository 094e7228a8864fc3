"""A month's figures in French, as a document: what pages, paper and spreadsheets lay out. Pure.

Every figure and every table comes with its method, in words for elected officials. What is hidden
is written "< 11" (a small count) or "n. d." (it would let one be found); what cannot be known is
"non calculé", never a guess.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from territory.indicators.figures import (
    UNLISTED,
    BodyFigures,
    Figures,
    PlaceFigures,
    joined,
)
from territory.indicators.month import Month
from territory.indicators.suppression import Cell, Hidden, Parts
from territory.rules.availability import Availability

UNKNOWN: Final = "non calculé"
NOT_TOLD: Final = "n. d."
_HOUR: Final = 3600
_ACCOMPANIED: Final = ("ticket", "sponsor")
_METHODS: Final = {
    "click_through": "Acceptation des conditions",
    "ticket": "Ticket remis à l'accueil",
    "email_code": "Code par courriel",
    "sms_code": "Code par SMS",
    "account": "Compte",
    "openid_connect": "Fournisseur d'identité",
    "sponsor": "Invitation par un agent",
}
_STOPS: Final = {
    "arrived": "Sur la première page",
    "begun": "Pendant l'identification",
    "identified": "Sans droit obtenu",
    "admitted": "Droit jamais utilisé",
}
_CLASSES: Final = {
    "limits": "Horaires, durée ou volume de la formule",
    "equipment": "Équipement du lieu",
    "messages": "Code, ticket ou invitation",
    "service": "Panne du service",
    "other": "Autre raison",
}
_REASONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("closed", "day_time_used", "month_time_used", "day_volume_used", "ended"),
            *("month_volume_used", "too_many_devices", "used_up", "blocked", "revoked"),
        ),
        "limits",
    ),
    **dict.fromkeys(
        ("rejected", "no-answer", "in-use", "shut-out", "not-set-up", "gateway-silent"),
        "equipment",
    ),
    **dict.fromkeys(
        (
            *("no_messages", "too_many_messages", "sms_gone", "code_over", "openid_over"),
            *("sponsor_refused", "sponsor_cancelled", "sponsor_over"),
        ),
        "messages",
    ),
    "unavailable": "service",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, as it is printed."""

    name: str
    value: str
    detail: str
    """What goes with it; may be empty."""
    method: str
    """How it is made, and what it does not say."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table, as it is printed: the first column is what each row is of."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    method: str
    has_total: bool = True
    """Whether the last row sums up the others."""
    bars: tuple[tuple[str, int], ...] = ()
    """What a picture of it shows, in order: a name and a printed count; none: no picture."""


@dataclass(frozen=True, slots=True)
class Document:
    """A month's report."""

    title: str
    whose: str
    """Whose places."""
    month: str
    figures: tuple[Figure, ...]
    sheets: tuple[Sheet, ...]
    remarks: tuple[str, ...]
    """What holds for all of it."""


@dataclass(frozen=True, slots=True)
class About:
    """What a report is of."""

    month: Month
    whose: str
    """Name of the organisation, or of the territory."""
    is_territory: bool
    least: int


def class_of(reason: str) -> str:
    """Return the class of a reason of refusal."""
    return "equipment" if reason.startswith("controller-") else _REASONS.get(reason, "other")


def describe(figures: Figures, about: About) -> Document:
    """Return the document that says a month's figures."""
    told = _Told(figures, about.least, is_territory=about.is_territory)
    return Document(
        title="Wi-Fi public : rapport mensuel",
        whose=about.whose,
        month=about.month.french,
        figures=tuple(told.figures()),
        sheets=tuple(told.sheets()),
        remarks=_remarks(about.least),
    )


def as_rows(document: Document) -> list[tuple[str, ...]]:
    """Return the document as the rows of a spreadsheet, each figure with its method."""
    rows: list[tuple[str, ...]] = [
        (document.title, document.whose, document.month),
        (),
        ("Chiffre", "Valeur", "Précision", "Méthode"),
        *((one.name, one.value, one.detail, one.method) for one in document.figures),
    ]
    for sheet in document.sheets:
        rows += [(), (sheet.title, sheet.method), sheet.head, *sheet.rows]
    return [*rows, (), *((remark,) for remark in document.remarks)]


def count(number: int) -> str:
    """Return a count as it is written in French: thousands apart."""
    return str(format_decimal(number, locale="fr"))


class _Told:
    """Puts figures into words."""

    def __init__(self, figures: Figures, least: int, *, is_territory: bool) -> None:
        self._all = figures
        self._small = f"< {least}"
        self._is_territory = is_territory
        whole = None if is_territory else next(iter(figures.bodies), None)
        self._of: BodyFigures | Figures = whole or figures

    def cell(self, cell: Cell) -> str:
        if isinstance(cell, Hidden):
            return self._small if cell is Hidden.SMALL else NOT_TOLD
        return count(cell)

    def figures(self) -> Iterable[Figure]:
        found, of = self._all, self._of
        yield Figure(
            "Lieux en service",
            count(found.in_service),
            f"sur {count(found.places)} décrits",
            "Lieux où quelqu'un est venu dans le mois, ou que la supervision a vus fonctionner.",
        )
        yield Figure(
            "Heures d'ouverture",
            _hours(found.open_seconds),
            "pour les lieux en service",
            "Somme des horaires annoncés de chaque lieu en service, jours fériés et fermetures"
            " déduits. Sans horaires, un lieu compte comme toujours ouvert.",
        )
        yield Figure(
            "Arrivées",
            self.cell(of.arrivals.total),
            "",
            "Appareils envoyés sur la première page par le Wi-Fi d'un lieu. Une personne qui"
            " revient compte chaque fois : ce ne sont pas des personnes.",
        )
        yield Figure(
            "En ligne",
            self.cell(of.online.total),
            _share_of(of.online.total, of.arrivals.total, "des arrivées"),
            "Visites qui ont abouti : dans les dix minutes, la page « connecté » s'est affichée"
            " ou le lieu a annoncé une session.",
        )
        accompanied = self._accompanied(of.methods)
        yield Figure(
            "Connexions accompagnées",
            accompanied,
            "",
            "Visites en ligne grâce à un ticket remis par un médiateur ou un agent, ou à"
            " l'invitation d'un agent. L'aide donnée sans ticket n'est pas comptée.",
        )
        yield Figure(
            "Sessions",
            self.cell(of.sessions),
            "",
            "Connexions commencées dans le mois, telles que les équipements les annoncent. Un"
            " appareil reconnu sans passer par la première page y compte aussi.",
        )
        yield Figure(
            "Temps en ligne",
            NOT_TOLD if of.seconds is None else _hours(of.seconds),
            "toutes sessions ensemble",
            "Durée annoncée par les équipements, partagée entre les jours à minuit.",
        )
        yield Figure(
            "Disponibilité",
            _availability(found.availability),
            _unknown_part(found.availability),
            "Part des heures d'ouverture où le lieu n'était pas en panne. Les travaux annoncés ne"
            " comptent pas ; le temps où rien n'est su est dit à part. Un lieu est en panne quand"
            " toutes ses passerelles, ou toutes ses bornes, le sont.",
        )
        yield self._reach()

    def sheets(self) -> Iterable[Sheet]:
        of = self._of
        yield self._stops(of.arrivals, of.online, of.stops)
        yield self._languages(of.arrivals, of.online)
        yield self._parts(
            "Par quel moyen les visites sont allées en ligne",
            ("Moyen", "Visites en ligne"),
            of.methods,
            _METHODS,
            "Le moyen par lequel le droit de naviguer a été obtenu.",
        )
        yield self._parts(
            "Refus, par raison",
            ("Raison", "Refus"),
            of.refusals,
            _CLASSES,
            "Une visite peut être refusée plusieurs fois, puis aboutir. Ce sont des refus, pas des"
            " visites.",
        )
        if self._is_territory:
            yield self._bodies()
        for body in self._all.bodies:
            if body.places:
                yield self._places(body)

    def _accompanied(self, methods: Parts) -> str:
        told = [methods.parts.get(method, 0) for method in _ACCOMPANIED]
        if isinstance(methods.total, Hidden):
            return NOT_TOLD
        known = [cell for cell in told if not isinstance(cell, Hidden)]
        return count(sum(known)) if len(known) == len(told) else NOT_TOLD

    def _reach(self) -> Figure:
        found = self._all.reach
        name = "Habitants à portée"
        method = (
            "Part des habitants (population municipale, Insee) du département ou de"
            " l'intercommunalité qui vivent dans une commune où un lieu est en service. Elle ne dit"
            " rien des distances dans la commune."
        )
        if found is None:
            why = "ni département ni intercommunalité parmi les organismes"
            return Figure(name, UNKNOWN, why, method)
        detail = (
            f"{count(found.communes)} communes sur {count(found.of_communes)} ;"
            f" {count(found.inhabitants)} habitants sur {count(found.of_inhabitants)}"
        )
        return Figure(name, _percent(found.share, 1), detail, method)

    def _stops(self, arrivals: Parts, online: Parts, stops: Parts) -> Sheet:
        rows = [("En ligne", online.total)]
        if not isinstance(stops.total, Hidden):
            rows += [(name, stops.parts.get(step, 0)) for step, name in _STOPS.items()]
        return Sheet(
            "Jusqu'où vont les visites",
            ("Fin de la visite", "Visites"),
            (
                *((name, self.cell(cell)) for name, cell in rows),
                ("Toutes les arrivées", self.cell(arrivals.total)),
            ),
            "La dernière étape atteinte. « Pendant l'identification » : un formulaire a été rempli,"
            " et son code jamais confirmé. Quand peu de visites n'aboutissent pas, leur détail"
            " n'est pas donné.",
            bars=tuple((name, cell) for name, cell in rows if isinstance(cell, int)),
        )

    def _languages(self, arrivals: Parts, online: Parts) -> Sheet:
        names = sorted(
            {*arrivals.parts, *online.parts},
            key=lambda code: (-_size(arrivals.parts.get(code, 0)), code),
        )
        rows = (
            (
                _language(code),
                self.cell(arrivals.parts.get(code, 0)),
                self.cell(online.parts.get(code, 0)),
            )
            for code in names
        )
        return Sheet(
            "Par langue des pages",
            ("Langue", "Arrivées", "En ligne"),
            (*rows, ("Toutes", self.cell(arrivals.total), self.cell(online.total))),
            "La langue du téléphone, ou celle choisie sur la page. Elle ne dit ni l'origine ni la"
            " nationalité.",
        )

    def _parts(
        self,
        title: str,
        head: tuple[str, str],
        parts: Parts,
        names: Mapping[str, str],
        method: str,
    ) -> Sheet:
        ordered = sorted(parts.parts.items(), key=lambda each: (-_size(each[1]), each[0]))
        rows = [(names.get(name, name), self.cell(cell)) for name, cell in ordered]
        if not rows:
            return Sheet(title, head, (("Aucun", count(0)),), method, has_total=False)
        return Sheet(title, head, (*rows, ("Total", self.cell(parts.total))), method)

    def _bodies(self) -> Sheet:
        return Sheet(
            "Par organisme",
            ("Organisme", "Lieux", "Arrivées", "En ligne", "Sessions"),
            tuple(
                (
                    body.name,
                    count(len(body.places)) if _are_named(body) else NOT_TOLD,
                    self.cell(body.arrivals.total),
                    self.cell(body.online.total),
                    self.cell(body.sessions),
                )
                for body in self._all.bodies
            ),
            "Un organisme dont le compte est caché n'entre pas dans les totaux du territoire : son"
            " compte ne peut donc pas en être déduit.",
            has_total=False,
        )

    def _places(self, body: BodyFigures) -> Sheet:
        total = (
            "Tous les lieux",
            _hours(sum(place.open_seconds for place in body.places)),
            self.cell(body.arrivals.total),
            self.cell(body.online.total),
            self.cell(body.sessions),
            NOT_TOLD if body.seconds is None else _hours(body.seconds),
            _availability(joined(place.availability for place in body.places)),
        )
        rows = [self._place(place) for place in body.places]
        are_several = len(rows) > 1
        return Sheet(
            f"Lieux : {body.name}",
            ("Lieu", "Ouvert", "Arrivées", "En ligne", "Sessions", "Temps en ligne", "Disponible"),
            (*rows, total) if are_several else tuple(rows),
            "Les lieux qui ne sont pas sur la carte publique sont comptés ensemble, sans nom.",
            has_total=are_several,
        )

    def _place(self, place: PlaceFigures) -> tuple[str, ...]:
        return (
            "Lieux hors de la carte" if place.name == UNLISTED else place.name,
            _hours(place.open_seconds),
            self.cell(place.arrivals),
            self.cell(place.online),
            self.cell(place.sessions),
            NOT_TOLD if place.seconds is None else _hours(place.seconds),
            _availability(place.availability),
        )


def _are_named(body: BodyFigures) -> bool:
    """Whether each line of an organisation's places is one place."""
    return all(place.name != UNLISTED for place in body.places)


def _remarks(least: int) -> tuple[str, ...]:
    return (
        "Aucun chiffre ne compte des personnes, et personne n'est reconnu d'un jour à l'autre : le"
        " service ne garde, par lieu et par jour, que des comptes.",
        f"Un compte de 1 à {least - 1} est écrit « < {least} » : derrière un petit compte, on"
        " pourrait deviner quelqu'un. Quand une soustraction le ferait retrouver, d'autres comptes"
        f" sont cachés aussi, et écrits « {NOT_TOLD} » (non diffusé). La différence entre arrivées"
        " et visites en ligne n'est pas cachée : elle ne décrit personne.",
        f"« {UNKNOWN.capitalize()} » : il manque de quoi établir ce chiffre.",
        "Jours et mois sont ceux de l'heure de Paris. Un mois paraît trois jours après sa fin,"
        " quand ses chiffres ne bougent plus. Les horaires sont ceux annoncés aujourd'hui ;"
        " l'état des équipements est gardé treize mois.",
    )


def _language(code: str) -> str:
    try:
        name = Locale.parse(code, sep="-").get_language_name("fr")
    except (UnknownLocaleError, ValueError):
        name = None
    return (name or code).capitalize()


def _hours(seconds: float) -> str:
    return f"{count(round(seconds / _HOUR))}\N{NO-BREAK SPACE}h"


def _percent(share: float, decimals: int) -> str:
    """Return a share rounded down, so that what is not whole never reads 100 %."""
    scale = 10**decimals
    told = int(share * 100 * scale + 1e-9) / scale
    written = format_decimal(told, format=f"0.{'0' * decimals}" if decimals else "0", locale="fr")
    return f"{written}\N{NO-BREAK SPACE}%"


def _share_of(part: Cell, whole: Cell, words: str) -> str:
    if isinstance(part, Hidden) or isinstance(whole, Hidden) or not whole:
        return ""
    return f"{_percent(part / whole, 0)} {words}"


def _availability(found: Availability) -> str:
    return UNKNOWN if found.share is None else _percent(found.share, 1)


def _unknown_part(found: Availability) -> str:
    looked_at = found.up_seconds + found.down_seconds + found.unknown_seconds
    if found.share is None or not found.unknown_seconds or not looked_at:
        return ""
    return f"état inconnu {_percent(found.unknown_seconds / looked_at, 1)} du temps"


def _size(cell: Cell) -> int:
    """Return what rows are put in order by: hidden counts come last, and together."""
    return 0 if isinstance(cell, Hidden) else cell

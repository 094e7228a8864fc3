"""What guests are told of their data at one place: from the legal categories and what it keeps.

    the place's methods -> `territory.law.holdings` ┐
    the durations in force -> `territory.law.durations` ┴-> sections of the notice, in words

One table of words for each category and each kind of data; nothing else in the notices is written
by hand, so a method that is enabled or a decree that is entered shows at once. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.guest.wording import Translate
from territory.database.tables.columns import Category
from territory.law.durations import Duration, InjunctionState, Law
from territory.law.holdings import Datum, Holding, kept_by
from territory.vocabulary import IdentificationMethod
from territory.web.problems import N_

HEADINGS: Final[Mapping[Category, str]] = {
    Category.IDENTITY: N_("Qui vous êtes"),
    Category.ACCOUNT: N_("Votre compte"),
    Category.SOURCE: N_("Votre appareil"),
    Category.TRAFFIC: N_("Votre utilisation"),
    Category.SECURITY: N_("La sécurité du réseau"),
    Category.CONSENT: N_("La lettre d'information que vous voulez"),
}
"""What guests call a category."""

STARTS: Final[Mapping[Category, str]] = {
    Category.IDENTITY: N_("la fin de votre compte"),
    Category.ACCOUNT: N_("la fin de votre compte"),
    Category.SOURCE: N_("votre connexion"),
    Category.TRAFFIC: N_("votre connexion"),
    Category.SECURITY: N_("votre connexion"),
    Category.CONSENT: N_("la fin de votre accord"),
}
"""What its time runs from."""

REASONS: Final[Mapping[Category, str]] = {
    Category.IDENTITY: N_("La loi l'impose."),
    Category.ACCOUNT: N_("La loi l'impose."),
    Category.SOURCE: N_("La loi l'impose."),
    Category.TRAFFIC: N_("Un décret l'impose."),
    Category.SECURITY: N_("Nous devons protéger le réseau."),
    Category.CONSENT: N_("Vous avez coché la case."),
}
"""Why it is kept."""
WAITING: Final = N_("Le décret de l'année est attendu. Nous gardons tout jusque-là.")
"""The same for traffic data while nothing is known of an injunction."""
NO_DECREE: Final = N_("Aucun décret ne l'impose. C'est pour protéger le réseau.")
"""The same while it is known that there is none."""
UNKNOWN_END: Final = N_("selon le décret attendu")
"""Until when, while nothing is known of an injunction."""

DATA: Final[Mapping[Datum, str]] = {
    Datum.DEVICE: N_("L'adresse de votre appareil"),
    Datum.ADDRESSES: N_("Les adresses utilisées sur le réseau et sur Internet"),
    Datum.PLACE_AND_DATES: N_("Le lieu et les dates de connexion"),
    Datum.AMOUNTS: N_("La durée et le volume de vos connexions"),
    Datum.OUTCOMES: N_("Les connexions acceptées et refusées"),
    Datum.TICKET: N_("Le numéro de votre ticket, jamais votre nom"),
    Datum.GUEST_NUMBER: N_("Un numéro tiré au sort, à la place de votre nom"),
    Datum.EMAIL: N_("Votre adresse e-mail"),
    Datum.TELEPHONE: N_("Votre numéro de téléphone"),
    Datum.NAME: N_("Votre nom"),
    Datum.CLAIMS: N_("Ce que votre service d'identité dit de vous, quand le lieu le garde"),
    Datum.PROVIDER_NAME: N_("Le numéro que votre service d'identité nous donne"),
    Datum.PASSWORD: N_("De quoi vérifier votre mot de passe, jamais le mot de passe"),
    Datum.PROOF: N_("La date des codes envoyés"),
    Datum.SPONSOR: N_("L'adresse de la personne qui vous invite"),
    Datum.NEWSLETTER: N_("Votre adresse pour la lettre, et la date de votre accord"),
}
"""Each kind of data, as guests read it."""

LOCKED: Final = (
    N_(
        "Ces données sont sous clé."
        " Deux personnes ensemble peuvent les ouvrir, si une autorité prévue par la loi l'écrit."
    ),
    N_("Au jour dit, la clé qui ouvre ces données est détruite."),
)
"""Who can open what is kept, and its end."""

ASKS_NOBODY: Final = N_("Nous ne demandons ni votre nom, ni votre courriel, ni votre téléphone.")
"""Of a place that keeps nothing of who its guests are."""

NEVER: Final = (
    N_("Nous ne gardons ni les sites que vous visitez, ni ce que vous écrivez."),
    N_("Nous ne vous suivons pas d'un site à l'autre."),
    N_("Nous ne vendons ni ne donnons vos données."),
)
"""What is done nowhere."""

BASES: Final = (
    N_("Vous donner Internet est une mission d'intérêt public (RGPD, article 6.1.e)."),
    N_("Garder ce que la loi impose est une obligation légale (RGPD, article 6.1.c)."),
)
"""What allows it."""
BASIS_OF_LETTERS: Final = N_(
    "La lettre demande votre accord. Vous pouvez le reprendre (RGPD, article 6.1.a)."
)
"""The same where an organisation has one."""

RIGHTS: Final = (
    N_("Voir vos données et en prendre une copie (RGPD, article 15)."),
    N_("Les faire corriger (article 16) ou en limiter l'usage (article 18)."),
    N_("Les faire effacer (article 17). Nous gardons celles que la loi impose."),
    N_("Dire non à un usage de vos données (article 21)."),
)
"""What guests may ask."""
ANSWER: Final = (
    N_("Écrivez à l'adresse ci-dessus. Nous répondons en un mois au plus."),
    N_("La réponse ne vous convient pas ? Vous pouvez vous plaindre à la CNIL (www.cnil.fr)."),
)
"""How they ask, and who hears them then."""

_YEAR, _YEARS, _MONTHS = N_("{years} an"), N_("{years} ans"), N_("{months} mois")


@dataclass(frozen=True, slots=True)
class Section:
    """One category in a notice; all are message ids but durations and sources."""

    category: Category
    """Which."""
    heading: str
    """What guests call it."""
    data: tuple[str, ...]
    """What is kept."""
    kept: str
    """How long, in words of the page's language."""
    start: str
    """From what on."""
    reason: str
    """Why."""
    source: str
    """The text it comes from, as the law writes it."""


@dataclass(frozen=True, slots=True)
class FirstLayer:
    """What the first page says already: durations in words."""

    source: str
    """How long the device's address and the dates are kept."""
    identity: str
    """How long who the guest is; empty: the place does not ask."""


def sections(
    methods: Iterable[IdentificationMethod],
    law: Law,
    today: date,
    words: Translate,
    *more: Holding,
) -> list[Section]:
    """Return the notice of a place with these methods, the longest kept first.

    `more`: what some guests agree to there beyond that.
    """
    return [
        Section(
            category=holding.category,
            heading=HEADINGS[holding.category],
            data=tuple(DATA[datum] for datum in holding.data),
            kept=how_long(duration_of(law, holding.category, today), words),
            start=STARTS[holding.category],
            reason=_reason(law, holding.category, today),
            source=law.rules[holding.category].source,
        )
        for holding in (*kept_by(methods), *more)
    ]


def first_layer(
    methods: Iterable[IdentificationMethod], law: Law, today: date, words: Translate
) -> FirstLayer:
    """Return what the first page says of a place with these methods."""
    categories = {holding.category for holding in kept_by(methods)}

    def kept(category: Category) -> str:
        return how_long(duration_of(law, category, today), words) if category in categories else ""

    return FirstLayer(source=kept(Category.SOURCE), identity=kept(Category.IDENTITY))


def duration_of(law: Law, category: Category, today: date) -> Duration:
    """Return how long data of a category recorded today are kept, at most."""
    rule = law.rules[category]
    short = rule.kept_without_injunction
    if short is None or law.injunction(today)[0] is not InjunctionState.ENDED:
        return rule.kept
    return short


def how_long(duration: Duration, words: Translate) -> str:
    """Return a duration in words: `1 an`, `3 mois`."""
    years, months = divmod(duration.months, 12)
    if months:
        return words(_MONTHS).format(months=duration.months)
    return words(_YEAR if years == 1 else _YEARS).format(years=years)


def _reason(law: Law, category: Category, today: date) -> str:
    if law.rules[category].kept_without_injunction is None:
        return REASONS[category]
    match law.injunction(today)[0]:
        case InjunctionState.IN_FORCE:
            return REASONS[category]
        case InjunctionState.ENDED:
            return NO_DECREE
        case InjunctionState.UNKNOWN:
            return WAITING

"""What every paper is written from: who answers, which places, the law, the settings. Values only.

    territory's description, settings, `territory.law`, columns of the tables
      -> `Facts` -> record.py, assessment.py, notice.py, procedure.py -> `Document`

A fact that is not known stays unknown here: the papers name it, `socle doctor` too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from portal.places import Organisation, publisher_of
from territory.law.durations import InjunctionState, Law
from territory.law.grounds import Grounds
from territory.law.holdings import asks_who
from territory.openid_providers import read_providers
from territory.settings import Settings
from territory.settings.evidence import AuthoritiesSettings
from territory.vocabulary import IdentificationMethod, PlaceType

FEWEST_CUSTODIANS = 2
"""With fewer, nothing is sealed and nothing can be answered."""
_NOBODY = AuthoritiesSettings()
DPO = "le délégué à la protection des données"
CONTROLLER = "le responsable du traitement"


@dataclass(frozen=True, slots=True)
class Body:
    """An organisation with its code."""

    code: str
    organisation: Organisation

    @property
    def name(self) -> str:
        """As guests read it."""
        return self.organisation.name


@dataclass(frozen=True, slots=True)
class Spot:
    """A place, as far as the papers speak of it."""

    code: str
    name: str
    organisation: str
    """Code of who answers for it."""
    place_type: PlaceType
    methods: tuple[IdentificationMethod, ...]
    """How its guests may identify themselves."""
    counts_for_wifi4eu: bool = False
    """Whether its first page loads the Commission's counter."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the settings say that papers repeat."""

    authorities: AuthoritiesSettings = _NOBODY
    public_url: str = ""
    """Where the portal is, without a final slash; empty: not said."""
    sends_mail: bool = False
    sms_provider: str = ""
    """Empty: text messages are off."""
    providers: tuple[str, ...] = ()
    """Names of the identity providers."""
    least_count: int = 11
    """The smallest count of visits that is shown."""
    audit_months: int = 12
    """How long the audit log is kept."""
    counted_years: int = 5
    """How long daily counts are kept; no person is in them."""


NOTHING_SET = Circumstances()
"""Nobody is named, nothing is sent."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it, on one day."""

    bodies: tuple[Body, ...]
    """In the order of their codes."""
    spots: tuple[Spot, ...]
    law: Law
    today: date
    custodians: int
    """How many have given their key."""
    grounds: Grounds
    """What an authority may rely on."""
    circumstances: Circumstances = NOTHING_SET

    @property
    def publisher(self) -> Organisation | None:
        """Who answers for the base itself."""
        return publisher_of([body.organisation for body in self.bodies])

    @property
    def territory(self) -> str:
        """Whose papers these are, in words."""
        return self.publisher.name if self.publisher else "Territoire sans organisme"

    @property
    def methods(self) -> tuple[IdentificationMethod, ...]:
        """Every method that any place offers."""
        offered = {method for spot in self.spots for method in spot.methods}
        return tuple(method for method in IdentificationMethod if method in offered)

    def of(self, body: Body) -> tuple[Spot, ...]:
        """Return the places that an organisation answers for."""
        return tuple(spot for spot in self.spots if spot.organisation == body.code)


@dataclass(frozen=True, slots=True)
class Gap:
    """A fact that a paper needs and nobody has given."""

    about: str
    """What it is about, as the doctor names it: a setting, a key of territory.yaml."""
    french: str
    """What misses, in the papers' words."""
    english: str
    """The same with what to do, for `socle doctor`."""


def circumstances_of(settings: Settings) -> Circumstances:
    """Return what the settings say.

    Raises:
        ConfigurationError: an identity provider cannot be used as it is described.
    """
    return Circumstances(
        authorities=settings.authorities,
        public_url=settings.portal.public_url,
        sends_mail=settings.mail.is_on,
        sms_provider=settings.sms.provider or "",
        providers=tuple(each.name for each in read_providers(settings).values()),
        least_count=settings.indicators.least,
        audit_months=settings.retention.audit_months,
        counted_years=settings.indicators.kept_years,
    )


def gaps_of_settings(told: Circumstances) -> Iterator[Gap]:
    """Give what the settings leave out."""
    if not told.authorities.is_known:
        yield Gap(
            "authorities",
            "Aucun contact n'est donné pour les réquisitions (réglages, section authorities).",
            "nobody is named for requisitions (CPCE L34-1 II): set service, and mail or phone",
        )


def gaps_of_territory(facts: Facts) -> Iterator[Gap]:
    """Give what the territory's description and the law's data leave out."""
    if facts.custodians < FEWEST_CUSTODIANS:
        yield Gap(
            "custodians",
            "Moins de deux dépositaires ont remis leur clé : rien ne peut être scellé ni répondu.",
            "fewer than two custodians have a key: `socle custodian keygen`, then territory.yaml",
        )
    if not facts.bodies:
        yield Gap(
            "organisations",
            "Aucun organisme n'est décrit.",
            "none is described: `socle apply territory.yaml`",
        )
    without = [body.name for body in facts.bodies if not body.organisation.dpo_email]
    if without:
        names = ", ".join(without)
        yield Gap(
            "organisations.dpo",
            f"Délégué à la protection des données inconnu : {names} (RGPD art. 37.1.a).",
            f"no data protection officer (GDPR 37.1.a): {names}; key `dpo` of each",
        )
    untold = [body.name for body in facts.bodies if not body.organisation.contract]
    if untold:
        names = ", ".join(untold)
        yield Gap(
            "organisations.contract",
            f"Rôle et compétence inconnus : {names} (RGPD art. 26 et 28).",
            f"neither role nor competence told (GDPR 26, 28): {names}; key `contract` of each",
        )
    if facts.law.injunction(facts.today)[0] is InjunctionState.UNKNOWN:
        yield Gap(
            "law.injunction",
            "Aucune décision n'est enregistrée sur l'injonction de l'année (CPCE L34-1 III).",
            "no decision is recorded on this year's injunction (CPCE L34-1 III): law.toml",
        )


def asks_anywhere(facts: Facts) -> bool:
    """Whether any place makes the base keep who its guests are."""
    return asks_who(facts.methods)

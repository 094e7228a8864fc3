"""What several papers say alike: who answers, how long, who else is told, what protects. Pure.

Each part is written once, so that no two papers can say different things.
"""

from collections.abc import Collection, Iterator
from typing import Final

from portal.papers.durations import injunction, kept
from portal.papers.facts import CONTROLLER, DPO, Body, Circumstances, Facts, Spot
from portal.papers.measures import MEASURES
from territory.database.tables import Category
from territory.law.durations import InjunctionState
from territory.paper.document import Blank, Block, Section, Table, Words
from territory.vocabulary import ContractRole, IdentificationMethod

UNKNOWN: Final = "non renseigné"
_BY_MAIL: Final = {
    IdentificationMethod.EMAIL_CODE,
    IdentificationMethod.ACCOUNT,
    IdentificationMethod.SPONSOR,
}
ROLES: Final = {
    ContractRole.CONTROLLER: "responsable du traitement ; {} agit pour son compte (RGPD art. 28)",
    ContractRole.JOINT: "responsable du traitement conjointement avec {} (RGPD art. 26)",
    ContractRole.PROCESSOR: "agit pour le compte de {}, responsable du traitement (RGPD art. 28)",
}
"""What an organisation is to who holds the base."""
_NO_CONTRACT: Final = (
    "Son rôle envers celui qui tient la base (RGPD art. 26 ou 28), et ce qui lui donne compétence"
    " pour offrir le Wi-Fi (clé contract de l'organisme, dans territory.yaml)."
)
_NO_DPO: Final = "Adresse de son délégué (clé dpo de l'organisme, dans territory.yaml)."


def answerers(facts: Facts) -> Section:
    """Return who answers for the data, each organisation with its places."""
    rows = tuple(
        (
            body.name,
            body.organisation.siren or UNKNOWN,
            body.organisation.contact_email,
            body.organisation.dpo_email or UNKNOWN,
            str(len(facts.of(body))),
        )
        for body in facts.bodies
    )
    head = ("Organisme", "SIREN", "Contact", "Délégué (DPO)", "Lieux")
    return Section(
        "Qui répond de ces données",
        (
            Words(
                "Chaque organisme répond des données de ses lieux."
                f" La base est tenue pour tous par : {facts.territory}."
            ),
            Table("Organismes", head, rows),
            *(dpo_blank(body) for body in facts.bodies if not body.organisation.dpo_email),
            *_contracts(facts),
        ),
    )


def _contracts(facts: Facts) -> Iterator[Block]:
    """Give who decides between each organisation and who holds the base, and what is not told."""
    rows = tuple(
        (body.name, role_of(facts, body), told.competence_basis, f"{told.since:%d/%m/%Y}")
        for body in facts.bodies
        if (told := body.organisation.contract)
    )
    if rows:
        head = ("Organisme", "Rôle", "Ce qui lui donne compétence", "Depuis")
        yield Table("Rôles et compétences", head, rows)
    for body in facts.bodies:
        if not body.organisation.contract:
            yield Blank(f"l'organisme « {body.name} »", _NO_CONTRACT)


def role_of(facts: Facts, body: Body) -> str:
    """Return what an organisation is for its guests' data, in words; empty: nobody told."""
    told = body.organisation.contract
    if told is None:
        return ""
    if facts.publisher == body.organisation and told.role is ContractRole.CONTROLLER:
        return "responsable du traitement ; il tient la base lui-même"
    return ROLES[told.role].format(facts.territory)


def dpo_blank(body: Body) -> Blank:
    """Return the line for an organisation whose DPO nobody has named."""
    return Blank(f"l'organisme « {body.name} »", _NO_DPO)


def durations(facts: Facts) -> Section:
    """Return how long each category is kept, and which text says so."""
    told = [kept(facts, category) for category in facts.law.rules]
    rows = tuple((one.name.capitalize(), one.words, one.source) for one in told)
    blocks: list[Block] = [
        Table("Durées", ("Catégorie", "Gardée au plus", "Texte"), rows),
        Words(injunction(facts)),
    ]
    if facts.law.injunction(facts.today)[0] is InjunctionState.UNKNOWN:
        what = "Le décret de l'année, ou le constat qu'il n'y en a pas (fichier law.toml)."
        blocks.append(Blank(DPO, what))
    if Category.STAFF not in facts.law.rules:
        what = "Combien de temps un compte d'opérateur fermé est gardé : aucun texte ne le fixe."
        blocks.append(Blank(CONTROLLER, what))
    return Section("Combien de temps", tuple(blocks))


def processors(facts: Facts) -> Section:
    """Return who else is given something of a guest, as the settings say."""
    rows = tuple(outsiders(facts.circumstances, facts.methods, facts.spots))
    none = Words("Aucun service extérieur ne reçoit de données : ni courriel, ni SMS, ni identité.")
    head = ("Service", "Ce qu'il reçoit", "Pour")
    return Section(
        "Qui d'autre reçoit quelque chose",
        (
            Table("Services extérieurs", head, rows) if rows else none,
            Blank(
                CONTROLLER,
                "Nom et pays de l'hébergeur et de chaque service extérieur, contrat (RGPD art. 28),"
                " et garanties si des données sortent de l'Union (art. 44 à 49).",
            ),
        ),
    )


def outsiders(
    told: Circumstances, methods: Collection[IdentificationMethod], spots: Collection[Spot]
) -> Iterator[tuple[str, str, str]]:
    """Give who is told what of the guests of these places, and what for."""
    if told.sends_mail and _BY_MAIL.intersection(methods):
        yield "Relais de courriel", "une adresse de courriel", "porter un code ou une invitation"
    if told.sms_provider and IdentificationMethod.SMS_CODE in methods:
        yield f"Service de SMS ({told.sms_provider})", "un numéro de téléphone", "porter un code"
    if IdentificationMethod.OPENID_CONNECT in methods:
        for name in told.providers:
            yield name, "le fait qu'une personne s'identifie ici", "dire qui elle est"
    if any(spot.counts_for_wifi4eu for spot in spots):
        yield (
            "Commission européenne (WiFi4EU)",
            "l'adresse sous laquelle un lieu financé sort sur Internet",
            "compter ses visites",
        )


def measures() -> Table:
    """Return what protects the data."""
    return Table("Mesures en place", ("Mesure", "Ce qui est fait"), MEASURES)

"""The procedure for requisitions (CPCE L34-1 II): from the counter of a town hall to the answer.

What an act must hold, who may ask for what and how soon an answer is due are the desk's own data
(`territory.law.grounds`), what can be asked for is the law's (`territory.law`), whom to call is the
settings': the procedure changes with them, and its version with it.
"""

from typing import Final

from portal.papers.durations import kept
from portal.papers.facts import CONTROLLER, Facts
from territory.database.tables import Category
from territory.law.grounds import Confidence, Domain, Ground, Magistrate
from territory.paper.document import Blank, Block, Document, Items, Section, Table, Words

TITLE: Final = "Procédure pour les réquisitions"
_COUNTER: Final = (
    "Lisez l'acte : il doit être écrit. Sans acte, ne donnez rien, même au téléphone.",
    "Notez le nom, le service et le numéro de qui demande. Gardez une copie de l'acte.",
    "Dans la console, « Un gendarme est venu » : joignez l'acte, et remettez le reçu.",
    "Appelez le contact ci-dessus si l'acte parle d'une vie en danger ou d'une urgence.",
    "Dites que la réponse viendra du guichet. Vous ne la verrez pas : c'est normal.",
)
_GIVE: Final = (
    "Le reçu de la transmission, avec son numéro.",
    "Le contact ci-dessus.",
    "Le nom du lieu, son adresse et ses horaires : ils sont publics.",
)
_NEVER_GIVE: Final = (
    "Une réponse orale, même « il n'y a rien » : cela aussi est une réponse, écrite et signée.",
    "La passerelle, la borne, l'ordinateur de l'accueil, ou leurs mots de passe.",
    "Une capture d'écran, une liste d'appareils, un journal de la passerelle.",
    "Le nom d'une personne que vous avez vue : ce serait un témoignage, qui se fait autrement.",
    "Ce qui n'est pas écrit dans l'acte, et les sites consultés : ils ne sont gardés nulle part.",
)
_ACT: Final = (
    "L'autorité, le nom, le grade et l'unité de l'agent ; le magistrat si le texte en veut un.",
    "Le numéro de procédure, la date, le texte sur lequel l'acte repose.",
    "Pour des données de source ou de trafic : le cas de l'article 60-1-2 du CPP.",
    "Ce qui est cherché : une adresse publique, son port, l'instant et son fuseau ; un appareil ;"
    " une personne ; ou un lieu et un intervalle.",
    "Les données demandées, et la date voulue de la réponse.",
)
_DESK: Final = (
    "Un dépositaire inscrit l'acte au registre numéroté, avec sa date d'arrivée et son échéance.",
    "Le guichet vérifie le texte, le cas et l'étendue. S'il manque quelque chose, la demande est"
    " suspendue et une lettre à l'autorité est préparée ; deux dépositaires peuvent passer outre,"
    " par écrit.",
    "Le dossier est préparé : il ne contient que les journées et les catégories demandées.",
    "Le premier dépositaire ouvre l'enveloppe extérieure sur son poste ; le second ouvre"
    " l'intérieure, relit la réponse et la signe.",
    "La réponse est remise à l'autorité, avec ses empreintes et la preuve de l'archive. Elle est"
    " notée au registre, et les fichiers sont effacés des postes.",
)
_TO_CONFIRM: Final = " (texte à confirmer par le conseil)"
_MAGISTRATES: Final = {
    Magistrate.NONE: "non",
    Magistrate.AUTHORISES: "autorisation à nommer",
    Magistrate.MANDATES: "commission rogatoire",
}


def write_procedure(facts: Facts) -> Document:
    """Return the procedure, as it stands today."""
    return Document(
        title=TITLE,
        whose=facts.territory,
        about=(
            "Ce que fait chacun quand une autorité demande des données du Wi-Fi public"
            " (CPCE L34-1 II). À garder à l'accueil de chaque lieu et au guichet."
        ),
        sections=(
            Section("Qui joindre", _contact(facts)),
            Section("À l'accueil d'un lieu", (Items(_COUNTER, are_steps=True),)),
            Section("Ce que l'on remet", (Items((*_GIVE, _page(facts))),)),
            Section("Ce que l'on ne donne jamais", (Items(_NEVER_GIVE),)),
            Section("Ce que l'acte doit dire", (Items(_ACT), _cases(facts))),
            Section("Ce qui peut être demandé", (_data(facts),)),
            Section("Au guichet des réquisitions", (Items(_DESK, are_steps=True), _delays(facts))),
            Section("Les textes, et ce que chacun permet", (_grounds(facts),)),
        ),
    )


def _page(facts: Facts) -> str:
    where = facts.circumstances.public_url
    return f"La page publique pour les autorités : {where}/autorites."


def _contact(facts: Facts) -> tuple[Block, ...]:
    told = facts.circumstances.authorities
    rows = (
        ("Service", told.service),
        ("Téléphone", told.phone),
        ("Courriel", told.mail),
        ("Horaires", told.hours),
        ("Astreinte, hors de ces horaires", told.on_call),
    )
    known = tuple(row for row in rows if row[1])
    blocks: list[Block] = []
    if known:
        blocks.append(Table("Contact pour les autorités", ("Qui", "Où"), known))
    if not told.is_known:
        blocks.append(Blank(CONTROLLER, "Le service à joindre et son numéro ou son adresse."))
    if not told.on_call:
        blocks.append(Blank(CONTROLLER, "Qui répond la nuit et le week-end quand une vie presse."))
    return tuple(blocks)


def _cases(facts: Facts) -> Table:
    rows = tuple((each.source, each.french) for each in facts.grounds.conditions)
    return Table("Les cas de l'article 60-1-2 du CPP", ("Texte", "Cas"), rows)


def _data(facts: Facts) -> Table:
    asked = (Category.SOURCE, Category.TRAFFIC, Category.ACCOUNT, Category.IDENTITY)
    words = {
        Category.SOURCE: "quel appareil avait une adresse publique, un port, à un instant ; où",
        Category.TRAFFIC: "durée, volume et fin d'une session",
        Category.ACCOUNT: "le compte ou le contact utilisé",
        Category.IDENTITY: "l'identité, dans les seuls lieux qui la demandent",
    }
    rows = tuple(
        (told.name.capitalize(), words[category], told.words)
        for category in asked
        for told in [kept(facts, category)]
    )
    return Table("Données gardées", ("Catégorie", "Ce qu'elle dit", "Gardée au plus"), rows)


def _delays(facts: Facts) -> Words:
    told = facts.grounds.delays
    hours = int(told.urgent.total_seconds()) // 3600
    return Words(
        "Sans date dans l'acte, le territoire se donne"
        f" {told.ordinary.days} jours pour répondre, {hours} heures si c'est urgent."
    )


def _grounds(facts: Facts) -> Table:
    rows = tuple(
        _ground(facts, each) for each in facts.grounds.grounds if each.applies_on(facts.today)
    )
    head = ("Texte", "Pour quoi", "Ce qu'il permet", "Magistrat")
    return Table("Textes en vigueur", head, rows)


def _ground(facts: Facts, ground: Ground) -> tuple[str, str, str, str]:
    names = [kept(facts, one).name for one in Category if one in ground.categories]
    who = _MAGISTRATES[ground.magistrate] if ground.domain is Domain.JUDICIAL else ""
    return (
        ground.article,
        ground.french + (_TO_CONFIRM if ground.confidence is Confidence.TO_CONFIRM else ""),
        ", ".join(names) or "garder, sans remettre",
        who or "selon le texte",
    )

"""A draft of the impact assessment (GDPR art. 35), in the order of the CNIL's method.

What the base knows is filled in: what is done, with which data, how long, what protects them. What
only people can judge (gravity, likelihood, opinions, decision) is left to them, by name.
"""

from collections import Counter
from typing import Final

from portal.console.identification import NAMES
from portal.guest.notice import DATA
from portal.guest.wording import PLACE_TYPES
from portal.papers.activities import PURPOSES
from portal.papers.durations import injunction
from portal.papers.facts import CONTROLLER, DPO, Facts, asks_anywhere
from portal.papers.parts import answerers, durations, measures, processors
from territory.law.holdings import ADDED
from territory.paper.document import Blank, Block, Document, Items, Section, Table, Words
from territory.vocabulary import IdentificationMethod, PlaceType

TITLE: Final = "Analyse d'impact (brouillon)"
VULNERABLE: Final = {PlaceType.ACTION_SOCIALE, PlaceType.MAISON_DE_SANTE, PlaceType.CRECHE}
"""Places whose very name says something of who goes there."""
_RISKS: Final = (
    (
        "Accès illégitime aux données",
        "Vol du serveur ou d'une sauvegarde, opérateur curieux, clé perdue, demande sans droit.",
        "Apprendre où une personne était, et quand ; la deviner malade ou aidée d'après le lieu.",
        "Scellement à deux clés, séparation, journal d'audit, vérification de chaque réquisition.",
    ),
    (
        "Modification non désirée",
        "Erreur, intrusion, fausse passerelle, horloge déréglée.",
        "Mettre un innocent en cause ; rendre une preuve sans valeur.",
        "Manifestes signés et chaînés, vérifiables sans nous ; RADIUS signé ; horloge surveillée ;"
        " une réponse ambiguë cite tous les appareils possibles.",
    ),
    (
        "Disparition des données",
        "Panne de disque, effacement trop tôt, clés perdues, injonction ignorée.",
        "Ne pas pouvoir aider une victime ; manquer à une obligation (CPCE L39-3).",
        "Reprise après arrêt brutal ; deux clés par dépositaire ; alerte avant toute perte ; essais"
        " d'ouverture réguliers.",
    ),
    (
        "Conservation trop longue",
        "Effacement qui échoue, copie oubliée, sauvegarde trop ancienne.",
        "Rester suivi au-delà de ce que la loi permet ; même peine que l'effacement trop tôt.",
        "Destruction de la clé au jour dit, certificat, alerte si un effacement est en retard ; le"
        " registre des clés n'entre dans aucune sauvegarde longue.",
    ),
    (
        "Reconnaître une personne dans des chiffres",
        "Statistiques d'un lieu peu fréquenté, adresse d'appareil stable.",
        "Deviner la présence d'une personne.",
        "Comptes par lieu et par jour, petits comptes masqués ; aucune écoute des appareils qui ne"
        " se connectent pas.",
    ),
)


def write_assessment(facts: Facts) -> Document:
    """Return the draft for the whole base."""
    return Document(
        title=TITLE,
        whose=facts.territory,
        about=(
            "Brouillon d'analyse d'impact relative à la protection des données (RGPD art. 35)."
            " Ce que la base sait est écrit ; ce qui se juge est laissé aux personnes nommées."
        ),
        sections=(
            Section("Ce qui est fait, et pour qui", _context(facts)),
            answerers(facts),
            Section("Nécessité et proportion", _proportion(facts)),
            durations(facts),
            processors(facts),
            Section("Mesures", (measures(),)),
            *(_risk(*risk) for risk in _RISKS),
            Section("Avis et décision", _decision()),
        ),
    )


def _context(facts: Facts) -> tuple[Block, ...]:
    rows = tuple((said.title, said.purpose, said.basis) for said in PURPOSES.values())
    kinds = Counter(spot.place_type for spot in facts.spots)
    places = tuple(
        (PLACE_TYPES.get(kind, "Autre"), str(kinds[kind])) for kind in PlaceType if kinds[kind]
    )
    blocks: list[Block] = [
        Words(
            f"Un Wi-Fi public gratuit est offert dans {_many(len(facts.spots), 'lieu', 'x')},"
            f" pour {_many(len(facts.bodies), 'organisme', 's')}. Le suivi est régulier,"
            " à l'échelle d'un territoire, et dit où un appareil se trouve : l'analyse s'impose."
        ),
        Table("Ce que servent les données", ("Traitement", "Finalité", "Base légale"), rows),
    ]
    if places:
        blocks.append(Table("Lieux", ("Sorte de lieu", "Nombre"), places))
    if any(kinds[kind] for kind in VULNERABLE):
        blocks.append(
            Words(
                "Des lieux d'aide sociale, de santé ou d'enfance en font partie : y être vu dit"
                " quelque chose de la personne. Un tel lieu peut rester hors de la carte publique."
            )
        )
    blocks.append(Blank(CONTROLLER, "Nombre d'usagers attendus par mois, et publics particuliers."))
    return tuple(blocks)


def _many(count: int, noun: str, plural: str) -> str:
    return f"{count} {noun}{plural if count > 1 else ''}"


def _proportion(facts: Facts) -> tuple[Block, ...]:
    rows = tuple((NAMES[method], _adds(method), _uses(facts, method)) for method in facts.methods)
    asked = (
        "Des lieux demandent qui est l'usager : son identité est alors gardée cinq ans et plus"
        if asks_anywhere(facts)
        else "Aucun lieu ne demande qui est l'usager"
    )
    return (
        Items(
            (
                "Le service ne demande pas d'identité par défaut : la loi ne l'impose pas.",
                f"{asked}.",
                "Ni les sites visités, ni les échanges ne sont gardés, ni lus.",
                injunction(facts),
            )
        ),
        Table("Moyens proposés", ("Moyen", "Fait garder en plus", "Lieux"), rows),
        Blank(DPO, "Le choix de chaque moyen est-il nécessaire dans les lieux qui le proposent ?"),
    )


def _adds(method: IdentificationMethod) -> str:
    data = [DATA[datum] for holding in ADDED[method] for datum in holding.data]
    return "\n".join(data) or "rien"


def _uses(facts: Facts, method: IdentificationMethod) -> str:
    return str(sum(method in spot.methods for spot in facts.spots))


def _risk(name: str, sources: str, impacts: str, reduced_by: str) -> Section:
    rows = (
        ("D'où il vient", sources),
        ("Ce qu'il ferait", impacts),
        ("Ce qui l'évite", reduced_by),
    )
    return Section(
        f"Risque : {name.lower()}",
        (
            Table("Le risque", ("Rubrique", "Contenu"), rows),
            Blank(
                f"{CONTROLLER} avec {DPO}",
                "Gravité et vraisemblance (négligeable, limitée, importante, maximale), avant et"
                " après ces mesures ; ce qu'il reste à faire, par qui, pour quand.",
            ),
        ),
    )


def _decision() -> tuple[Block, ...]:
    return (
        Blank(DPO, "Avis, date."),
        Blank(CONTROLLER, "Avis des usagers ou de leurs représentants, ou pourquoi aucun."),
        Blank(CONTROLLER, "Décision, date, signature ; date de la prochaine révision."),
    )

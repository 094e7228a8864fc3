"""Where personal data lie: every table that holds some, in the words of the papers, by category.

The columns themselves say what they carry (`territory.database.tables.columns`): a table without
words here fails a test, so that nothing new is kept without a line in the record of processing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from territory.database.tables import Category, metadata

PERSONAL: Final = frozenset(Category) - {Category.REFERENCE, Category.OPERATION}
"""The categories that are about persons."""

TABLES: Final[Mapping[str, str]] = {
    "account.account": "comptes : numéro opaque, de quoi vérifier le mot de passe, dates",
    "account.contact": "adresses et numéros prouvés : empreinte et dates, jamais en clair",
    "archive.approval": "décisions prises à deux dépositaires : par qui, pourquoi, quand",
    "archive.case": "dossiers de réquisition : question posée, scellés joints, dates",
    "archive.hold": "conservations demandées par une autorité : qui, quoi, jusqu'à quand",
    "archive.key_ceremony": "exercices et renouvellements de clés : quels dépositaires, quand",
    "archive.requisition": "registre des réquisitions : autorité, acte, question, échéance",
    "archive.requisition_step": "étapes de chaque réquisition : ce qui fut fait, par qui, quand",
    "audit.anchor": "début du journal d'audit, ses plus vieilles lignes effacées",
    "audit.entry": "gestes sur des données personnelles : qui, quoi, quand",
    "consent.newsletter": "accords pour une lettre : adresse sous clé, mots montrés, dates",
    "identity.contact": "adresse de courriel ou numéro de téléphone, sous clé",
    "identity.person": "identité civile, là où un lieu la garde, sous clé",
    "live.admission": "autorisations d'aller en ligne : lieu, formule, moyen, dates",
    "live.binding": "appareil de chaque autorisation",
    "live.block": "appareils, tickets et comptes écartés : motif, auteur, fin",
    "live.challenge": "codes envoyés et attendus : appareil, adresse ou numéro sous clé",
    "live.counted_session": "temps et volume déjà comptés de chaque session",
    "live.guess": "essais de codes faux : empreinte de qui essaie",
    "live.guest_day": "temps et volume d'un usager par jour, pour les formules limitées",
    "live.incident": "incidents : quel opérateur s'en occupe",
    "live.invitation": "invitations à faire un compte : adresse sous clé, auteur",
    "live.message_budget": "nombre de messages par numéro ou adresse : empreinte",
    "live.openid_request": "passages chez un service d'identité, effacés dans l'heure",
    "live.sealed_use": "temps et volume d'une autorisation, de ses sessions déjà scellées",
    "live.session": "sessions des jours ouverts : appareil, adresses, heures, volume",
    "live.set_aside": "enregistrements refusés par la base, à relire",
    "live.sponsor_request": "demandes d'accueil : ce que la personne dit d'elle, hôte, sous clé",
    "live.ticket": "tickets : date de la première utilisation",
    "live.ticket_device": "appareils en ligne avec un ticket",
    "live.ticket_sheet": "feuilles de tickets : quel opérateur les a faites",
    "live.transmission": "actes transmis par un accueil : acte sous clé, agent, reçu",
    "live.waiting": "appareils que leur passerelle va laisser passer, pour quelques minutes",
    "security.authentication": "connexions acceptées ou refusées : appareil, lieu, motif",
    "source.carried_session": "sessions qui durent au-delà d'une journée scellée",
    "source.event": "qui avait quelle adresse, et quand",
    "source.site_public_address": "adresse publique de chaque lieu, de telle date à telle date",
    "source.translation": "adresse publique et ports d'un appareil, dits par la passerelle",
    "staff.operator": "opérateurs : adresse professionnelle, nom, rôle, clés publiques",
    "staff.second_factor": "second facteur des opérateurs : secret sous clé, essais",
    "staff.sign_in": "sessions ouvertes par les opérateurs",
    "staff.sign_in_link": "liens qui ouvrent une session une fois",
    "staff.wall_link": "liens des écrans muraux : qui les a faits",
    "territory.injunction": "décisions sur les injonctions : qui les a prises et inscrites",
    "territory.maintenance": "travaux annoncés : par quel opérateur",
    "traffic.event": "durée, volume et fin de chaque session",
}
"""What each table holds of persons."""


@dataclass(frozen=True, slots=True)
class Held:
    """The columns of one table that carry one category."""

    table: str
    """With its schema."""
    category: Category
    columns: tuple[str, ...]

    @property
    def schema(self) -> str:
        """The legal category's own place in the database."""
        return self.table.partition(".")[0]

    @property
    def words(self) -> str:
        """What the table holds; its name where nothing is said of it."""
        return TABLES.get(self.table, self.table)


def held() -> Iterator[Held]:
    """Give every personal column, by table and category, in the order of their names."""
    for table in sorted(metadata.tables.values(), key=lambda table: table.fullname):
        for category in Category:
            columns = [c.name for c in table.columns if c.info["category"] is category]
            if columns and category in PERSONAL:
                yield Held(table.fullname, category, tuple(columns))

"""The record of processing activities (GDPR art. 30): one sheet an activity, from the columns.

Every personal column is in it, with its category and its duration; the annex names them one by one.
"""

from collections.abc import Iterable

from portal.papers.activities import PURPOSES, Activity, activity_of, parts_of
from portal.papers.durations import Kept, kept_part
from portal.papers.facts import Facts
from portal.papers.parts import answerers, durations, measures, processors
from portal.papers.tables import Held, held
from territory.paper.document import Block, Document, Section, Table, Words

TITLE = "Registre des traitements"
_NOBODY_WRITES = "Aucun organisme ne propose de lettre aujourd'hui."


def write_record(facts: Facts) -> Document:
    """Return the record of the whole base."""
    return Document(
        title=TITLE,
        whose=facts.territory,
        about=(
            "Registre des activités de traitement du Wi-Fi public (RGPD art. 30), écrit à partir"
            " des colonnes de la base, des durées qui commandent l'effacement et des réglages."
        ),
        sections=(
            answerers(facts),
            *(_sheet(facts, activity) for activity in Activity),
            _statistics(facts),
            durations(facts),
            processors(facts),
            Section("Mesures de sécurité", (measures(),)),
            _annex(facts),
        ),
    )


def _sheet(facts: Facts, activity: Activity) -> Section:
    said = PURPOSES[activity]
    sheet = (
        ("Finalité", said.purpose),
        ("Base légale", said.basis),
        ("Personnes", said.people),
        ("Destinataires", said.recipients),
    )
    blocks: list[Block] = [
        Table("Fiche", ("Rubrique", "Contenu"), sheet),
        _data(facts, parts_of(activity)),
    ]
    if activity is Activity.NEWSLETTER and not any(b.organisation.newsletter for b in facts.bodies):
        blocks.append(Words(_NOBODY_WRITES))
    return Section(said.title, tuple(blocks))


def _data(facts: Facts, parts: Iterable[Held]) -> Table:
    """Return what is kept, a row for each category."""
    rows: dict[Kept, list[str]] = {}
    for part in parts:
        rows.setdefault(kept_part(facts, part), []).append(part.words)
    head = ("Catégorie", "Ce qui est gardé", "Gardé au plus")
    told = ((kept.name.capitalize(), "\n".join(words), kept.words) for kept, words in rows.items())
    return Table("Données", head, tuple(told))


def _statistics(facts: Facts) -> Section:
    told = facts.circumstances
    return Section(
        "Compter, sans personne",
        (
            Words(
                "Arrivées, sessions et disponibilité sont comptées par lieu et par jour. Aucune"
                f" personne n'y est ; un compte inférieur à {told.least_count} n'est pas montré."
                f" Ces comptes sont gardés {told.counted_years} ans (mission d'intérêt public,"
                " RGPD art. 6.1.e)."
            ),
        ),
    )


def _annex(facts: Facts) -> Section:
    """Return every personal column, a table for each category."""
    rows: dict[Kept, list[tuple[str, str, str]]] = {}
    for part in held():
        row = (part.table, ", ".join(part.columns), PURPOSES[activity_of(part)].title)
        rows.setdefault(kept_part(facts, part), []).append(row)
    head = ("Table", "Colonnes", "Sert à")
    tables = (
        Table(f"{kept.name.capitalize()} : {kept.words}", head, tuple(each))
        for kept, each in rows.items()
    )
    return Section("Annexe : où sont ces données, colonne par colonne", tuple(tables))

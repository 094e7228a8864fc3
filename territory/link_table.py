"""The matrix of links as the technicians' guide has it (docs/gateways/liens.md). Pure.

A test holds the page equal to this; to write it anew:
`python -c "from territory.link_table import markdown; print(markdown(), end='')"`.
"""

from collections.abc import Iterator

from territory.gateway_dialects import Evidence
from territory.link_matrix import Cell, Row, Works, matrix
from territory.vocabulary import Link

LINK_NAMES = {
    Link.TUNNEL: "Tunnel",
    Link.RADSEC: "RadSec",
    Link.CLOUD: "Nuage du fabricant",
    Link.PRIVATE_NETWORK: "Réseau privé",
}
"""In French, as the glossary has them."""
EVIDENCE_NAMES = {
    Evidence.REAL: "vu sur le vrai logiciel",
    Evidence.RECORDED: "d'après des échanges enregistrés",
    Evidence.DOCUMENTS: "d'après les documents",
}
"""What a dialect was proven with, in French."""
_HEAD = """\
# Ce qui marche par quel lien

Chaque lieu joint la base par un lien, et un seul ; jamais l'inverse. Ce tableau dit, pour chaque
passerelle et chaque lien, ce qui marche : se connecter, être déconnecté par un technicien, être
coupé à son volume, être surveillé, prolonger sa connexion, revenir du portail sans avertissement.
Un lien qui n'a que des « non » est refusé par `socle apply`. La console montre le même tableau,
chaque case avec sa phrase.

RADIUS en clair depuis une adresse publique est refusé : il lui faut un de ces liens.

| passerelle | lien | connexion | déconnexion | volume | surveillance | prolongation | retour |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def markdown() -> str:
    """Return the whole page."""
    rows = list(matrix())
    lines = "".join(f"{_line(row)}\n" for row in rows)
    notes = "".join(f"* {note}\n" for note in _notes(rows))
    return f"{_HEAD}{lines}\n## Les raisons\n\n{notes}"


def _line(row: Row) -> str:
    cells = (row.log_in, *_others(row))
    marks = (cell.works.value for cell in cells)
    return f"| {' | '.join((row.dialect.name, LINK_NAMES[row.link], *marks))} |"


def _others(row: Row) -> tuple[Cell, ...]:
    """Return what follows a log-in, in the order of the table."""
    return row.log_out, row.quota, row.polling, row.extension, row.warning


def _notes(rows: list[Row]) -> Iterator[str]:
    """Yield each sentence of what does not wholly work, once, with what it is about."""
    titles = ("connexion", "déconnexion", "volume", "surveillance", "prolongation", "retour")
    told = dict.fromkeys(
        f"{title}, {cell.works.value} : {cell.words}"
        for row in rows
        for title, cell in zip(titles, (row.log_in, *_others(row)), strict=True)
        if cell.works is not Works.YES and row.log_in.works is not Works.NO
    )
    refused = dict.fromkeys(
        f"connexion, {Works.NO.value} : {row.log_in.words}"
        for row in rows
        if row.log_in.works is Works.NO
    )
    yield from (*told, *refused)

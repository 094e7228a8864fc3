"""The notice of one organisation (GDPR art. 13), to be hung, published or handed out.

It says what its guests read at `/mes-donnees`: the same sections, from `portal.guest.notice`, of
all its places together; where a place keeps less, its own page says less.
"""

from portal.console.identification import NAMES
from portal.guest.notice import (
    ANSWER,
    ASKS_NOBODY,
    BASES,
    BASIS_OF_LETTERS,
    LOCKED,
    NEVER,
    RIGHTS,
    Section,
    sections,
)
from portal.papers.facts import Body, Facts
from portal.papers.parts import dpo_blank, outsiders, role_of
from territory.law.holdings import AGREED, asks_who
from territory.paper.document import Block, Document, Items, Table, Words
from territory.paper.document import Section as Part
from territory.vocabulary import IdentificationMethod

TITLE = "Vos données et vos droits"
_AUTHORITIES = (
    "La justice, ou une administration que la loi y autorise, par un acte écrit :"
    " deux personnes ensemble ouvrent ce qu'elle demande."
)
"""Recipients (GDPR art. 13.1.e), whatever the grounds of `grounds.toml`."""
_NOBODY_DECIDES = "Aucune décision n'est prise par une machine à partir de ces données."
_NEEDED = "Sans l'adresse de votre appareil et les dates, aucune connexion n'est possible."


def write_notice(facts: Facts, body: Body) -> Document:
    """Return an organisation's notice."""
    methods = _methods(facts, body)
    return Document(
        title=TITLE,
        whose=body.name,
        about="Ce que garde ce Wi-Fi public, pourquoi, et combien de temps (RGPD art. 13).",
        sections=(
            _answerer(facts, body),
            _kept(facts, body, methods),
            Part("Ce que nous ne faisons pas", (Items(_never(methods)),)),
            Part("Ce qui nous y autorise", (Items(_bases(body)),)),
            Part("Qui reçoit vos données", _recipients(facts, body, methods)),
            Part("Vos droits", (Items(RIGHTS), Words(" ".join(ANSWER)))),
            _places(facts, body),
        ),
    )


def _methods(facts: Facts, body: Body) -> tuple[IdentificationMethod, ...]:
    offered = {method for spot in facts.of(body) for method in spot.methods}
    return tuple(method for method in IdentificationMethod if method in offered)


def _answerer(facts: Facts, body: Body) -> Part:
    said = body.organisation
    rows = [("Organisme", said.name), ("Contact", said.contact_email)]
    if said.siren:
        rows.append(("SIREN", said.siren))
    if role := role_of(facts, body):
        rows.append(("Son rôle", role))
    if said.dpo_email:
        rows.append(("Délégué à la protection des données", said.dpo_email))
    blocks: list[Block] = [Table("Qui joindre", ("Qui", "Adresse"), tuple(rows))]
    if not said.dpo_email:
        blocks.append(dpo_blank(body))
    return Part("Qui répond de vos données", tuple(blocks))


def _kept(facts: Facts, body: Body, methods: tuple[IdentificationMethod, ...]) -> Part:
    agreed = (AGREED,) if body.organisation.newsletter else ()
    told = sections(methods, facts.law, facts.today, str, *agreed)
    head = ("Ce que nous gardons", "Quoi", "Combien de temps", "Pourquoi")
    table = Table("Données", head, tuple(_row(section) for section in told))
    return Part("Ce que nous gardons, et combien de temps", (table, Words(" ".join(LOCKED))))


def _row(section: Section) -> tuple[str, str, str, str]:
    return (
        section.heading,
        "\n".join(section.data),
        f"{section.kept}, à partir de {section.start}".replace("de le ", "du "),
        f"{section.reason} {section.source}",
    )


def _never(methods: tuple[IdentificationMethod, ...]) -> tuple[str, ...]:
    return NEVER if asks_who(methods) else (ASKS_NOBODY, *NEVER)


def _bases(body: Body) -> tuple[str, ...]:
    return (*BASES, BASIS_OF_LETTERS) if body.organisation.newsletter else BASES


def _recipients(
    facts: Facts, body: Body, methods: tuple[IdentificationMethod, ...]
) -> tuple[Block, ...]:
    others = outsiders(facts.circumstances, methods, facts.of(body))
    told = tuple(f"{name} : {what}, pour {why}." for name, what, why in others)
    return Items((_AUTHORITIES, *told)), Words(f"{_NEEDED} {_NOBODY_DECIDES}")


def _places(facts: Facts, body: Body) -> Part:
    rows = tuple(
        (spot.name, "\n".join(NAMES[method] for method in spot.methods)) for spot in facts.of(body)
    )
    table = Table("Lieux", ("Lieu", "Comment on s'y connecte"), rows)
    nowhere = Words(f"{body.name} n'a pas de lieu pour l'instant.")
    return Part("Où cela vaut", (table if rows else nowhere,))

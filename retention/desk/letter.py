"""The letter that tells an authority why its requisition waits, and what would let it go on. Pure.

A draft: a custodian reads it, signs it and sends it. It says nothing of what is held.
"""

from datetime import datetime

from retention.desk.entry import Asker
from retention.desk.register import Line
from retention.desk.scope import CATEGORIES, KINDS, ScopeFault, listed
from territory.law.grounds import Grounds
from territory.paper.letter import Letter
from territory.settings.evidence import AuthoritiesSettings
from territory.web.french import PARIS, calendar_day

_BEFORE = (
    "Nous avons bien reçu votre réquisition, inscrite à notre registre sous le numéro {number}"
    " le {day}.",
    "Son traitement est suspendu, pour ce qui suit :",
)
_AFTER = (
    "Aucune donnée n'a été consultée. Les données encore conservées à ce jour le restent jusqu'à"
    " leur échéance légale ; une demande de conservation rapide (CPCE L34-1 III bis) peut nous être"
    " adressée séparément si cette échéance est proche.",
    "Nous vous prions de nous adresser un acte complété ou corrigé, en rappelant notre numéro. Pour"
    " une adresse publique, indiquez le port source, l'instant à la seconde près et son fuseau :"
    " sans le port, la réponse peut citer plusieurs appareils.",
    "Nous restons à votre disposition pour toute précision.",
)


def draft(
    line: Line, faults: tuple[ScopeFault, ...], sender: AuthoritiesSettings, now: datetime
) -> Letter:
    """Return the letter to the authority of a suspended line; its days are those of Paris."""
    entered = calendar_day(line.registered_at.astimezone(PARIS).date())
    return Letter(
        sender=_sender(sender),
        recipient=_recipient(line.entry.asker),
        written_on=now.astimezone(PARIS).date(),
        subject=f"Votre réquisition {line.entry.reference} : demande de précisions",
        references=_references(line),
        before=tuple(text.format(number=line.name, day=entered) for text in _BEFORE),
        points=tuple(fault.french for fault in faults),
        after=_AFTER,
        signature=("Le dépositaire,", line.registered_by),
    )


def ground_in_words(line: Line, law: Grounds) -> str:
    """Return the ground as an answer cites it, with its case of CPP 60-1-2."""
    ground, condition = law.ground(line.entry.ground), law.condition(line.entry.condition)
    article = ground.article if ground else "fondement non indiqué"
    return f"{article} ; {condition.source}" if condition else article


def _sender(known: AuthoritiesSettings) -> tuple[str, ...]:
    lines = (known.service or "Dépositaires des données du Wi-Fi public", known.mail, known.phone)
    return tuple(line for line in lines if line)


def _recipient(asker: Asker) -> tuple[str, ...]:
    agent = f"À l'attention de {asker.agent_name}, {asker.agent_rank}"
    return (asker.authority, asker.agent_unit, agent, asker.contact)


def _references(line: Line) -> tuple[tuple[str, str], ...]:
    asked = listed([CATEGORIES[one] for one in line.entry.question.categories])
    return (
        ("Votre procédure", line.entry.reference),
        ("Votre acte du", calendar_day(line.entry.issued_on)),
        ("Notre numéro", line.name),
        ("Demandé", f"{KINDS[line.entry.question.kind]} : {asked}"),
    )

"""The declaration of accessibility, in words: what every page's foot says, and its own page."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.numbers import format_percent

from portal.guest.accessibility.audit import CRITERIA, Audit, Conformity
from portal.guest.wording import LOCALES, day
from territory.web.problems import N_

TITLES: Mapping[Conformity, str] = {
    Conformity.FULL: N_("Accessibilité : totalement conforme"),
    Conformity.PARTIAL: N_("Accessibilité : partiellement conforme"),
    Conformity.NONE: N_("Accessibilité : non conforme"),
}
"""What the law has every page say; message ids."""

_STATES: Mapping[Conformity, str] = {
    Conformity.FULL: N_("Totalement conforme."),
    Conformity.PARTIAL: N_("Partiellement conforme."),
    Conformity.NONE: N_("Non conforme."),
}
_NOBODY = N_("Aucune personne n'a encore fini l'audit du RGAA 4.1.2.")
_TOO_OLD = N_("Le dernier audit a plus de trois ans.")


def title(audit: Audit, today: date) -> str:
    """Return the mention of every page's foot; a message id."""
    return TITLES[audit.conformity(today)]


def statement(audit: Audit, today: date, language: str) -> dict[str, Any]:
    """Return what the declaration's page says; of an audit that may not be declared, no figure."""
    is_valid = audit.is_valid(today)
    why = "" if is_valid else _TOO_OLD if _is_past(audit, today) else _NOBODY
    locale = LOCALES.get(language, language)
    return {
        "state": _STATES[audit.conformity(today)],
        "why": why,
        "audit": audit if is_valid else None,
        "looked_at": len(audit.results),
        "criteria": len(CRITERIA),
        "rate": format_percent(audit.percent / 100, locale=locale),
        "finished_on": day(audit.finished_on.isoformat(), language) if audit.finished_on else "",
        "broken": [(name, audit.remarks.get(name, "")) for name in audit.broken],
    }


def _is_past(audit: Audit, today: date) -> bool:
    """Whether it was whole, and its time is over."""
    return audit.is_whole and audit.finished_on is not None and audit.finished_on <= today

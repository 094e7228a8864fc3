"""What text messages have cost, what they may, where the month is heading, and what failed.

An agent sees their organisation's; who answers for the whole territory sees everybody's. No number
and no guest is read here.
"""

import re
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from portal.console.places import CLOCK, ENGINE, PURSE
from portal.messages.spending import State, load_failures, load_spending
from territory.access.sign_in import operator_of
from territory.web.pages import render

STATES: Final[Mapping[State, str]] = {
    State.GOOD: "dans le budget",
    State.WARN: "proche de la fin",
    State.BAD: "budget épuisé",
}
_PREFIX: Final = "sms.provider: "
_STATUS: Final = re.compile(r" \((\d+)\)$")
_REASONS: Final[Mapping[str, str]] = {
    "it did not answer in time": "Pas de réponse à temps",
    "its answer is not what its documents say": "Réponse illisible",
    "it refuses the account or its keys": "Compte ou clés refusés",
    "there is no credit left": "Plus de crédit chez le fournisseur",
    "it was asked too often": "Trop de demandes à la fois",
    "an unexpected answer": "Réponse imprévue",
}
"""By what `territory.messages` says of a failure."""


async def show_text_messages(request: web.Request) -> web.StreamResponse:
    """The budgets of what the operator may see, and the provider's last failures."""
    organisation_id, now = operator_of(request).organisation_id, request.app[CLOCK].now()
    purse = request.app[PURSE]
    async with request.app[ENGINE].connect() as db:
        found = await load_spending(db, purse, organisation_id, now) if purse else []
        failures = await load_failures(db, organisation_id, now)
    return render(
        request,
        "text_messages.html",
        is_on=purse is not None,
        organisations=found,
        failures=[(failure, french(failure.reason)) for failure in failures],
        states=STATES,
        now=now,
    )


def french(reason: str) -> str:
    """Return a failure's reason in French, with the provider's status where there was one."""
    words = reason.removeprefix(_PREFIX)
    status = _STATUS.search(words)
    known = _STATUS.sub("", words)
    if known.startswith("no answer"):
        return "Fournisseur injoignable"
    told = _REASONS.get(known, known)
    return f"{told} ({status[1]})" if status else told

"""The audit log, a page at a time, with the word on whether its chain holds.

Reading it is itself a line of it. The chain is recomputed over all that is kept, in batches; with
millions of lines this becomes a job of its own.
"""

import json

from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.console.places import CLOCK, ENGINE
from territory.access.audit import Verdict, load_anchor, load_entries, verify
from territory.access.operators import record
from territory.access.roles import Role
from territory.access.sign_in import actor_of
from territory.database.tables import audit_entry
from territory.web.pages import render

LINES = 50
BATCH = 5000

ACTIONS = {
    "sign_in.opened": "session ouverte",
    "sign_in.closed": "session fermée",
    "sign_in.locked": "accès fermé après des erreurs",
    "operator.added": "opérateur ajouté",
    "operator.disabled": "opérateur désactivé",
    "operator.enabled": "opérateur réactivé",
    "operator.password_set": "mot de passe changé",
    "operator.password_erased": "mot de passe effacé",
    "operator.link_made": "lien d'accès créé",
    "operator.read": "fiche d'opérateur consultée",
    "operators.read": "liste des opérateurs consultée",
    "audit.read": "journal consulté",
    "device.explained": "appareil recherché",
    "live.opened": "page en direct ouverte",
    "wall.made": "lien d'écran mural créé",
    "wall.opened": "écran mural allumé",
    "wall.revoked": "lien d'écran mural retiré",
    "incident.acknowledged": "incident pris en charge",
    "incident.released": "incident rendu",
    "maintenance.announced": "maintenance annoncée",
    "maintenance.ended": "maintenance terminée",
    "site.disconnected": "sessions fermées à la demande",
    "tickets.made": "tickets faits",
    "tickets.printed": "feuille de tickets imprimée",
    "tickets.revoked": "tickets annulés",
    "account.invited": "personne invitée à faire un compte",
    "newsletter.listed": "liste d'une lettre d'information prise",
    "site.tested": "lieu essayé",
    "nas.secret_read": "secret d'un NAS consulté",
    "nas.rotation_begun": "renouvellement d'un secret commencé",
    "nas.rotation_finished": "renouvellement d'un secret terminé",
    "nas.rotation_abandoned": "renouvellement d'un secret abandonné",
    "injunction.recorded": "décision sur une injonction enregistrée",
    "injunction.withdrawn": "décision sur une injonction retirée",
    "nas.signature_forgotten": "signature d'un NAS à réapprendre",
}
"""What stable words mean; others show as they are."""

FACTS = {
    "means": "par",
    "role": "rôle",
    "attempts": "essais",
    "scope": "étendue",
    "devices": "appareils à la fois",
    "seconds": "secondes",
    "addresses": "adresses",
    "days": "jours",
    "reason": "motif",
}
VALUES = {"link": "lien", "password": "mot de passe"} | {role.value: role.french for role in Role}


def facts(detail: str) -> str:
    """An entry's detail as a reader takes it: ``rôle : technicien``."""
    return ", ".join(
        f"{FACTS.get(name, name)}\u00a0: {VALUES.get(str(value), value)}"
        for name, value in json.loads(detail).items()
        if isinstance(value, str | int)
    )


async def show_audit(request: web.Request) -> web.StreamResponse:
    """Fifty lines, the latest first, older ones by ``?avant=NUMBER``."""
    before = request.query.get("avant", "")
    async with request.app[ENGINE].begin() as db:
        await record(db, actor_of(request), "audit.read", before[:20], request.app[CLOCK].now())
        last = (await db.execute(select(func.max(audit_entry.c.number)))).scalar_one()
        top = min(int(before) - 1, last) if before.isdecimal() and len(before) < 18 else last
        entries = await load_entries(db, after=max(0, top - LINES), limit=LINES)
        verdict = await check_chain(db)
    shown = [entry for entry in reversed(entries) if entry.number <= top]
    return render(request, "audit.html", entries=shown, verdict=verdict, last=last, actions=ACTIONS)


async def check_chain(db: AsyncConnection) -> Verdict:
    """Recompute the chain from the first line that is kept to the last."""
    number, digest = await load_anchor(db)
    checked = 0
    while entries := await load_entries(db, after=number, limit=BATCH):
        verdict = verify(entries, after_number=number, after_digest=digest)
        checked += verdict.checked
        if verdict.broken_at is not None:
            return Verdict(checked, verdict.broken_at)
        number, digest = entries[-1].number, entries[-1].digest
    return Verdict(checked, None)

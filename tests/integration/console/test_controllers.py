"""The console tells of controllers: who says nothing and why, and what differs."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.console.controllers import TROUBLES
from territory.access.roles import Role
from territory.controllers.record import Trouble
from territory.database.tables import controller_seen, gateway, site
from tests.integration.console.ground import SignedIn


async def hear(owner: AsyncEngine, code: str, **told: Any) -> None:
    """Keep what a site's controller said."""
    async with owner.begin() as db:
        query = select(gateway.c.id).join(site, site.c.id == gateway.c.site_id)
        found = (await db.execute(query.where(site.c.code == code))).scalars().first()
        nothing: dict[str, Any] = {"strangers": [], "missing": []}
        await db.execute(insert(controller_seen).values({**nothing, "gateway_id": found, **told}))


async def test_a_technician_reads_what_controllers_say(
    signed_in: SignedIn, owner: AsyncEngine, clock: Any
) -> None:
    """In trouble first, in words; strangers with their address and where they are described."""
    now = clock.now()
    await hear(
        owner,
        "mairie-commercy",
        checked_at=now,
        answered_at=now,
        strangers=[
            {"name": "Neuve", "mac": "02:55:00:00:00:33", "site": None},
            {"name": "<b>Égarée</b>", "mac": "02:55:00:00:00:34", "site": "bibliobus"},
        ],
        missing=["ap-hall"],
    )
    await hear(
        owner,
        "mediatheque-commercy",
        checked_at=now,
        answered_at=now - timedelta(hours=5),
        trouble=str(Trouble.ACCOUNT),
    )
    technician = await signed_in(Role.TECHNICIAN)
    _, page = await technician.get("/equipements")
    assert page.index(TROUBLES[Trouble.ACCOUNT]) < page.index("02:55:00:00:00:33")
    for words in ("Neuve", "&lt;b&gt;Égarée", "décrite à", "ap-hall"):
        assert words in page
    _, home = await technician.get("/")
    assert "Des contrôleurs ne disent rien de leurs bornes" in home
    assert "Des bornes décrites ne sont pas adoptées" in home


def test_every_trouble_has_words() -> None:
    """Those that a question about access points can end with."""
    assert set(TROUBLES) == set(Trouble) - {Trouble.NO_SUCH_GUEST}

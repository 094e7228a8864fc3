"""What the doctor says of opening hours: whether the school holidays they name are still known."""

import re
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from socle.commands.findings import Finding
from territory.database.tables import plan, site
from territory.rules.holidays import school_years

_NOTICE: Final = timedelta(days=90)
_SCHOOL: Final = re.compile(r"\bSH\b")


async def of_hours(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """Return a finding where a place or a plan keeps to school holidays; none where nothing does.

    Beyond the last order that is known they count as term time, which shuts nobody out.
    """
    written = union(select(site.c.hours), select(plan.c.hours))
    hours = [text for (text,) in await connection.execute(written) if text]
    if not any(_SCHOOL.search(text) for text in hours):
        return []
    known_until = max(year.last for year in school_years())
    if known_until - now.date() > _NOTICE:
        return [Finding("school holidays", True, f"known until {known_until}")]
    says = f"known until {known_until} only: install a version of Socle that holds the next order"
    return [Finding("school holidays", False, says, urgent=False)]

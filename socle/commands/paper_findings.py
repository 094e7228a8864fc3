"""What the doctor says of the papers the territory owes: which facts nobody has given.

The papers name the same gaps, in French; nothing of them is made up (`portal.papers.facts`).
"""

from collections.abc import Iterable, Iterator
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from portal.papers.facts import Gap, circumstances_of, gaps_of_settings, gaps_of_territory
from portal.papers.loading import load_facts, load_texts
from socle.commands.findings import Finding
from territory.settings import Settings


def of_authorities(settings: Settings) -> Finding:
    """Return whether an authority is told whom to reach (CPCE L34-1 II)."""
    told = settings.authorities
    for finding in _findings(gaps_of_settings(circumstances_of(settings))):
        return finding
    return Finding("authorities", True, f"{told.service}, {told.phone or told.mail}")


async def of_papers(db: AsyncConnection, settings: Settings, today: date) -> list[Finding]:
    """Return what misses in the territory's description and in the law's data."""
    texts = await load_texts(db, settings)
    facts = await load_facts(db, circumstances_of(settings), texts, today)
    return [*_findings(gaps_of_territory(facts))]


def _findings(gaps: Iterable[Gap]) -> Iterator[Finding]:
    for gap in gaps:
        yield Finding(gap.about, False, gap.english, urgent=False)

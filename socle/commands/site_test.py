"""`socle site test`: the site's conformance run from the command line, with the portal's rights."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from socle.base import clock_of, lay_ground
from socle.status import FAILED
from territory.access.operators import COMMAND_LINE, record
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.tables import site
from territory.errors import ConfigurationError, Fault, ProtocolError
from territory.openid_providers import read_providers
from territory.settings import Settings, load_settings
from territory.site_test.findings import Finding, State
from territory.site_test.judgement import judge, worst
from territory.site_test.reading import Wanted, read_site
from territory.site_test.readings import SiteReport
from territory.site_test.report import parse_report

_MARKS = {State.GOOD: "ok", State.UNKNOWN: "?", State.WARN: "!", State.BAD: "FAUX"}


def run(code: str, readings: Path | None, settings_file: Path | None, *, as_json: bool) -> None:
    """Print what the test of a site finds.

    Raises:
        ConfigurationError: no site has this code, or the file is no report.
    """
    report = _report(readings) if readings else None
    findings = asyncio.run(_test(load_settings(settings_file), code, report))
    typer.echo(_as_json(findings) if as_json else "\n".join(map(_as_text, findings)))
    if worst(findings) is State.BAD:
        raise typer.Exit(FAILED)


def _report(file: Path) -> SiteReport:
    try:
        return parse_report(file.read_text(errors="replace"))
    except ProtocolError as fault:
        expected = f"expected what essai.sh wrote, found {file} ({fault.reason})"
        raise ConfigurationError([Fault("--readings", expected)]) from fault


async def _test(settings: Settings, code: str, report: SiteReport | None) -> list[Finding]:
    ground = await lay_ground(settings)
    engine = open_engine(ground.urls[Component.PORTAL])
    now = clock_of(settings).now()
    try:
        site_id = await _site_id(engine, code)
        async with engine.begin() as db:
            await record(db, COMMAND_LINE, "site.tested", code, now)
        providers = tuple(read_providers(settings).values())
        wanted = Wanted(site_id, settings.portal.public_url, now, report, providers=providers)
        return judge(await read_site(engine, wanted))
    finally:
        await engine.dispose()
        ground.close()


async def _site_id(engine: AsyncEngine, code: str) -> UUID:
    async with engine.connect() as db:
        found: UUID | None = (
            await db.execute(select(site.c.id).where(site.c.code == code))
        ).scalar()
    if found is None:
        raise ConfigurationError([Fault("SITE", f"expected a known site, found {code}")])
    return found


def _as_text(finding: Finding) -> str:
    about = f" ({finding.about})" if finding.about else ""
    remedy = f"\n       -> {finding.remedy}" if finding.remedy else ""
    return f"{_MARKS[finding.state]:5} {finding.check.french}{about} : {finding.says}{remedy}"


def _as_json(findings: list[Finding]) -> str:
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False)

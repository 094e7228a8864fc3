"""`socle doctor`: what stands in the way of a good day, each finding with its remedy.

Findings come from the settings alone, then from the database, then from each component's own
/healthz; a later part is asked only when the earlier one answers.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

import aiohttp
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from socle.base import clock_of
from socle.commands.alert_findings import of_alerts
from socle.commands.backup_findings import of_backups
from socle.commands.findings import Finding, of_radius
from socle.commands.hours_findings import of_hours
from socle.commands.paper_findings import of_authorities, of_papers
from socle.commands.radsec_findings import of_radsec
from socle.commands.spool_findings import of_spool
from socle.commands.storage_findings import of_storage
from socle.commands.tunnel_findings import of_tunnel
from territory.database.components import Component
from territory.database.connect import away, open_engine
from territory.database.prepare import is_current
from territory.rules.quotas import day_of
from territory.settings import Settings

_ANSWER = aiohttp.ClientTimeout(total=3.0)
_PRIVATE_MODE = 0o077
_LARGEST_OFFSET_SECONDS = 2.0


async def examine(settings: Settings) -> list[Finding]:
    """Return everything that was looked at, in the order of the ways."""
    now = clock_of(settings).now()
    findings = [*_of_settings(settings), *of_radsec(settings, now), *of_spool(settings, now)]
    findings += [*of_tunnel(settings), *of_alerts(settings), of_authorities(settings)]
    findings += of_backups(settings, now.date())
    findings += await asyncio.to_thread(lambda: list(of_storage(settings)))
    if settings.database.url:
        findings += await _of_database(settings, settings.database.url, clock_of(settings).now())
    findings += await asyncio.gather(*(_of_component(c, p) for c, p in _ports(settings)))
    return findings


def report(findings: list[Finding], as_json: bool) -> str:
    """Return the findings as text, one a line, or as JSON."""
    if as_json:
        return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False)
    return "\n".join(f"{finding.mark:5} {finding.about}: {finding.says}" for finding in findings)


def _of_settings(settings: Settings) -> Iterator[Finding]:
    file = settings.key_file
    if settings.security.master_key is not None:
        yield Finding("security.master_key", True, "given by the settings; no key file is read")
    elif not file.exists():
        yield Finding("security.key_file", True, f"{file} will be made at the first start")
    elif file.stat().st_mode & _PRIVATE_MODE:
        yield Finding("security.key_file", False, f"others can read {file}: chmod 600 {file}")
    else:
        yield Finding("security.key_file", True, f"{file}, readable by its owner only")
    secure = settings.portal.public_url.startswith("https://")
    wanted = "phones will warn or refuse: set an https address and portal.tls_certificate"
    says = settings.portal.public_url if secure or settings.demo else wanted
    yield Finding("portal.public_url", secure or settings.demo, says)
    if settings.database.url is None:
        folder = settings.state_folder / "postgres"
        yield Finding("database.url", True, f"not set: the embedded database in {folder}")


async def _of_database(settings: Settings, url: str, now: datetime) -> list[Finding]:
    radius: list[Finding] = []
    engine = open_engine(url)
    try:
        async with engine.connect() as connection:
            current = await connection.run_sync(is_current)
            theirs = await connection.scalar(text("SELECT clock_timestamp()"))
            if current:
                radius = [
                    *await of_radius(connection, settings, now),
                    *await of_hours(connection, now),
                    *await of_papers(connection, settings, day_of(now)),
                ]
    except (OSError, DBAPIError, TimeoutError) as fault:
        return [Finding("database.url", False, str(away(fault)))]
    finally:
        await engine.dispose()
    ready = "ready" if current else "older than this version: run `socle serve` as its owner"
    offset = abs((theirs - now).total_seconds()) if theirs else 0.0
    return [
        Finding("database.url", current, ready),
        Finding("clock", offset < _LARGEST_OFFSET_SECONDS, f"{offset:.1f} s from the database's"),
        *radius,
    ]


async def _of_component(component: Component, address: str) -> Finding:
    try:
        async with (
            aiohttp.ClientSession(timeout=_ANSWER) as http,
            http.get(f"http://{address}/healthz") as answer,
        ):
            body = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return Finding(component.value, False, f"does not answer at {address}: is it started?")
    ill = [name for name, check in body.get("checks", {}).items() if not check.get("ok")]
    says = f"its checks fail: {', '.join(ill)}" if ill else f"well, at {address}"
    return Finding(component.value, not ill, says)


def _ports(settings: Settings) -> Iterator[tuple[Component, str]]:
    """Yield where each process answers for itself; RADIUS may have several."""
    metrics = settings.metrics
    yield Component.PORTAL, f"{metrics.host}:{metrics.portal_port}"
    for port in settings.radius_metrics_ports:
        yield Component.RADIUS, f"{metrics.host}:{port}"
    yield Component.SUPERVISION, f"{metrics.host}:{metrics.supervision_port}"
    yield Component.RETENTION, f"{metrics.host}:{metrics.retention_port}"
    yield Component.DESK, f"{metrics.host}:{metrics.desk_port}"

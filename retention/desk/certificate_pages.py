"""Destructions at the desk: what the chain says is gone, and its certificate for any period."""

import asyncio
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO

from aiohttp import web

from retention.desk.keys import AUTHORITIES, CLOCK, ENGINE, PLACES
from retention.ending.certificate import Made, certify, write
from retention.manifests.chain import Chain
from retention.manifests.manifest import DestructionLink, PurgeLink
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places
from territory.access.operators import record
from territory.access.sign_in import actor_of, form_of
from territory.law.durations import load_law
from territory.web.pages import render

_MOST_ROWS = 100
_NO_PERIOD = "La période va d'un jour à un autre qui vient après lui."


@dataclass(frozen=True, slots=True)
class Destruction:
    """One purge that the chain proves."""

    on: date
    segments: int
    slices: int
    left: int
    """Objects that a lock still keeps, their keys gone."""


async def show(request: web.Request) -> web.StreamResponse:
    """The last destructions, and the form that asks for a certificate."""
    return await _show(request, [])


async def take(request: web.Request) -> web.StreamResponse:
    """The certificate of a period, as a ZIP file of papers and signatures."""
    form, now = form_of(request), request.app[CLOCK].now()
    try:
        since, last = (date.fromisoformat(form.get(name, "")) for name in ("since", "last"))
    except ValueError:
        return await _show(request, [_NO_PERIOD])
    if last < since:
        return await _show(request, [_NO_PERIOD])
    made = Made(request.app[AUTHORITIES].service, now)
    until = last + timedelta(days=1)
    octets = await asyncio.to_thread(_pack, request.app[PLACES], since, until, made)
    async with request.app[ENGINE].begin() as db:
        await record(db, actor_of(request), "certificate.taken", f"{since} {last}", now)
    return web.Response(
        body=octets,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="destructions-{since}-{last}.zip"',
            "Cache-Control": "no-store",
        },
    )


def _pack(places: Places, since: date, until: date, made: Made) -> bytes:
    slip = certify(Chain.read(places.archive), since, until)
    files = write(slip, load_law(places.law), made, SigningKey.read(places.signing_key))
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return content.getvalue()


async def _show(request: web.Request, faults: list[str]) -> web.StreamResponse:
    today = request.app[CLOCK].now().date()
    chain = await asyncio.to_thread(Chain.read, request.app[PLACES].archive)
    return render(
        request,
        "destructions.html",
        status=422 if faults else 200,
        faults=faults,
        draft=form_of(request) if request.method == "POST" else {},
        rows=_destructions(chain)[:_MOST_ROWS],
        since=today.replace(month=1, day=1),
        today=today,
    )


def _destructions(chain: Chain) -> list[Destruction]:
    """Return the purges whose destruction is signed, the newest first."""
    purges = {link.sequence: link for link in chain.links if isinstance(link, PurgeLink)}
    left = chain.left_objects()
    first = {
        link.purge: link.destroyed_at.date()
        for link in reversed(chain.links)
        if isinstance(link, DestructionLink)
    }
    return [
        Destruction(
            on=first[number],
            segments=len(purge.segments),
            slices=sum(segment.rows for segment in purge.segments),
            left=len(left.get(number, ())),
        )
        for number, purge in sorted(purges.items(), reverse=True)
        if number in first and purge.segments
    ]

"""A posted form as text: bounded in size and time, without odd characters; files where asked for.

A file is read into memory and never touches a disk on its way.
"""

import asyncio
from collections.abc import Mapping

from aiohttp import BodyPartReader, web

from territory.web.server import LARGEST_BODY

FORM_SECONDS = 15
FILES_SECONDS = 60
"""For a form with files, over a slow link."""
MOST_FIELDS = 100
ACCEPTED = {"application/x-www-form-urlencoded", "application/octet-stream"}
"""The one form encoding our pages use; the second is aiohttp's word for no Content-Type at all."""


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The form's fields, the first value of each name, ends stripped of blanks.

    Raises ``HTTPBadRequest`` for another kind of body, a NUL (PostgreSQL cannot hold it), too many
    fields or one that does not arrive within 15 s; ``HTTPRequestEntityTooLarge`` above 64 KiB,
    whatever application this one is mounted in allows.
    """
    if request.content_type not in ACCEPTED:
        raise web.HTTPBadRequest
    try:
        async with asyncio.timeout(FORM_SECONDS):
            posted = await _bounded(request).post()
    except (TimeoutError, ValueError, LookupError) as failure:
        raise web.HTTPBadRequest from failure
    if len(posted) > MOST_FIELDS:
        raise web.HTTPBadRequest
    form: dict[str, str] = {}
    for name, value in posted.items():
        if not isinstance(value, str) or "\x00" in name + value:
            raise web.HTTPBadRequest
        form.setdefault(name, value.strip())
    return form


async def read_form_with_files(
    request: web.Request, largest: int
) -> tuple[dict[str, str], dict[str, bytes]]:
    """The fields of a form with files (`multipart/form-data`), and its files by field.

    A field for a file that was left empty is no file. Raises as :func:`read_form` does, the size
    being ``largest`` octets together.
    """
    if request.content_type != "multipart/form-data":
        raise web.HTTPBadRequest
    form: dict[str, str] = {}
    files: dict[str, bytes] = {}
    left = largest
    try:
        async with asyncio.timeout(FILES_SECONDS):
            parts = 0
            async for part in await request.multipart():
                parts += 1
                if parts > MOST_FIELDS or not isinstance(part, BodyPartReader):
                    raise web.HTTPBadRequest
                octets = await _part(part, left)
                left -= len(octets)
                if part.filename is not None:
                    files.setdefault(part.name or "", octets)
                else:
                    form.setdefault(part.name or "", _plain(octets))
    except (TimeoutError, ValueError, LookupError) as failure:
        raise web.HTTPBadRequest from failure
    return form, {name: octets for name, octets in files.items() if octets}


async def _part(part: BodyPartReader, most: int) -> bytes:
    """The octets of one part, which may be as many as are left and no more."""
    octets = bytearray()
    while chunk := await part.read_chunk():
        octets += chunk
        if len(octets) > most:
            raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=len(octets))
    return bytes(octets)


def _plain(octets: bytes) -> str:
    text = octets.decode()
    if "\x00" in text:
        raise web.HTTPBadRequest
    return text.strip()


def _bounded(request: web.Request) -> web.Request:
    """The request, whose body may be as large as a form of ours and no larger."""
    if request.client_max_size == LARGEST_BODY:
        return request
    return request.clone(client_max_size=LARGEST_BODY)

"""A posted form as text: bounded in size and time, without files and without odd characters."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from territory.web.server import LARGEST_BODY

FORM_SECONDS = 15
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
            posted = await request.clone(client_max_size=LARGEST_BODY).post()
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

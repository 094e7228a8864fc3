"""Octets that no browser sends, in every place where a request has room for some: each page answers
in words, and nothing of ours fails."""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from portal.guest.parts import Portal
from portal.messages.senders import Messages
from territory.keyring import Keyring
from territory.settings import Settings
from territory.settings.messages import MailSettings, SmsSettings
from tests.integration.portal.conftest import PHONE, Guest, Seed

ODD = (
    "%00",
    "%ED%A0%80",
    "%ff",
    "%F0%9F%98%80",
    "%C3%A9",
    "%E2%80%AE",
    "\udcff",
    "%",
    "+",
    "%0d%0a",
)
"""NUL, half a surrogate pair, no UTF-8, beyond the basic plane, a letter, an override, raw, cut."""
METHODS = "email_code,sms_code,account,openid_connect,sponsor,ticket,click_through"


@pytest.fixture
async def portal(portal: Portal, keyring: Keyring, owner: Any, seed: Seed) -> Portal:
    """The portal, of a town hall that offers every way in; relay and provider are away."""
    await owner.execute(f"UPDATE territory.site SET methods = '{{{METHODS}}}'")
    await portal.directory.refresh()
    mail = {"server": "127.0.0.1", "port": 1, "security": "none", "sender": "w@meuse.example"}
    sms = {"provider": "twilio", "account": "AC1", "secret": "s", "sender": "Wi-Fi"}
    sms |= {"number": "+33755000001", "url": "http://127.0.0.1:1"}
    given: dict[str, Any] = {
        "mail": MailSettings.model_validate({**mail, "attempts": 1}),
        "sms": SmsSettings.model_validate(sms),
    }
    object.__setattr__(portal, "messages", Messages.of(Settings(**given), keyring))
    return portal


async def visit_of(guest: Guest, device: str = PHONE) -> str:
    """Return the visit of a phone that has just come."""
    found = re.search(r'/identification\?visit=([^"&]+)', (await guest.arrive(mac=device)).text)
    assert found
    return found[1]


async def status_of(guest: Guest, target: str, headers: str = "", form: str | None = None) -> int:
    """Return what a request is answered with, its octets as given."""
    parts = urlsplit(guest.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    body = "" if form is None else form
    length = len(body.encode("utf-8", "surrogateescape"))
    lines = [f"{'GET' if form is None else 'POST'} {target} HTTP/1.1", "Host: x"]
    lines += ["Connection: close", f"Content-Length: {length}"]
    if form is not None:
        lines.append("Content-Type: application/x-www-form-urlencoded")
    lines += [headers] if headers else []
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape"))
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


async def test_in_addresses(guest: Guest) -> None:
    """What follows a slash, and what a query holds."""
    for odd in ODD:
        visit = await visit_of(guest)
        for target in targets(odd, visit):
            assert await status_of(guest, target) < 500, ascii(target)


def targets(odd: str, visit: str) -> tuple[str, ...]:
    """Return every address that has room for what somebody makes up."""
    eight, state = odd + "AAAAAAA", odd + "0" * 75
    return (
        f"/o/{eight}",
        f"/o/AAAAAAA{odd}",
        f"/parrainage/{odd}",
        f"/ticket/{odd}",
        f"/connexion/{odd}",
        f"/lieu/{odd}",
        f"/marque/{odd}",
        f"/identification/{odd}?visit={visit}",
        f"/preuve/{odd}?visit={visit}",
        f"/identification/openid_connect/retour?state={state}&code={odd}&iss={odd}",
        f"/identification/openid_connect/suite?state={state}",
        f"/identification?visit={visit}&lang={odd}",
        f"/identification/email_code?visit={visit}&lien={odd}",
        f"/mes-donnees/copie/json?visit={odd}",
        f"/ma-connexion?visit={odd}",
        f"/captive-portal?visit={odd}&gateway={odd}",
    )


async def test_in_forms(guest: Guest) -> None:
    """Every field of every way in; a relay that is away is no failure of ours."""
    for number, odd in enumerate(ODD):
        visit = await visit_of(guest, f"8A-56-7E-F9-10-{number:02X}")
        for method, form in forms(odd):
            sent = await status_of(guest, f"/identification/{method}", form=f"visit={visit}&{form}")
            assert sent < 500 or sent == 503, ascii(form)


def forms(odd: str) -> tuple[tuple[str, str], ...]:
    """Return each way's form."""
    return (
        ("email_code", f"email={odd}@x.fr"),
        ("email_code", f"email=a@{odd}.fr"),
        ("sms_code", f"number={odd}0612345678"),
        ("account", f"email=a@x.fr&password={odd}"),
        ("account", f"email={odd}&create=1"),
        ("openid_connect", f"provider={odd}"),
        ("sponsor", f"host=a@x.fr&words={odd}"),
        ("ticket", f"code={odd}&{odd}={odd}"),
    )


async def test_in_headers(guest: Guest) -> None:
    """A signature, a language, an address of a front: none is more than what does not fit."""
    for header in (
        "X-Twilio-Signature: \udcff",
        "Accept-Language: \udcff",
        "X-Forwarded-For: \udcff",
        "Cookie: \udcff=\udcff; ticket=\udcff",
    ):
        assert await status_of(guest, "/sms/entrant", header, "From=x&Body=x") < 500, ascii(header)
        assert await status_of(guest, "/aide", header) < 500, ascii(header)

"""The requisition desk as its tests use it: in a browser, without one, and what two custodians do
with a case on machines of their own.
"""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID

from aiohttp import ClientSession, CookieJar, FormData
from playwright.async_api import Browser, Locator, Page
from yarl import URL

from retention.cases.answer import Answer, answer_case
from retention.cases.case import open_case, read_case
from retention.cases.receipt import Done, Receipt, sign_receipt
from retention.manifests import manifest
from retention.manifests.signing import SigningKey
from territory.access.passwords import Cost
from territory.access.sign_in import Application, mint_link
from territory.database.connect import open_engine
from tests.evidence import (
    VERDUN,
    at,
)
from tests.servers.browser import WAIT_MILLISECONDS, go

NOW = at("2026-11-20 14:00")
CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
NARROW, WIDE = (360,), (1280,)
HERE = (ip_network("127.0.0.0/8"),)
PDF = b"%PDF-1.7\nan act that names people\n%%EOF"
RunDesk = Callable[..., AbstractAsyncContextManager[URL]]


ACT = {
    "kind": "address",
    "category_source": "on",
    "public_address": VERDUN.public_address,
    "at_date": "2026-11-17",
    "at_time": "11:15:00",
    "zone": "Europe/Paris",
    "uncertainty": "0",
    "reference": "PV 2026/1234",
    "ground": "cpp-77-1-1",
    "condition": "60-1-2-1",
    "magistrate": "Procureure de Verdun, autorisation du 19/11/2026",
    "issued_on": "2026-11-19",
    "received_date": "2026-11-20",
    "received_time": "14:30",
    "authority": "Gendarmerie nationale, brigade de Verdun",
    "agent_name": "Camille Exemple",
    "agent_rank": "adjudante",
    "agent_unit": "Brigade de recherches",
    "contact": "br.verdun@gendarmerie.example",
}


async def link_of(desk: URL, owner_url: str, login: str) -> str:
    """Return a link that signs an operator in, as the command line makes it."""
    engine = open_engine(owner_url)
    async with engine.begin() as db:
        rows = await db.exec_driver_sql(f"SELECT id FROM staff.operator WHERE login = '{login}'")
        operator_id: UUID = rows.scalar_one()
        token = await mint_link(db, operator_id, Application.DESK, NOW)
    await engine.dispose()
    return str(desk / "lien" / token)


async def signed_in(chromium: Browser, desk: URL, owner_url: str, login: str) -> Page:
    """Return a page signed in by a link, as the demonstration's doors do."""
    context = await chromium.new_context(locale="fr-FR", color_scheme="light")
    context.set_default_timeout(WAIT_MILLISECONDS)
    page = await context.new_page()
    await go(page, await link_of(desk, owner_url, login))
    return page


async def follow(way: Locator) -> None:
    """Press what leads to another page, and wait until that one begins."""
    async with way.page.expect_event("framenavigated"):
        await way.click()


async def fill(page: Page, act: dict[str, str]) -> None:
    """Fill the form in, as far as it has those fields and they are seen."""
    for name, value in act.items():
        field = page.locator(f'[name="{name}"]:not([type=hidden]):not([type=checkbox])')
        if not await field.count():
            continue
        if name in {"ground", "condition", "zone", "uncertainty"}:
            await field.select_option(value)
        else:
            await field.fill(value)


class Custodian:
    """A custodian without a browser: forms posted as pages write them."""

    def __init__(self, desk: URL, session: ClientSession) -> None:
        self.desk = desk
        self._session = session
        self.text = ""
        """The page they look at."""
        self.url = desk

    async def go(self, path: str) -> int:
        """Look at a page; return its status."""
        async with self._session.get(self.desk.join(URL(path))) as answer:
            self.text, self.url = await answer.text(), answer.url
            return answer.status

    async def post(self, path: str, **fields: str) -> int:
        """Post a form with this page's own proof; return the status of what comes back."""
        form = {"csrf": self._csrf(), **fields}
        async with self._session.post(self.desk.join(URL(path)), data=form) as answer:
            self.text, self.url = await answer.text(), answer.url
            return answer.status

    async def enter(self, scan: bytes | None = PDF, **fields: str) -> int:
        """Enter a requisition; return the status of what comes back."""
        await self.go("/requisitions/nouvelle")
        form = FormData({"csrf": self._csrf(), **ACT, **fields})
        form.add_field("document", scan or b"", filename="acte.pdf")
        async with self._session.post(self.desk / "requisitions" / "nouvelle", data=form) as answer:
            self.text, self.url = await answer.text(), answer.url
            return answer.status

    async def take(self, path: str) -> bytes:
        """Return a file that a form of this page hands out."""
        form = {"csrf": self._csrf()}
        async with self._session.post(self.desk.join(URL(path)), data=form) as answer:
            assert answer.status == 200
            return await answer.read()

    def _csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        assert found
        return found[1]


@asynccontextmanager
async def custodian(desk: URL, owner_url: str, login: str) -> AsyncIterator[Custodian]:
    """Sign one in, without a browser."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        signed = Custodian(desk, session)
        await signed.go(await link_of(desk, owner_url, login))
        yield signed


def travel(
    file: Path, identities: dict[str, str], signers: dict[str, SigningKey]
) -> tuple[Answer, list[str]]:
    """Open a downloaded case as its two custodians do; return the lines they bring back, too."""
    case = read_case(file)
    first, second = case.file.first.login, case.file.second.login
    opened = file.with_suffix(".opened.tar")
    with opened.open("wb") as tar:
        open_case(case, identities[first], NOW, tar)
    answer = answer_case(read_case(opened), identities[second], signers[second], NOW)
    digests = (manifest.digest(opened.read_bytes()), manifest.digest(answer.files["reponse.json"]))
    lines = [
        sign_receipt(Receipt(case.file.case, done, NOW, digest), signers[login])
        for done, login, digest in zip(Done, (first, second), digests, strict=True)
    ]
    return answer, lines

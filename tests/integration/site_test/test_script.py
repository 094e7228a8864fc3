"""The bundle's essai.sh at a site: run by a shell on a guest's computer behind a simulated box.

What it read is pasted as it is, and judged.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from sqlalchemy import update

from deploy.packages.bundle import render
from deploy.packages.catalogue import offer_named
from simulation.gateway import SimulatedGateway
from territory.database.tables import site
from territory.openid_providers import Provider
from territory.site_test.findings import Check, Finding, State
from territory.site_test.readings import Answer
from territory.site_test.report import parse_report
from territory.vocabulary import Link
from tests.integration.site_test.conftest import Lab, wrong
from tests.unit.deploy.packages.sheets import BASE, CHILLI, NAS, PROVIDER, SITE

SCRIPT = "essai.sh"


def script(portal_url: str, folder: Path, *providers: Provider) -> Path:
    """Write the script of a site whose portal is at this address."""
    gateway = replace(CHILLI, portal=urlsplit(f"{portal_url}/gateway/coovachilli"), nas=(NAS,))
    sheet = replace(SITE, link=Link.PRIVATE_NETWORK, gateways=(gateway,), providers=providers)
    (found,) = [
        file
        for file in render(offer_named("town-hall"), sheet, gateway, BASE)
        if str(file.path) == SCRIPT
    ]
    path = folder / SCRIPT
    path.write_text(found.content)
    return path


async def run(path: Path, shell: str, *leads: str) -> str:
    """Run it in a shell; `leads`: host:port:host:port, where names lead."""
    options = " ".join(f"--connect-to {lead}" for lead in leads)
    process = await asyncio.create_subprocess_exec(
        *shell.split(),
        str(path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "SOCLE_CURL": options},
    )
    said, complaints = await asyncio.wait_for(process.communicate(), 250)
    assert (process.returncode, complaints) == (0, b"")
    return said.decode()


def door(gateway: SimulatedGateway) -> str:
    """Return where every name leads behind a box."""
    return f"::{gateway.configuration.address}:{gateway.web_port}"


@asynccontextmanager
async def open_web() -> AsyncIterator[int]:
    """Answer as Apple's server on the open Internet does; give the port."""

    async def success(_: web.BaseRequest) -> web.Response:
        return web.Response(text="<BODY>Success</BODY>", content_type="text/html")

    runner = web.ServerRunner(web.Server(success))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@pytest.fixture
async def gateway(lab: Lab) -> SimulatedGateway:
    """The site's box."""
    await lab.describe("mairie")
    return await lab.gateway("mairie")


async def faults_of(lab: Lab, said: str) -> dict[Check, Finding]:
    """Return what is wrong after a test with this report; nobody went online before it."""
    found = wrong(await lab.test("mairie", parse_report(said)))
    return {check: each for check, each in found.items() if check is not Check.REDIRECT}


@pytest.mark.parametrize("shell", ["sh", "busybox sh"])
async def test_before_the_log_in_all_is_in_order(
    lab: Lab, gateway: SimulatedGateway, tmp_path: Path, shell: str
) -> None:
    """The portal answers, and every system's probe is redirected."""
    portal = lab.url.removeprefix("http://")
    said = await run(script(lab.url, tmp_path), shell, f"{portal}:{portal}", door(gateway))
    report = parse_report(said)
    assert report.portal_answers
    assert report.addresses == ("127.0.0.1",)
    assert set(report.probes.values()) == {Answer.REDIRECTED}
    assert await faults_of(lab, said) == {}


async def test_a_walled_garden_without_the_portal_and_one_too_wide(
    lab: Lab, gateway: SimulatedGateway, tmp_path: Path
) -> None:
    """The box redirects even the portal; Apple's server answers; Windows' gets no answer.

    Nor does it let through one of the two identity providers.
    """
    named = [replace(PROVIDER, issuer=f"http://{name}.example") for name in ("open", "shut")]
    async with open_web() as port:
        said = await run(
            script(lab.url, tmp_path, *named),
            "sh",
            f"captive.apple.com:80:127.0.0.1:{port}",
            f"open.example:80:127.0.0.1:{port}",
            "www.msftconnecttest.com:80:127.0.0.1:9",
            door(gateway),
        )
    assert parse_report(said).providers == {"open.example": True, "shut.example": False}
    found = await lab.test("mairie", parse_report(said), *named)
    assert not [each for each in found if each.check is Check.PROVIDERS]
    async with lab.engine.begin() as db:
        await db.execute(update(site).values(methods=["openid_connect"]))
    found = await lab.test("mairie", parse_report(said), *named)
    states = [each.state for each in found if each.check is Check.PROVIDERS]
    assert states == [State.GOOD, State.BAD]
    faults = wrong(found)
    assert "uamallowed" in faults[Check.WALLED_GARDEN].remedy
    probes = {each.about: each for each in found if each.check is Check.DETECTION}
    assert "Ôtez captive.apple.com" in probes["iPhone, iPad et Mac"].remedy
    assert "résoudre ce nom avant l'accès" in probes["Windows"].remedy
    assert probes["Firefox"].state is State.GOOD


async def test_a_name_that_leads_nowhere_at_the_site(
    lab: Lab, gateway: SimulatedGateway, tmp_path: Path
) -> None:
    """The site's resolver does not know the portal."""
    said = await run(script("http://portail.invalid", tmp_path), "sh", door(gateway))
    assert "nom -" in said.splitlines()
    assert "résolveur DNS" in (await faults_of(lab, said))[Check.DNS].remedy


async def test_the_script_is_a_shell_s(tmp_path: Path) -> None:
    """Shellcheck has nothing to say of it, for a plain POSIX shell."""
    path = script("https://wifi.meuse.example", tmp_path)
    process = await asyncio.create_subprocess_exec(
        "shellcheck", "--shell=sh", str(path), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert (process.returncode, said) == (0, b"")

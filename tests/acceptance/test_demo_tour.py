"""The demonstration, walked through as a visitor would: every door, every button, then Ctrl-C.

`socle demo` runs as a person starts it; Chromium does the rest, and looks at every page with axe.
The pictures it takes lie in build/tour; those of the README are among them.
"""

import asyncio
import os
import re
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    async_playwright,
    expect,
)

from tests.servers.accessibility import look
from tests.servers.browser import CHROMIUM, FLAGS

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(420)]

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build" / "tour"
PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1280, height=800)
START_SECONDS = 90
WAIT_MILLISECONDS = 30_000
SOON_MILLISECONDS = 90_000


class Demo:
    """A demonstration that runs."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.process = process
        self.address = address

    async def end(self) -> str:
        """Press Ctrl-C; return its last words."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout
        words = await asyncio.wait_for(self.process.stdout.read(), 40)
        assert await asyncio.wait_for(self.process.wait(), 10) == 0
        return words.decode()


@asynccontextmanager
async def demonstration(folder: Path) -> AsyncIterator[Demo]:
    """Start `socle demo`, wait for its welcome, and leave nothing behind."""
    log = (folder / "log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "socle", "demo", "--folder", str(folder / "demo")),
        *("--port", str(free_port())),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        cwd=ROOT,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(START_SECONDS):
            while not (found := re.search(rb"Open (\S+)", line := await process.stdout.readline())):
                assert line, (folder / "log").read_text()[-3000:]
        yield Demo(process, found[1].decode())
    finally:
        log.close()
        if process.returncode is None:
            process.terminate()
            await process.wait()


def free_port() -> int:
    """Return a TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Give Debian's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


async def picture(page: Page, name: str) -> None:
    """Take a picture at a phone's and at a desk's width, and hold the page to its rules."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width, size in (("360", PHONE), ("1280", DESK)):
        await page.set_viewport_size(size)
        await page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=width == "360")
    await look(page, name)


async def guest_reads_her_mail(context: BrowserContext, demo: Page) -> None:
    """Another way in: online for some minutes, to open the link in her mail, which the journal
    shows; then for as long as the plan says."""
    async with context.expect_page() as opened:
        await demo.click("a[data-phone]")
    phone = await opened.value
    await phone.get_by_role("link", name="العربية").click()
    await expect(phone.locator("html")).to_have_attribute("dir", "rtl")
    await picture(phone, "guest-first-page-arabic")
    await phone.get_by_role("link", name="Français").click()
    await phone.get_by_role("link", name=re.compile("Qui peut m'aider")).click()
    await expect(phone.get_by_role("heading", level=1)).to_be_visible()
    await picture(phone, "guest-who-helps")
    await phone.go_back()
    await phone.get_by_role("link", name="Choisir un autre moyen").click()
    await picture(phone, "guest-ways-in")
    await phone.get_by_role("link", name="Recevoir un code par courriel").click()
    await phone.get_by_label("Adresse de courriel").fill("lea@exemple.fr")
    await phone.get_by_role("button", name="Recevoir le code").click()
    await expect(phone.get_by_text("Ouvrez le lien reçu")).to_be_visible()
    await picture(phone, "guest-on-loan")
    await seen(demo, "courrier", "lea@exemple.fr")
    letter = demo.locator("#entries li").filter(has=demo.locator(".tag.courrier")).first
    link = re.search(r"https?://\S+lien=\S+", await letter.text_content() or "")
    assert link
    await phone.goto(link[0])
    await phone.get_by_role("button", name="Oui, me connecter").click()
    await expect(phone.get_by_text(re.compile(r"3\sh\s59\smin|4\sh"))).to_be_visible()
    await phone.get_by_role("button", name=re.compile("déconnecter", re.I)).click()
    await expect(phone.get_by_text(re.compile("déconnecté"))).to_be_visible()
    await phone.close()


async def guest_goes_online(context: BrowserContext, demo: Page) -> None:
    """The guest's door: captured, redirected, logged in by RADIUS, released, logged out."""
    async with context.expect_page() as opened:
        await demo.click("a[data-phone]")
    phone = await opened.value
    doorway = "http://127.10.1.1:8081/"
    await expect(phone.get_by_role("heading", level=1)).to_be_visible()
    assert "/gateway/coovachilli" in phone.url
    await picture(phone, "guest-first-page")
    await phone.get_by_role("button").first.click()
    await expect(phone.get_by_text(re.compile("Vous êtes connecté"))).to_be_visible()
    await picture(phone, "guest-connected")
    await phone.goto(doorway)
    await expect(phone.get_by_text("Le Web est ouvert")).to_be_visible()
    await picture(phone, "guest-open-web")
    await phone.go_back()
    await phone.get_by_role("button", name=re.compile("déconnecter", re.I)).click()
    await expect(phone.get_by_text(re.compile("déconnecté"))).to_be_visible()
    await phone.goto(doorway)
    assert "/gateway/coovachilli" in phone.url
    await phone.close()


async def ticket_across_the_counter(context: BrowserContext, demo: Page) -> None:
    """The mediator makes a ticket by one tap; a guest's phone types it; the page says so."""
    mediator = await through_door(context, demo, "Le médiateur numérique")
    await picture(mediator, "mediator")
    await mediator.get_by_role("button", name="Faire un ticket").click()
    code = mediator.locator(".code")
    await expect(code).to_have_text(re.compile(r"\d{4} \d{4} \d{4}"))
    async with context.expect_page() as opened:
        await demo.get_by_role("link", name="La personne devant").click()
    phone = await opened.value
    await phone.get_by_role("link", name="J'ai un ticket").click()
    await picture(phone, "guest-ticket")
    await phone.get_by_label("Les 12 chiffres").fill(await code.inner_text())
    await phone.get_by_role("button", name="Se connecter").click()
    await expect(phone.get_by_text(re.compile("Vous êtes connecté"))).to_be_visible()
    await expect(mediator.get_by_text("Ce ticket est en ligne.")).to_be_visible()
    await mediator.wait_for_load_state()
    await picture(mediator, "mediator-ticket")
    await phone.close()
    await mediator.close()


async def explained(page: Page, demo: Page) -> None:
    """Paste the visitor's address that the door shows; read what came of her visit."""
    door = demo.get_by_role("link", name="devant la visiteuse")
    (mac,) = re.findall("[0-9A-F]{2}(?:-[0-9A-F]{2}){5}", await door.inner_text())
    await page.get_by_label("Adresse MAC").fill(mac)
    await page.get_by_role("button", name="Expliquer").click()
    await expect(page.get_by_text("Première utilisation").first).to_be_visible()
    await expect(page.get_by_text("hors ligne", exact=True)).to_be_visible()
    await picture(page, "explained")


async def through_door(context: BrowserContext, demo: Page, title: str) -> Page:
    """Go through a door; return the page behind it, signed in."""
    async with context.expect_page() as opened:
        await demo.get_by_role("link", name=title).click()
    page = await opened.value
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert "/lien/" not in page.url
    return page


async def seen(demo: Page, kind: str, words: str) -> None:
    """Wait until the journal shows an entry."""
    entries = demo.locator("#entries li").filter(has=demo.locator(f".tag.{kind}"))
    wanted = entries.filter(has_text=re.compile(words)).first
    await expect(wanted).to_be_attached(timeout=SOON_MILLISECONDS)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the embedded database's user can reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="socle-tour-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def test_every_door_and_every_button(folder: Path) -> None:
    """A guest online, a site unplugged, days sealed, a year gone, and a clean end."""
    async with demonstration(folder) as running, chromium() as browser:
        context = await browser.new_context(locale="fr-FR", viewport=DESK)
        context.set_default_timeout(WAIT_MILLISECONDS)
        demo = await context.new_page()
        await demo.goto(running.address)
        await guest_reads_her_mail(context, demo)
        await guest_goes_online(context, demo)
        await seen(demo, "paquet", "Access-Accept")
        await seen(demo, "ligne", "session ouverte")
        await ticket_across_the_counter(context, demo)
        await demo.get_by_role("button", name="Débrancher Commercy").click()
        await seen(demo, "geste", "vous débranchez")
        await seen(demo, "ligne", "equipment_state : down")
        await seen(demo, "geste", "cinq minutes ont passé")
        await seen(demo, "ligne", "equipment_state : down")
        technician = await through_door(context, demo, "Le technicien Quels")
        await expect(
            technician.get_by_text("Est-ce votre nouvelle passerelle").first
        ).to_be_visible()
        await picture(technician, "technician")
        await explained(await through_door(context, demo, "devant la visiteuse"), demo)
        await demo.get_by_role("button", name="Rebrancher Commercy").click()
        for _ in range(3):
            await demo.get_by_role("button", name="Jour suivant").click()
        await seen(demo, "archive", "scellée")
        await demo.goto(running.address)
        await picture(demo, "demo")
        await picture(await through_door(context, demo, "Le dépositaire"), "custodian")
        await demo.get_by_role("button", name="Un an passe").click()
        await seen(demo, "archive", "clé détruite")
        await picture(await through_door(context, demo, "L'administratrice"), "administrator")
        await picture(await through_door(context, demo, "L'agente de la mairie"), "agent")
        assert "Everything is stopped." in await running.end()
    assert left_behind(folder) == []


def left_behind(folder: Path) -> list[str]:
    """Return the command lines of processes that still name the demonstration's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder) in words and int(process.name) != os.getpid():
            found.append(words)
    return found


def test_the_readme_s_pictures_are_the_tour_s() -> None:
    """Every picture that the README shows is one this tour takes."""
    shown = re.findall(r"!\[[^]]*\]\(docs/pictures/([^)]+)\)", (ROOT / "README.md").read_text())
    taken = re.findall(r'"([a-z-]+)"\)', Path(__file__).read_text())
    assert shown
    for name in shown:
        assert name.removesuffix(".png").rpartition("-")[0] in taken
        assert (ROOT / "docs" / "pictures" / name).exists()

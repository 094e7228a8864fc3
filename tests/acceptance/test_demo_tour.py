"""The demonstration, walked through as a visitor would: every door, every button, then Ctrl-C.

`socle demo` runs as a person starts it; Chromium does the rest.
The pictures it takes lie in build/tour; those of the README are among them.
"""

import asyncio
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import (
    BrowserContext,
    Locator,
    Page,
    ViewportSize,
    expect,
)

from tests.servers.accessibility import violations
from tests.servers.addresses import free_port
from tests.servers.browser import chromium, go, take_picture
from tests.servers.prometheus import Prometheus
from tests.servers.questions import questions_of_dashboards, unanswered

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build" / "tour"
PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1280, height=800)
START_SECONDS = 240
SEEN_BY_AXE = {"demo", "live", "custodian", "explained"}
WAIT_MILLISECONDS = 90_000
SOON_MILLISECONDS = 180_000
ANSWER_SECONDS = 90


class Demo:
    """A demonstration that runs."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.process = process
        self.address = address

    async def end(self) -> str:
        """Press Ctrl-C; return its last words."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout
        words = await asyncio.wait_for(self.process.stdout.read(), 150)
        assert await asyncio.wait_for(self.process.wait(), 60) == 0
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


async def picture(page: Page, name: str) -> None:
    """Take a picture at a phone's and at a desk's width, and hold the page to its rules.

    Axe looks once, and where the demonstration fills a page as no other test does: each page of the
    product has tests of its own, at both widths.
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width, size in (("360", PHONE), ("1280", DESK)):
        await page.set_viewport_size(size)
        await take_picture(page, PICTURES / f"{name}-{width}.png", whole=width == "360")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"{name} is {wide} px wide at {width}"
    if name in SEEN_BY_AXE:
        assert await violations(page) == [], name


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
    letter = demo.locator("#entries li:has(.tag.courrier)").first
    link = re.search(r"https?://\S+lien=\S+", await letter.text_content() or "")
    assert link
    await go(phone, link[0])
    await phone.get_by_role("button", name="Oui, me connecter").click()
    await expect(phone.get_by_text(re.compile(r"3\sh\s59\smin|4\sh"))).to_be_visible()
    await phone.get_by_role("button", name=re.compile("déconnecter", re.I)).click()
    await expect(phone.get_by_text(re.compile("déconnecté"))).to_be_visible()
    await phone.close()


async def guest_gets_a_text(context: BrowserContext, demo: Page) -> None:
    """And by a code texted to her mobile, by the provider's interface: it is in the journal."""
    async with context.expect_page() as opened:
        await demo.click("a[data-phone]")
    phone = await opened.value
    await phone.get_by_role("link", name="Choisir un autre moyen").click()
    await phone.get_by_role("link", name="Recevoir un code par SMS").click()
    await phone.get_by_label("Numéro de mobile").fill("06 12 34 56 78")
    await phone.get_by_role("button", name="Recevoir le code").click()
    await seen(demo, "sms", r"\+33612345678")
    message = demo.locator("#entries li:has(.tag.sms)").first
    code = re.search(r"\b\d{6}\b", await message.text_content() or "")
    assert code
    await phone.get_by_label("Code de six chiffres").fill(code[0])
    await picture(phone, "guest-text-message")
    await phone.get_by_role("button", name="Continuer").click()
    await expect(phone.get_by_text(re.compile("Vous êtes connecté"))).to_be_visible()
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
    await go(phone, doorway)
    await expect(phone.get_by_text("Le Web est ouvert")).to_be_visible()
    await picture(phone, "guest-open-web")
    await phone.go_back()
    await phone.get_by_role("button", name=re.compile("déconnecter", re.I)).click()
    await expect(phone.get_by_text(re.compile("déconnecté"))).to_be_visible()
    await go(phone, doorway)
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


async def case_is_answered(page: Page) -> None:
    """An act that lacks something is suspended; corrected, two custodians answer and sign it."""
    for title, told in (
        ("Une attaque part", "203.0.113."),
        ("Inscrire l'acte, tel", "suspendue"),
        ("Inscrire l'acte corrigé", "reçue"),
        ("Préparer le dossier", "parquet.age"),
        ("Ouvrir l'enveloppe", "socle-receipt-1"),
        ("Ouvrir l'intérieur", "appareils trouvés"),
    ):
        await page.get_by_role("button", name=title).click()
        await expect(page.locator("dl").last).to_contain_text(told)
    await expect(page.get_by_role("link", name="rapport.pdf", exact=True)).to_be_visible()


async def case_is_forgotten(page: Page) -> None:
    """A year later its keys are gone: the certificate says so, and the case opens no more."""
    await page.get_by_role("button", name="Un an passe").click()
    await page.get_by_role("button", name="Demander le certificat").click()
    await expect(page.get_by_text("n'existent plus")).to_be_visible()
    await expect(page.get_by_role("link", name="certificat.pdf", exact=True)).to_be_visible()
    await picture(page, "case")


async def a_month_in_figures(page: Page) -> None:
    """What the month before came to, a year later: its sessions are gone, and counted."""
    await expect(page.get_by_role("heading", name="Indicateurs")).to_be_visible()
    for name in ("Arrivées", "Sessions", "Lieux en service"):
        figure = page.locator(".month > div").filter(has=page.get_by_text(name, exact=True))
        await expect(figure.locator(".value")).not_to_have_text("0")
    await picture(page, "indicators")


async def prometheus_of(running: Demo) -> Prometheus:
    """Return the Prometheus that the demonstration runs, by its door."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{running.address}porte/prometheus", allow_redirects=False) as answer,
    ):
        return Prometheus(answer.headers["Location"].rstrip("/"))


async def told_of_an_outage(demo: Page, screen: Page, prometheus: Prometheus) -> None:
    """It shows on the screen and in the measures; one letter tells it, and Alertmanager once."""
    place = screen.locator("li, tr").filter(has_text="Médiathèque de Commercy")
    await expect(place.first).to_contain_text("en panne", timeout=SOON_MILLISECONDS)
    await seen(demo, "courrier", "Médiathèque de Commercy : le Wi-Fi ne répond plus")
    await seen(demo, "alerte", "mediatheque-commercy Alertmanager alerte")
    down = 'socle_supervision_equipment{site="mediatheque-commercy",state="down"} > 0'
    assert await prometheus.query(down)
    for kind in ("courrier", "alerte"):
        told = of_commercy(demo, kind)
        assert await told.count() == 1
        assert "Cause probable" in (await told.text_content() or "")


async def told_of_its_end(demo: Page) -> None:
    """Once again, by both ways."""
    await seen(demo, "courrier", "Rétabli : Médiathèque de Commercy")
    await seen(demo, "alerte", "mediatheque-commercy Alertmanager : c'est terminé")
    assert await of_commercy(demo, "courrier").filter(has_text="Rétabli").count() == 1
    assert await of_commercy(demo, "alerte").filter(has_text="terminé").count() == 1


def of_commercy(demo: Page, kind: str) -> Locator:
    """Return what the journal shows of the library that is unplugged."""
    place = re.compile("mediatheque-commercy")
    return demo.locator(f"#entries li:has(.tag.{kind})").filter(has_text=place)


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
    entries = demo.locator(f"#entries li:has(.tag.{kind})")
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
        expect.set_options(timeout=WAIT_MILLISECONDS)
        demo = await context.new_page()
        await go(demo, running.address)
        prometheus = await prometheus_of(running)
        await guest_reads_her_mail(context, demo)
        await guest_gets_a_text(context, demo)
        await guest_goes_online(context, demo)
        await seen(demo, "paquet", "Access-Accept")
        await seen(demo, "ligne", "session ouverte")
        await ticket_across_the_counter(context, demo)
        screen = await through_door(context, demo, "devant l'écran")
        await demo.get_by_role("button", name="Débrancher Commercy").click()
        await seen(demo, "geste", "vous débranchez")
        await seen(demo, "ligne", "equipment_state : down")
        await told_of_an_outage(demo, screen, prometheus)
        await picture(screen, "live")
        technician = await through_door(context, demo, "Le technicien Quels")
        await expect(
            technician.get_by_text("Est-ce votre nouvelle passerelle").first
        ).to_be_visible()
        await picture(technician, "technician")
        await explained(await through_door(context, demo, "devant la visiteuse"), demo)
        await demo.get_by_role("button", name="Rebrancher Commercy").click()
        await told_of_its_end(demo)
        assert await unanswered(prometheus, [*questions_of_dashboards()], ANSWER_SECONDS) == []
        for _ in range(3):
            await demo.get_by_role("button", name="Jour suivant").click()
        await seen(demo, "archive", "scellée")
        await go(demo, running.address)
        await picture(demo, "demo")
        await picture(await through_door(context, demo, "Le dépositaire"), "custodian")
        case = await through_door(context, demo, "une réquisition")
        await case_is_answered(case)
        await demo.get_by_role("button", name="Un an passe").click()
        await seen(demo, "archive", "clé détruite")
        await case_is_forgotten(case)
        await a_month_in_figures(await through_door(context, demo, "L'élue"))
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

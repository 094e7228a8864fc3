"""The pages any public site must have: in every language, reachable from everywhere."""

import re
from dataclasses import replace
from datetime import date

import asyncpg

from portal.app import LANGUAGES, RIGHT_TO_LEFT
from portal.guest.accessibility.audit import CRITERIA, SAMPLE, Audit, Outcome
from portal.guest.information import PAGES_OF_INFORMATION
from portal.guest.parts import Portal
from tests.integration.portal.conftest import Guest, Radius, Seed, user_name_in
from tests.servers.words import words_on

PATHS = ["/", "/ma-connexion", *(page.path for page in PAGES_OF_INFORMATION)]


async def test_every_page_in_every_language(guest: Guest) -> None:
    """Its language declared, its title its own, a heading, and the way to all the others."""
    titles = set()
    for path in PATHS:
        for language in LANGUAGES:
            page = await guest.get(f"{path}?lang={language}")
            assert page.status == 200, path
            direction = ' dir="rtl"' if language in RIGHT_TO_LEFT else ""
            assert f'<html lang="{language}"{direction}>' in page.text
            assert page.headers["Content-Language"] == language
            assert page.text.count("<h1>") == 1
            titles.add((language, re.findall("<title>(.*)</title>", page.text)[0]))
            for other in PAGES_OF_INFORMATION:
                assert f'href="{other.path}?lang={language}"' in page.text
    assert len(titles) == len(PATHS) * len(LANGUAGES)


async def test_the_home_lists_open_places(guest: Guest) -> None:
    """By commune, with the kind of place in words."""
    page = await guest.get("/")
    for words in (
        "Commercy</bdi></h3>",
        "Mairie de Commercy",
        "Bibliothèque",
        "Département de la Meuse",
    ):
        assert words in page.text


async def test_what_the_law_asks_for(guest: Guest) -> None:
    """RGAA: non conforme without an audit; who publishes; who to complain to."""
    assert "Accessibilité : non conforme" in (await guest.get("/")).text
    accessibility = (await guest.get("/accessibilite")).text
    for words in ("Non conforme", "RGAA", "Défenseur des droits", "numerique@meuse.example"):
        assert words in accessibility
    legal = (await guest.get("/mentions-legales")).text
    assert "Département de la Meuse" in legal
    assert "225500016" in legal
    assert "CNIL" in (await guest.get("/mes-donnees")).text
    assert "L336-3" in (await guest.get("/conditions")).text


async def test_who_brings_a_requisition_is_told_what_it_takes(guest: Guest) -> None:
    """In French whatever the language of the pages around it; found by the map of the site; whom to
    reach is the setting's, else the territory's own contact (CPCE L34-1 II)."""
    portal_map = (await guest.get("/plan-du-site?lang=en")).text
    assert 'href="/autorites?lang=en" lang="fr"' in portal_map
    page = await guest.get("/autorites?lang=en")
    assert page.status == 200
    for words in (
        "port source",
        "fuseau horaire",
        "procédure pénale",
        "adresse MAC",
        "meuse.example",
    ):
        assert words in page.text
    assert '<div lang="fr" dir="ltr">' in page.text


async def test_a_visit_finds_its_way_back(guest: Guest) -> None:
    """Reading the terms costs nothing: a button leads back to the same visit, in its language."""
    visit = (await guest.arrive(lang="nl")).visit
    for page in PAGES_OF_INFORMATION:
        found = await guest.get(f"{page.path}?visit={visit}")
        assert '<html lang="nl">' in found.text
        back = re.findall(r'href="(/visite\?visit=[^"&]+)"', found.text)
        assert (await guest.get(back[0])).status == 200


async def test_your_data_of_the_device_that_is_online(guest: Guest, radius: Radius) -> None:
    """What is held now, only with the signed visit of that connection."""
    page = await guest.arrive()
    name = user_name_in(await guest.post("/visite", visit=page.visit))
    await radius.bind(name)
    connected = await guest.arrive(res="success", uid=name)
    told = await guest.get(f"/mes-donnees?visit={connected.visit}")
    assert "8a:56:7e:f9:10:e4" in told.text
    assert 'href="/ma-connexion?visit=' in told.text
    assert "8a:56:7e:f9:10:e4" not in (await guest.get("/mes-donnees")).text


async def test_a_made_up_visit_is_passed_over(guest: Guest) -> None:
    """The page is public all the same, and repeats nothing."""
    page = await guest.get("/aide?visit=zqjxk")
    assert page.status == 200
    assert "zqjxk" not in page.text


async def test_who_can_help_here(
    guest: Guest, portal: Portal, owner: "asyncpg.Connection[asyncpg.Record]", seed: Seed
) -> None:
    """Who helps at this place, until when, and the nearest other; a tap away from every page."""
    await owner.execute(
        "INSERT INTO territory.helper (id, site_id, name, hours, phone) VALUES"
        " (gen_random_uuid(), $1, 'Espace France Services', 'Mo-Fr 09:00-17:00', '03 53 01 02 03'),"
        " (gen_random_uuid(), $2, 'Atelier informatique', 'Sa 10:00-12:00', NULL)",
        seed.town_hall,
        seed.library,
    )
    await portal.directory.refresh()
    visit = (await guest.arrive()).visit
    first = await guest.get(f"/visite?visit={visit}")
    assert f'href="/aide?visit={visit}">Qui peut' in first.text
    page = await guest.get(f"/aide?visit={visit}")
    here, _, elsewhere = page.text.partition("Dans d'autres lieux")
    assert "Espace France Services" in here
    assert "jusqu&#39;à 17:00" in here
    assert 'href="tel:0353010203"' in here
    assert "Atelier informatique" in elsewhere
    assert "le samedi 21 novembre à 10:00" in elsewhere


async def test_what_an_audit_lets_declare(guest: Guest, portal: Portal) -> None:
    """Every foot and the declaration follow the person's grid: its share, its faults, its end."""
    results = {**dict.fromkeys(CRITERIA, Outcome.KEPT), "3.2": Outcome.BROKEN}
    audit = Audit("Association", date(2026, 11, 2), SAMPLE, (), results, {"3.2": "Trop clair."})
    object.__setattr__(portal, "audit", audit)
    assert "Accessibilité : partiellement conforme" in (await guest.get("/")).text
    told = (await guest.get("/accessibilite?lang=en")).text
    for words in (
        "Partially compliant.",
        "99%",
        "105 / 106",
        "2 November 2026",
        "3.2 – Trop clair.",
    ):
        assert words in told
    object.__setattr__(portal, "audit", replace(audit, finished_on=date(2023, 11, 20)))
    late = (await guest.get("/accessibilite")).text
    assert "Le dernier audit a plus de trois ans." in late
    assert "Accessibilité : non conforme" in late
    assert "105" not in words_on(late)

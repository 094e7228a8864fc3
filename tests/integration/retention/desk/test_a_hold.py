"""A hold from the act that asks for it to its new end, in a real browser."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.async_api import Browser
from yarl import URL

from retention.cases.case import open_case, read_case
from retention.holds.reseal import reseal
from retention.holds.take_in import read_resealed, take_in
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places, only_runner, unwatched
from retention.sealing.clock_guard import ClockGuard
from tests.desk import NOW, PDF, WIDE, Custodian, RunDesk, custodian, follow, signed_in
from tests.evidence import (
    CUSTODIANS,
    Evidence,
)
from tests.servers.accessibility import look
from tests.servers.browser import go


@pytest.mark.browser
async def test_a_hold_from_its_act_to_its_new_end(
    sealed: None,
    run_desk: RunDesk,
    chromium: Browser,
    database_url: str,
    places: Places,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
    evidence: Evidence,
    tmp_path: Path,
) -> None:
    """An act that asks to preserve becomes a hold, resealed by two; its end moves by two alone."""
    file = tmp_path / "hold.tar"
    async with (
        run_desk() as desk,
        custodian(desk, database_url, CUSTODIANS[0]) as anne,
        custodian(desk, database_url, CUSTODIANS[1]) as bruno,
    ):
        assert await anne.enter(ground="cpce-l34-1-3bis", condition="") == 200
        page = await signed_in(chromium, desk, database_url, CUSTODIANS[0])
        await go(page, str(anne.url))
        await page.get_by_text("Conserver au-delà du terme").click()
        await follow(page.get_by_role("link", name="Inscrire une conservation"))
        await page.get_by_label("Terme").fill("2027-06-01")
        await look(page, "desk-new-hold")
        await follow(page.get_by_role("button", name="Inscrire la conservation"))
        await page.get_by_text("Prolonger ou lever").click()
        await look(page, "desk-hold")
        assert (await page.content()).count("--archive-key EMPREINTE") == 2
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Télécharger le dossier").click()
        await (await download.value).save_as(file)
        hold = URL(page.url).path
        await execute(file, evidence, places, identities, signers)
        await page.reload()
        await look(page, "desk-hold-done", widths=(360,))

        agreed = (
            (anne, "2027-03-01", "2027-06-01"),
            (anne, "2027-03-01", "2027-06-01"),
            (bruno, "2027-03-01", "2027-03-01"),
            (bruno, "2027-05-01", "2027-03-01"),
            (anne, "2027-05-01", "2027-05-01"),
            (anne, "2027-03-01", "2027-05-01"),  # what both agreed to before is used up
        )
        for who, ends_on, found in agreed:
            await who.go(hold)
            end = {"ends_on": ends_on, "reason": "Enquête close"}
            assert await who.post(f"{hold}/terme", **end) == 200
            rows = await evidence.fetch("SELECT ends_on::text FROM archive.hold")
            assert [row["ends_on"] for row in rows] == [found]
        await bruno.go(hold)
        assert await bruno.post(f"{hold}/terme", ends_on="2029-01-01", reason="Plus tard") == 422
        await follow(page.get_by_role("link", name="Conservations").first)
        await look(page, "desk-holds")
        await follow(page.get_by_role("link", name="Destructions"))
        await look(page, "desk-destructions")
        async with page.expect_download() as certificate:
            await page.get_by_role("button", name="Télécharger").click()
        with ZipFile(await (await certificate.value).path()) as papers:
            assert {"certificat.pdf", "certificat.json.sig"} <= set(papers.namelist())

        await on_a_person(bruno)
        await go(page, str(bruno.url))
        await look(page, "desk-hold-on-a-person", WIDE)


async def on_a_person(custodian: Custodian) -> None:
    """Register a hold on somebody: its page says who makes its case, and makes none itself."""
    asked = {
        **dict.fromkeys(("since_date", "until_date"), "2026-11-17"),
        "since_time": "08:00",
        "until_time": "20:00",
        "kind": "person",
        "identifier_kind": "email",
        "identifier": "elise@exemple.fr",
        "ground": "cpce-l34-1-3bis",
        "condition": "",
        "reference": "PV 2026/99",
    }
    assert await custodian.enter(PDF, **asked) == 200
    new = f"{custodian.url.path}/conservation"
    await custodian.go(new)
    assert "son identité" in custodian.text
    two = {"first": CUSTODIANS[0], "second": CUSTODIANS[1]}
    assert await custodian.post(new, ends_on="2027-06-01", **two) == 200
    typed = f"socle hold prepare {custodian.url.name}"
    assert f"{typed} --custodian {CUSTODIANS[0]} --custodian {CUSTODIANS[1]}" in custodian.text
    assert "Télécharger le dossier" not in custodian.text
    assert await custodian.post(f"{custodian.url.path}/fichier", **two) == 422
    assert "se fait sur le serveur" in custodian.text
    await custodian.go(custodian.url.path.removesuffix("/fichier"))


async def execute(
    file: Path,
    evidence: Evidence,
    places: Places,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
) -> None:
    """Let both custodians reseal what is in scope, and the archive take it in."""
    first, second = CUSTODIANS
    opened, back = file.with_suffix(".opened"), file.with_suffix(".back")
    with opened.open("wb") as tar:
        open_case(read_case(file), identities[first], NOW, tar)
    back.write_bytes(reseal(read_case(opened), identities[second], signers[second], NOW))
    found = read_resealed(back, SigningKey.read(places.signing_key).public)
    url = evidence.retention_url
    async with only_runner(url, places, NOW, unwatched, ClockGuard.NONE) as runner:
        await take_in(runner, found)

"""A person asked about at the desk, by what they were given or gave."""

from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest

from retention.cases.open_accounts import load_waiting_case, with_held
from retention.cases.prepare import write_case
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places
from retention.sealing.vault import load_held
from territory.database.components import Component
from territory.database.connect import open_engine, open_pool
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError
from territory.keyring import Keyring
from territory.rules.ticket_codes import code_digest
from tests.custody import write_ticket
from tests.desk import NOW, PDF, RunDesk, custodian, travel
from tests.evidence import (
    CUSTODIANS,
    VERDUN,
    Evidence,
    Session,
    at,
    run_archive,
    visit,
)


async def test_a_person_is_asked_about_by_a_tickets_printed_code(
    run_desk: RunDesk,
    database_url: str,
    evidence: Evidence,
    places: Places,
    keyring: Keyring,
    identities: dict[str, str],
    signers: dict[str, SigningKey],
    tmp_path: Path,
) -> None:
    """Typed as it is printed, refused where a digit is wrong; it leads to the one device that used
    the ticket, and what answers holds no digest of it. A ticket that is still good is reached where
    the file is made on the server, and only for the keys that its custodians have.
    """
    await evidence.days("2026-11-15", 8)
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    laptop = Session(VERDUN, "ac:de:48:00:00:02", "10.1.0.11", "2")
    for each in (phone, laptop):
        await evidence.record(each, *visit(at("2026-11-17 10:00"), 30))
    other = "UPDATE source.event SET user_name = 'other' WHERE device = $1::text::macaddr"
    await evidence.fetch(other, laptop.device)
    digest = code_digest("482109375523", keyring.derive("ticket"))
    await write_ticket(evidence, digest, "opaque", at("2026-11-17 12:00"))
    await run_archive(evidence.retention_url, places, NOW)
    asked = {
        **dict.fromkeys(("since_date", "until_date"), "2026-11-17"),
        "since_time": "08:00",
        "until_time": "20:00",
        "kind": "person",
        "identifier_kind": "ticket",
    }
    async with (
        run_desk() as desk,
        custodian(desk, database_url, CUSTODIANS[0]) as anne,
    ):
        assert await anne.enter(PDF, **asked, identifier="4821 0937 5525") == 422
        assert "il a douze chiffres" in anne.text
        assert await anne.enter(PDF, **asked, identifier="4821 0937 5523") == 200
        assert "Code imprimé" in anne.text
        both = {"first": CUSTODIANS[0], "second": CUSTODIANS[1]}
        assert await anne.post(f"{anne.url.path}/dossier", **both) == 200
        file = tmp_path / "case.tar"
        file.write_bytes(await anne.take(f"{anne.url.path}/fichier"))
        assert f"socle case file {anne.url.name}" in anne.text
    answer, _ = travel(file, identities, signers)
    (reply,) = answer.replies
    assert [each.device for each in reply.found.attributions] == [phone.device]
    assert (reply.complete, reply.unseen) == (False, (Category.ACCOUNT,))
    assert not any(digest.hex().encode() in octets for octets in answer.files.values())
    assert "…5523" in answer.files["reponse.json"].decode()
    (line,) = await evidence.fetch("SELECT question::text FROM archive.requisition")
    assert "4821" not in line["question"]

    await evidence.fetch(
        "UPDATE live.admission SET user_name = 'other', ends_at = '2026-12-17 12:00Z',"
        " guest_id = ticket.id FROM live.ticket"
    )
    again = await made_on_the_server(evidence, places, UUID(anne.url.name), keyring)
    file.write_bytes(again)
    answer, _ = travel(file, identities, signers)
    (reply,) = answer.replies
    assert {each.device for each in reply.found.attributions} == {phone.device, laptop.device}
    assert reply.complete
    await evidence.fetch("UPDATE staff.operator SET age_recipient = age_recipient || 'x'")
    with pytest.raises(ConfigurationError, match="keys they have now"):
        await made_on_the_server(evidence, places, UUID(anne.url.name), keyring)


async def made_on_the_server(
    evidence: Evidence, places: Places, case: UUID, keyring: Keyring
) -> bytes:
    """Return the file of a case as `socle case file` makes it, open accounts included."""
    url = evidence.retention_url
    engine, pool = open_engine(url), await open_pool(url, Component.RETENTION, max_size=1)
    try:
        async with engine.connect() as db, pool.acquire() as connection:
            found = await load_waiting_case(db, case)
            made = with_held(found, await load_held(connection, keyring), NOW)
    finally:
        await pool.close()
        await engine.dispose()
    tar = BytesIO()
    write_case(places, made.file, tar, made.extracts)
    return tar.getvalue()

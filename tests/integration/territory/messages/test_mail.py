"""Letters to a real mail server: TLS, account, answers for now and for good, silence."""

import asyncio
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from territory.errors import Unavailable
from territory.messages.addresses import MailAddress
from territory.messages.mail import Delivery, Letter, Mailer
from territory.settings.messages import MailSettings
from tests.servers.mail import PASSWORD, USER, Inbox, mail_server

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
LETTER = Letter(MailAddress("anne", "commercy.example"), "Votre code", "123456\n")


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate of 127.0.0.1, made by openssl, and what serves with it."""
    folder = tmp_path_factory.mktemp("papers")
    certificate, key = folder / "relay.pem", folder / "relay.key"
    name = ["-subj", "/CN=relay", "-addext", "subjectAltName=IP:127.0.0.1"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    output = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        ["openssl", "req", "-x509", *kind, *name, *output], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def mailer(inbox: Inbox, **given: object) -> Mailer:
    """Return a mailer of that server that waits hardly at all before it tries again."""
    settings = {
        "server": "127.0.0.1",
        "port": inbox.port,
        "security": "none",
        "sender": "wifi@meuse.example",
        **given,
    }
    return Mailer(MailSettings.model_validate(settings), retry_seconds=0.001)


async def test_a_letter_arrives() -> None:
    """One recipient, in the envelope and in the letter."""
    async with mail_server() as inbox:
        assert await mailer(inbox).send(LETTER, NOW) is Delivery.TAKEN
    assert inbox.recipients == ["anne@commercy.example"]
    assert inbox.letters[0]["To"] == "anne@commercy.example"
    assert inbox.letters[0].get_content() == "123456\r\n"


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_secret_and_by_account(papers: tuple[Path, ssl.SSLContext], security: str) -> None:
    """STARTTLS or TLS, its certificate checked, then user and password."""
    certificate, context = papers
    async with mail_server(context, implicit=security == "tls", asks_who=True) as inbox:
        sending = mailer(
            inbox,
            security=security,
            authorities=certificate,
            user=USER,
            password=SecretStr(PASSWORD),
        )
        assert await sending.send(LETTER, NOW) is Delivery.TAKEN
    assert (inbox.were_secret, inbox.were_known) == ([True], [True])


async def test_a_relay_without_tls_gets_nothing() -> None:
    """TLS is demanded: neither the password nor the letter goes in clear."""
    async with mail_server() as inbox:
        sending = mailer(inbox, security="starttls")
        with pytest.raises(Unavailable, match="does not offer"):
            await sending.send(LETTER, NOW)
    assert inbox.letters == []


async def test_a_certificate_of_nobody_we_know(papers: tuple[Path, ssl.SSLContext]) -> None:
    """A stranger in the middle gets nothing, and is not tried again."""
    async with mail_server(papers[1], implicit=True) as inbox:
        with pytest.raises(Unavailable, match="certificate") as failed:
            await mailer(inbox, security="tls").send(LETTER, NOW)
    assert inbox.letters == []
    assert "anne" not in str(failed.value)


async def test_a_wrong_password_is_told_to_the_operator(
    papers: tuple[Path, ssl.SSLContext],
) -> None:
    """The account is named as the cause, the password is not."""
    certificate, context = papers
    async with mail_server(context, asks_who=True) as inbox:
        sending = mailer(
            inbox,
            security="starttls",
            authorities=certificate,
            user=USER,
            password=SecretStr("wrong"),
        )
        with pytest.raises(Unavailable, match="refuses the account") as failed:
            await sending.send(LETTER, NOW)
    assert "wrong" not in str(failed.value)


async def test_come_back_later_is_done() -> None:
    """A relay that answers 4yz is asked again within the deadline (RFC 5321 §4.2.1)."""
    async with mail_server() as inbox:
        inbox.answers = ["451 greylisted", "421 too busy"]
        assert await mailer(inbox).send(LETTER, NOW) is Delivery.TAKEN
    assert inbox.attempts == 3


async def test_not_for_ever() -> None:
    """After its attempts it gives up, and says so without the address."""
    async with mail_server() as inbox:
        inbox.answers = ["451 anne@commercy.example is greylisted"] * 3
        with pytest.raises(Unavailable, match="for now") as failed:
            await mailer(inbox).send(LETTER, NOW)
    assert inbox.attempts == 3
    assert "anne" not in str(failed.value)


async def test_nobody_there() -> None:
    """A recipient refused for good is no outage, and is not tried again."""
    async with mail_server() as inbox:
        inbox.answers = ["550 no such user"]
        assert await mailer(inbox).send(LETTER, NOW) is Delivery.REFUSED
    assert inbox.attempts == 1


async def test_no_relay() -> None:
    """A closed port is tried as often as set, then told."""
    with pytest.raises(Unavailable, match="no connection"):
        await mailer(Inbox(port=1)).send(LETTER, NOW)


async def test_a_relay_is_greeted() -> None:
    """Nobody is named and nothing is sent; a relay that is away is told as a letter would be."""
    async with mail_server() as inbox:
        await mailer(inbox).greet()
        assert (inbox.attempts, inbox.letters) == (0, [])
    with pytest.raises(Unavailable, match="no connection"):
        await mailer(Inbox(port=1)).greet()


async def test_a_silent_relay() -> None:
    """A relay that takes the connection and says nothing costs the guest the deadline, no more."""

    gone = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Unavailable, match=r"mail\.server"):
        await mailer(Inbox(port=port), patience_seconds=0.3, attempts=1).send(LETTER, NOW)
    await gone.wait()
    server.close()
    await server.wait_closed()

"""The head of the chain, mailed to the custodians: a chain cannot vouch for its own end.

Whoever owns the server could cut the last links off, or sign the whole chain anew; the letters in
other people's mailboxes tell. Sent at most once a day or a week, after the archive was looked at,
and never in the way of its work: a relay that is away is asked again at the next interval.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import asyncpg
import structlog

from retention import durable
from retention.manifests import manifest
from retention.manifests.chain import Chain
from retention.sealing import index
from retention.sealing.archive import Places
from territory.database.components import Component
from territory.database.connect import open_pool
from territory.errors import ProtocolError, Unavailable
from territory.messages.addresses import MailAddress
from territory.messages.mail import Letter, Mailer

log = structlog.get_logger()


def write_letter(chain: Chain, to: MailAddress) -> Letter:
    """Return what one custodian is told of a chain that has links."""
    last = chain.links[-1]
    day = chain.last_day()
    until = f" ; dernière journée scellée : {day:%d/%m/%Y}" if day else ""
    return Letter(
        to=to,
        subject=f"Archive du Wi-Fi public : empreinte n° {last.sequence}",
        text=f"""Bonjour,

L'archive compte {last.sequence} manifestes{until}.

Empreinte du dernier manifeste ({manifest.file_name(last)}) :
{chain.head}

Empreinte de la clé de l'archive :
{last.signed_by}

Gardez ce message. Si l'archive était un jour raccourcie ou refaite, il le
montrerait :

socle archive verify DOSSIER --head {chain.head} --key {last.signed_by}

Aucune réponse n'est attendue.
""",
    )


def is_due(last: date | None, today: date, every_days: int) -> bool:
    """Whether a letter goes today: never twice a day."""
    return last is None or today - last >= timedelta(days=every_days)


async def mail_head(
    url: str, places: Places, mailer: Mailer, every_days: int, now: datetime
) -> int:
    """Mail the head to each custodian whose login is an address, if it is due; return how many.

    Raises:
        Unavailable: the database or the relay is away; those who have the letter already get the
            same again, under the same Message-ID.
    """
    noted = places.signing_key.with_name("head-mailed")
    chain = Chain.read(places.archive)
    if not chain.links or not is_due(_read(noted), now.date(), every_days):
        return 0
    addresses = await _addresses(url)
    for address in addresses:
        known_as = uuid5(NAMESPACE_URL, f"{chain.head}/{address.key}")
        await mailer.send(write_letter(chain, address), now, known_as)
    durable.write(noted, now.date().isoformat().encode())
    log.info("archive_head_mailed", custodians=len(addresses))
    return len(addresses)


def _read(noted: Path) -> date | None:
    try:
        return date.fromisoformat(noted.read_text())
    except (OSError, ValueError):
        return None


async def _addresses(url: str) -> list[MailAddress]:
    pool = await open_pool(url, Component.RETENTION, max_size=1)
    try:
        async with pool.acquire() as connection:
            custodians = await index.load_custodians(connection)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as fault:
        raise Unavailable(f"the custodians were not read: {fault}") from fault
    finally:
        await pool.close()
    found: list[MailAddress] = []
    for each in custodians:
        try:
            found.append(MailAddress.parse(each.login))
        except ProtocolError:
            log.warning("custodian_without_address")
    return found

"""`socle case`: a requisition travels from the server to one custodian, then to another.

`prepare` and `file` run on the server; `open` and `answer` on the custodians' own machines,
offline.
"""

import asyncio
import getpass
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from socle.commands.for_whom import ForWhom, confirm
from socle.commands.on_site import on_site, tell, with_accounts
from territory.errors import ConfigurationError, Fault

if TYPE_CHECKING:
    from datetime import datetime

    from retention.cases.case import Case
    from retention.cases.prepare import Order, PreparedCase
    from socle.commands.on_site import Site
    from territory.settings import Settings

case = typer.Typer(
    name="case",
    help="A judicial question: prepare it, open it, answer it.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
CaseArgument = Annotated[Path, typer.Argument(help="The case file.")]
IdentityFile = Annotated[
    Path, typer.Option("--key", help="Your age identity: custodian.age-identity.")
]
ArchiveKey = Annotated[
    str | None,
    typer.Option("--archive-key", help="SHA-256 of the archive's key, as you noted it on paper."),
]
_DURATION = re.compile(r"(\d{1,6})(s|min|h)")
_SECONDS = {"s": 1, "min": 60, "h": 3600}


@case.command()
def prepare(
    reference: Annotated[str, typer.Option(help="The authority's own number.")],
    legal_ground: Annotated[str, typer.Option(help="The text relied on: CPP 77-1-1.")],
    public_address: Annotated[str | None, typer.Option(help="The address that was seen.")] = None,
    port: Annotated[int | None, typer.Option(help="The source port, if known.")] = None,
    protocol: Annotated[str | None, typer.Option(help="Of that port: tcp or udp.")] = None,
    at: Annotated[
        str | None, typer.Option(help="When, with its zone: 2026-11-20T14:03:00+01:00.")
    ] = None,
    uncertainty: Annotated[str, typer.Option(help="0s, 30s, 5min, 1h around it.")] = "0s",
    device: Annotated[str | None, typer.Option(help="Or a device: its MAC address.")] = None,
    person: Annotated[
        str | None,
        typer.Option(help="Or a person: email:, phone:, ticket:, account: or user_name:..."),
    ] = None,
    site: Annotated[str | None, typer.Option(help="Or a site: its code.")] = None,
    since: Annotated[str | None, typer.Option(help="Their interval, with its zone.")] = None,
    until: Annotated[str | None, typer.Option(help="Its end, not included.")] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(help="What is asked and allowed: source, traffic, account, identity."),
    ] = None,
    custodian: Annotated[
        list[str] | None, typer.Option(help="Login of a custodian; name two.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder the case file goes to.")] = Path(),
    settings: SettingsFile = None,
) -> None:
    """Make the file of a case: the question, the sealed segments, their keys for two custodians.

    Nothing is opened.

    Example: socle case prepare --public-address 192.0.2.10 --port 40112
    --at 2026-11-20T14:03:00+01:00 --reference "PV 2026/1234" --legal-ground "CPP 77-1-1"
    """
    from retention.cases.prepare import Order, Preparer
    from retention.cases.question import ask, require
    from socle.base import clock_of
    from territory.settings import load_settings

    known = load_settings(settings)
    now = clock_of(known).now()
    categories = category or ["source"]
    parts: dict[str, dict[str, object]] = {
        "address": {"public_address": public_address, "port": port, "protocol": protocol, "at": at},
        "device": {"device": device},
        "person": _person(known, person or ""),
        "site": {"site": site},
    }
    kind = _kind(public_address, device, person, site)
    when: dict[str, object] = (
        {"uncertainty_seconds": _seconds(uncertainty)}
        if kind == "address"
        else {"since": since, "until": until}
    )
    question = ask(now, kind=kind, categories=categories, **parts[kind], **when)
    preparer = Preparer(getpass.getuser(), service=known.authorities.service or None)
    act = require(reference=reference, legal_ground=legal_ground, allowed=categories)
    order = Order(act, (question,), tuple(custodian or ()), preparer)
    path = asyncio.run(_prepare(known, order, now, output))
    typer.echo(path)


def _kind(address: str | None, device: str | None, person: str | None, site: str | None) -> str:
    """Return what is asked about: exactly one of them."""
    about = {"address": address, "device": device, "person": person, "site": site}
    given = [kind for kind, value in about.items() if value]
    if len(given) != 1:
        expected = "expected one of --public-address, --device, --person and --site"
        raise ConfigurationError([Fault("question", expected)])
    return given[0]


@case.command(name="file")
def file_(
    case_id: Annotated[UUID, typer.Argument(metavar="CASE", help="As its page at the desk says.")],
    output: Annotated[Path, typer.Option(help="Folder the case file goes to.")] = Path(),
    settings: SettingsFile = None,
) -> None:
    """Write the file of a case that the desk prepared, with the accounts that are still open.

    The desk cannot read them. Nothing is opened.

    Example: socle case file 7f0c2c1e-.... --output /media/usb
    """
    path = output / f"case-{case_id}.tar"
    on_site(settings, lambda site: _write_again(site, case_id, path))
    typer.echo(path)


async def _write_again(site: "Site", case_id: UUID, path: Path) -> None:
    from retention.cases.open_accounts import load_waiting_case, with_held
    from retention.cases.prepare import write_case
    from retention.durable import writing
    from territory.access.audit import Act

    async with with_accounts(site) as (db, held):
        found = await load_waiting_case(db, case_id)
        made = with_held(found, held, site.now)
        with writing(path, mode=0o600) as tar:
            write_case(site.places, made.file, tar, made.extracts)
            taken = Act("case.file_taken", str(case_id), {"custodians": found.logins})
            await tell(site, db, taken)
    typer.echo(f"Hand it to {found.first.login}, who opens it for {found.second.login}.", err=True)


def _person(settings: "Settings", told: str) -> dict[str, object]:
    """Return who is meant by `KIND:IDENTIFIER`; a ticket's code is digested with the base's key."""
    from retention.cases.tickets import PURPOSE, findable
    from territory.keyring import Keyring

    kind, _, identifier = told.partition(":")
    key = Keyring.of(settings).derive(PURPOSE) if kind == "ticket" else b""
    return findable({"identifier_kind": kind, "identifier": identifier}, key)


@case.command(name="open")
def open_(
    file: CaseArgument,
    key: IdentityFile,
    output: Annotated[
        Path | None, typer.Option(help="The opened file; beside the case when not given.")
    ] = None,
    archive_key: ArchiveKey = None,
    signing_key: Annotated[
        Path | None,
        typer.Option(help="Your key: custodian-signing.pem; prints what to paste at the desk."),
    ] = None,
    for_whom: ForWhom = None,
) -> None:
    """Open the outer layer, as the first custodian: nothing can be read yet.

    Example: socle case open case-....tar --key /media/cle-anne/custodian.age-identity
    --archive-key 3f1c... --signing-key /media/cle-anne/custodian-signing.pem
    """
    from retention.cases.case import open_case
    from retention.durable import writing
    from retention.keys.age import read_identity
    from territory.clock import SystemClock

    opened = read_aloud(file, archive_key)
    if opened.file.hold:
        confirm_hold(opened, for_whom)
    path = output or file.with_name(f"{file.name.removesuffix('.tar')}.opened.tar")
    with writing(path, mode=0o600) as tar:
        open_case(opened, read_identity(key), SystemClock().now(), tar)
    typer.echo(path)
    typer.echo(f"Hand it to {opened.file.second.login}, who can answer.", err=True)
    if signing_key:
        _give_receipt(opened.file.case, "opened", path, signing_key)


@case.command()
def answer(
    file: CaseArgument,
    key: IdentityFile,
    signing_key: Annotated[Path, typer.Option(help="Your key: custodian-signing.pem.")],
    output: Annotated[
        Path | None, typer.Option(help="A new folder; beside the case when not given.")
    ] = None,
    archive_key: ArchiveKey = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Open the inner layer, as the second custodian, find who it was, and sign the answer.

    Example: socle case answer case-....opened.tar --key /media/cle-bruno/custodian.age-identity
    --signing-key /media/cle-bruno/custodian-signing.pem --archive-key 3f1c...
    """
    from retention.cases.answer import answer_case
    from retention.keys.age import read_identity
    from retention.manifests.signing import SigningKey
    from territory.clock import SystemClock

    read = read_aloud(file, archive_key)
    signer = SigningKey.read(signing_key)
    made = answer_case(read, read_identity(key), signer, SystemClock().now())
    name = f"reponse-{read.file.case}"
    folder = output or file.with_name(name)
    for file_name, octets in made.files.items():
        _write(folder / file_name, octets)
    if as_json:
        typer.echo(made.files["reponse.json"].decode(), nl=False)
        return
    for reply in made.replies:
        incomplete = "" if reply.complete else " (incomplete: see what limits it)"
        typer.echo(f"{reply.found.outcome.value}: {reply.found.devices} device(s){incomplete}")
    typer.echo(folder / "rapport.pdf")
    _give_receipt(read.file.case, "answered", folder / "reponse.json", signing_key)


def _give_receipt(case_id: UUID, done: str, made: Path, signing_key: Path) -> None:
    """Print the signed line that says at the desk what was done; it tells nothing of the answer."""
    import hashlib

    from retention.cases.receipt import Done, Receipt, sign_receipt
    from retention.manifests.signing import SigningKey
    from territory.clock import SystemClock

    with made.open("rb") as octets:
        digest = hashlib.file_digest(octets, "sha256").hexdigest()
    receipt = Receipt(case_id, Done(done), SystemClock().now(), digest)
    typer.echo("Paste this line at the desk, on the page of the case:", err=True)
    typer.echo(sign_receipt(receipt, SigningKey.read(signing_key)))


def read_aloud(file: Path, archive_key: str | None) -> "Case":
    """Return the case, having said what is about to be opened and on whose word."""
    from retention.cases.case import read_case
    from retention.cases.question import summary

    read = read_case(file, archive_key.replace(" ", "").lower() if archive_key else None)
    act = read.file.requisition
    typer.echo(f"reference:   {act.reference} ({act.legal_ground})", err=True)
    for question in read.file.questions:
        typer.echo(f"question:    {summary(question)}", err=True)
    typer.echo(f"archive key: {read.archive_key.fingerprint}", err=True)
    if archive_key:
        typer.echo("It is the key you gave with --archive-key.", err=True)
    else:
        typer.echo(
            "NOT CHECKED: whoever forged this case could have signed it. Compare this fingerprint"
            " with the one on your paper, or give that one with --archive-key.",
            err=True,
        )
    return read


def confirm_hold(read: "Case", for_whom: list[str] | None) -> None:
    """Go on with a hold only where its custodians are confirmed, its scope having been read."""
    from retention.holds.reseal import order_of

    order = order_of(read)
    what = f"hold until {order.ends_on}: rows in scope of {len(read.file.objects)} segments are"
    confirm(f"{what} sealed anew", order.custodians, for_whom)


async def _prepare(settings: "Settings", order: "Order", now: "datetime", folder: Path) -> Path:
    """Enter the case in the register and write its file; return where."""
    from retention.cases.prepare import prepare_case, write_case
    from retention.durable import writing
    from retention.sealing.archive import Places
    from retention.sealing.vault import load_held
    from socle.base import lay_ground
    from territory.database.components import Component
    from territory.database.connect import open_engine, open_pool

    ground = await lay_ground(settings)
    url, places = ground.urls[Component.RETENTION], Places.of(settings)
    engine, pool = open_engine(url), await open_pool(url, Component.RETENTION)
    try:
        async with pool.acquire() as connection:
            held = await load_held(connection, ground.keyring)
        made = await prepare_case(engine, places, order, now, held)
        with writing(folder / made.name, mode=0o600) as tar:
            write_case(places, made.file, tar, made.extracts)
    finally:
        await pool.close()
        await engine.dispose()
        ground.close()
    _describe(made)
    return folder / made.name


def _write(path: Path, octets: bytes) -> None:
    from retention import durable

    durable.write(path, octets, mode=0o600)


def _describe(made: "PreparedCase") -> None:
    for question in made.file.questions:
        first, end = (moment.isoformat() for moment in question.window)
        typer.echo(f"looks from {first} to {end}", err=True)
    for day in made.file.days:
        typer.echo(f"{day.day}: {day.state.value}", err=True)
    first, second = made.file.first.login, made.file.second.login
    typer.echo(f"Hand it to {first}, who opens it for {second}.", err=True)


def _seconds(text: str) -> int:
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise ConfigurationError([Fault("--uncertainty", "expected 0s, 30s, 5min or 1h")])
    return int(found[1]) * _SECONDS[found[2]]

"""`socle case`: a requisition travels from the server to one custodian, then to another.

`prepare` runs on the server; `open` and `answer` run on the custodians' own machines, offline.
"""

import asyncio
import getpass
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from territory.errors import ConfigurationError, Fault

if TYPE_CHECKING:
    from datetime import datetime

    from retention.case import Case
    from retention.prepare import Order, PreparedCase
    from retention.question import Question
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
    public_address: Annotated[str, typer.Option(help="The address that was seen.")],
    at: Annotated[str, typer.Option(help="When, with its zone: 2026-11-20T14:03:00+01:00.")],
    reference: Annotated[str, typer.Option(help="The authority's own number.")],
    legal_ground: Annotated[str, typer.Option(help="The text relied on: CPP 77-1-1.")],
    port: Annotated[int | None, typer.Option(help="The source port, if known.")] = None,
    uncertainty: Annotated[str, typer.Option(help="0s, 30s, 5min, 1h around it.")] = "0s",
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
    from retention.prepare import Order, Preparer
    from retention.question import ask
    from socle.base import clock_of
    from territory.settings import load_settings

    known = load_settings(settings)
    now = clock_of(known).now()
    question = ask(
        now,
        public_address=public_address,
        port=port,
        at=at,
        uncertainty_seconds=_seconds(uncertainty),
        reference=reference,
        legal_ground=legal_ground,
    )
    order = Order(question, tuple(custodian or ()), Preparer(getpass.getuser()))
    made = asyncio.run(_prepare(known, order, now))
    path = output / made.name
    _write(path, made.octets)
    typer.echo(path)
    _describe(question, made)


@case.command(name="open")
def open_(
    file: CaseArgument,
    key: IdentityFile,
    output: Annotated[
        Path | None, typer.Option(help="The opened file; beside the case when not given.")
    ] = None,
    archive_key: ArchiveKey = None,
) -> None:
    """Open the outer layer, as the first custodian: nothing can be read yet.

    Example: socle case open case-....tar --key /media/cle-anne/custodian.age-identity
    --archive-key 3f1c...
    """
    from retention.age import read_identity
    from retention.case import open_case
    from territory.clock import SystemClock

    opened = _read(file, archive_key)
    octets = open_case(opened, read_identity(key), SystemClock().now())
    path = output or file.with_name(f"{file.name.removesuffix('.tar')}.opened.tar")
    _write(path, octets)
    typer.echo(path)
    typer.echo(f"Hand it to {opened.file.second.login}, who can answer.", err=True)


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
    from retention.age import read_identity
    from retention.answer import answer_case
    from retention.signing import SigningKey
    from territory.clock import SystemClock

    read = _read(file, archive_key)
    signer = SigningKey.read(signing_key)
    made = answer_case(read, read_identity(key), signer, SystemClock().now())
    name = f"reponse-{read.file.case}"
    folder = output or file.with_name(name)
    for file_name, octets in made.files.items():
        _write(folder / file_name, octets)
    if as_json:
        typer.echo(made.files["reponse.json"].decode(), nl=False)
        return
    incomplete = "" if made.complete else " (the archive does not hold every day asked)"
    typer.echo(f"{made.outcome.value}: {made.devices} device(s){incomplete}")
    typer.echo(folder / "rapport.html")


def _read(file: Path, archive_key: str | None) -> "Case":
    """Return the case, having said what is about to be opened and on whose word."""
    from retention.case import read_case

    read = read_case(file, archive_key.replace(" ", "").lower() if archive_key else None)
    question = read.file.question
    port = f" port {question.port}" if question.port else ""
    typer.echo(f"reference:   {question.reference} ({question.legal_ground})", err=True)
    typer.echo(f"question:    {question.public_address}{port}, {question.at_as_asked}", err=True)
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


async def _prepare(settings: "Settings", order: "Order", now: "datetime") -> "PreparedCase":
    from retention.archive import Places
    from retention.prepare import prepare_case
    from socle.base import lay_ground
    from territory.database.components import Component
    from territory.database.connect import open_engine

    ground = await lay_ground(settings)
    engine = open_engine(ground.urls[Component.RETENTION])
    try:
        return await prepare_case(engine, Places.of(settings), order, now)
    finally:
        await engine.dispose()
        ground.close()


def _write(path: Path, octets: bytes) -> None:
    from retention import durable

    durable.write(path, octets, mode=0o600)


def _describe(question: "Question", made: "PreparedCase") -> None:
    typer.echo(f"asked: {json.dumps(question.at_as_asked)} is {question.at.isoformat()}", err=True)
    for day in made.file.days:
        typer.echo(f"{day.day}: {day.state.value}", err=True)
    first, second = made.file.first.login, made.file.second.login
    typer.echo(f"Hand it to {first}, who opens it for {second}.", err=True)


def _seconds(text: str) -> int:
    found = _DURATION.fullmatch(text.strip())
    if not found:
        raise ConfigurationError([Fault("--uncertainty", "expected 0s, 30s, 5min or 1h")])
    return int(found[1]) * _SECONDS[found[2]]
